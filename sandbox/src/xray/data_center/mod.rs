//! `/rest/raven`: Xray for Data Center. Credentials are Jira's, and what a test says stands in custom fields of its issue.

mod folders;
mod front;
mod groups;

use axum::routing::{get, post};
use axum::{Router, middleware};

use crate::state::State;

/// All operations.
pub(crate) fn router(state: &State) -> Router<State> {
    Router::new()
        .route("/rest/raven/1.0/api/testset/{key}/test", get(groups::list_set).post(groups::change_set))
        .route("/rest/raven/1.0/api/testplan/{key}/test", get(groups::list_plan).post(groups::change_plan))
        .route("/rest/raven/1.0/api/precondition/{key}/test", get(groups::list_precondition).post(groups::change_precondition))
        .route("/rest/raven/1.0/api/testrepository/{projectKey}/folders", get(folders::list))
        .route(
            "/rest/raven/1.0/api/testrepository/{projectKey}/folders/{folderId}",
            post(folders::create).delete(folders::remove),
        )
        .route("/rest/raven/1.0/api/testrepository/{projectKey}/folders/{folderId}/tests", get(folders::tests).put(folders::fill))
        .route_layer(middleware::from_fn_with_state(state.clone(), front::guard))
}
