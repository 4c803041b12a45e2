//! Invitations, and accounts that people make for themselves.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rand::RngCore as _;
use sea_orm::FromQueryResult;
use serde_json::json;
use uuid::Uuid;

use super::user::{NewAccount, insert};
use super::{AccountError, Accounts, By};
use crate::domain::email::Email;
use crate::domain::story::sha256_hex;
use crate::domain::user::Role;
use crate::store::audit::Actor;
use crate::store::entity::user::Model;
use crate::store::{Sql, StoreError, Verb, audit};

/// A row of `invites`, without its token.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Invite {
    /// UUIDv7.
    pub id: Uuid,
    /// For whom; lower case.
    pub email: String,
    /// What they will be.
    pub role: String,
    /// Epoch milliseconds.
    pub created_at: i64,
    /// Epoch milliseconds.
    pub expires_at: i64,
}

impl Accounts {
    /// Invites somebody for so long; what they were invited with before ends. Answers the token, which is kept nowhere.
    pub async fn invite(&self, email: &Email, role: Role, life: Duration, by: By<'_>) -> Result<(Invite, String), AccountError> {
        let (id, token) = (self.clock().new_id(), new_token());
        let actor = by.actor();
        let guard = Sql::new(
            "INSERT INTO invites (id, email, role, token_hash, invited_by, created_at, expires_at) \
             SELECT ?, ?, ?, ?, ?, {now}, {now} + ? WHERE {administers}",
        )
        .bind(id)
        .bind(email.as_str())
        .bind(role.as_str())
        .bind(sha256_hex(token.as_bytes()))
        .bind(actor.user_id)
        .bind(i64::try_from(life.as_millis()).unwrap_or(i64::MAX / 2));
        let details = by.signed(json!({ "email": email.as_str(), "role": role }));
        let told = audit::about_held(self.clock().new_id(), &actor, "invite.create", "invite", id, &details);
        let before = Sql::new(
            "UPDATE invites SET expires_at = {now} WHERE email IN (SELECT email FROM {held} AS held) AND id <> ? AND used_at IS NULL \
             AND expires_at > {now}",
        );
        let before = before.bind(id);
        let row = Verb::new("invites", id, guard).administered_by(actor.user_id).then(before).then(told).run(&self.db).await?;
        Ok((row.ok_or_else(|| StoreError::Bug("an invitation was made and is not there".into()))?, token))
    }

    /// Open invitations, newest first, older than `before`.
    pub async fn invites(&self, before: Option<Uuid>, limit: u64) -> Result<Vec<Invite>, StoreError> {
        let sql =
            Sql::new("SELECT * FROM invites WHERE id < ? AND used_at IS NULL AND expires_at > {now} ORDER BY id DESC LIMIT ?");
        self.db.read_all(sql.bind(before.unwrap_or(Uuid::max())).bind(i64::try_from(limit).unwrap_or(i64::MAX))).await
    }

    /// Takes an open invitation back.
    pub async fn uninvite(&self, id: Uuid, by: By<'_>) -> Result<(), AccountError> {
        let guard = Sql::new(
            "UPDATE invites SET expires_at = {now} WHERE id = ? AND used_at IS NULL AND expires_at > {now} AND {administers}",
        )
        .bind(id);
        let details = by.signed(json!({}));
        let told = audit::about_held(self.clock().new_id(), &by.actor(), "invite.delete", "invite", id, &details);
        let verb = Verb::new("invites", id, guard).administered_by(by.person()).then(told);
        if verb.took(&self.db).await? { Ok(()) } else { Err(AccountError::NotFound) }
    }

    /// Makes an account for somebody who asked for it; [`AccountError::Taken`] when the e-mail has one, which stays as it is.
    pub async fn register(&self, new: NewAccount, actor: &Actor) -> Result<Model, AccountError> {
        let id = self.clock().new_id();
        let details = json!({ "email": new.email.as_str(), "role": new.role });
        self.made(Verb::new("users", id, insert(id, new)).then(self.told(By::Person(actor), "user.register", id, details))).await
    }

    /// The same by an invitation, which is used up and says what they are.
    pub async fn register_invited(&self, new: NewAccount, token: &str, actor: &Actor) -> Result<Model, AccountError> {
        let (id, hash) = (self.clock().new_id(), sha256_hex(token.as_bytes()));
        let details = json!({ "email": new.email.as_str(), "by": "invitation" });
        let gate = Sql::new(
            "UPDATE invites SET used_at = {now} WHERE token_hash = ? AND email = ? AND used_at IS NULL AND expires_at > {now}",
        )
        .bind(hash.clone())
        .bind(new.email.as_str());
        let guard = Sql::new(
            "INSERT INTO users (id, email, name, role, password_hash, active, created_at, updated_at) \
             SELECT ?, ?, ?, (SELECT role FROM invites WHERE token_hash = ?), ?, TRUE, {now}, {now} FROM {gate}",
        )
        .bind(id)
        .bind(String::from(new.email))
        .bind(new.name)
        .bind(hash)
        .bind(new.password_hash);
        let verb =
            Verb::new("users", id, guard).gate(Some(gate)).then(self.told(By::Person(actor), "user.register", id, details));
        match verb.run(&self.db).await {
            Ok(row) => row.ok_or(AccountError::BadInvite),
            Err(StoreError::Conflict) => Err(AccountError::Taken),
            Err(error) => Err(error.into()),
        }
    }
}

/// 256 random bits that say what they are.
fn new_token() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    format!("jqi_{}", BASE64_URL_SAFE_NO_PAD.encode(bytes))
}
