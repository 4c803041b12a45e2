//! `/llm-configurations`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use shared::adapters::connections::build::LlmAccess;
use shared::adapters::http::Secret;
use shared::adapters::llm::servers::SERVERS;
use shared::adapters::llm::{self, Effort, PROVIDERS, StreamMode};
use shared::adapters::trial::TrialResult;
use shared::config::LlmSection;
use shared::store::connection::{self, Defaults, LlmOptions, LlmRow};
use shared::vault::{KeyChange, LlmChange, NewLlm};
use utoipa::ToSchema;
use uuid::Uuid;

use super::fields::{base_url, line, name, one_of, secret, within};
use super::{ConnectionSource, PageParams, TestedView, no_such_connection};
use crate::extract::{Administer, Allowed, Body, Fields, FromFields, Id, Query};
use crate::problem::Problem;
use crate::routes::jobs::cut;
use crate::state::Api;
use crate::view::rfc3339;

/// The longest that a call to a model may last.
const LONGEST_CALL: u64 = 30 * 60;

/// More would only wait for each other.
const MOST_IN_FLIGHT: u64 = 256;

/// More than any account allows.
const MOST_IN_A_MINUTE: u64 = 60_000_000;

/// Stand-ins of one connection.
const MOST_FALLBACKS: usize = 5;

/// A connection to a model that is to be made.
#[derive(ToSchema)]
#[schema(as = NewLlmConfiguration)]
pub(in crate::routes) struct NewLlmBody {
    /// What requests will call it: a-z, 0-9, '-' and '.'; it never changes.
    #[schema(example = "writer")]
    name: String,
    /// `openai`, `claude` (or `anthropic`), `gemini`, `openai_compatible`.
    #[schema(example = "claude")]
    provider: String,
    /// Where the API begins; may be left out where the provider has one of its own.
    #[schema(value_type = Option<String>, example = "https://llm.acme.example/v1")]
    base_url: String,
    /// The model to ask for; may be left out where the provider has a usual one.
    #[schema(value_type = Option<String>, example = "claude-sonnet-5-5")]
    model: String,
    /// The API key, when the server wants one; it is never shown.
    #[schema(value_type = Option<String>, write_only)]
    api_key: Option<Secret>,
    /// What has a default.
    #[schema(required = false)]
    options: LlmOptions,
    /// Whether requests that name no connection use it.
    #[schema(required = false, default = false)]
    is_default: bool,
    /// Whether new requests may use it.
    #[schema(required = false, default = true)]
    active: bool,
}

impl FromFields for NewLlmBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let name = name(fields);
        let provider: Option<String> = fields.required("provider");
        one_of(fields, "provider", provider.as_deref(), &with_a_client());
        let provider = provider.as_deref().and_then(llm::spec);
        let api = provider.and_then(|provider| provider.api.as_ref());
        let base_url = or_usual(fields, "base_url", api.and_then(|api| api.base_url));
        let model = or_usual(fields, "model", api.and_then(|api| api.default_model));
        let model = line(fields, "model", model);
        let api_key = fields.optional("api_key");
        Some(Self {
            options: options(fields).unwrap_or_default(),
            is_default: fields.optional("is_default").unwrap_or_default(),
            active: fields.optional("active").unwrap_or(true),
            name: name?,
            base_url: base_url?,
            api_key: secret(fields, "api_key", api_key),
            provider: provider?.name.to_owned(),
            model: model?,
        })
    }
}

/// A text that may be left out where the provider has one.
fn or_usual(fields: &mut Fields, name: &'static str, usual: Option<&str>) -> Option<String> {
    match usual {
        Some(usual) => Some(fields.optional(name).unwrap_or_else(|| usual.to_owned())),
        None => fields.required(name),
    }
}

fn options(fields: &mut Fields) -> Option<LlmOptions> {
    let options: LlmOptions = fields.optional("options")?;
    one_of(fields, "options.structured", options.structured.as_deref(), &["json_schema", "json_object", "none"]);
    one_of(fields, "options.token_param", options.token_param.as_deref(), &["max_tokens", "max_completion_tokens"]);
    let efforts: Vec<&str> = Effort::ALL.iter().map(|effort| effort.as_str()).collect();
    one_of(fields, "options.effort", options.effort.as_deref(), &efforts);
    let servers: Vec<&str> = SERVERS.iter().map(|server| server.name).collect();
    one_of(fields, "options.server", options.server.as_deref(), &servers);
    within(fields, "options.max_output_tokens", options.max_output_tokens.map(u64::from), 1, u64::from(u32::MAX));
    if options.temperature.is_some_and(|temperature| !(0.0..=2.0).contains(&temperature)) {
        fields.refuse("options.temperature", "should be a number from 0 to 2");
    }
    for (name, value) in [
        ("options.requests_per_minute", options.requests_per_minute),
        ("options.tokens_per_minute", options.tokens_per_minute),
        ("options.calls_at_once", options.calls_at_once),
    ] {
        within(fields, name, value.map(u64::from), 1, MOST_IN_A_MINUTE);
    }
    if options.fallback.len() > MOST_FALLBACKS {
        fields.refuse("options.fallback", format!("holds more than {MOST_FALLBACKS} names"));
    }
    one_of(fields, "options.stream", options.stream.as_deref(), StreamMode::ALL);
    for (name, seconds) in [
        ("options.timeout_seconds", options.timeout_seconds),
        ("options.first_byte_timeout_seconds", options.first_byte_timeout_seconds),
        ("options.idle_timeout_seconds", options.idle_timeout_seconds),
    ] {
        within(fields, name, seconds, 1, LONGEST_CALL);
    }
    within(fields, "options.max_in_flight", options.max_in_flight.map(|number| number as u64), 1, MOST_IN_FLIGHT);
    Some(options)
}

/// Refuses names of stand-ins that name nothing here.
async fn check_fallback(api: &Api, name: &str, options: &LlmOptions) -> Result<(), Problem> {
    let known = api.connections.now().await?;
    let wrong = |other: &&String| *other == name || *other == llm::OFFLINE || !known.llm_known(other);
    match options.fallback.iter().find(wrong) {
        None => Ok(()),
        Some(other) => {
            let other: String = other.chars().take(60).collect();
            Err(Problem::field("options.fallback", format!("'{other}' is no other model connection that is in use")))
        }
    }
}

/// Refuses what no client can be built with, such as a model that its provider has switched off.
fn check_usable(api: &Api, provider: &str, base_url: &str, model: &str, options: &LlmOptions) -> Result<(), Problem> {
    let access = LlmAccess { provider, base_url, model, api_key: None, options };
    let settings = api.connections.builder().llm(access).map_err(|why| Problem::field("options", why))?;
    match llm::build(&settings) {
        Ok(_) => Ok(()),
        Err(problem) => Err(Problem::field(field_of(problem.setting), problem.message)),
    }
}

/// The field of a connection that a setting is called here.
fn field_of(setting: &str) -> String {
    let name = setting.trim_start_matches("JQA_LLM_").to_lowercase();
    if matches!(name.as_str(), "base_url" | "model" | "api_key") { name } else { format!("options.{name}") }
}

/// What is to be changed; what is absent stays.
#[derive(ToSchema)]
#[schema(as = LlmConfigurationChange)]
pub(in crate::routes) struct LlmChangeBody {
    /// Another address; needs `api_key` in the same request, if there is one.
    base_url: Option<String>,
    /// Another model.
    model: Option<String>,
    /// Another key; `null` removes it.
    #[schema(value_type = Option<String>, write_only)]
    api_key: KeyChange,
    /// All of the options; those that are absent have their defaults.
    options: Option<LlmOptions>,
    /// See the new connection.
    is_default: Option<bool>,
    /// See the new connection.
    active: Option<bool>,
}

impl FromFields for LlmChangeBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let model = fields.optional("model");
        let api_key = if fields.is_null("api_key") { KeyChange::Remove } else { KeyChange::Keep };
        let text = fields.optional("api_key");
        Some(Self {
            base_url: fields.optional("base_url"),
            model: line(fields, "model", model),
            api_key: secret(fields, "api_key", text).map_or(api_key, KeyChange::Replace),
            options: options(fields),
            is_default: fields.optional("is_default"),
            active: fields.optional("active"),
        })
    }
}

/// A connection to a model, without its token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LlmConfiguration)]
pub(in crate::routes) struct LlmView {
    /// `null` for the one of the settings.
    id: Option<Uuid>,
    name: String,
    source: ConnectionSource,
    provider: String,
    /// Empty for the drafter within.
    base_url: String,
    model: String,
    /// The key itself is never shown.
    has_api_key: bool,
    options: LlmOptions,
    is_default: bool,
    active: bool,
    /// `null` for the one of the settings.
    created_at: Option<String>,
    /// `null` for the one of the settings.
    updated_at: Option<String>,
    /// The last trial; `null` = none since it was made.
    tested: Option<TestedView>,
}

impl LlmView {
    fn of(row: LlmRow, defaults: &Defaults) -> Result<Self, Problem> {
        let options = LlmOptions::of(&row)?;
        Ok(Self {
            options,
            id: Some(row.id),
            source: ConnectionSource::Database,
            has_api_key: row.api_key_sealed.is_some(),
            is_default: defaults.llm_id == Some(row.id),
            active: row.active,
            created_at: Some(rfc3339(row.created_at)),
            updated_at: Some(rfc3339(row.updated_at)),
            tested: TestedView::of(row.tested_at, row.test_result.as_deref()),
            name: row.name,
            base_url: row.base_url,
            provider: row.provider,
            model: row.model,
        })
    }

    fn of_settings(section: &LlmSection, defaults: &Defaults) -> Self {
        Self {
            id: None,
            name: section.provider.clone(),
            provider: section.provider.clone(),
            source: ConnectionSource::Settings,
            base_url: section.base_url.as_ref().map_or("", |url| url.as_str().trim_end_matches('/')).to_owned(),
            model: section.model.clone(),
            has_api_key: !section.api_key.is_empty(),
            options: LlmOptions {
                timeout_seconds: Some(section.timeout.as_secs()),
                first_byte_timeout_seconds: Some(section.first_byte_timeout.as_secs()),
                idle_timeout_seconds: Some(section.idle_timeout.as_secs()),
                stream: Some(section.stream.as_str().to_owned()),
                max_in_flight: Some(section.max_in_flight),
                requests_per_minute: section.share.requests.map(|rate| rate.capacity()),
                tokens_per_minute: section.share.tokens.map(|rate| rate.capacity()),
                calls_at_once: section.share.at_once,
                fallback: section.fallback.clone(),
                max_output_tokens: Some(section.max_output_tokens),
                structured: Some(section.structured.clone()),
                token_param: section.token_param.clone(),
                effort: section.effort.map(|effort| effort.to_string()),
                server: section.server.clone(),
                temperature: section.temperature,
            },
            is_default: defaults.llm_id.is_none(),
            active: true,
            created_at: None,
            updated_at: None,
            tested: None,
        }
    }
}

/// A page of connections.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LlmConfigurationPage)]
pub(in crate::routes) struct LlmPage {
    items: Vec<LlmView>,
    /// `null` on the last page.
    next_cursor: Option<Uuid>,
}

/// Connections to models, the one of the settings first.
///
/// Needs `administer`.
#[utoipa::path(get, path = "/llm-configurations", operation_id = "list_llm_configurations", tag = "connections", params(PageParams),
    responses((status = 200, body = LlmPage)))]
pub(in crate::routes) async fn list(
    State(api): State<Api>,
    _caller: Allowed<Administer>,
    Query(asked): Query<PageParams>,
) -> Result<Json<LlmPage>, Problem> {
    let defaults = connection::defaults(api.db()).await?;
    let mut rows = connection::llm_page(api.db(), asked.cursor, asked.limit + 1).await?;
    let next_cursor = cut(&mut rows, asked.limit, |row| row.id);
    let first = asked.cursor.is_none().then(|| LlmView::of_settings(&api.connections.given().llm, &defaults));
    let items = first.into_iter().map(Ok).chain(rows.into_iter().map(|row| LlmView::of(row, &defaults)));
    Ok(Json(LlmPage { items: items.collect::<Result<_, _>>()?, next_cursor }))
}

/// Make a connection to a model.
///
/// Needs `administer`. The address must be public, or listed by the operator.
#[utoipa::path(post, path = "/llm-configurations", operation_id = "create_llm_configuration", tag = "connections",
    request_body = NewLlmBody, responses((status = 201, body = LlmView)))]
pub(in crate::routes) async fn create(
    State(api): State<Api>,
    caller: Allowed<Administer>,
    Body(body): Body<NewLlmBody>,
) -> Result<(StatusCode, Json<LlmView>), Problem> {
    check_fallback(&api, &body.name, &body.options).await?;
    let base_url = base_url(api.connections.builder().guard(), &body.base_url)?;
    check_usable(&api, &body.provider, &base_url, &body.model, &body.options)?;
    let new = NewLlm {
        base_url,
        options: body.options,
        name: body.name,
        provider: body.provider,
        model: body.model,
        api_key: body.api_key,
        is_default: body.is_default,
        active: body.active,
    };
    let id = api.vault.create_llm(new, &caller.actor()).await?;
    api.connections.look_again();
    Ok((StatusCode::CREATED, Json(shown(&api, id).await?)))
}

/// A connection to a model.
///
/// Needs `administer`.
#[utoipa::path(get, path = "/llm-configurations/{id}", operation_id = "show_llm_configuration", tag = "connections",
    params(("id" = Uuid, Path)), responses((status = 200, body = LlmView)))]
pub(in crate::routes) async fn show(
    State(api): State<Api>,
    _caller: Allowed<Administer>,
    Id(id): Id,
) -> Result<Json<LlmView>, Problem> {
    shown(&api, id).await.map(Json)
}

/// Change a connection to a model.
///
/// Needs `administer`. What is absent stays. Another `base_url` needs the `api_key` again, if there is one.
#[utoipa::path(patch, path = "/llm-configurations/{id}", operation_id = "change_llm_configuration", tag = "connections",
    params(("id" = Uuid, Path)), request_body = LlmChangeBody, responses((status = 200, body = LlmView)))]
pub(in crate::routes) async fn change(
    State(api): State<Api>,
    caller: Allowed<Administer>,
    Id(id): Id,
    Body(body): Body<LlmChangeBody>,
) -> Result<Json<LlmView>, Problem> {
    let row = connection::find_llm(api.db(), id).await?.ok_or_else(no_such_connection)?;
    if let Some(options) = &body.options {
        check_fallback(&api, &row.name, options).await?;
    }
    let guard = api.connections.builder().guard();
    let change = LlmChange {
        base_url: body.base_url.as_deref().map(|text| base_url(guard, text)).transpose()?,
        options: body.options,
        model: body.model,
        api_key: body.api_key,
        is_default: body.is_default,
        active: body.active,
    };
    let (url, model) = (change.base_url.as_ref().unwrap_or(&row.base_url), change.model.as_ref().unwrap_or(&row.model));
    let kept = LlmOptions::of(&row)?;
    check_usable(&api, &row.provider, url, model, change.options.as_ref().unwrap_or(&kept))?;
    api.vault.change_llm(&row, change, &caller.actor()).await?;
    api.connections.look_again();
    shown(&api, id).await.map(Json)
}

/// Remove a connection to a model.
///
/// Needs `administer`. The default, and one that open jobs use, stay: 409.
#[utoipa::path(delete, path = "/llm-configurations/{id}", operation_id = "remove_llm_configuration", tag = "connections",
    params(("id" = Uuid, Path)), responses((status = 204)))]
pub(in crate::routes) async fn remove(
    State(api): State<Api>,
    caller: Allowed<Administer>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    api.vault.remove_llm(id, &caller.actor()).await?;
    api.connections.look_again();
    Ok(StatusCode::NO_CONTENT)
}

/// Try a connection to a model: does the server list the model?
///
/// Needs `administer`. Answers within 15 seconds; a connection that does not work is answered with `ok: false`.
#[utoipa::path(post, path = "/llm-configurations/{id}/test", operation_id = "test_llm_configuration", tag = "connections",
    params(("id" = Uuid, Path)), responses((status = 200, body = TrialResult)))]
pub(in crate::routes) async fn test(
    State(api): State<Api>,
    caller: Allowed<Administer>,
    Id(id): Id,
) -> Result<Json<TrialResult>, Problem> {
    Ok(Json(api.vault.try_llm(id, api.connections.builder(), &caller.actor()).await?))
}

async fn shown(api: &Api, id: Uuid) -> Result<LlmView, Problem> {
    let row = connection::find_llm(api.db(), id).await?.ok_or_else(no_such_connection)?;
    LlmView::of(row, &connection::defaults(api.db()).await?)
}

/// The providers that have something to connect to.
fn with_a_client() -> Vec<&'static str> {
    let providers = PROVIDERS.iter().filter(|provider| provider.api.is_some());
    providers.flat_map(|provider| [Some(provider.name), provider.alias]).flatten().collect()
}
