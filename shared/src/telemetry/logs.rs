//! Logs: JSON for machines, text for people.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

/// Whether a text can be used as a filter.
#[must_use]
pub fn is_filter(text: &str) -> bool {
    EnvFilter::try_new(text).is_ok()
}

/// Starts logging to standard error. The filter was checked with the settings.
pub fn start(filter: &str, format: &str) {
    let text = format == "text" || (format == "auto" && std::io::stderr().is_terminal());
    let registry = tracing_subscriber::registry().with(EnvFilter::new(filter));
    // A second start (tests in one process) keeps the first.
    let _ = if text {
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
}
