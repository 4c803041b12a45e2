//! `/jira-configurations`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use shared::adapters::http::{Secret, authorities};
use shared::adapters::trial::TrialResult;
use shared::adapters::webhook::Guard;
use shared::config::JiraSection;
use shared::domain::jira_event::signature::SHORTEST_SECRET;
use shared::domain::jira_site::{JiraDeployment, is_atlassian};
use shared::store::connection::{self, Defaults, JiraOptions, JiraRow};
use shared::vault::{JiraChange, NewJira};
use url::Url;
use utoipa::ToSchema;
use uuid::Uuid;

use super::events;
use super::fields::{base_url, line, name, secret, within};
use super::{ConnectionSource, PageParams, TestedView, no_such_connection};
use crate::extract::{Administer, Allowed, Body, Fields, FromFields, Id, Query};
use crate::problem::Problem;
use crate::routes::jobs::cut;
use crate::state::Api;
use crate::view::rfc3339;

/// Workers plan their writes with no longer ones.
const LONGEST_CALL: u64 = 30;

/// No list of certificates that somebody gives is longer.
const LONGEST_CERTIFICATES: usize = 64 * 1024;
const TOO_LONG: &str = "should be at most 64 KiB of certificates in PEM";

const SECRET_NEEDED: &str = "cannot change without the secret: give the secret again in the same request";

/// More would only wait for each other.
const MOST_IN_FLIGHT: u64 = 256;

/// A connection to Jira that is to be made.
#[derive(ToSchema)]
#[schema(as = NewJiraConfiguration)]
pub(in crate::routes) struct NewJiraBody {
    /// What requests will call it: a-z, 0-9, '-' and '.'; it never changes.
    #[schema(example = "acme")]
    name: String,
    /// `https://acme.atlassian.net`, or `https://api.atlassian.com/ex/jira/{cloudId}` for scoped tokens; in a data centre with the
    /// context path, such as `https://jira.acme.example/jira`.
    #[schema(example = "https://acme.atlassian.net")]
    base_url: String,
    /// The account: its e-mail, or its user name in a data centre; left out with a personal access token.
    #[schema(required = false, example = "qa@example.com")]
    email: String,
    /// The account's API token or password, or a personal access token; it is never shown.
    #[schema(value_type = String, write_only)]
    token: Secret,
    /// What Jira signs its webhooks with, 16 characters at least; it is never shown. Absent = webhooks are refused.
    #[schema(required = false, value_type = Option<String>, write_only)]
    webhook_secret: Option<Secret>,
    /// The client secret of the API key of Xray Cloud whose id is `options.xray.client_id`; it is never shown.
    #[schema(required = false, value_type = Option<String>, write_only)]
    xray_client_secret: Option<Secret>,
    /// The API token of Zephyr Scale Cloud; it is never shown.
    #[schema(required = false, value_type = Option<String>, write_only)]
    zephyr_token: Option<Secret>,
    /// What has a default.
    #[schema(required = false)]
    options: JiraOptions,
    /// Whether requests that name no connection use it.
    #[schema(required = false, default = false)]
    is_default: bool,
    /// Whether new requests may use it.
    #[schema(required = false, default = true)]
    active: bool,
}

impl FromFields for NewJiraBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let name = name(fields);
        let base_url = fields.required("base_url");
        let email = fields.optional("email");
        let email = line(fields, "email", email).unwrap_or_default();
        let token = fields.required("token");
        let token = secret(fields, "token", token);
        let options = options(fields).unwrap_or_default();
        if let Some(why) = account_problem(&options, base_url.as_deref().unwrap_or_default(), &email) {
            fields.refuse("email", why);
        }
        Some(Self {
            options,
            webhook_secret: webhook_secret(fields),
            xray_client_secret: optional_secret(fields, "xray_client_secret"),
            zephyr_token: optional_secret(fields, "zephyr_token"),
            is_default: fields.optional("is_default").unwrap_or_default(),
            active: fields.optional("active").unwrap_or(true),
            name: name?,
            base_url: base_url?,
            email,
            token: token?,
        })
    }
}

fn options(fields: &mut Fields) -> Option<JiraOptions> {
    let options: JiraOptions = fields.optional("options")?;
    if let Some(pem) = &options.ca_certificate {
        let problem = if pem.len() > LONGEST_CERTIFICATES { Some(TOO_LONG.to_owned()) } else { authorities(pem).err() };
        problem.into_iter().for_each(|why| fields.refuse("options.ca_certificate", why));
    }
    line(fields, "options.criteria_field", options.criteria_field.clone());
    for name in options.custom_fields.named() {
        line(fields, "options.custom_fields", Some(name.to_owned()));
    }
    within(fields, "options.timeout_seconds", options.timeout_seconds, 1, LONGEST_CALL);
    within(fields, "options.max_in_flight", options.max_in_flight.map(|number| number as u64), 1, MOST_IN_FLIGHT);
    for (name, given) in
        [("options.requests_per_minute", options.requests_per_minute), ("options.calls_at_once", options.calls_at_once)]
    {
        within(fields, name, given.map(u64::from), 1, u64::from(u32::MAX));
    }
    events::check(fields, &options);
    Some(options)
}

/// What is wrong about an account in a connection with these options.
fn account_problem(options: &JiraOptions, base_url: &str, email: &str) -> Option<&'static str> {
    let host = Url::parse(base_url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let deployment = if is_atlassian(&host) { JiraDeployment::Cloud } else { options.deployment };
    options.auth.problem(deployment, email)
}

fn optional_secret(fields: &mut Fields, name: &'static str) -> Option<Secret> {
    let given = fields.optional(name);
    secret(fields, name, given)
}

/// A secret in a change: `null` takes it away.
fn other_secret(fields: &mut Fields, name: &'static str) -> Option<Option<Secret>> {
    let goes = fields.is_null(name);
    let other = optional_secret(fields, name);
    if goes { Some(None) } else { other.map(Some) }
}

fn webhook_secret(fields: &mut Fields) -> Option<Secret> {
    let given = optional_secret(fields, "webhook_secret")?;
    if given.expose().len() < SHORTEST_SECRET {
        fields.refuse("webhook_secret", format!("should be {SHORTEST_SECRET} characters at least"));
    }
    Some(given)
}

/// What is to be changed; what is absent stays.
#[derive(ToSchema)]
#[schema(as = JiraConfigurationChange)]
pub(in crate::routes) struct JiraChangeBody {
    /// Another address; needs `token` in the same request.
    base_url: Option<String>,
    /// Another account.
    email: Option<String>,
    /// Another token.
    #[schema(value_type = Option<String>, write_only)]
    token: Option<Secret>,
    /// Another secret of its webhooks; `null` = they are refused from now on.
    #[schema(value_type = Option<String>, write_only)]
    webhook_secret: Option<Option<Secret>>,
    /// Another client secret of Xray Cloud; `null` = none any more.
    #[schema(value_type = Option<String>, write_only)]
    xray_client_secret: Option<Option<Secret>>,
    /// Another token of Zephyr Scale Cloud; `null` = none any more.
    #[schema(value_type = Option<String>, write_only)]
    zephyr_token: Option<Option<Secret>>,
    /// All of the options; those that are absent have their defaults.
    options: Option<JiraOptions>,
    /// See the new connection.
    is_default: Option<bool>,
    /// See the new connection.
    active: Option<bool>,
}

impl FromFields for JiraChangeBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let email = fields.optional("email");
        let token = fields.optional("token");
        let no_webhooks = fields.is_null("webhook_secret");
        let webhook_secret = webhook_secret(fields);
        Some(Self {
            webhook_secret: if no_webhooks { Some(None) } else { webhook_secret.map(Some) },
            xray_client_secret: other_secret(fields, "xray_client_secret"),
            zephyr_token: other_secret(fields, "zephyr_token"),
            base_url: fields.optional("base_url"),
            email: line(fields, "email", email),
            token: secret(fields, "token", token),
            options: options(fields),
            is_default: fields.optional("is_default"),
            active: fields.optional("active"),
        })
    }
}

/// A connection to Jira, without its token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JiraConfiguration)]
pub(in crate::routes) struct JiraView {
    /// `null` for the one of the settings.
    id: Option<Uuid>,
    name: String,
    source: ConnectionSource,
    base_url: String,
    /// Empty with a personal access token.
    email: String,
    /// Always: the token itself is never shown.
    has_token: bool,
    /// Whether Jira's webhooks are taken.
    has_webhook_secret: bool,
    /// Whether the client secret of Xray Cloud is here.
    has_xray_client_secret: bool,
    /// Whether the token of Zephyr Scale Cloud is here.
    has_zephyr_token: bool,
    options: JiraOptions,
    is_default: bool,
    active: bool,
    /// `null` for the one of the settings.
    created_at: Option<String>,
    /// `null` for the one of the settings.
    updated_at: Option<String>,
    /// The last trial; `null` = none since it was made.
    tested: Option<TestedView>,
}

impl JiraView {
    fn of(row: JiraRow, defaults: &Defaults) -> Result<Self, Problem> {
        let options = JiraOptions::of(&row)?;
        Ok(Self {
            options,
            id: Some(row.id),
            source: ConnectionSource::Database,
            has_token: true,
            has_webhook_secret: row.webhook_secret_sealed.is_some(),
            has_xray_client_secret: row.xray_secret_sealed.is_some(),
            has_zephyr_token: row.zephyr_token_sealed.is_some(),
            is_default: defaults.jira_id == Some(row.id),
            active: row.active,
            created_at: Some(rfc3339(row.created_at)),
            updated_at: Some(rfc3339(row.updated_at)),
            tested: TestedView::of(row.tested_at, row.test_result.as_deref()),
            name: row.name,
            base_url: row.base_url,
            email: row.email,
        })
    }

    fn of_settings(section: &JiraSection, criteria_field: Option<&String>, defaults: &Defaults) -> Self {
        Self {
            id: None,
            name: section.name.clone(),
            source: ConnectionSource::Settings,
            base_url: section.url.as_str().trim_end_matches('/').to_owned(),
            email: section.email.clone(),
            has_token: true,
            has_webhook_secret: section.webhook_secret.is_some(),
            has_xray_client_secret: section.xray_secret.is_some(),
            has_zephyr_token: section.zephyr_token.is_some(),
            options: JiraOptions {
                deployment: section.deployment,
                auth: section.auth,
                poll: section.poll.clone(),
                criteria_field: criteria_field.cloned(),
                timeout_seconds: Some(section.timeout.as_secs()),
                max_in_flight: Some(section.max_in_flight),
                ..section.options.clone()
            },
            is_default: defaults.jira_id.is_none(),
            active: true,
            created_at: None,
            updated_at: None,
            tested: None,
        }
    }
}

/// A page of connections.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JiraConfigurationPage)]
pub(in crate::routes) struct JiraPage {
    items: Vec<JiraView>,
    /// `null` on the last page.
    next_cursor: Option<Uuid>,
}

/// Connections to Jira, the one of the settings first.
///
/// Needs `administer`.
#[utoipa::path(get, path = "/jira-configurations", operation_id = "list_jira_configurations", tag = "connections", params(PageParams),
    responses((status = 200, body = JiraPage)))]
pub(in crate::routes) async fn list(
    State(api): State<Api>,
    _caller: Allowed<Administer>,
    Query(asked): Query<PageParams>,
) -> Result<Json<JiraPage>, Problem> {
    let defaults = connection::defaults(api.db()).await?;
    let mut rows = connection::jira_page(api.db(), asked.cursor, asked.limit + 1).await?;
    let next_cursor = cut(&mut rows, asked.limit, |row| row.id);
    let given = api.connections.given();
    let first = given.jira.as_ref().filter(|_| asked.cursor.is_none());
    let first = first.map(|section| JiraView::of_settings(section, given.criteria_field.as_ref(), &defaults));
    let items = first.into_iter().map(Ok).chain(rows.into_iter().map(|row| JiraView::of(row, &defaults)));
    Ok(Json(JiraPage { items: items.collect::<Result<_, _>>()?, next_cursor }))
}

/// Make a connection to Jira.
///
/// Needs `administer`. The address must be public, or listed by the operator.
#[utoipa::path(post, path = "/jira-configurations", operation_id = "create_jira_configuration", tag = "connections",
    request_body = NewJiraBody, responses((status = 201, body = JiraView)))]
pub(in crate::routes) async fn create(
    State(api): State<Api>,
    caller: Allowed<Administer>,
    Body(body): Body<NewJiraBody>,
) -> Result<(StatusCode, Json<JiraView>), Problem> {
    if api.connections.of_settings().is_jira_of_settings(&body.name) {
        return Err(Problem::field("name", "is the name of the connection that the settings give"));
    }
    let guard = api.connections.builder().guard();
    tools_are_allowed(guard, &body.options)?;
    let new = NewJira {
        base_url: base_url(guard, &body.base_url)?,
        options: body.options,
        name: body.name,
        email: body.email,
        token: body.token,
        webhook_secret: body.webhook_secret,
        xray_secret: body.xray_client_secret,
        zephyr_token: body.zephyr_token,
        is_default: body.is_default,
        active: body.active,
    };
    let id = api.vault.create_jira(new, &caller.actor()).await?;
    api.connections.look_again();
    Ok((StatusCode::CREATED, Json(shown(&api, id).await?)))
}

/// A connection to Jira.
///
/// Needs `administer`.
#[utoipa::path(get, path = "/jira-configurations/{id}", operation_id = "show_jira_configuration", tag = "connections",
    params(("id" = Uuid, Path)), responses((status = 200, body = JiraView)))]
pub(in crate::routes) async fn show(
    State(api): State<Api>,
    _caller: Allowed<Administer>,
    Id(id): Id,
) -> Result<Json<JiraView>, Problem> {
    shown(&api, id).await.map(Json)
}

/// Change a connection to Jira.
///
/// Needs `administer`. What is absent stays. Another `base_url`, and another `options.ca_certificate`, needs the `token` again.
#[utoipa::path(patch, path = "/jira-configurations/{id}", operation_id = "change_jira_configuration", tag = "connections",
    params(("id" = Uuid, Path)), request_body = JiraChangeBody, responses((status = 200, body = JiraView)))]
pub(in crate::routes) async fn change(
    State(api): State<Api>,
    caller: Allowed<Administer>,
    Id(id): Id,
    Body(body): Body<JiraChangeBody>,
) -> Result<Json<JiraView>, Problem> {
    let row = connection::find_jira(api.db(), id).await?.ok_or_else(no_such_connection)?;
    let guard = api.connections.builder().guard();
    fits(&row, &body)?;
    body.options.iter().try_for_each(|options| tools_are_allowed(guard, options))?;
    let change = JiraChange {
        base_url: body.base_url.as_deref().map(|text| base_url(guard, text)).transpose()?,
        options: body.options,
        email: body.email,
        token: body.token,
        webhook_secret: body.webhook_secret,
        xray_secret: body.xray_client_secret,
        zephyr_token: body.zephyr_token,
        is_default: body.is_default,
        active: body.active,
    };
    api.vault.change_jira(&row, change, &caller.actor()).await?;
    api.connections.look_again();
    shown(&api, id).await.map(Json)
}

/// Whether connections may lead where the tools for tests are said to be.
fn tools_are_allowed(guard: &Guard, options: &JiraOptions) -> Result<(), Problem> {
    let tools = [
        ("options.xray.base_url", options.xray.base_url.as_deref()),
        ("options.zephyr.base_url", options.zephyr.base_url.as_deref()),
    ];
    for (field, url) in tools {
        url.map_or(Ok(()), |url| guard.base_url(url).map(drop)).map_err(|why| Problem::field(field, why))?;
    }
    Ok(())
}

/// Whether a change fits what stays.
fn fits(row: &JiraRow, body: &JiraChangeBody) -> Result<(), Problem> {
    let before = JiraOptions::of(row)?;
    let options = body.options.as_ref().unwrap_or(&before);
    // Whoever vouches for the server could read the token on its way.
    if options.ca_certificate != before.ca_certificate && body.token.is_none() {
        return Err(Problem::field("options.ca_certificate", SECRET_NEEDED));
    }
    for (field, moves, has_secret) in [
        ("options.xray.base_url", options.xray.base_url != before.xray.base_url, body.xray_client_secret.is_some()),
        ("options.xray.client_id", options.xray.client_id != before.xray.client_id, body.xray_client_secret.is_some()),
        ("options.zephyr.base_url", options.zephyr.base_url != before.zephyr.base_url, body.zephyr_token.is_some()),
    ] {
        let kept = if field.starts_with("options.xray") { &row.xray_secret_sealed } else { &row.zephyr_token_sealed };
        if moves && kept.is_some() && !has_secret {
            return Err(Problem::field(field, SECRET_NEEDED));
        }
    }
    let base_url = body.base_url.as_ref().unwrap_or(&row.base_url);
    let email = body.email.as_ref().unwrap_or(&row.email);
    account_problem(options, base_url, email).map_or(Ok(()), |why| Err(Problem::field("email", why)))
}

/// Remove a connection to Jira.
///
/// Needs `administer`. The default, and one that open jobs use, stay: 409.
#[utoipa::path(delete, path = "/jira-configurations/{id}", operation_id = "remove_jira_configuration", tag = "connections",
    params(("id" = Uuid, Path)), responses((status = 204)))]
pub(in crate::routes) async fn remove(
    State(api): State<Api>,
    caller: Allowed<Administer>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    api.vault.remove_jira(id, &caller.actor()).await?;
    api.connections.look_again();
    Ok(StatusCode::NO_CONTENT)
}

/// Try a connection to Jira: who is its account, and what is the site?
///
/// Needs `administer`. Answers within 15 seconds; a connection that does not work is answered with `ok: false`.
#[utoipa::path(post, path = "/jira-configurations/{id}/test", operation_id = "test_jira_configuration", tag = "connections",
    params(("id" = Uuid, Path)), responses((status = 200, body = TrialResult)))]
pub(in crate::routes) async fn test(
    State(api): State<Api>,
    caller: Allowed<Administer>,
    Id(id): Id,
) -> Result<Json<TrialResult>, Problem> {
    Ok(Json(api.vault.try_jira(id, api.connections.builder(), &caller.actor()).await?))
}

async fn shown(api: &Api, id: Uuid) -> Result<JiraView, Problem> {
    let row = connection::find_jira(api.db(), id).await?.ok_or_else(no_such_connection)?;
    JiraView::of(row, &connection::defaults(api.db()).await?)
}
