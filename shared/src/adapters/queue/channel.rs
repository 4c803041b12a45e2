//! The queue within a process: a bounded channel for each lane, read by apalis through its stream backend.
//!
//! apalis' own in-memory storage loses wake-ups and panics under concurrent pushes, hence the channel.

use std::convert::Infallible;
use std::sync::Mutex;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::domain::job::Lane;
use crate::domain::message::Message;
use crate::ports::{Queue, QueueError};

/// See the module.
#[derive(Debug)]
pub struct ChannelQueue {
    lanes: Vec<mpsc::Sender<Message>>,
    heard: Mutex<Vec<Option<mpsc::Receiver<Message>>>>,
}

impl ChannelQueue {
    /// A queue that holds up to `bound` messages for each lane.
    #[must_use]
    pub fn new(bound: usize) -> Self {
        let (lanes, heard) = Lane::ALL.iter().map(|_| mpsc::channel(bound)).map(|(tx, rx)| (tx, Some(rx))).unzip();
        Self { lanes, heard: Mutex::new(heard) }
    }

    /// The other end of a lane, once.
    pub fn take(&self, lane: Lane) -> Option<BoxStream<'static, Result<Message, Infallible>>> {
        let mut heard = self.heard.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let receiver = heard.get_mut(lane as usize)?.take()?;
        Some(ReceiverStream::new(receiver).map(Ok).boxed())
    }
}

#[async_trait]
impl Queue for ChannelQueue {
    async fn ring(&self, lane: Lane, messages: Vec<Message>) -> Result<usize, QueueError> {
        let sender = &self.lanes[lane as usize];
        let mut accepted = 0;
        for message in messages {
            match sender.try_send(message) {
                Ok(()) => accepted += 1,
                Err(mpsc::error::TrySendError::Full(_)) => break,
                Err(mpsc::error::TrySendError::Closed(_)) => return Err(QueueError("nobody reads this lane".into())),
            }
        }
        Ok(accepted)
    }

    async fn room(&self, lane: Lane) -> Result<usize, QueueError> {
        Ok(self.lanes[lane as usize].capacity())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::message::MessageKind;

    #[tokio::test]
    async fn a_full_lane_takes_what_it_has_room_for_and_says_so() {
        let queue = ChannelQueue::new(2);
        let messages = (0..3).map(|n| Message::new(MessageKind::Job, Uuid::from_u128(n))).collect();
        assert_eq!(queue.ring(Lane::Bulk, messages).await.unwrap(), 2);
        assert_eq!(queue.room(Lane::Bulk).await.unwrap(), 0);
        assert_eq!(queue.room(Lane::Interactive).await.unwrap(), 2);
    }
}
