//! How ports are met; the only place that names a vendor.

pub mod bus;
pub mod connections;
pub mod http;
pub mod jira;
pub mod limiter;
pub mod llm;
pub mod oidc;
pub mod pacer;
pub mod queue;
mod subscription;
#[cfg(test)]
mod test_server;
pub mod trial;
pub mod webhook;
pub mod xray;
pub mod zephyr;
