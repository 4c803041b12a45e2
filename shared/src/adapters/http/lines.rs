//! An answer that is read line by line, because it may be far longer than memory should hold.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::{RequestBuilder, Response};

use super::exchange::{Answer, ExchangeError, Trouble, exchange_of, trouble};

/// What came of opening.
#[derive(Debug)]
pub enum Opened {
    /// A success: its lines.
    Lines(Lines),
    /// Anything else, whole.
    Refused(Answer),
}

/// The lines of an answer, none of them empty.
#[derive(Debug)]
pub struct Lines {
    response: Response,
    buffer: BytesMut,
    /// So much of the buffer holds no end of a line.
    searched: usize,
    ended: bool,
    limits: LineLimits,
}

/// Limits of an answer that is read by lines.
#[derive(Clone, Copy, Debug)]
pub struct LineLimits {
    /// Bytes of a line.
    pub longest: usize,
    /// Time without a byte.
    pub quiet: Duration,
}

/// Sends the request. The lines of a success are read afterwards, one by one; another answer is read to `refusal` bytes.
pub async fn open(request: RequestBuilder, limits: LineLimits, refusal: usize) -> Result<Opened, ExchangeError> {
    let response = request.send().await.map_err(trouble)?;
    if !response.status().is_success() {
        return exchange_of(response, refusal).await.map(Opened::Refused);
    }
    Ok(Opened::Lines(Lines { response, buffer: BytesMut::new(), searched: 0, ended: false, limits }))
}

impl Lines {
    /// The next line without its end; `None` when all are read. What comes after the last end of a line is a line too.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ExchangeError> {
        loop {
            while let Some(line) = self.taken() {
                if !line.trim_ascii().is_empty() {
                    return Ok(Some(line));
                }
            }
            if self.ended {
                return Ok(None);
            }
            self.read().await?;
        }
    }

    /// A line that is wholly in the buffer.
    fn taken(&mut self) -> Option<Bytes> {
        let end = self.buffer.iter().skip(self.searched).position(|byte| *byte == b'\n').map(|at| at + self.searched);
        match end {
            Some(end) => {
                self.searched = 0;
                let line = self.buffer.split_to(end + 1).freeze();
                Some(line.slice(..end))
            }
            None if self.ended && !self.buffer.is_empty() => {
                self.searched = 0;
                Some(self.buffer.split().freeze())
            }
            None => {
                self.searched = self.buffer.len();
                None
            }
        }
    }

    async fn read(&mut self) -> Result<(), ExchangeError> {
        let chunk = match tokio::time::timeout(self.limits.quiet, self.response.chunk()).await {
            Ok(chunk) => chunk.map_err(trouble)?,
            Err(_) => {
                let message = format!("nothing more came for {} seconds", self.limits.quiet.as_secs());
                return Err(ExchangeError { trouble: Trouble::Timeout, message });
            }
        };
        let Some(chunk) = chunk else {
            self.ended = true;
            return Ok(());
        };
        // Only what is left of a line is in the buffer here.
        if self.buffer.len() > self.limits.longest {
            let message = format!("a line of the answer is longer than {} KiB", self.limits.longest / 1024);
            return Err(ExchangeError { trouble: Trouble::TooLong, message });
        }
        self.buffer.extend_from_slice(&chunk);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::adapters::http::client;
    use crate::adapters::test_server::{Reply, TestServer};

    const LIMITS: LineLimits = LineLimits { longest: 1 << 20, quiet: Duration::from_secs(5) };

    async fn lines(server: &TestServer, limits: LineLimits) -> Result<Vec<String>, Trouble> {
        let request = client().build().unwrap().get(server.url());
        let Opened::Lines(mut lines) = open(request, limits, 1000).await.unwrap() else { panic!("it was refused") };
        let mut read = Vec::new();
        while let Some(line) = lines.next().await.map_err(|error| error.trouble)? {
            read.push(String::from_utf8(line.to_vec()).unwrap());
        }
        Ok(read)
    }

    #[tokio::test]
    async fn lines_come_one_by_one_and_the_last_needs_no_end() {
        let server = TestServer::start(|_| Reply::text(200, "text/plain", "one\n\n \r\ntwo\nthr")).await;
        assert_eq!(lines(&server, LIMITS).await.unwrap(), ["one", "two", "thr"]);
        let server = TestServer::start(|_| Reply::status(200)).await;
        assert_eq!(lines(&server, LIMITS).await.unwrap(), [""; 0]);
    }

    #[tokio::test]
    async fn a_line_may_be_long_and_not_too_long() {
        let long = format!("{}\nshort\n", "x".repeat(300_000));
        let server = TestServer::start(move |_| Reply::text(200, "text/plain", &long)).await;
        assert_eq!(lines(&server, LIMITS).await.unwrap().iter().map(String::len).collect::<Vec<_>>(), [300_000, 5]);
        let tight = LineLimits { longest: 1000, ..LIMITS };
        assert_eq!(lines(&server, tight).await.unwrap_err(), Trouble::TooLong);
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_is_told_from_one_that_ends() {
        let server = TestServer::start(|_| Reply::cut()).await;
        assert_eq!(lines(&server, LIMITS).await.unwrap_err(), Trouble::Broken);
    }

    #[tokio::test]
    async fn an_answer_that_falls_silent_is_left() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\none\ntwo").await.unwrap();
            std::future::pending::<()>().await;
        });
        let limits = LineLimits { quiet: Duration::from_millis(50), ..LIMITS };
        let opened = open(client().build().unwrap().get(url), limits, 1000).await.unwrap();
        let Opened::Lines(mut lines) = opened else { panic!("it was refused") };
        assert_eq!(lines.next().await.unwrap().unwrap(), "one");
        assert_eq!(lines.next().await.unwrap_err().trouble, Trouble::Timeout);
        server.abort();
    }

    #[tokio::test]
    async fn what_is_no_success_is_read_whole() {
        let server = TestServer::start(|_| Reply::text(404, "text/plain", "a\nb")).await;
        let opened = open(client().build().unwrap().get(server.url()), LIMITS, 1000).await.unwrap();
        assert!(matches!(opened, Opened::Refused(answer) if answer.status == 404 && answer.body == b"a\nb"));
    }
}
