//! Queue in: take what is due, run it, record what came of it.
//!
//! * [`runner`]: slots, claims, leases, shutdown
//! * [`pipeline`]: the stages of a job
//! * [`economy`]: calls that are given away in batches of their provider
//! * [`batches`]: finding the stories of a batch
//! * [`deliveries`] of webhooks
//! * [`inbound`]: what Jira tells of its own accord
//! * `within`: writes that are sent in time or not at all

pub mod batches;
pub mod deliveries;
pub mod economy;
pub mod inbound;
pub mod pipeline;
pub mod runner;
mod within;

pub use runner::{Doorbell, Runner, RunnerSettings, Work};
