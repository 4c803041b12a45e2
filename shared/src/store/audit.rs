//! The audit log: rows are only added.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{Db, Plan, Sql, StoreError, entity, plan};
use crate::domain::audit::{Action, AuditResult};

/// A row of `audit_logs`.
pub type Entry = entity::audit::Model;

/// Who did it, and from where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actor {
    /// The user; `None` = the system itself.
    pub user_id: Option<Uuid>,
    /// The API key they came with.
    pub api_key_id: Option<Uuid>,
    /// Address of the client.
    pub ip: Option<String>,
    /// Its `User-Agent`, shortened.
    pub user_agent: Option<String>,
    /// The request.
    pub request_id: Option<String>,
}

/// An entry about the row a verb holds.
#[must_use]
pub fn about_held(
    id: Uuid,
    actor: &Actor,
    action: &'static str,
    resource: &'static str,
    resource_id: Uuid,
    details: &Value,
) -> Sql {
    values(
        Sql::new(
            "INSERT INTO audit_logs (id, at, user_id, action, resource_type, resource_id, details, ip, user_agent, request_id, api_key_id, result) \
             SELECT ?, {now}, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'ok' FROM {held} AS held",
        ),
        id,
        actor,
        action,
        resource,
        &resource_id.to_string(),
        details,
    )
}

/// An entry of its own.
#[must_use]
pub fn entry(id: Uuid, actor: &Actor, action: &'static str, resource: &'static str, resource_id: &str, details: &Value) -> Sql {
    values(
        Sql::new(
            "INSERT INTO audit_logs (id, at, user_id, action, resource_type, resource_id, details, ip, user_agent, request_id, api_key_id, result) \
             VALUES (?, {now}, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'ok')",
        ),
        id,
        actor,
        action,
        resource,
        resource_id,
        details,
    )
}

/// An entry about something that was not done, because they may not.
#[must_use]
pub fn refused(id: Uuid, actor: &Actor, action: &'static str, resource: &'static str, resource_id: &str, details: &Value) -> Sql {
    values(
        Sql::new(
            "INSERT INTO audit_logs (id, at, user_id, action, resource_type, resource_id, details, ip, user_agent, request_id, api_key_id, result) \
             VALUES (?, {now}, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'refused')",
        ),
        id,
        actor,
        action,
        resource,
        resource_id,
        details,
    )
}

fn values(
    sql: Sql,
    id: Uuid,
    actor: &Actor,
    action: &'static str,
    resource: &'static str,
    resource_id: &str,
    details: &Value,
) -> Sql {
    debug_assert!(action.parse::<Action>().is_ok(), "'{action}' is missing in domain::audit::Action");
    sql.bind(id)
        .bind(actor.user_id)
        .bind(action)
        .bind(resource)
        .bind(resource_id)
        .bind(details.to_string())
        .bind(actor.ip.clone())
        .bind(actor.user_agent.clone())
        .bind(actor.request_id.clone())
        .bind(actor.api_key_id)
}

/// Which entries.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Filter {
    /// Of this account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Uuid>,
    /// This action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// About this kind of thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// About this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// Of this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// With this end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<AuditResult>,
    /// From this time on, in epoch milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Before this time, in epoch milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

/// How far the clock that makes ids may be from the one that writes times, in milliseconds.
const APART: i64 = 600_000;

impl Filter {
    fn condition(&self) -> Condition {
        use entity::audit::Column as C;

        Condition::all()
            .add_option(self.user_id.map(|id| C::UserId.eq(id)))
            .add_option(self.action.map(|action| C::Action.eq(action.as_str())))
            .add_option(self.resource_type.as_ref().map(|kind| C::ResourceType.eq(kind)))
            .add_option(self.resource_id.as_ref().map(|id| C::ResourceId.eq(id)))
            .add_option(self.request_id.as_ref().map(|id| C::RequestId.eq(id)))
            // Written out, so that the index of refusals serves it.
            .add_option(self.result.filter(|result| *result == AuditResult::Refused).map(|_| Expr::cust("result = 'refused'")))
            .add_option(self.result.filter(|result| *result == AuditResult::Ok).map(|ok| C::Result.eq(ok.as_str())))
            .add_option(self.from.map(|from| C::At.gte(from).and(C::Id.gte(first_id(from.saturating_sub(APART))))))
            .add_option(self.until.map(|until| C::At.lt(until).and(C::Id.lt(first_id(until.saturating_add(APART))))))
    }
}

/// The smallest UUIDv7 of a moment.
fn first_id(ms: i64) -> Uuid {
    Uuid::from_u128(u128::try_from(ms).unwrap_or(0) << 80)
}

/// Entries, newest first, older than `before`.
pub async fn list(db: &Db, filter: &Filter, before: Option<Uuid>, limit: u64) -> Result<Vec<Entry>, StoreError> {
    Ok(listing(filter, before, limit).all(db.reader()).await?)
}

/// How the database would list them.
pub async fn plan_of_list(db: &Db, filter: &Filter, before: Option<Uuid>, limit: u64) -> Result<Vec<Plan>, StoreError> {
    plan::plans(db, listing(filter, before, limit).build(db.backend())).await
}

fn listing(filter: &Filter, before: Option<Uuid>, limit: u64) -> Select<entity::audit::Entity> {
    use entity::audit::Column as C;

    let older = before.map(|before| C::Id.lt(before));
    entity::audit::Entity::find().filter(filter.condition().add_option(older)).order_by_desc(C::Id).limit(limit)
}
