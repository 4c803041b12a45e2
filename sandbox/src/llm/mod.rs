//! Models behind four wires: answers made from the story that is shown, and misbehaviour by model name.
//!
//! * [`batches`]: many calls given away at once
//! * [`wire`]: the forms of Chat Completions, Responses, Messages and `generateContent`
//! * [`stream`]: the same as streams
//! * [`answer`]: one completion; [`prompt`]: what it is asked; [`criteria`], [`scenarios`]: what is answered
//! * [`obeys`]: what a model makes of it that does what a hostile story asks for

pub(crate) mod answer;
pub(crate) mod batches;
pub(crate) mod counts;
mod criteria;
mod obeys;
mod phrases;
mod prompt;
mod scenarios;
mod schema;
mod sentences;
mod stream;
mod wire;

use axum::Router;
use axum::routing::{get, post};

use crate::state::State;

/// Both prefixes.
pub(crate) fn router() -> Router<State> {
    Router::new()
        .route("/llm/v1/chat/completions", post(answer::chat))
        .route("/v1/chat/completions", post(answer::chat))
        .route("/llm/v1/responses", post(answer::responses))
        .route("/llm/v1/messages", post(answer::claude))
        .route("/llm/v1/models/{call}", post(answer::gemini))
        .route("/llm/v1/models", get(answer::models))
        .route("/v1/models", get(answer::models))
        .merge(batches::router())
}
