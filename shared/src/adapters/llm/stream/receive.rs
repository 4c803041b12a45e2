//! An answer over HTTP to a request for a stream.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::Progress;
use super::collect::Collector;
use super::limits::Limits;
use crate::adapters::http::{Answer, trouble};
use crate::adapters::llm::wire::{Wire, unreadable};
use crate::ports::{LlmError, LlmFailure};

/// What came.
#[derive(Debug)]
pub(in crate::adapters::llm) enum Received {
    /// No stream: an error, or the answer of a server that does not stream.
    Plain(Answer),
    /// A stream, put together.
    Streamed {
        /// Headers.
        headers: HeaderMap,
        /// The answer.
        answer: Value,
    },
}

/// Sends a request for a stream and reads what comes, at most `longest` bytes of it.
pub(in crate::adapters::llm) async fn receive(
    request: RequestBuilder,
    wire: &dyn Wire,
    limits: &Limits,
    longest: usize,
) -> Result<Received, LlmFailure> {
    let (mut head, mut body) = Body::open(request, limits).await?;
    let mut begun = Vec::new();
    let is_stream = loop {
        if !head.is_success() {
            break false;
        }
        if let Some(is_stream) = is_stream(&head.media_type(), &begun) {
            break is_stream;
        }
        match body.next().await? {
            Some(piece) if begun.len() + piece.len() <= longest => begun.extend_from_slice(&piece),
            Some(_) => return Err(unreadable("an answer of nothing but blanks").into()),
            None => break head.media_type() == EVENTS,
        }
    };
    if is_stream {
        let answer = streamed(body, begun, wire, longest).await?;
        return Ok(Received::Streamed { headers: head.headers, answer });
    }
    head.body = rest(body, begun, longest).await?;
    Ok(Received::Plain(head))
}

const EVENTS: &str = "text/event-stream";

/// Whether an answer is a stream, once enough of it is there. Gateways send JSON or a web page instead, whatever its type says,
/// or a stream of another type.
fn is_stream(media_type: &str, begun: &[u8]) -> Option<bool> {
    let bom = "\u{feff}".as_bytes();
    if bom.starts_with(begun) {
        return None;
    }
    let first = begun.strip_prefix(bom).unwrap_or(begun).trim_ascii_start().first()?;
    let is_field = matches!(first, b':' | b'd' | b'e' | b'i' | b'r');
    Some(is_field || (media_type == EVENTS && !matches!(first, b'{' | b'[' | b'<')))
}

async fn streamed(mut body: Body<'_>, begun: Vec<u8>, wire: &dyn Wire, longest: usize) -> Result<Value, LlmFailure> {
    let mut collector = Collector::new(wire, longest);
    let mut piece = Bytes::from(begun);
    let broke = loop {
        if collector.read(&piece)? == Progress::Ended {
            return Ok(collector.answer());
        }
        match body.next().await {
            Ok(Some(next)) => piece = next,
            Ok(None) => {
                collector.close();
                break LlmError::NoAnswer("the stream ended before the answer did".to_owned());
            }
            Err(error) => break error,
        }
    };
    match collector.progress() {
        Progress::Open => Err(LlmFailure { error: broke, usage: collector.used_by_now(wire) }),
        Progress::Whole | Progress::Ended => Ok(collector.answer()),
    }
}

async fn rest(mut body: Body<'_>, mut begun: Vec<u8>, longest: usize) -> Result<Vec<u8>, LlmError> {
    while let Some(piece) = body.next().await? {
        if begun.len() + piece.len() > longest {
            return Err(unreadable(&format!("the answer is longer than {} KiB", longest / 1024)));
        }
        begun.extend_from_slice(&piece);
    }
    Ok(begun)
}

/// The body of an answer, read under limits.
struct Body<'a> {
    response: Response,
    limits: &'a Limits,
    /// Until when the first byte must be there; `None` = it was.
    first_by: Option<Instant>,
}

impl<'a> Body<'a> {
    /// Sends a request; its answer has no body yet.
    async fn open(request: RequestBuilder, limits: &'a Limits) -> Result<(Answer, Self), LlmError> {
        let first_by = Instant::now() + limits.first_byte;
        let sent = timeout_at(first_by, request.send()).await.map_err(|_| limits.nothing_came())?;
        let mut response = sent.map_err(|error| limits.failed(trouble(error)))?;
        let headers = std::mem::take(response.headers_mut());
        let head = Answer { status: response.status().as_u16(), headers, body: Vec::new() };
        Ok((head, Self { response, limits, first_by: Some(first_by) }))
    }

    /// The next piece, which is not empty.
    async fn next(&mut self) -> Result<Option<Bytes>, LlmError> {
        loop {
            let until = self.first_by.unwrap_or_else(|| Instant::now() + self.limits.idle);
            let came = timeout_at(until, self.response.chunk()).await.map_err(|_| match self.first_by {
                Some(_) => self.limits.nothing_came(),
                None => self.limits.fell_silent(),
            })?;
            let piece = came.map_err(|error| self.limits.failed(trouble(error)))?;
            if piece.as_ref().is_none_or(|piece| !piece.is_empty()) {
                self.first_by = None;
                return Ok(piece);
            }
        }
    }
}
