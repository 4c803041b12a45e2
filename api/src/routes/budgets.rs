//! Budgets: what may be spent on model calls.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use shared::domain::budget::{Budget, BudgetPeriod, BudgetScope};
use shared::domain::issue_key::IssueKey;
use shared::spending::{BudgetError, Limits};
use shared::store::budget::{self, BudgetRow};
use shared::store::user;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::{Administer, Allowed, Body, Fields, FromFields, Id};
use crate::problem::Problem;
use crate::state::Api;
use crate::view::rfc3339;

/// The largest sum of money, in dollars.
pub(super) const MOST_USD: f64 = 1_000_000.0;

const NANO: f64 = 1e9;

/// A budget to be made.
#[derive(ToSchema)]
#[schema(as = NewBudget)]
pub(super) struct NewBudgetBody {
    /// Whose calls it counts.
    scope: BudgetScope,
    /// With `scope` `user`: whose; absent = each account has one of this size, except those that have one of their own.
    user_id: Option<Uuid>,
    /// With `scope` `project`: the key of which; absent = each project has one of this size, except those that have one of their own.
    #[schema(example = "SHOP")]
    project: Option<String>,
    /// How long it lasts; begins anew at midnight of UTC.
    period: BudgetPeriod,
    /// Dollars that may be spent in the period. This or `max_calls` must be given.
    #[schema(minimum = 0, maximum = 1_000_000, example = 25.5)]
    max_usd: Option<f64>,
    /// Calls that may be made in the period.
    #[schema(minimum = 0)]
    max_calls: Option<i64>,
    /// Whether a model whose price is not known may be asked although `max_usd` is given; its calls count as free.
    #[schema(default = false, required = false)]
    allow_unknown_price: bool,
}

/// The limits of a budget: one of the two must be given.
#[derive(ToSchema)]
#[schema(as = BudgetLimits)]
pub(super) struct LimitsBody {
    /// Dollars that may be spent in the period.
    #[schema(minimum = 0, maximum = 1_000_000, example = 25.5)]
    max_usd: Option<f64>,
    /// Calls that may be made in the period.
    #[schema(minimum = 0)]
    max_calls: Option<i64>,
    /// Whether a model whose price is not known may be asked although `max_usd` is given; its calls count as free.
    #[schema(default = false, required = false)]
    allow_unknown_price: bool,
}

impl FromFields for LimitsBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (max_usd, max_calls) = (fields.optional::<f64>("max_usd"), fields.optional::<i64>("max_calls"));
        if max_usd.is_some_and(|usd| !(0.0..=MOST_USD).contains(&usd)) {
            fields.refuse("max_usd", "should be a number from 0 to 1000000");
        }
        if max_calls.is_some_and(|calls| calls < 0) {
            fields.refuse("max_calls", "should be 0 or more");
        }
        if max_usd.is_none() && max_calls.is_none() {
            fields.refuse("max_usd", "or max_calls must be given, or the budget would limit nothing");
        }
        Some(Self { max_usd, max_calls, allow_unknown_price: fields.optional("allow_unknown_price").unwrap_or_default() })
    }
}

impl LimitsBody {
    fn limits(&self) -> Limits {
        Limits { max_nano_usd: self.max_usd.map(nano), max_calls: self.max_calls, allow_unknown_price: self.allow_unknown_price }
    }
}

impl FromFields for NewBudgetBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (scope, period) = (fields.required("scope"), fields.required("period"));
        let (user_id, project) = (fields.optional::<Uuid>("user_id"), project(fields));
        if user_id.is_some() && scope != Some(BudgetScope::User) {
            fields.refuse("user_id", "is only for the scope 'user'");
        }
        if project.is_some() && scope != Some(BudgetScope::Project) {
            fields.refuse("project", "is only for the scope 'project'");
        }
        let LimitsBody { max_usd, max_calls, allow_unknown_price } = LimitsBody::from_fields(fields)?;
        Some(Self { scope: scope?, user_id, project, period: period?, max_usd, max_calls, allow_unknown_price })
    }
}

/// The key of a Jira project.
fn project(fields: &mut Fields) -> Option<String> {
    let text: String = fields.optional("project")?;
    match IssueKey::parse(&format!("{}-1", text.trim())) {
        Ok(key) => Some(key.project().to_owned()),
        Err(_) => {
            fields.refuse("project", "should be the key of a Jira project, such as SHOP");
            None
        }
    }
}

/// A budget.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Budget)]
pub(super) struct BudgetView {
    id: Uuid,
    scope: BudgetScope,
    /// `null` = each account, or none.
    user_id: Option<Uuid>,
    /// `null` = each project, or none.
    project: Option<String>,
    period: BudgetPeriod,
    /// `null` = any sum.
    max_usd: Option<f64>,
    /// `null` = any number.
    max_calls: Option<i64>,
    allow_unknown_price: bool,
    created_at: String,
    updated_at: String,
    /// What was taken in this period; `null` for a budget of each account or project.
    taken: Option<TakenView>,
}

/// What was taken of a budget.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BudgetTaken)]
pub(super) struct TakenView {
    /// Dollars of calls that ended; of a call whose cost nobody knows, the most it can have cost.
    spent_usd: f64,
    /// Dollars set aside for calls under way.
    set_aside_usd: f64,
    /// Calls that were made.
    calls: i64,
    /// When the budget begins anew.
    resets_at: String,
}

/// All budgets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BudgetList)]
pub(super) struct BudgetList {
    items: Vec<BudgetView>,
}

/// All budgets, as they were made, with what was taken of them.
///
/// Needs `administer`. A call must be within every budget that counts it: the most it may cost is set aside before it is made, and
/// what it did cost counts from its end.
#[utoipa::path(get, path = "/budgets", operation_id = "list_budgets", tag = "usage", responses((status = 200, body = BudgetList)))]
pub(super) async fn list(State(api): State<Api>, _caller: Allowed<Administer>) -> Result<Json<BudgetList>, Problem> {
    let mut items = Vec::new();
    for row in budget::all(api.db()).await? {
        items.push(shown(&api, &row).await?);
    }
    Ok(Json(BudgetList { items }))
}

/// Make a budget.
///
/// Needs `administer`. Every process keeps to it within five seconds.
#[utoipa::path(post, path = "/budgets", operation_id = "create_budget", tag = "usage", request_body = NewBudgetBody,
    responses((status = 201, body = BudgetView)))]
pub(super) async fn create(
    State(api): State<Api>,
    caller: Allowed<Administer>,
    Body(body): Body<NewBudgetBody>,
) -> Result<(StatusCode, Json<BudgetView>), Problem> {
    if let Some(id) = body.user_id
        && user::by_id(api.db(), id).await?.is_none()
    {
        return Err(Problem::field("user_id", "is no account"));
    }
    let NewBudgetBody { scope, user_id, project, period, max_usd, max_calls, allow_unknown_price } = body;
    let new = Budget { scope, user_id, project, period, max_nano_usd: max_usd.map(nano), max_calls, allow_unknown_price };
    let row = api.spending.create(&new, &caller.actor()).await?;
    api.connections.look_again();
    Ok((StatusCode::CREATED, Json(shown(&api, &row).await?)))
}

/// Give a budget other limits.
///
/// Needs `administer`. All limits are replaced. What was spent in this period stays spent.
#[utoipa::path(put, path = "/budgets/{id}", operation_id = "change_budget", tag = "usage", params(("id" = Uuid, Path)),
    request_body = LimitsBody, responses((status = 200, body = BudgetView)))]
pub(super) async fn change(
    State(api): State<Api>,
    caller: Allowed<Administer>,
    Id(id): Id,
    Body(body): Body<LimitsBody>,
) -> Result<Json<BudgetView>, Problem> {
    let seen = budget::find(api.db(), id).await?.ok_or(BudgetError::NotFound)?;
    let row = api.spending.change(&seen, body.limits(), &caller.actor()).await?;
    api.connections.look_again();
    Ok(Json(shown(&api, &row).await?))
}

/// Remove a budget.
///
/// Needs `administer`. What it limited is not limited any more.
#[utoipa::path(delete, path = "/budgets/{id}", operation_id = "delete_budget", tag = "usage", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Removed")))]
pub(super) async fn remove(State(api): State<Api>, caller: Allowed<Administer>, Id(id): Id) -> Result<StatusCode, Problem> {
    api.spending.remove(id, &caller.actor()).await?;
    api.connections.look_again();
    Ok(StatusCode::NO_CONTENT)
}

async fn shown(api: &Api, row: &BudgetRow) -> Result<BudgetView, Problem> {
    let budget = row.budget()?;
    let is_one = match budget.scope {
        BudgetScope::Instance => true,
        BudgetScope::User => budget.user_id.is_some(),
        BudgetScope::Project => budget.project.is_some(),
    };
    let taken = if is_one { Some(taken(api, &budget).await?) } else { None };
    Ok(BudgetView {
        id: row.id,
        scope: budget.scope,
        user_id: budget.user_id,
        project: budget.project,
        period: budget.period,
        max_usd: budget.max_nano_usd.map(usd),
        max_calls: budget.max_calls,
        allow_unknown_price: budget.allow_unknown_price,
        created_at: rfc3339(row.created_at),
        updated_at: rfc3339(row.updated_at),
        taken,
    })
}

async fn taken(api: &Api, budget: &Budget) -> Result<TakenView, Problem> {
    let now = api.jobs.clock().now();
    let (user_id, project) = (budget.user_id.unwrap_or_default(), budget.project.as_deref().unwrap_or_default());
    let taken = budget::taken(api.db(), budget, user_id, project, now).await?;
    Ok(TakenView {
        spent_usd: usd(taken.spent),
        set_aside_usd: usd(taken.set_aside),
        calls: taken.calls,
        resets_at: rfc3339(budget.period.around(now).1),
    })
}

/// Nano-dollars.
#[expect(clippy::cast_possible_truncation, reason = "a million dollars are fewer nano-dollars than 64 bits count")]
pub(super) fn nano(usd: f64) -> i64 {
    (usd * NANO).round() as i64
}

/// Dollars.
#[expect(clippy::cast_precision_loss, reason = "shown to people; what counts is kept in whole nano-dollars")]
pub(super) fn usd(nano: i64) -> f64 {
    nano as f64 / NANO
}
