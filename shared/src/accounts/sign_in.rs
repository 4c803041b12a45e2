//! `sign_in`: who an identity provider vouches for comes in under the account that is linked to them.

use serde_json::json;

use super::Accounts;
use super::user::Change;
use crate::domain::identity::Vouched;
use crate::domain::session::EndReason;
use crate::domain::user::Role;
use crate::store::audit::Actor;
use crate::store::entity::user::Model as User;
use crate::store::user::NewUser;
use crate::store::{Sql, StoreError, Verb, api_key, audit, identity, session, user};

/// Why somebody does not come in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The account was deactivated.
    #[error("the account was deactivated")]
    Inactive,
    /// No role is mapped to them.
    #[error("the identity provider gives you no role here")]
    NoRole,
    /// A new account needs an e-mail.
    #[error("the identity provider does not tell your e-mail address; the scope 'email' may be missing from JQA_OIDC_SCOPES")]
    NoEmail,
    /// The e-mail belongs to an account that is not linked.
    #[error("there is an account with your e-mail address that is not linked to the identity provider")]
    NotLinked,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// The account of somebody, made or linked at the first sign-in; its role follows the provider at each.
    /// `link_by_email` = an account that was there before is linked when the provider checked the e-mail.
    pub async fn sign_in(&self, who: &Vouched, link_by_email: bool, actor: &Actor) -> Result<User, SignInError> {
        match self.try_sign_in(who, link_by_email, actor).await {
            // Perhaps they signed in for the first time twice at once: then their identity is there by now.
            Err(SignInError::Store(StoreError::Conflict) | SignInError::NotLinked) => {
                self.try_sign_in(who, link_by_email, actor).await
            }
            done => done,
        }
    }

    async fn try_sign_in(&self, who: &Vouched, link_by_email: bool, actor: &Actor) -> Result<User, SignInError> {
        let known = identity::user(&self.db, &who.issuer, &who.subject).await?;
        if known.as_ref().is_some_and(|user| !user.active) {
            return Err(SignInError::Inactive);
        }
        let role = who.role.ok_or(SignInError::NoRole)?;
        if let Some(user) = known {
            return if user.role == role.as_str() { Ok(user) } else { self.change_role(&user, role, actor).await };
        }
        let email = who.email.clone().ok_or(SignInError::NoEmail)?;
        match user::by_email(&self.db, &email).await? {
            None => self.create_from(who, email, role, actor).await,
            Some(user) if link_by_email && who.email_verified => self.link(&user, who, role, actor).await,
            Some(_) => Err(SignInError::NotLinked),
        }
    }

    async fn create_from(&self, who: &Vouched, email: String, role: Role, actor: &Actor) -> Result<User, SignInError> {
        let id = self.db.clock().new_id();
        let name = who.name.clone().unwrap_or_else(|| email.clone());
        let new = NewUser { id, email, name, role, password_hash: String::new() };
        let details = json!({ "email": new.email, "role": role, "by": who.issuer });
        let verb = Verb::new("users", id, identity::insert_user(&new))
            .then(identity::link_held(&who.issuer, &who.subject))
            .then(audit::about_held(self.db.clock().new_id(), actor, "user.create", "user", id, &details));
        verb.run(&self.db).await?.ok_or_else(|| StoreError::Bug("an account was added and is not there".into()).into())
    }

    /// Whoever made the account may not be who is vouched for: registration proves no address. So nothing that let them in
    /// does so any more.
    async fn link(&self, user: &User, who: &Vouched, role: Role, actor: &Actor) -> Result<User, SignInError> {
        let details = json!({ "issuer": who.issuer, "had_password": !user.password_hash.is_empty() });
        let guard = Sql::new("UPDATE users SET password_hash = '', updated_at = {now} WHERE id = ? AND active").bind(user.id);
        let verb = Verb::new("users", user.id, guard)
            .then(identity::link_held(&who.issuer, &who.subject))
            .then(session::end_those_of_held(EndReason::Linked.as_str(), None))
            .then(api_key::revoke_those_of_held())
            .then(audit::about_held(self.db.clock().new_id(), actor, "user.link_identity", "user", user.id, &details));
        let user: User = verb.run(&self.db).await?.ok_or(SignInError::Inactive)?;
        if user.role == role.as_str() { Ok(user) } else { self.change_role(&user, role, actor).await }
    }

    /// The last active administrator stays one, whatever the provider says: nobody else could mend its mapping.
    async fn change_role(&self, user: &User, role: Role, actor: &Actor) -> Result<User, SignInError> {
        let details = json!({ "from": user.role, "to": role, "by": "the identity provider" });
        let change = Change { role: Some(role), ..Change::default() };
        let entry = audit::about_held(self.db.clock().new_id(), actor, "user.update", "user", user.id, &details);
        match Verb::new("users", user.id, self.changed(user.id, &change)).then(entry).run(&self.db).await? {
            Some(changed) => Ok(changed),
            None => {
                tracing::warn!(user_id = %user.id, %role, "the last administrator keeps their role, although the identity provider gives another");
                Ok(user.clone())
            }
        }
    }
}
