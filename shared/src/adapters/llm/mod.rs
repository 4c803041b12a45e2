//! Language models.
//!
//! * [`providers`]: the list of them, and how one is built from settings
//! * [`settings`]: what a connection needs
//! * [`openai_compatible`]: Chat Completions as pure functions: prompt to body, answer to completion
//! * [`transport`]: the one place that does I/O: limits, time, credentials
//! * [`schema`]: the JSON schema that every provider accepts
//! * [`salvage`]: the JSON object in a reply that holds more than that

mod client;
pub mod openai_compatible;
mod providers;
pub mod salvage;
pub mod schema;
mod settings;
mod transport;

#[cfg(test)]
mod tests;

pub use providers::{Build, OFFLINE, PROVIDERS, ProviderSpec, build, spec};
pub use settings::{ConfigProblem, LlmSettings, Structured, TokenParam};
