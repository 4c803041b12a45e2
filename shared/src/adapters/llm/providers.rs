//! The list of providers. A new one is a file with a [`Wire`], one with its [`Streams`](super::stream::Streams), and a row here.

use std::sync::Arc;

use super::batches::{BatchWire, ClaudeBatches, GeminiBatches, OpenAiBatches};
use super::chat::Chat;
use super::claude::Claude;
use super::client::client;
use super::gemini::Gemini;
use super::responses::Responses;
use super::settings::{ConfigProblem, LlmSettings};
use super::wire::Wire;
use crate::ports::Llm;

/// The provider that needs no model: the drafter in the domain, run by the pipeline itself.
pub const OFFLINE: &str = "offline";

/// A provider that is asked over HTTP.
#[derive(Debug)]
pub struct Api {
    /// What it speaks.
    pub wire: &'static dyn Wire,
    /// Where its API begins, unless the settings say otherwise; `None` = they must.
    pub base_url: Option<&'static str>,
    /// The model used when none is named.
    pub default_model: Option<&'static str>,
    /// How its batches are asked for; of compatible servers only those that have them are.
    pub batches: Option<&'static dyn BatchWire>,
}

/// A provider.
#[derive(Debug)]
pub struct ProviderSpec {
    /// Its name in the API, the configuration and the metrics.
    pub name: &'static str,
    /// Another name that is understood.
    pub alias: Option<&'static str>,
    /// What it is, in a line.
    pub summary: &'static str,
    /// How it is asked; `None` = there is nobody to ask.
    pub api: Option<Api>,
}

/// Every provider.
pub const PROVIDERS: &[ProviderSpec] = &[
    ProviderSpec {
        name: OFFLINE,
        alias: None,
        summary: "drafts from what the story itself states; no model, no key, no network",
        api: None,
    },
    ProviderSpec {
        name: "openai",
        alias: None,
        summary: "OpenAI (Responses)",
        api: Some(Api {
            wire: &Responses,
            base_url: Some("https://api.openai.com/v1"),
            default_model: Some("gpt-6.2-sol"),
            batches: Some(&OpenAiBatches { endpoint: "/v1/responses" }),
        }),
    },
    ProviderSpec {
        name: "claude",
        alias: Some("anthropic"),
        summary: "Anthropic (Messages)",
        api: Some(Api {
            wire: &Claude,
            base_url: Some("https://api.anthropic.com/v1"),
            default_model: Some("claude-sonnet-5-5"),
            batches: Some(&ClaudeBatches),
        }),
    },
    ProviderSpec {
        name: "gemini",
        alias: None,
        summary: "Google Gemini (generateContent)",
        api: Some(Api {
            wire: &Gemini,
            base_url: Some("https://generativelanguage.googleapis.com/v1beta"),
            default_model: Some("gemini-3.8-flash"),
            batches: Some(&GeminiBatches),
        }),
    },
    ProviderSpec {
        name: "openai_compatible",
        alias: None,
        summary: "any server of the Chat Completions API: Azure, Ollama, vLLM, LiteLLM, OpenRouter, Mistral",
        api: Some(Api {
            wire: &Chat,
            base_url: None,
            default_model: None,
            batches: Some(&OpenAiBatches { endpoint: "/v1/chat/completions" }),
        }),
    },
];

/// Finds a provider by its name, or the other one.
#[must_use]
pub fn spec(name: &str) -> Option<&'static ProviderSpec> {
    PROVIDERS.iter().find(|spec| spec.name == name || spec.alias == Some(name))
}

/// Builds the client that the settings name; `None` for the provider that has no client.
pub fn build(settings: &LlmSettings) -> Result<Option<Arc<dyn Llm>>, ConfigProblem> {
    let Some(spec) = spec(&settings.provider) else {
        let names: Vec<&str> = PROVIDERS.iter().map(|spec| spec.name).collect();
        return Err(ConfigProblem::new("JQA_LLM_PROVIDER", format!("one of {} is expected", names.join(", "))));
    };
    spec.api.as_ref().map(|api| client(spec, api, settings)).transpose()
}
