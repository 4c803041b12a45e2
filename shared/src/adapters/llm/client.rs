//! Clients: settings checked once, then wire functions and transport joined.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use url::Url;

use super::openai_compatible::{MODELS, Params, decode, decode_models, encode};
use super::settings::{ConfigProblem, LlmSettings};
use super::transport::Transport;
use crate::ports::{Clock, Completion, Llm, LlmError, LlmFailure, Prompt, SystemClock};

/// The name of the Chat Completions provider.
pub(super) const OPENAI_COMPATIBLE: &str = "openai_compatible";

/// A call may last this long at most.
const LONGEST_CALL: Duration = Duration::from_secs(30 * 60);

#[derive(Debug)]
struct OpenAiCompatible {
    params: Params,
    transport: Transport,
}

/// Builds a client of the Chat Completions API.
pub(super) fn openai_compatible(settings: &LlmSettings) -> Result<Arc<dyn Llm>, ConfigProblem> {
    let base = checked_base(settings)?;
    let model = settings.model.as_deref().map(str::trim).filter(|model| !model.is_empty());
    let model = model.ok_or_else(|| ConfigProblem::new("JQA_LLM_MODEL", "the name of a model is needed"))?;
    if settings.max_output_tokens == 0 {
        return Err(ConfigProblem::new("JQA_LLM_MAX_OUTPUT_TOKENS", "a number above zero is expected"));
    }
    if settings.timeout.is_zero() || settings.timeout > LONGEST_CALL {
        return Err(ConfigProblem::new("JQA_LLM_TIMEOUT", "between one second and 30 minutes are expected"));
    }
    let temperature = settings.temperature;
    if temperature.is_some_and(|temperature| !(0.0..=2.0).contains(&temperature)) {
        return Err(ConfigProblem::new("JQA_LLM_TEMPERATURE", "a number from 0 to 2 is expected"));
    }
    let params = Params {
        model: model.to_owned(),
        max_output_tokens: settings.max_output_tokens,
        token_param: settings.token_param,
        structured: settings.structured,
        temperature,
    };
    Ok(Arc::new(OpenAiCompatible { params, transport: Transport::new(settings, base)? }))
}

fn checked_base(settings: &LlmSettings) -> Result<Url, ConfigProblem> {
    const SETTING: &str = "JQA_LLM_BASE_URL";
    let Some(base) = &settings.base_url else {
        return Err(ConfigProblem::new(SETTING, "the address of the API is needed, such as http://localhost:11434/v1"));
    };
    if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
        return Err(ConfigProblem::new(SETTING, "an http or https address is expected"));
    }
    if !base.username().is_empty() || base.password().is_some() || base.query().is_some() {
        return Err(ConfigProblem::new(
            SETTING,
            "an address without user, password and query is expected; the key has its own setting",
        ));
    }
    Ok(base.clone())
}

#[async_trait]
impl Llm for OpenAiCompatible {
    async fn complete(&self, prompt: Prompt) -> Result<Completion, LlmFailure> {
        let body = encode(&prompt, &self.params);
        // Thousands of calls may wait at once; what was sent is all that is kept of each, and kept once.
        drop(prompt);
        let answer = self.transport.post(&body).await?;
        let result = decode(answer.status, &answer.headers, &answer.body, SystemClock.now());
        result.map_err(|failed| LlmFailure { error: self.transport.cleaned(failed.error, &body), ..failed })
    }

    async fn models(&self) -> Result<Vec<String>, LlmError> {
        let answer = self.transport.get(MODELS).await?;
        decode_models(answer.status, &answer.headers, &answer.body, SystemClock.now())
            .map_err(|error| self.transport.hidden(error))
    }

    fn provider(&self) -> &'static str {
        OPENAI_COMPATIBLE
    }

    fn model(&self) -> &str {
        &self.params.model
    }
}
