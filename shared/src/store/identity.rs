//! Who accounts are at an identity provider, and sign-ins that wait to be exchanged for tokens.

use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::user::NewUser;
use super::{Db, Sql, StoreError, entity};

/// The account that is known at a provider as this.
pub async fn user(db: &Db, issuer: &str, subject: &str) -> Result<Option<entity::user::Model>, StoreError> {
    db.read_one(
        Sql::new("SELECT users.* FROM identities JOIN users ON users.id = identities.user_id WHERE issuer = ? AND subject = ?")
            .bind(issuer)
            .bind(subject),
    )
    .await
}

/// Inserts an account; the guard of a first sign-in.
#[must_use]
pub fn insert_user(user: &NewUser) -> Sql {
    Sql::new(
        "INSERT INTO users (id, email, name, role, password_hash, active, created_at, updated_at) \
         SELECT ?, ?, ?, ?, ?, TRUE, {now}, {now} FROM {gate}",
    )
    .bind(user.id)
    .bind(user.email.clone())
    .bind(user.name.clone())
    .bind(user.role.as_str())
    .bind(user.password_hash.clone())
}

/// The held account is known at a provider as this.
#[must_use]
pub fn link_held(issuer: &str, subject: &str) -> Sql {
    Sql::new("INSERT INTO identities (issuer, subject, user_id, created_at) SELECT ?, ?, held.id, {now} FROM {held} AS held")
        .bind(issuer)
        .bind(subject)
}

/// Keeps a completed sign-in until it is exchanged, and forgets those whose time is over.
pub async fn keep_sign_in(db: &Db, hash: &str, user_id: Uuid, keep_ms: i64) -> Result<(), StoreError> {
    db.execute(Sql::new("DELETE FROM sign_ins WHERE expires_at <= {now}")).await?;
    let sql = Sql::new("INSERT INTO sign_ins (hash, user_id, expires_at) VALUES (?, ?, {now} + ?)");
    db.execute(sql.bind(hash).bind(user_id).bind(keep_ms)).await?;
    Ok(())
}

/// Takes a completed sign-in, once. `None` = it was taken, its time is over, or there was none.
pub async fn take_sign_in(db: &Db, hash: &str) -> Result<Option<Uuid>, StoreError> {
    #[derive(FromQueryResult)]
    struct Taken {
        user_id: Uuid,
        is_over: bool,
    }
    let sql = Sql::new("DELETE FROM sign_ins WHERE hash = ? RETURNING user_id, expires_at <= {now} AS is_over").bind(hash);
    let taken = db.write_all::<Taken>(sql).await?.into_iter().next();
    Ok(taken.filter(|taken| !taken.is_over).map(|taken| taken.user_id))
}
