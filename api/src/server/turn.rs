//! Whose turn it is on a connection: the client's, to ask something or to send the rest of a head, or ours.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Waker};

use axum::body::{Body, Bytes};
use futures::task::AtomicWaker;
use hyper::body::{Frame, SizeHint};

/// Where a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Turn {
    /// Nothing was asked since the last answer.
    Idle,
    /// A head is on its way, or a handshake.
    Head,
    /// We have a request.
    Ours,
}

/// The turn of one connection, told by whoever knows: its bytes, its service, its answers.
#[derive(Debug, Clone)]
pub(super) struct Turns(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    turn: AtomicU8,
    /// Who read while it was ours, and must know when it is not any more.
    reader: AtomicWaker,
}

impl Turns {
    /// A new connection should say something soon.
    pub(super) fn new() -> Self {
        Self(Arc::new(Shared { turn: AtomicU8::new(Turn::Head as u8), reader: AtomicWaker::new() }))
    }

    pub(super) fn now(&self) -> Turn {
        match self.0.turn.load(Ordering::Acquire) {
            turn if turn == Turn::Idle as u8 => Turn::Idle,
            turn if turn == Turn::Head as u8 => Turn::Head,
            _ => Turn::Ours,
        }
    }

    /// Whoever reads is woken when it is not our turn any more.
    pub(super) fn wait(&self, reader: &Waker) {
        self.0.reader.register(reader);
    }

    pub(super) fn set(&self, turn: Turn) {
        self.0.turn.store(turn as u8, Ordering::Release);
        if turn != Turn::Ours {
            self.0.reader.wake();
        }
    }
}

/// An answer at whose end the connection is idle again.
#[derive(Debug)]
pub(super) struct Answer {
    body: Body,
    turns: Turns,
}

impl Answer {
    pub(super) fn new(body: Body, turns: Turns) -> Self {
        Self { body, turns }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.turns.set(Turn::Idle);
    }
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
