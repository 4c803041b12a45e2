//! How often the model was called.

use std::collections::BTreeMap;

use serde::Serialize;

/// Calls that reached the model; those a fault answered are not among them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LlmCounts {
    /// All calls.
    pub total: u64,
    /// By the model that was asked for.
    pub by_model: BTreeMap<String, u64>,
    /// By the key of the story.
    pub by_key: BTreeMap<String, u64>,
    /// By the name of the schema.
    pub by_call: BTreeMap<String, u64>,
    /// Batches that were created; their calls are not among the others.
    pub batches: u64,
    /// Calls of batches that were answered, and so billed.
    pub batched: u64,
    /// The same by the key of the story.
    pub batched_by_key: BTreeMap<String, u64>,
}

impl LlmCounts {
    pub(crate) fn add(&mut self, model: &str, key: Option<&str>, call: &str) {
        self.total += 1;
        *self.by_model.entry(model.to_owned()).or_default() += 1;
        *self.by_call.entry(call.to_owned()).or_default() += 1;
        if let Some(key) = key {
            *self.by_key.entry(key.to_owned()).or_default() += 1;
        }
    }

    pub(crate) fn add_batched(&mut self, key: Option<&str>) {
        self.batched += 1;
        if let Some(key) = key {
            *self.batched_by_key.entry(key.to_owned()).or_default() += 1;
        }
    }
}
