//! Jira: Cloud over REST API v3, Data Center and Server over v2.
//!
//! * [`settings`]: what a connection needs
//! * [`client`]: the port, one method a call
//! * [`abilities`]: what a connection's account can be used for
//! * [`project`]: what the issues of a project are made of
//! * [`subtasks`]: criteria and scenarios as issues below their story
//! * [`call`]: one HTTP call: address, credentials, limits, repetition of reads
//! * [`deployment`]: what differs between the two
//! * [`pace`]: turns that all processes share
//! * [`errors`]: what an answer other than success means
//! * [`wire`]: the JSON that is sent and read

mod abilities;
pub(super) mod call;
mod client;
pub(super) mod deployment;
mod errors;
mod pace;
mod project;
mod settings;
mod subtasks;
pub(super) mod transitions;
pub(super) mod wire;

#[cfg(test)]
mod data_center_tests;
#[cfg(test)]
mod pace_tests;
#[cfg(test)]
mod tests;

pub use client::JiraClient;
pub use pace::Pace;
pub use settings::{JiraSettings, OnCall};
pub use subtasks::Subtasks;
pub use wire::PROPERTY_KEY;
