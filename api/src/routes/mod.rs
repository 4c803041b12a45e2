//! The contents page of the API.

mod accept;
mod api_keys;
mod audit_logs;
mod auth;
mod batches;
mod budgets;
mod connections;
mod docs;
mod events;
mod generate;
mod history;
mod hooks;
mod invites;
mod jira;
mod jobs;
mod ops;
mod owner;
mod policies;
mod preview;
mod provider_batches;
mod publish;
mod queue;
mod register;
mod result;
mod review;
mod source;
mod usage;
mod users;
mod webhooks;

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::audit::refusals;
use crate::cors;
use crate::front::{Front, front};
use crate::limits::limit;
use crate::openapi;
use crate::state::{Api, Ops};

/// The API below `/api/v1`, its OpenAPI document and its documentation page.
pub fn router(api: Api) -> Router {
    let trusted = api.settings.trusted_proxies.as_slice().into();
    let front_of = Front { clock: api.jobs.clock().clone(), metrics: api.metrics.clone(), trusted };
    let pages = tower::util::option_layer(cors::layer(&api.settings.cors_origins));
    let limits = from_fn_with_state(api.clone(), limit);
    let (router, document) = v1(&api).split_for_parts();
    let document = openapi::complete(document);
    let router = router.with_state(api.clone()).layer(from_fn_with_state(api, refusals));
    let router = router.merge(docs::router(&document)).fallback(docs::nothing_here);
    router.layer(limits).layer(pages).layer(from_fn_with_state(front_of, front))
}

/// `/healthz`, `/readyz`, `/metrics`: on the API's address or on one of their own.
pub fn ops_router(ops: Ops) -> Router {
    let front_of = Front { clock: ops.db.clock().clone(), metrics: ops.metrics.clone(), trusted: [].into() };
    ops::router(ops).layer(from_fn_with_state(front_of, front))
}

/// The OpenAPI document, without a server.
#[must_use]
pub fn document(settings: &crate::ApiSettings) -> utoipa::openapi::OpenApi {
    openapi::complete(contents(settings.public_url.as_deref()).into_openapi())
}

fn v1(api: &Api) -> OpenApiRouter<Api> {
    contents(api.settings.public_url.as_deref())
}

fn contents(public_url: Option<&str>) -> OpenApiRouter<Api> {
    let v1 = OpenApiRouter::new()
        .routes(routes!(auth::login::login))
        .routes(routes!(auth::login::refresh))
        .routes(routes!(auth::session::logout))
        .routes(routes!(auth::session::me))
        .routes(routes!(auth::session::list, auth::session::end_others))
        .routes(routes!(auth::session::end))
        .routes(routes!(auth::password::change))
        .routes(routes!(auth::oidc::start))
        .routes(routes!(auth::oidc::callback))
        .routes(routes!(auth::oidc::exchange))
        .routes(routes!(api_keys::list, api_keys::create))
        .routes(routes!(api_keys::revoke))
        .routes(routes!(generate::acceptance_criteria))
        .routes(routes!(generate::test_scenarios))
        .routes(routes!(generate::full_pipeline))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::show))
        .routes(routes!(jobs::cancel))
        .routes(routes!(jobs::retry))
        .routes(routes!(events::stream))
        .routes(routes!(result::show, review::edit))
        .routes(routes!(review::approve))
        .routes(routes!(history::list))
        .routes(routes!(history::show))
        .routes(routes!(history::diff))
        .routes(routes!(hooks::jira))
        .routes(routes!(jira::story))
        .routes(routes!(jira::search))
        .routes(routes!(jira::project_fields))
        .routes(routes!(publish::publish))
        .routes(routes!(batches::list, batches::create))
        .routes(routes!(batches::show))
        .routes(routes!(batches::items))
        .routes(routes!(batches::results))
        .routes(routes!(batches::pause))
        .routes(routes!(batches::resume))
        .routes(routes!(batches::cancel))
        .routes(routes!(batches::retry_failed))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::show, webhooks::change, webhooks::remove))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhooks::rotate_secret))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::redeliver_failed))
        .routes(routes!(webhooks::redeliver))
        .routes(routes!(audit_logs::list))
        .routes(routes!(queue::show))
        .routes(routes!(usage::show))
        .routes(routes!(budgets::list, budgets::create))
        .routes(routes!(budgets::change, budgets::remove))
        .routes(routes!(policies::list))
        .routes(routes!(policies::show, policies::write))
        .routes(routes!(provider_batches::list))
        .routes(routes!(provider_batches::show))
        .routes(routes!(provider_batches::decide))
        .routes(routes!(register::register))
        .routes(routes!(invites::list, invites::create))
        .routes(routes!(invites::delete))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::show, users::change))
        .routes(routes!(users::set_password))
        .routes(routes!(users::end_sessions))
        .routes(routes!(connections::jira::list, connections::jira::create))
        .routes(routes!(connections::jira::show, connections::jira::change, connections::jira::remove))
        .routes(routes!(connections::jira::test))
        .routes(routes!(connections::llm::list, connections::llm::create))
        .routes(routes!(connections::llm::show, connections::llm::change, connections::llm::remove))
        .routes(routes!(connections::llm::test));
    OpenApiRouter::with_openapi(openapi::head(public_url)).nest("/api/v1", v1)
}
