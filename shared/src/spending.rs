//! The verbs of budgets. Each is one transaction with its audit entry, and counts up `connection_defaults.revision`, by which every
//! process notices it within five seconds.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::budget::Budget;
use crate::store::audit::{self, Actor};
use crate::store::budget::{self, BudgetRow};
use crate::store::connection::DEFAULTS;
use crate::store::{Db, Sql, StoreError, Verb};

/// What audit entries call it.
const RESOURCE: &str = "budget";

/// Why a verb did nothing.
#[derive(Debug, thiserror::Error)]
pub enum BudgetError {
    /// No such budget.
    #[error("there is no budget of this id")]
    NotFound,
    /// There is one already of this scope, subject and period.
    #[error("there is a budget of this scope and period already; change that one")]
    Taken,
    /// Somebody else changed it meanwhile.
    #[error("somebody else changed the budget at the same time; read it again")]
    Changed,
    /// The database.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for BudgetError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::Taken,
            error => Self::Store(error),
        }
    }
}

/// What may be changed of a budget: its limits, never whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// See [`Budget::max_nano_usd`].
    pub max_nano_usd: Option<i64>,
    /// See [`Budget::max_calls`].
    pub max_calls: Option<i64>,
    /// See [`Budget::allow_unknown_price`].
    pub allow_unknown_price: bool,
}

/// The verbs, over one database.
#[derive(Debug, Clone)]
pub struct Spending {
    db: Db,
}

impl Spending {
    /// Verbs over this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Makes a budget.
    pub async fn create(&self, new: &Budget, actor: &Actor) -> Result<BudgetRow, BudgetError> {
        let id = self.db.clock().new_id();
        let insert = Sql::new(
            "INSERT INTO budgets (id, scope, user_id, project, period, max_nano_usd, max_calls, allow_unknown_price, version, \
             created_at, created_by, updated_at, updated_by) SELECT ?, ?, ?, ?, ?, ?, ?, ?, 1, {now}, ?, {now}, ? WHERE {administers}",
        )
        .bind(id)
        .bind(new.scope.as_str())
        .bind(new.user_id)
        .bind(new.project.clone())
        .bind(new.period.as_str())
        .bind(new.max_nano_usd)
        .bind(new.max_calls)
        .bind(new.allow_unknown_price)
        .bind(actor.user_id)
        .bind(actor.user_id);
        let row = self.noticed(Verb::new("budgets", id, insert), id, "budget.create", &told(new), actor).await?;
        row.ok_or(BudgetError::Changed)
    }

    /// Gives a budget other limits, if it still is as it was seen.
    pub async fn change(&self, seen: &BudgetRow, limits: Limits, actor: &Actor) -> Result<BudgetRow, BudgetError> {
        let update = Sql::new(
            "UPDATE budgets SET max_nano_usd = ?, max_calls = ?, allow_unknown_price = ?, version = version + 1, updated_at = {now}, \
             updated_by = ? WHERE id = ? AND version = ? AND {administers}",
        )
        .bind(limits.max_nano_usd)
        .bind(limits.max_calls)
        .bind(limits.allow_unknown_price)
        .bind(actor.user_id)
        .bind(seen.id)
        .bind(seen.version);
        let Limits { max_nano_usd, max_calls, allow_unknown_price } = limits;
        let new = Budget { max_nano_usd, max_calls, allow_unknown_price, ..seen.budget()? };
        let row = self.noticed(Verb::new("budgets", seen.id, update), seen.id, "budget.update", &told(&new), actor).await?;
        row.ok_or(BudgetError::Changed)
    }

    /// Removes a budget: what it counted may be spent without limit from then on.
    pub async fn remove(&self, id: Uuid, actor: &Actor) -> Result<(), BudgetError> {
        let seen = budget::find(&self.db, id).await?.ok_or(BudgetError::NotFound)?;
        let count = Sql::new(
            "UPDATE connection_defaults SET revision = revision + 1 WHERE id = ? AND EXISTS (SELECT 1 FROM budgets WHERE id = ?) \
             AND {administers}",
        );
        let delete = Sql::new("DELETE FROM budgets WHERE id = ? AND EXISTS (SELECT 1 FROM {held} AS held)").bind(id);
        let took = Verb::new("connection_defaults", DEFAULTS, count.bind(DEFAULTS).bind(id))
            .administered_by(actor.user_id)
            .then(audit::about_held(self.db.clock().new_id(), actor, "budget.delete", RESOURCE, id, &told(&seen.budget()?)))
            .then(delete)
            .took(&self.db)
            .await?;
        if took { Ok(()) } else { Err(BudgetError::NotFound) }
    }

    async fn noticed(
        &self,
        verb: Verb,
        id: Uuid,
        action: &'static str,
        details: &Value,
        actor: &Actor,
    ) -> Result<Option<BudgetRow>, BudgetError> {
        let count = Sql::new(
            "UPDATE connection_defaults SET revision = revision + 1 WHERE id = ? AND EXISTS (SELECT 1 FROM {held} AS held)",
        );
        let entry = audit::about_held(self.db.clock().new_id(), actor, action, RESOURCE, id, details);
        Ok(verb.administered_by(actor.user_id).then(count.bind(DEFAULTS)).then(entry).run(&self.db).await?)
    }
}

/// What an audit entry says of a budget.
fn told(budget: &Budget) -> Value {
    json!({
        "scope": budget.scope, "user_id": budget.user_id, "project": budget.project, "period": budget.period,
        "max_nano_usd": budget.max_nano_usd, "max_calls": budget.max_calls, "allow_unknown_price": budget.allow_unknown_price,
    })
}
