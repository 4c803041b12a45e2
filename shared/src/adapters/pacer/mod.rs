//! Turns at accounts of providers, within a process or shared over Redis.
//!
//! * [`LocalPacer`]: in this process, by its part
//! * [`SharedPacer`]: in Redis, else in this process

mod local;
mod shared;

pub use local::LocalPacer;
pub use shared::SharedPacer;
