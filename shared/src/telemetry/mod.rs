//! Metrics and logs. Names of metrics stand in one file, [`metrics`].

pub mod logs;
pub mod metrics;

pub use metrics::Metrics;
