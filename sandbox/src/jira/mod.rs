//! `/rest/api/3`: Jira Cloud as far as the product speaks to it; [`v2`] is Jira Data Center.

mod comments;
mod front;
mod issues;
mod links;
mod meta;
mod projects;
mod properties;
mod searches;
mod transitions;
mod v2;

pub(crate) use front::account_of;

use axum::routing::{get, post};
use axum::{Router, middleware};

use crate::options::Deployment;
use crate::state::State;

/// All operations; paths are spelled as in the official document.
pub(crate) fn router(state: &State) -> Router<State> {
    if state.options().deployment == Deployment::DataCenter {
        return v2::router(state);
    }
    let guarded = Router::new()
        .route("/rest/api/3/myself", get(meta::myself))
        .route("/rest/api/3/serverInfo", get(meta::server_info))
        .route("/rest/api/2/serverInfo", get(meta::server_info))
        .route("/rest/api/3/configuration", get(meta::configuration))
        .route("/rest/api/3/mypermissions", get(meta::permissions))
        .route("/rest/api/3/field", get(meta::fields))
        .route("/rest/api/3/issuetype", get(meta::issue_types))
        .route("/rest/api/3/priority", get(meta::priorities))
        .route("/rest/api/3/status", get(meta::statuses))
        .route("/rest/api/3/project/search", get(projects::search))
        .route("/rest/api/3/project/{projectIdOrKey}", get(projects::read))
        .route("/rest/api/3/issuetype/project", get(projects::issue_types_by_id))
        .route("/rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes", get(projects::create_types))
        .route("/rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}", get(projects::create_fields))
        .route("/rest/api/3/issue", post(issues::create))
        .route("/rest/api/3/issue/bulkfetch", post(issues::bulk_fetch))
        .route("/rest/api/3/issue/{issueIdOrKey}", get(issues::read).put(issues::edit).delete(issues::delete))
        .route("/rest/api/3/issue/{issueIdOrKey}/editmeta", get(issues::edit_meta))
        .route("/rest/api/3/issue/{issueIdOrKey}/transitions", get(transitions::list).post(transitions::step))
        .route("/rest/api/3/issue/{issueIdOrKey}/comment", get(comments::list).post(comments::add))
        .route("/rest/api/3/issue/{issueIdOrKey}/comment/{id}", get(comments::read).put(comments::edit).delete(comments::delete))
        .route("/rest/api/3/comment/list", post(comments::by_ids))
        .route("/rest/api/3/comment/{commentId}/properties", get(properties::of_comment))
        .route(
            "/rest/api/3/comment/{commentId}/properties/{propertyKey}",
            get(properties::read_comment).put(properties::write_comment).delete(properties::delete_comment),
        )
        .route("/rest/api/3/issue/{issueIdOrKey}/properties", get(properties::of_issue))
        .route(
            "/rest/api/3/issue/{issueIdOrKey}/properties/{propertyKey}",
            get(properties::read_issue).put(properties::write_issue).delete(properties::delete_issue),
        )
        .route(
            "/rest/api/3/issue/{issueIdOrKey}/remotelink",
            get(links::remote_links).post(links::upsert_remote).delete(links::delete_remote),
        )
        .route("/rest/api/3/issueLinkType", get(links::types))
        .route("/rest/api/3/issueLink", post(links::add))
        .route("/rest/api/3/issueLink/{linkId}", get(links::read).delete(links::delete))
        .route("/rest/api/3/attachment/content/{id}", get(meta::attachment))
        .route("/rest/api/3/search/jql", get(searches::by_query).post(searches::by_body))
        .route("/rest/api/3/search/approximate-count", post(searches::count))
        .route("/rest/api/3/jql/parse", post(searches::parse))
        .route("/rest/api/3/jql/match", post(searches::matches))
        .route("/rest/api/3/search", get(searches::gone).post(searches::gone))
        .route("/rest/api/2/search", get(searches::gone).post(searches::gone))
        .route_layer(middleware::from_fn_with_state(state.clone(), front::guard));
    Router::new().route("/_edge/tenant_info", get(meta::tenant)).merge(guarded)
}
