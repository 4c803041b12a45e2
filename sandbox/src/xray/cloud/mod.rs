//! `/xray/api/v2`: Xray Cloud. In reality it is a host of its own with keys of its own.

mod endpoint;
mod front;
mod mutations;
mod places;
mod project;
mod queries;

use axum::routing::post;
use axum::{Router, middleware};

use crate::state::State;

/// All operations.
pub(crate) fn router(state: &State) -> Router<State> {
    let guarded = Router::new()
        .route("/xray/api/v2/graphql", post(endpoint::answer))
        .route_layer(middleware::from_fn_with_state(state.clone(), front::guard));
    Router::new().route("/xray/api/v2/authenticate", post(front::authenticate)).merge(guarded)
}
