//! The list of providers. A new one is a file with pure functions and a line here.

use std::sync::Arc;

use super::client;
use super::settings::{ConfigProblem, LlmSettings};
use crate::ports::Llm;

/// The provider that needs no model: the drafter in the domain, run by the pipeline itself.
pub const OFFLINE: &str = "offline";

/// How a provider's client is built.
pub type Build = fn(&LlmSettings) -> Result<Arc<dyn Llm>, ConfigProblem>;

/// A provider.
#[derive(Debug)]
pub struct ProviderSpec {
    /// Its name in the API, the configuration and the metrics.
    pub name: &'static str,
    /// What it is, in a line.
    pub summary: &'static str,
    /// Settings that must be given.
    pub required: &'static [&'static str],
    /// The model used when none is named.
    pub default_model: Option<&'static str>,
    /// Builds its client; `None` where there is none to build.
    pub build: Option<Build>,
}

/// Every provider.
pub const PROVIDERS: &[ProviderSpec] = &[
    ProviderSpec {
        name: OFFLINE,
        summary: "drafts from what the story itself states; no model, no key, no network",
        required: &[],
        default_model: None,
        build: None,
    },
    ProviderSpec {
        name: client::OPENAI_COMPATIBLE,
        summary: "any server of the Chat Completions API: OpenAI, Azure, Ollama, vLLM, LiteLLM, OpenRouter, Mistral",
        required: &["JQA_LLM_BASE_URL", "JQA_LLM_MODEL"],
        default_model: None,
        build: Some(client::openai_compatible),
    },
];

/// Finds a provider by its name.
#[must_use]
pub fn spec(name: &str) -> Option<&'static ProviderSpec> {
    PROVIDERS.iter().find(|spec| spec.name == name)
}

/// Builds the client that the settings name; `None` for the provider that has no client.
pub fn build(settings: &LlmSettings) -> Result<Option<Arc<dyn Llm>>, ConfigProblem> {
    let Some(spec) = spec(&settings.provider) else {
        let names: Vec<&str> = PROVIDERS.iter().map(|spec| spec.name).collect();
        return Err(ConfigProblem::new("JQA_LLM_PROVIDER", format!("one of {} is expected", names.join(", "))));
    };
    spec.build.map(|build| build(settings)).transpose()
}
