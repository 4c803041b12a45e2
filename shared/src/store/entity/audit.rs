//! A row of `audit_logs`.

use sea_orm::entity::prelude::*;

/// Who did what to what. Everything above `sealed` is covered by its MAC.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_logs")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Epoch milliseconds.
    pub at: i64,
    /// Who; `None` = the system, or somebody who did not log in.
    pub user_id: Option<Uuid>,
    /// The API key they came with.
    pub api_key_id: Option<Uuid>,
    /// What they did.
    pub action: String,
    /// What kind of thing they did it to.
    pub resource_type: String,
    /// Which one.
    pub resource_id: String,
    /// JSON.
    pub details: String,
    /// `ok` or `refused`.
    pub result: String,
    /// Address of the client.
    pub ip: Option<String>,
    /// Its `User-Agent`, shortened.
    pub user_agent: Option<String>,
    /// The request.
    pub request_id: Option<String>,
    /// Its number in the chain; `None` = not sealed yet.
    pub sealed: Option<i64>,
    /// Over all of the above, the number, and the MAC of the entry before.
    pub mac: Option<String>,
    /// The key of the MAC.
    pub key_id: Option<String>,
}

/// None are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
