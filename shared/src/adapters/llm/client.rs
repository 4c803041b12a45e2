//! Clients: settings checked once against what is known of the model, then wire and transport joined.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::NaiveDate;
use url::Url;

use super::batches::BatchClient;
use super::models::{Effort, Model, Models, Sampling, words};
use super::outcome::{decode, decode_models, decode_object};
use super::providers::{Api, ProviderSpec};
use super::servers::Server;
use super::settings::{ConfigProblem, LlmSettings, StreamMode};
use super::stream::limits::Limits;
use super::stream::receive::Received;
use super::transport::Transport;
use super::wire::{Ask, HttpBody, Wire};
use crate::domain::story::sha256_hex;
use crate::ports::{Clock, Completion, Llm, LlmBatches, LlmError, LlmFailure, Prompt, SystemClock, Usage};

/// A call may last this long at most.
const LONGEST_CALL: Duration = Duration::from_secs(30 * 60);

/// Where every provider lists its models, below the base URL.
const MODELS: &str = "models";

#[derive(Debug)]
struct Client {
    provider: &'static str,
    wire: &'static dyn Wire,
    ask: Ask,
    streams: bool,
    transport: Arc<Transport>,
    models: Arc<Models>,
    batches: Option<BatchClient>,
}

/// Builds a client of a provider.
pub(super) fn client(spec: &'static ProviderSpec, api: &Api, settings: &LlmSettings) -> Result<Arc<dyn Llm>, ConfigProblem> {
    let ask = ask(spec, api, settings)?;
    let streams = match settings.stream {
        // Who has an address of its own here is known to stream.
        StreamMode::Auto => api.base_url.is_some() || ask.server.streams,
        StreamMode::On => true,
        StreamMode::Off => false,
    };
    let limits = Limits::new(settings, api.wire.begins_at_once());
    let transport = Transport::new(settings, checked_base(api, settings)?, api.wire.headers(settings.key(), &ask), limits)?;
    let (transport, models) = (Arc::new(transport), settings.models.clone());
    let batches = api.batches.filter(|_| api.base_url.is_some() || ask.server.batches).map(|form| BatchClient {
        provider: spec.name,
        form,
        wire: api.wire,
        ask: ask.clone(),
        transport: transport.clone(),
        models: models.clone(),
    });
    Ok(Arc::new(Client { provider: spec.name, wire: api.wire, ask, streams, transport, models, batches }))
}

/// What a connection with these settings may send to its model.
pub(super) fn ask(spec: &ProviderSpec, api: &Api, settings: &LlmSettings) -> Result<Ask, ConfigProblem> {
    let base = checked_base(api, settings)?;
    let server = match settings.server.as_deref() {
        Some(name) => name.parse().map_err(|why: String| ConfigProblem::new("JQA_LLM_SERVER", why))?,
        None => Server::at(&base),
    };
    let model = settings.model.as_deref().map(str::trim).filter(|model| !model.is_empty()).or(api.default_model);
    let model = model.ok_or_else(|| ConfigProblem::new("JQA_LLM_MODEL", "the name of a model is needed"))?;
    // A gateway may call anything by any name: what is known of a model is known of its maker's own service.
    let known = settings.models.find(spec.name, model);
    if let Some(known) = known {
        still_there(known, SystemClock.now().date_naive())?;
    }
    checked_limits(settings)?;
    checked_effort(settings, known)?;
    let most = known.map_or(u32::MAX, |model| model.max_output);
    let limit = settings.max_output_tokens.min(most);
    Ok(Ask {
        model: model.to_owned(),
        max_output_tokens: limit,
        most_output_tokens: limit.saturating_mul(2).min(most),
        structured: settings.structured,
        temperature: settings.temperature.filter(|_| takes_temperature(api, known, settings.effort)),
        effort: settings.effort,
        token_param: settings.token_param.unwrap_or(server.token_param),
        server,
        anthropic_version: settings.anthropic_version.clone(),
    })
}

/// Refuses a model that its provider has switched off, and says what to take.
fn still_there(model: &Model, today: NaiveDate) -> Result<(), ConfigProblem> {
    match (model.retired, &model.instead) {
        (Some(day), Some(instead)) if day <= today => {
            let why = format!("{} was switched off by its provider on {day}; take {instead}", model.id);
            Err(ConfigProblem::new("JQA_LLM_MODEL", why))
        }
        _ => Ok(()),
    }
}

fn checked_limits(settings: &LlmSettings) -> Result<(), ConfigProblem> {
    if settings.max_output_tokens == 0 {
        return Err(ConfigProblem::new("JQA_LLM_MAX_OUTPUT_TOKENS", "a number above zero is expected"));
    }
    if settings.timeout.is_zero() || settings.timeout > LONGEST_CALL {
        return Err(ConfigProblem::new("JQA_LLM_TIMEOUT", "between one second and 30 minutes are expected"));
    }
    for (name, limit) in
        [("JQA_LLM_FIRST_BYTE_TIMEOUT", settings.first_byte_timeout), ("JQA_LLM_IDLE_TIMEOUT", settings.idle_timeout)]
    {
        if limit.is_zero() || limit > LONGEST_CALL {
            return Err(ConfigProblem::new(name, "between one second and 30 minutes are expected"));
        }
    }
    if settings.temperature.is_some_and(|temperature| !(0.0..=2.0).contains(&temperature)) {
        return Err(ConfigProblem::new("JQA_LLM_TEMPERATURE", "a number from 0 to 2 is expected"));
    }
    Ok(())
}

fn checked_effort(settings: &LlmSettings, known: Option<&Model>) -> Result<(), ConfigProblem> {
    match (settings.effort, known) {
        (Some(wanted), Some(model)) if !model.effort.contains(&wanted) => {
            let takes = if model.effort.is_empty() { "no such setting".to_owned() } else { words(&model.effort) };
            Err(ConfigProblem::new("JQA_LLM_EFFORT", format!("{} takes {takes}", model.id)))
        }
        _ => Ok(()),
    }
}

/// Models of today answer 400 to a temperature; of a compatible server its operator knows best.
fn takes_temperature(api: &Api, known: Option<&Model>, effort: Option<Effort>) -> bool {
    match known.map(|model| model.sampling) {
        Some(Sampling::Always) => true,
        Some(Sampling::WithoutEffort) => effort == Some(Effort::None),
        Some(Sampling::Never) => false,
        None => api.base_url.is_none(),
    }
}

fn checked_base(api: &Api, settings: &LlmSettings) -> Result<Url, ConfigProblem> {
    const SETTING: &str = "JQA_LLM_BASE_URL";
    let ours = || api.base_url.and_then(|url| Url::parse(url).ok());
    let Some(base) = settings.base_url.clone().or_else(ours) else {
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
    Ok(base)
}

impl Client {
    /// With its price: that of the model that answered, which may be another than the one that was asked.
    fn priced(&self, answered: &str, usage: Usage) -> Usage {
        if usage.input_tokens + usage.output_tokens == 0 {
            return usage;
        }
        let name = if answered.is_empty() { &self.ask.model } else { answered };
        let cost_nano_usd = self.models.find(self.provider, name).and_then(|model| model.cost(usage));
        Usage { cost_nano_usd, ..usage }
    }

    async fn ask_at_once(&self, body: &HttpBody) -> Result<Completion, LlmFailure> {
        let answer = self.transport.post(body).await?;
        decode(self.wire, answer.status, &answer.headers, &answer.body, SystemClock.now())
    }

    async fn ask_for_stream(&self, body: &HttpBody) -> Result<Completion, LlmFailure> {
        match self.transport.post_for_stream(body, self.wire).await? {
            Received::Plain(answer) => decode(self.wire, answer.status, &answer.headers, &answer.body, SystemClock.now()),
            Received::Streamed { headers, answer } => decode_object(self.wire, &answer, &headers, SystemClock.now()),
        }
    }
}

/// The most that a call may use.
pub(super) fn most_of(prompt: &Prompt, ask: &Ask) -> Usage {
    // No token is shorter than a byte. The frame of a request is short; the schema is counted once more for it.
    let schema = serde_json::to_string(&prompt.schema).map_or(0, |schema| schema.len());
    let bytes = prompt.system.len() + prompt.user.len() + 2 * schema;
    let room = if prompt.roomier { ask.most_output_tokens } else { ask.max_output_tokens };
    Usage { input_tokens: i64::try_from(bytes).unwrap_or(i64::MAX), output_tokens: room.into(), ..Usage::default() }
}

#[async_trait]
impl Llm for Client {
    async fn complete(&self, prompt: Prompt) -> Result<Completion, LlmFailure> {
        let mut body = self.wire.encode(&prompt, &self.ask);
        // Thousands of calls may wait at once; what was sent is all that is kept of each, and kept once.
        drop(prompt);
        let result = if self.streams {
            body = self.wire.streamed(body, &self.ask);
            self.ask_for_stream(&body).await
        } else {
            self.ask_at_once(&body).await
        };
        match result {
            Ok(done) => Ok(Completion { usage: self.priced(&done.model, done.usage), ..done }),
            Err(failed) => Err(LlmFailure {
                error: self.transport.cleaned(failed.error, &body),
                usage: failed.usage.map(|usage| self.priced("", usage)),
            }),
        }
    }

    async fn models(&self) -> Result<Vec<String>, LlmError> {
        let answer = self.transport.get(&[MODELS]).await?;
        decode_models(self.wire, answer.status, &answer.headers, &answer.body, SystemClock.now())
            .map_err(|error| self.transport.hidden(error))
    }

    fn provider(&self) -> &'static str {
        self.provider
    }

    fn model(&self) -> &str {
        &self.ask.model
    }

    fn question(&self, prompt: &Prompt) -> String {
        let body = self.wire.encode(prompt, &self.ask);
        let place = format!("{}\n{}\n{}\n", self.provider, self.transport.base(), body.path.join("/"));
        sha256_hex(&[place.as_bytes(), &body.json].concat())
    }

    fn cost(&self, usage: Usage) -> Option<i64> {
        self.models.find(self.provider, &self.ask.model).and_then(|model| model.cost(usage))
    }

    fn most(&self, prompt: &Prompt) -> Usage {
        let usage = most_of(prompt, &self.ask);
        let known = self.models.find(self.provider, &self.ask.model);
        Usage { cost_nano_usd: known.and_then(|model| model.most(usage)), ..usage }
    }

    fn has_more_room(&self) -> bool {
        self.ask.most_output_tokens > self.ask.max_output_tokens
    }

    fn batches(&self) -> Option<&dyn LlmBatches> {
        self.batches.as_ref().map(|batches| batches as &dyn LlmBatches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::llm::Models;

    #[test]
    fn a_model_is_refused_from_the_day_it_is_switched_off_and_its_successor_named() {
        let models = Models::ours();
        let model = models.find("openai", "gpt-4o").unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(still_there(model, day("2027-01-13")), Ok(()));
        let refused = still_there(model, day("2027-01-14")).unwrap_err();
        assert_eq!(refused.setting, "JQA_LLM_MODEL");
        assert!(refused.message.contains("take gpt-6.2-sol"), "{refused}");
    }
}
