//! Nudges about events, within a process or over Redis.

mod local;
mod redis;

pub use self::local::LocalBus;
pub use self::redis::RedisBus;
