//! A connection with bounded patience: for the head of a request, between requests, and for an answer that nobody takes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::turn::{Turn, Turns};

/// How long the other side may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// From the first byte of a request to the end of its head.
    pub(super) head: Duration,
    /// From the end of an answer to the next request.
    pub(super) idle: Duration,
    /// For taking some of an answer.
    pub(super) write: Duration,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Patient<S> {
    stream: S,
    patience: Patience,
    turns: Turns,
    /// What `read_by` was set for, if bytes are waited for.
    reading: Option<Turn>,
    read_by: Pin<Box<Sleep>>,
    /// Set while a write waits for the other side.
    writing: bool,
    write_by: Pin<Box<Sleep>>,
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S, patience: Patience, turns: Turns) -> Self {
        let read_by = Box::pin(tokio::time::sleep(patience.head));
        let write_by = Box::pin(tokio::time::sleep(patience.write));
        Self { stream, patience, turns, reading: Some(Turn::Head), read_by, writing: false, write_by }
    }

    /// Fails when it is the other side's turn for too long.
    fn await_bytes(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // First this, then the look: a turn that changes in between wakes us.
        self.turns.wait(cx.waker());
        let turn = self.turns.now();
        if self.reading != Some(turn) {
            self.reading = Some(turn);
            let patience = if turn == Turn::Idle { self.patience.idle } else { self.patience.head };
            self.read_by.as_mut().reset(Instant::now() + patience);
        }
        if turn == Turn::Ours {
            return Poll::Pending;
        }
        ready!(self.read_by.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "no request came")))
    }

    fn await_reader<T>(&mut self, written: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.writing = false;
            return written;
        }
        if !self.writing {
            self.writing = true;
            self.write_by.as_mut().reset(Instant::now() + self.patience.write);
        }
        ready!(self.write_by.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the other side does not read")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Pending => self.await_bytes(cx),
            read => {
                if self.turns.now() == Turn::Idle {
                    self.turns.set(Turn::Head);
                    self.reading = None;
                }
                read
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.await_reader(written, cx)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.await_reader(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.await_reader(flushed, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.await_reader(ended, cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

    use super::*;
    use crate::server::turn::Answer;

    const PATIENCE: Patience =
        Patience { head: Duration::from_millis(50), idle: Duration::from_secs(1), write: Duration::from_millis(50) };

    fn connection() -> (Patient<DuplexStream>, DuplexStream, Turns) {
        let (ours, theirs) = tokio::io::duplex(16);
        let turns = Turns::new();
        (Patient::new(ours, PATIENCE, turns.clone()), theirs, turns)
    }

    /// How long a read lasted before it was given up.
    async fn given_up(patient: &mut Patient<DuplexStream>) -> Duration {
        let began = Instant::now();
        let error = patient.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        began.elapsed()
    }

    #[tokio::test]
    async fn who_never_reads_is_left_and_who_reads_is_not() {
        let (mut patient, mut theirs, _) = connection();
        let reading = tokio::spawn(async move {
            let mut piece = [0; 8];
            for _ in 0..10 {
                theirs.read_exact(&mut piece).await.unwrap();
            }
            theirs
        });
        patient.write_all(&[1; 80]).await.unwrap();
        let _unread = reading.await.unwrap();
        let error = patient.write_all(&[1; 80]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_new_connection_that_says_nothing_is_left_soon() {
        let (mut patient, _theirs, _) = connection();
        assert!(given_up(&mut patient).await >= PATIENCE.head);
    }

    #[tokio::test]
    async fn a_head_that_comes_byte_by_byte_has_no_more_time_than_another() {
        let (mut patient, mut theirs, turns) = connection();
        turns.set(Turn::Idle);
        let sending = tokio::spawn(async move {
            while theirs.write_u8(b'x').await.is_ok() {
                tokio::time::sleep(PATIENCE.head / 10).await;
            }
        });
        // It would go on for ever if each byte bought time.
        while patient.read_u8().await.is_ok() {}
        drop(patient);
        sending.await.unwrap();
    }

    #[tokio::test]
    async fn between_requests_there_is_more_time_and_while_we_answer_there_is_no_limit() {
        let (mut patient, _theirs, turns) = connection();
        turns.set(Turn::Ours);
        assert!(tokio::time::timeout(PATIENCE.idle * 2, patient.read_u8()).await.is_err());
        drop(Answer::new(axum::body::Body::empty(), turns));
        assert!(given_up(&mut patient).await >= PATIENCE.idle);
    }

    #[tokio::test]
    async fn a_read_that_began_while_we_answered_ends_after_the_answer() {
        let (mut patient, _theirs, turns) = connection();
        turns.set(Turn::Ours);
        let reading = tokio::spawn(async move { given_up(&mut patient).await });
        // Longer than a head may take: no timer of that time is left.
        tokio::time::sleep(PATIENCE.head * 4).await;
        drop(Answer::new(axum::body::Body::empty(), turns));
        assert!(tokio::time::timeout(PATIENCE.idle * 20, reading).await.expect("it is left").unwrap() >= PATIENCE.idle);
    }

    #[tokio::test]
    async fn each_wait_between_requests_has_its_own_time() {
        let (mut patient, mut theirs, turns) = connection();
        for _ in 0..3 {
            turns.set(Turn::Idle);
            let asking = async {
                tokio::time::sleep(PATIENCE.idle * 2 / 5).await;
                theirs.write_u8(b'x').await.unwrap();
            };
            let (read, ()) = tokio::join!(patient.read_u8(), asking);
            assert_eq!(read.unwrap(), b'x');
            turns.set(Turn::Ours);
        }
        turns.set(Turn::Idle);
        assert!(given_up(&mut patient).await >= PATIENCE.idle);
    }
}
