//! Accounts: made, changed, given a password. Whoever is sent away is sent away from every session.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{AccountError, Accounts, By};
use crate::domain::email::Email;
use crate::domain::session::EndReason;
use crate::domain::user::Role;
use crate::store::entity::user::Model;
use crate::store::{Sql, StoreError, Verb, api_key, audit, session, user};

/// An account to make.
#[derive(Debug)]
pub struct NewAccount {
    /// Its address.
    pub email: Email,
    /// How to call them.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// PHC string; empty = no password fits.
    pub password_hash: String,
}

/// What becomes of an account; `None` = as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// How to call them.
    pub name: Option<String>,
    /// What they are.
    pub role: Option<Role>,
    /// Whether they may come in.
    pub active: Option<bool>,
}

impl Change {
    /// Whether an administrator would be none afterwards.
    fn takes_admin(&self) -> bool {
        self.active == Some(false) || self.role.is_some_and(|role| role != Role::Admin)
    }
}

/// How often a change is tried again that met another one of the same account.
const TRIES: usize = 4;

impl Accounts {
    /// Makes an account.
    pub async fn create_user(&self, new: NewAccount, by: By<'_>) -> Result<Model, AccountError> {
        let details = json!({ "email": new.email.as_str(), "role": new.role, "password": !new.password_hash.is_empty() });
        let id = self.clock().new_id();
        let verb =
            Verb::new("users", id, insert(id, new)).administered_by(by.person()).then(self.told(by, "user.create", id, details));
        self.made(verb).await
    }

    /// Changes name, role or whether they may come in. An account that is put out of service loses its
    /// sessions and API keys for good.
    pub async fn change_user(&self, id: Uuid, change: &Change, by: By<'_>) -> Result<Model, AccountError> {
        for _ in 0..TRIES {
            let details = json!({ "name": change.name, "role": change.role, "active": change.active });
            let mut verb = Verb::new("users", id, self.changed(id, change)).administered_by(by.person()).then(self.told(
                by,
                "user.update",
                id,
                kept(details),
            ));
            if change.active == Some(false) {
                verb = verb
                    .then(session::end_those_of_held(EndReason::Administrator.as_str(), None))
                    .then(api_key::revoke_those_of_held());
            }
            if let Some(row) = verb.run(&self.db).await? {
                return Ok(row);
            }
            let row = user::by_id(&self.db, id).await?.ok_or(AccountError::NotFound)?;
            // Somebody else may have taken the role meanwhile: then there is nothing left to guard.
            if row.active && row.role == Role::Admin.as_str() {
                return Err(AccountError::LastAdmin);
            }
        }
        Err(StoreError::Unavailable(format!("account {id} keeps changing")).into())
    }

    /// Gives an account a password, ends its sessions and revokes its API keys: somebody else may have made them.
    pub async fn set_password(&self, id: Uuid, password_hash: &str, by: By<'_>) -> Result<Model, AccountError> {
        let guard = Sql::new("UPDATE users SET password_hash = ?, updated_at = {now} WHERE id = ? AND {administers}");
        let verb = Verb::new("users", id, guard.bind(password_hash).bind(id))
            .administered_by(by.person())
            .then(session::end_those_of_held(EndReason::Password.as_str(), None))
            .then(api_key::revoke_those_of_held())
            .then(self.told(by, "user.password", id, json!({})));
        verb.run(&self.db).await?.ok_or(AccountError::NotFound)
    }

    /// Makes an account the administrator whom the settings name, with their password.
    pub async fn restore_admin(&self, id: Uuid, password_hash: &str) -> Result<(), AccountError> {
        let guard = Sql::new("UPDATE users SET role = 'admin', password_hash = ?, updated_at = {now} WHERE id = ?")
            .bind(password_hash)
            .bind(id);
        let verb = Verb::new("users", id, guard)
            .then(session::end_those_of_held(EndReason::Password.as_str(), None))
            .then(api_key::revoke_those_of_held())
            .then(self.told(By::Environment, "user.update", id, json!({ "role": Role::Admin, "password": true })));
        if verb.took(&self.db).await? { Ok(()) } else { Err(AccountError::NotFound) }
    }

    /// Ends every session of an account; its access tokens are refused within seconds.
    pub async fn end_all_sessions(&self, id: Uuid, by: By<'_>) -> Result<(), AccountError> {
        let guard = Sql::new("UPDATE users SET updated_at = updated_at WHERE id = ? AND {administers}").bind(id);
        let verb = Verb::new("users", id, guard)
            .administered_by(by.person())
            .then(session::end_those_of_held(EndReason::Administrator.as_str(), None))
            .then(self.told(by, "user.end_sessions", id, json!({})));
        if verb.took(&self.db).await? { Ok(()) } else { Err(AccountError::NotFound) }
    }

    /// Keeps the same password under a newer hash; `false` = it was changed meanwhile, which stands.
    pub async fn rehash(&self, id: Uuid, old_hash: &str, new_hash: &str) -> Result<bool, StoreError> {
        let sql = Sql::new("UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?");
        Ok(self.db.execute(sql.bind(new_hash).bind(id).bind(old_hash)).await? > 0)
    }

    /// An entry about the account that a verb holds.
    pub(super) fn told(&self, by: By<'_>, action: &'static str, id: Uuid, details: Value) -> Sql {
        audit::about_held(self.clock().new_id(), &by.actor(), action, "user", id, &by.signed(details))
    }

    /// Runs a verb that makes an account.
    pub(super) async fn made(&self, verb: Verb) -> Result<Model, AccountError> {
        match verb.run(&self.db).await {
            Ok(row) => row.ok_or_else(|| StoreError::Bug("an account was made and is not there".into()).into()),
            Err(StoreError::Conflict) => Err(AccountError::Taken),
            Err(error) => Err(error.into()),
        }
    }

    /// The change itself. One that takes an administrator away holds all of them until it is done, in one order: two that
    /// meet wait for each other, and the second counts what the first has left.
    pub(super) fn changed(&self, id: Uuid, change: &Change) -> Sql {
        let text = match (change.takes_admin(), self.db.is_postgres()) {
            (false, _) => {
                "UPDATE users SET name = COALESCE(?, name), role = COALESCE(?, role), active = COALESCE(?, active), updated_at = {now} \
                 WHERE id = ? AND {administers}"
            }
            (true, true) => {
                "UPDATE users SET name = COALESCE(?, name), role = COALESCE(?, role), active = COALESCE(?, active), updated_at = {now} \
                 WHERE id = ? AND {administers} AND (role <> 'admin' OR NOT active OR (SELECT COUNT(*) FROM \
                 (SELECT id FROM users WHERE role = 'admin' AND active ORDER BY id FOR UPDATE) AS admins) > 1)"
            }
            (true, false) => {
                "UPDATE users SET name = COALESCE(?, name), role = COALESCE(?, role), active = COALESCE(?, active), updated_at = {now} \
                 WHERE id = ? AND {administers} AND (role <> 'admin' OR NOT active OR (SELECT COUNT(*) FROM users WHERE role = 'admin' AND active) > 1)"
            }
        };
        let role = change.role.map(|role| role.as_str().to_owned());
        Sql::new(text).bind(change.name.clone()).bind(role).bind(change.active).bind(id)
    }
}

/// Adds the row of an account.
pub(super) fn insert(id: Uuid, new: NewAccount) -> Sql {
    Sql::new(
        "INSERT INTO users (id, email, name, role, password_hash, active, created_at, updated_at) \
         SELECT ?, ?, ?, ?, ?, TRUE, {now}, {now} FROM {gate} WHERE {administers}",
    )
    .bind(id)
    .bind(String::from(new.email))
    .bind(new.name)
    .bind(new.role.as_str())
    .bind(new.password_hash)
}

/// Details without what was not asked for.
fn kept(details: Value) -> Value {
    match details {
        Value::Object(fields) => fields.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        other => other,
    }
}
