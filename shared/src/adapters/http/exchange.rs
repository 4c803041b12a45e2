//! Sending one request and reading its answer to a limit.

use std::error::Error;

use reqwest::RequestBuilder;
use reqwest::header::{CONTENT_TYPE, HeaderMap};

use super::excerpt;

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, decompressed.
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether the status is 2xx.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// The media type without parameters, in lower case; empty when there is none.
    #[must_use]
    pub fn media_type(&self) -> String {
        let value = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Whether the answer says that it is JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        let media = self.media_type();
        media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"))
    }

    /// A header as text; empty when absent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// What kept an answer from us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The request could not be written down (a header with a line break, for instance).
    Unsendable,
    /// No connection: nothing was sent.
    Connect,
    /// No connection within its time limit: nothing was sent.
    ConnectTimeout,
    /// The time limit passed.
    Timeout,
    /// The connection broke on the way.
    Broken,
    /// The answer is longer than the limit.
    TooLong,
}

/// No answer, and why, without the URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExchangeError {
    /// What kind of trouble.
    pub trouble: Trouble,
    /// In words.
    pub message: String,
}

/// Sends the request and reads the answer, at most `limit` bytes of it.
pub async fn exchange(request: RequestBuilder, limit: usize) -> Result<Answer, ExchangeError> {
    exchange_of(request.send().await.map_err(trouble)?, limit).await
}

/// Reads an answer, at most `limit` bytes of it.
pub(super) async fn exchange_of(mut response: reqwest::Response, limit: usize) -> Result<Answer, ExchangeError> {
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(trouble)? {
        if body.len() + chunk.len() > limit {
            let message = format!("the answer is longer than {} KiB", limit / 1024);
            return Err(ExchangeError { trouble: Trouble::TooLong, message });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body })
}

/// reqwest prints URLs, and a URL may hold a secret: only the innermost cause is told.
pub fn trouble(error: reqwest::Error) -> ExchangeError {
    let error = error.without_url();
    let cause = excerpt(&innermost(&error).to_string(), 200);
    let (trouble, message) = if error.is_builder() {
        (Trouble::Unsendable, format!("the request cannot be sent: {cause}"))
    } else if error.is_timeout() && error.is_connect() {
        (Trouble::ConnectTimeout, "no connection within the time limit".to_owned())
    } else if error.is_timeout() {
        (Trouble::Timeout, "no answer within the time limit".to_owned())
    } else if error.is_connect() {
        (Trouble::Connect, format!("no connection: {cause}"))
    } else {
        (Trouble::Broken, format!("the connection broke: {cause}"))
    };
    ExchangeError { trouble, message }
}

fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause
}
