//! Xray, as Cloud and as a part of Jira in a data centre: tests are issues of the Jira double, and what only Xray knows of them
//! stands here.
//!
//! * [`shelf`]: tests, folders, groups; [`mod@test`]: one test
//! * [`cloud`]: `/xray/api/v2`, with a key of its own
//! * [`data_center`]: `{context}/rest/raven`, with the accounts of Jira

pub(crate) mod cloud;
pub(crate) mod data_center;
pub(crate) mod folders;
pub(crate) mod groups;
pub(crate) mod shelf;
pub(crate) mod test;

use axum::Router;

use crate::options::Deployment;
use crate::state::State;

/// All operations of the site's own kind.
pub(crate) fn router(state: &State) -> Router<State> {
    match state.options().deployment {
        Deployment::Cloud => cloud::router(state),
        Deployment::DataCenter => match state.options().context.as_str() {
            "" => data_center::router(state),
            context => Router::new().nest(context, data_center::router(state)),
        },
    }
}
