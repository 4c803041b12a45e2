//! The audit log: rows are only added.

use serde_json::Value;
use uuid::Uuid;

use super::Sql;

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
            "INSERT INTO audit_logs (id, at, user_id, action, resource_type, resource_id, details, ip, user_agent, request_id) \
             SELECT ?, {now}, ?, ?, ?, ?, ?, ?, ?, ? FROM {held} AS held",
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
            "INSERT INTO audit_logs (id, at, user_id, action, resource_type, resource_id, details, ip, user_agent, request_id) \
             VALUES (?, {now}, ?, ?, ?, ?, ?, ?, ?, ?)",
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
    sql.bind(id)
        .bind(actor.user_id)
        .bind(action)
        .bind(resource)
        .bind(resource_id)
        .bind(told(actor, details))
        .bind(actor.ip.clone())
        .bind(actor.user_agent.clone())
        .bind(actor.request_id.clone())
}

/// The details, and the key that was used.
fn told(actor: &Actor, details: &Value) -> String {
    match (actor.api_key_id, details.clone()) {
        (Some(id), Value::Object(mut details)) => {
            details.insert("api_key".to_owned(), Value::String(id.to_string()));
            Value::Object(details).to_string()
        }
        (_, details) => details.to_string(),
    }
}
