//! Who asks: the people of Jira.

use axum::extract::{MatchedPath, Request, State as With};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::control::journal::Note;
use crate::jira::account_of;
use crate::site::problem::Problem;
use crate::state::State;

/// Authenticates and carries out.
pub(super) async fn guard(With(state): With<State>, path: MatchedPath, request: Request, next: Next) -> Response {
    let template = path.as_str().to_owned();
    let mut response = match account_of(request.headers(), &state.options().token) {
        Some(_) => next.run(request).await,
        None => Problem::new(
            StatusCode::UNAUTHORIZED,
            "You are not authenticated. Authentication required to perform this operation.",
        )
        .into_response(),
    };
    response.extensions_mut().insert(Note { template, ..Note::default() });
    response
}
