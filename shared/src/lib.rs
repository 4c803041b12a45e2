//! What the api and the worker have in common.
//!
//! Layers, each using only what stands left of it: [`domain`] ‹ [`ports`] ‹ [`store`], [`adapters`] ‹ [`jobs`], [`accounts`], [`auditing`], [`vault`], [`spending`], [`policies`] ‹ [`publishing`]; [`prompting`] needs [`domain`] and [`ports`] only.
//! Beside them stand the concerns of a process: [`config`], [`telemetry`], [`crypto`], [`lifecycle`].

pub mod accounts;
pub mod adapters;
pub mod auditing;
pub mod config;
pub mod crypto;
pub mod domain;
pub mod jobs;
pub mod lifecycle;
pub mod policies;
pub mod ports;
pub mod prompting;
pub mod publishing;
pub mod spending;
pub mod store;
pub mod telemetry;
pub mod vault;
