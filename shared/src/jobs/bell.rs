//! From the verbs to the local relay: rows that became due just now.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

use crate::domain::job::Lane;
use crate::domain::message::MessageKind;

/// One row that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ring {
    /// Its queue.
    pub lane: Lane,
    /// What it is.
    pub kind: MessageKind,
    /// Which one.
    pub id: Uuid,
}

/// Rings the relay of this process. Never waits: a ring that finds no room is made up for by the relay's tick.
#[derive(Clone, Debug)]
pub struct Bell {
    rings: mpsc::Sender<Ring>,
    full: Arc<[AtomicBool; 3]>,
    away: Arc<AtomicBool>,
    batches: Arc<Notify>,
}

/// More than a relay hands over in one go; what does not fit is found by its tick.
const ROOM: usize = 1024;

impl Bell {
    /// A bell and its other end, for [`Relay`](super::Relay).
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<Ring>) {
        let (rings, heard) = mpsc::channel(ROOM);
        (Self { rings, full: Arc::default(), away: Arc::default(), batches: Arc::default() }, heard)
    }

    /// Whether a ring for this lane would reach the queue, as far as is known.
    #[must_use]
    pub fn reaches(&self, lane: Lane) -> bool {
        !self.full[lane as usize].load(Ordering::Relaxed) && self.rings.capacity() > 0
    }

    /// Rings.
    pub fn ring(&self, ring: Ring) {
        // A full channel loses nothing: the row is in the database and due.
        let _ = self.rings.try_send(ring);
    }

    /// Says that a batch may have room for more, or may be at its end.
    pub(super) fn child_ended(&self) {
        self.batches.notify_one();
    }

    /// Returns when somebody said so.
    pub(super) async fn batches_may_go_on(&self) {
        self.batches.notified().await;
    }

    /// Whether the queue did not answer when it was last asked.
    #[must_use]
    pub fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    pub(super) fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }

    pub(super) fn is_full(&self, lane: Lane) -> bool {
        self.full[lane as usize].load(Ordering::Relaxed)
    }

    pub(super) fn set_full(&self, lane: Lane, full: bool) {
        self.full[lane as usize].store(full, Ordering::Relaxed);
    }
}
