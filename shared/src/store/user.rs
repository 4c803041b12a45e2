//! Accounts.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{Db, Sql, StoreError, entity};
use crate::domain::user::Role;

/// An account to add.
#[derive(Debug)]
pub struct NewUser {
    /// UUIDv7.
    pub id: Uuid,
    /// Lower case.
    pub email: String,
    /// How to call them.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// PHC string.
    pub password_hash: String,
}

/// Adds an account; [`StoreError::Conflict`] when the e-mail is taken.
pub async fn insert(db: &Db, user: NewUser, now_ms: i64) -> Result<entity::user::Model, StoreError> {
    let sql = Sql::new(
        "INSERT INTO users (id, email, name, role, password_hash, active, created_at, updated_at) VALUES (?, ?, ?, ?, ?, TRUE, ?, ?) \
         RETURNING *",
    )
    .bind(user.id)
    .bind(user.email)
    .bind(user.name)
    .bind(user.role.as_str())
    .bind(user.password_hash)
    .bind(now_ms)
    .bind(now_ms);
    let row = db.write_all(sql).await?.into_iter().next();
    row.ok_or_else(|| StoreError::Bug("an account was added and is not there".into()))
}

/// Finds an account by e-mail (lower case).
pub async fn by_email(db: &Db, email: &str) -> Result<Option<entity::user::Model>, StoreError> {
    Ok(entity::user::Entity::find().filter(entity::user::Column::Email.eq(email)).one(db.reader()).await?)
}

/// Finds an account.
pub async fn by_id(db: &Db, id: Uuid) -> Result<Option<entity::user::Model>, StoreError> {
    db.read_one(Sql::new("SELECT * FROM users WHERE id = ?").bind(id)).await
}

/// Whether somebody is an active administrator, by the database and not by what is remembered.
pub(super) async fn administers(db: &Db, id: Uuid) -> Result<bool, StoreError> {
    let row = by_id(db, id).await?;
    Ok(row.is_some_and(|row| row.active && row.role == Role::Admin.as_str()))
}

/// Which accounts.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this role.
    pub role: Option<Role>,
    /// That may come in, or may not.
    pub active: Option<bool>,
    /// Of this e-mail (lower case).
    pub email: Option<String>,
}

/// Accounts, newest first, older than `before`.
pub async fn list(db: &Db, filter: &Filter, before: Option<Uuid>, limit: u64) -> Result<Vec<entity::user::Model>, StoreError> {
    use entity::user::Column as C;

    let condition = Condition::all()
        .add_option(filter.role.map(|role| C::Role.eq(role.as_str())))
        .add_option(filter.active.map(|active| C::Active.eq(active)))
        .add_option(filter.email.as_ref().map(|email| C::Email.eq(email)))
        .add_option(before.map(|before| C::Id.lt(before)));
    Ok(entity::user::Entity::find().filter(condition).order_by_desc(C::Id).limit(limit).all(db.reader()).await?)
}
