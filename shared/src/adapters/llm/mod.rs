//! Language models.
//!
//! * [`providers`]: the list of them; [`models`]: what may be sent to which model, and what it costs
//! * [`settings`]: what a connection needs; [`servers`]: what servers of Chat Completions want besides
//! * [`wire`]: what a provider's file holds: [`chat`], [`claude`], [`gemini`], [`responses`]
//! * [`stream`]: answers that come as streams of events
//! * [`outcome`]: what became of a call, in the same classes for all
//! * [`client`]: settings, wire and transport joined; [`transport`]: the one place that does I/O
//! * [`batches`]: many calls given away at once
//! * [`schema`]: the JSON schema that every provider accepts; [`object`]: how bodies are written
//! * [`salvage`]: the JSON object in a reply that holds more than that

pub mod batches;
pub mod chat;
pub mod claude;
mod client;
pub mod gemini;
pub mod models;
mod object;
pub mod outcome;
mod providers;
pub mod responses;
pub mod salvage;
pub mod schema;
pub mod servers;
mod settings;
pub mod stream;
mod transport;
pub mod wire;

#[cfg(test)]
mod tests;

pub use models::{Effort, Models};
pub use providers::{Api, OFFLINE, PROVIDERS, ProviderSpec, build, spec};
pub use settings::{ConfigProblem, LlmSettings, StreamMode, Structured, TokenParam};
