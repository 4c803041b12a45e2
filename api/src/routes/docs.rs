//! The OpenAPI document and a page that shows it.

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::problem::{Problem, codes};

const DOCUMENT: &str = "/api/openapi.json";

/// `/api/openapi.json` and `/docs`; whoever comes without a path is shown the latter.
pub(super) fn router(document: &OpenApi) -> Router {
    // Written once; our own types always have JSON.
    let json = Bytes::from(document.to_json().unwrap_or_default());
    let answer = move || {
        let json = json.clone();
        async move { ([(CONTENT_TYPE, "application/json")], json).into_response() }
    };
    let front = get(|| async { Redirect::temporary("/docs/") });
    Router::new().route("/", front).route(DOCUMENT, get(answer)).merge(SwaggerUi::new("/docs").config(Config::from(DOCUMENT)))
}

pub(super) async fn nothing_here() -> Problem {
    Problem::new(codes::NOT_FOUND, "There is nothing at this address; /docs shows what there is.")
}
