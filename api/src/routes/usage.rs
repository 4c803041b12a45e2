//! What model calls used and cost.

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::ports::Usage;
use shared::store::llm_call::{self, UsageBy, UsedRow};
use utoipa::{IntoParams, ToSchema};

use super::owner::Owner;
use crate::extract::{Allowed, FromParams, Params, Query, Read};
use crate::problem::Problem;
use crate::state::Api;

/// Days that are told of unless asked otherwise.
const USUAL_DAYS: i64 = 30;

const DAY_MS: i64 = 24 * 3600 * 1000;

/// By what calls are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum By {
    /// Provider and model.
    Model,
    /// Jira project.
    Project,
    /// Account.
    User,
    /// Day, UTC.
    Day,
}

impl FromStr for By {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "model" => Ok(Self::Model),
            "project" => Ok(Self::Project),
            "user" => Ok(Self::User),
            "day" => Ok(Self::Day),
            _ => Err("should be model, project, user or day"),
        }
    }
}

/// Which calls.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UsageParams {
    /// `model`, `project`, `user` or `day`.
    #[param(inline, default = "model", required = false)]
    by: By,
    /// `me`, `all`, or the id of a user; others' need `administer`.
    #[param(value_type = Option<String>)]
    owner: Owner,
    /// From then on; absent = 30 days before `until`.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<DateTime<Utc>>,
    /// Before then; absent = now.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<DateTime<Utc>>,
}

impl FromParams for UsageParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        Some(Self {
            by: params.optional("by").unwrap_or(By::Model),
            owner: params.optional("owner").unwrap_or(Owner::Me),
            from: super::audit_logs::time(params, "from"),
            until: super::audit_logs::time(params, "until"),
        })
    }
}

/// Calls of one group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageGroup)]
pub(super) struct GroupView {
    /// `provider/model`, the key of a project, an e-mail, or a day; empty where it is not known any more.
    name: String,
    /// Model calls, those that failed after they were sent too.
    calls: i64,
    /// `cost_nano_usd` is `null` as soon as one of the calls has no known cost.
    usage: Usage,
}

/// What calls used, the dearest groups first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageReport)]
pub(super) struct ReportView {
    items: Vec<GroupView>,
    total: Usage,
}

/// What model calls used and cost.
///
/// Needs `read`; that of others needs `administer`. The offline drafter makes no calls.
#[utoipa::path(get, path = "/usage", operation_id = "show_usage", tag = "usage", params(UsageParams), responses((status = 200, body = ReportView)))]
pub(super) async fn show(
    State(api): State<Api>,
    caller: Allowed<Read>,
    Query(asked): Query<UsageParams>,
) -> Result<Json<ReportView>, Problem> {
    let owner = asked.owner.as_seen_by(&caller)?;
    let until = asked.until.map_or_else(|| api.jobs.clock().now_ms() + 1, |time| time.timestamp_millis());
    let from = asked.from.map_or_else(|| until.saturating_sub(USUAL_DAYS * DAY_MS), |time| time.timestamp_millis());
    let rows = llm_call::used(api.db(), asked.by.stored(), owner, from, until).await?;
    let items: Vec<GroupView> = rows.into_iter().map(|row| GroupView::of(row, asked.by)).collect();
    let total = items.iter().fold(Usage::default(), |mut sum, group| {
        sum += group.usage;
        sum
    });
    Ok(Json(ReportView { items, total }))
}

impl By {
    const fn stored(self) -> UsageBy {
        match self {
            Self::Model => UsageBy::Model,
            Self::Project => UsageBy::Project,
            Self::User => UsageBy::User,
            Self::Day => UsageBy::Day,
        }
    }
}

impl GroupView {
    fn of(row: UsedRow, by: By) -> Self {
        let name = match by {
            By::Project => row.name.trim_end_matches('-').to_owned(),
            By::Day => day(&row.name).unwrap_or_default(),
            By::Model | By::User => row.name,
        };
        Self { name, calls: row.spent.calls, usage: row.spent.usage() }
    }
}

/// Days since the epoch as a date.
fn day(text: &str) -> Option<String> {
    let ms = text.parse::<i64>().ok()?.checked_mul(DAY_MS)?;
    DateTime::from_timestamp_millis(ms).map(|day| day.format("%F").to_string())
}
