//! The sandbox over real HTTP, as its clients meet it.

mod faults;
mod issues;
mod llm;
mod remote;
mod search;
mod support;
