//! Accounts.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};
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
    let row = entity::user::ActiveModel {
        id: Set(user.id),
        email: Set(user.email),
        name: Set(user.name),
        role: Set(user.role.as_str().to_owned()),
        password_hash: Set(user.password_hash),
        active: Set(true),
        created_at: Set(now_ms),
        updated_at: Set(now_ms),
    };
    Ok(row.insert(db.writer()).await?)
}

/// Finds an account by e-mail (lower case).
pub async fn by_email(db: &Db, email: &str) -> Result<Option<entity::user::Model>, StoreError> {
    Ok(entity::user::Entity::find().filter(entity::user::Column::Email.eq(email)).one(db.reader()).await?)
}

/// Finds an account.
pub async fn by_id(db: &Db, id: Uuid) -> Result<Option<entity::user::Model>, StoreError> {
    db.read_one(Sql::new("SELECT * FROM users WHERE id = ?").bind(id)).await
}

/// Replaces password and role of an account.
pub async fn update_credentials(db: &Db, id: Uuid, role: Role, password_hash: &str) -> Result<(), StoreError> {
    db.execute(
        Sql::new("UPDATE users SET role = ?, password_hash = ?, updated_at = {now} WHERE id = ?")
            .bind(role.as_str())
            .bind(password_hash)
            .bind(id),
    )
    .await?;
    Ok(())
}
