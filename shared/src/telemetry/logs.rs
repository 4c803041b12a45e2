//! Logs: JSON for machines, text for people.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

/// Starts logging to standard error. A wrong filter is told, and `info` is used instead.
pub fn start(filter: &str, format: &str) {
    let (parsed, complaint) = match EnvFilter::try_new(filter) {
        Ok(parsed) => (parsed, None),
        Err(error) => (EnvFilter::new("info"), Some(error.to_string())),
    };
    let text = format == "text" || (format == "auto" && std::io::stderr().is_terminal());
    let registry = tracing_subscriber::registry().with(parsed);
    // A second start (tests in one process) keeps the first.
    let started = if text {
        registry.with(fmt::layer().with_target(false).with_writer(std::io::stderr)).try_init()
    } else {
        registry
            .with(
                fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_current_span(true)
                    .with_span_list(false)
                    .with_writer(std::io::stderr),
            )
            .try_init()
    };
    if let (Ok(()), Some(complaint)) = (started, complaint) {
        tracing::warn!(%complaint, "JQA_LOG is no log filter; using info");
    }
}
