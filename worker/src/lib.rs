//! Queue in: take what is due, run it, record what came of it.
//!
//! * [`runner`]: slots, claims, leases, shutdown
//! * [`pipeline`]: the stages of a job
//! * [`deliveries`] of webhooks
//! * [`prompts`]: what a model is told

pub mod deliveries;
pub mod pipeline;
pub mod prompts;
pub mod runner;

pub use runner::{Doorbell, Runner, RunnerSettings};
