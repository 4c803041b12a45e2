//! Rate limits, within a process or shared over Redis.
//!
//! * [`LocalLimiter`]: in this process, in bounded memory
//! * [`SharedLimiter`]: in Redis within 25 ms, else in this process
//! * [`breaker`]: when Redis is not asked any more, and when it is again

mod breaker;
mod local;
mod redis;
mod shared;

pub use self::local::LocalLimiter;
pub use self::shared::SharedLimiter;
