//! The contents page of the API.

mod accept;
mod auth;
mod connections;
mod docs;
mod events;
mod generate;
mod history;
mod jira;
mod jobs;
mod ops;
mod publish;
mod result;
mod review;
mod source;

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::front::{Front, front};
use crate::openapi;
use crate::state::{Api, Ops};

/// The API below `/api/v1`, its OpenAPI document and its documentation page.
pub fn router(api: Api) -> Router {
    let front_of = Front { clock: api.jobs.clock().clone(), metrics: api.metrics.clone() };
    let (router, document) = v1(&api).split_for_parts();
    let document = openapi::complete(document);
    router.with_state(api).merge(docs::router(&document)).fallback(docs::nothing_here).layer(from_fn_with_state(front_of, front))
}

/// `/healthz`, `/readyz`, `/metrics`: on the API's address or on one of their own.
pub fn ops_router(ops: Ops) -> Router {
    let front_of = Front { clock: ops.db.clock().clone(), metrics: ops.metrics.clone() };
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
        .routes(routes!(auth::login))
        .routes(routes!(auth::me))
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
        .routes(routes!(jira::story))
        .routes(routes!(jira::search))
        .routes(routes!(publish::publish))
        .routes(routes!(connections::jira::list, connections::jira::create))
        .routes(routes!(connections::jira::show, connections::jira::change, connections::jira::remove))
        .routes(routes!(connections::jira::test))
        .routes(routes!(connections::llm::list, connections::llm::create))
        .routes(routes!(connections::llm::show, connections::llm::change, connections::llm::remove))
        .routes(routes!(connections::llm::test));
    OpenApiRouter::with_openapi(openapi::head(public_url)).nest("/api/v1", v1)
}
