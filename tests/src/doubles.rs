//! A queue that a test looks into, empties and breaks.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use shared::domain::job::Lane;
use shared::domain::message::Message;
use shared::ports::{Queue, QueueError};
use uuid::Uuid;

/// See the module.
#[derive(Debug)]
pub struct BoundedQueue {
    bound: usize,
    waiting: Mutex<HashMap<Lane, Vec<Message>>>,
    away: AtomicBool,
}

impl BoundedQueue {
    /// An empty queue with room for `bound` messages a lane.
    #[must_use]
    pub fn new(bound: usize) -> Self {
        Self { bound, waiting: Mutex::default(), away: AtomicBool::new(false) }
    }

    /// Whether it refuses everything from now on.
    pub fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    /// Takes everything out of a lane.
    pub fn drain(&self, lane: Lane) -> Vec<Uuid> {
        let messages = self.waiting.lock().expect("a lock").remove(&lane).unwrap_or_default();
        messages.iter().map(|message| message.read().expect("a message of ours").1).collect()
    }

    /// How many messages wait.
    #[must_use]
    pub fn len(&self, lane: Lane) -> usize {
        self.waiting.lock().expect("a lock").get(&lane).map_or(0, Vec::len)
    }

    fn answer(&self) -> Result<(), QueueError> {
        if self.away.load(Ordering::SeqCst) { Err(QueueError("away".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl Queue for BoundedQueue {
    async fn ring(&self, lane: Lane, mut messages: Vec<Message>) -> Result<usize, QueueError> {
        self.answer()?;
        let mut waiting = self.waiting.lock().expect("a lock");
        let waiting = waiting.entry(lane).or_default();
        messages.truncate(self.bound - waiting.len());
        let taken = messages.len();
        waiting.append(&mut messages);
        Ok(taken)
    }

    async fn room(&self, lane: Lane) -> Result<usize, QueueError> {
        self.answer()?;
        Ok(self.bound - self.len(lane))
    }
}
