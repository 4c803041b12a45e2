//! Chat Completions: answers made from the story that is shown, and misbehaviour by model name.

mod answer;
pub(crate) mod counts;
mod criteria;
mod phrases;
mod prompt;
mod scenarios;
mod schema;
mod sentences;

use axum::Router;
use axum::routing::{get, post};

use crate::state::State;

/// Both prefixes.
pub(crate) fn router() -> Router<State> {
    Router::new()
        .route("/llm/v1/chat/completions", post(answer::complete))
        .route("/v1/chat/completions", post(answer::complete))
        .route("/llm/v1/models", get(answer::models))
        .route("/v1/models", get(answer::models))
}
