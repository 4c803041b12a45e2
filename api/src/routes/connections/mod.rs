//! Connections to Jira and to models, for administrators. Secrets come in and never go out.
//!
//! * [`jira`], [`llm`]: the operations
//! * [`fields`]: what their bodies have in common
//! * [`events`]: rules and polls, what is to happen when Jira tells of a change

mod events;
mod fields;
pub(super) mod jira;
pub(super) mod llm;

use serde::Serialize;
use shared::adapters::trial::TrialResult;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::extract::{FromParams, Params};
use crate::problem::{Problem, codes};
use crate::view::rfc3339;

/// Which page.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageParams {
    /// Items of a page.
    #[param(minimum = 1, maximum = 100, default = 50, required = false)]
    limit: u64,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Uuid>,
}

impl FromParams for PageParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        Some(Self { limit: params.limit(50), cursor: params.cursor() })
    }
}

/// Where a connection is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum ConnectionSource {
    /// The environment or the configuration file; it cannot be changed here.
    Settings,
    /// The database.
    Database,
}

/// The last trial of a connection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TestedConnection)]
pub(super) struct TestedView {
    at: String,
    #[serde(flatten)]
    finding: TrialResult,
}

impl TestedView {
    fn of(at: Option<i64>, finding: Option<&str>) -> Option<Self> {
        Some(Self { at: rfc3339(at?), finding: serde_json::from_str(finding?).ok()? })
    }
}

fn no_such_connection() -> Problem {
    Problem::new(codes::CONNECTION_NOT_FOUND, "There is no connection of this id.")
}
