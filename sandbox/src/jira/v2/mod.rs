//! `{context}/rest/api/2`: Jira Data Center as far as the product speaks to it. The issues are the same; texts are wiki markup.
//!
//! * [`front`]: who asks, and how answers differ from those of Cloud
//! * [`meta`]: what the server is, and what can be created
//! * [`searches`]: searches by offset

mod front;
mod meta;
mod searches;

use axum::routing::{get, post};
use axum::{Router, middleware};

use super::{comments, issues, links, projects, properties, transitions};
use crate::state::State;

/// All operations.
pub(crate) fn router(state: &State) -> Router<State> {
    let router = Router::new()
        .route("/rest/api/2/myself", get(super::meta::myself))
        .route("/rest/api/2/serverInfo", get(meta::server_info))
        .route("/rest/api/2/configuration", get(super::meta::configuration))
        .route("/rest/api/2/mypermissions", get(super::meta::permissions))
        .route("/rest/api/2/field", get(super::meta::fields))
        .route("/rest/api/2/issuetype", get(super::meta::issue_types))
        .route("/rest/api/2/project/{projectIdOrKey}", get(projects::read))
        .route("/rest/api/2/issue/createmeta", get(meta::create_all))
        .route("/rest/api/2/issue/createmeta/{projectIdOrKey}/issuetypes", get(meta::create_types))
        .route("/rest/api/2/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}", get(meta::create_fields))
        .route("/rest/api/2/issue", post(issues::create))
        .route("/rest/api/2/issue/{issueIdOrKey}", get(issues::read).put(issues::edit).delete(issues::delete))
        .route("/rest/api/2/issue/{issueIdOrKey}/transitions", get(transitions::list).post(transitions::step))
        .route("/rest/api/2/issue/{issueIdOrKey}/comment", get(comments::list).post(comments::add))
        .route("/rest/api/2/issue/{issueIdOrKey}/comment/{id}", get(comments::read).put(comments::edit).delete(comments::delete))
        .route("/rest/api/2/comment/{commentId}/properties", get(properties::of_comment))
        .route(
            "/rest/api/2/comment/{commentId}/properties/{propertyKey}",
            get(properties::read_comment).put(properties::write_comment).delete(properties::delete_comment),
        )
        .route("/rest/api/2/issue/{issueIdOrKey}/properties", get(properties::of_issue))
        .route(
            "/rest/api/2/issue/{issueIdOrKey}/properties/{propertyKey}",
            get(properties::read_issue).put(properties::write_issue).delete(properties::delete_issue),
        )
        .route("/rest/api/2/issueLinkType", get(links::types))
        .route("/rest/api/2/issueLink", post(links::add))
        .route("/rest/api/2/issueLink/{linkId}", get(links::read).delete(links::delete))
        .route("/rest/api/2/search", get(searches::by_query).post(searches::by_body))
        .route_layer(middleware::from_fn_with_state(state.clone(), front::guard));
    match state.options().context.as_str() {
        "" => router,
        context => Router::new().nest(context, router),
    }
}
