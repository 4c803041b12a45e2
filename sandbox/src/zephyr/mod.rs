//! Zephyr Scale, as Cloud v2 and as a part of Jira in a data centre; the test cases are the same.
//!
//! * [`shelf`]: test cases and folders
//! * [`cloud`]: `/zephyr/v2`, with a token of its own
//! * [`data_center`]: `{context}/rest/atm/1.0`, with the accounts of Jira

mod cloud;
mod data_center;
pub(crate) mod shelf;

use axum::Router;

use crate::options::Deployment;
use crate::state::State;

/// All operations of the site's own kind.
pub(crate) fn router(state: &State) -> Router<State> {
    match state.options().deployment {
        Deployment::Cloud => cloud::router(state),
        Deployment::DataCenter => data_center::router(state),
    }
}
