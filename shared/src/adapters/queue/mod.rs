//! The doorbell, within a process or over Redis. Both carry [`Message`](crate::domain::message::Message)s to apalis
//! workers; neither ever holds a job.

mod channel;
mod redis;
mod rung;

pub use self::channel::ChannelQueue;
pub use self::redis::{RedisQueue, connect, storage};
pub use self::rung::Rung;
