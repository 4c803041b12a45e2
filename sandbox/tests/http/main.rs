//! The sandbox over real HTTP, as its clients meet it.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod data_center;
mod faults;
mod issues;
mod llm;
mod remote;
mod search;
mod support;
