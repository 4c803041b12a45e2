//! Sessions: they begin with a login, are renewed, and end.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use crate::crypto::{KeyRing, RefreshKeys, RefreshToken};
use crate::domain::duration::ms;
use crate::domain::session::{EndReason, LoginMethod};
use crate::store::audit::{self, Actor};
use crate::store::session::{self, Session};
use crate::store::{Db, Sql, StoreError, Verb};

macro_rules! begin {
    ($lock:literal) => {
        concat!(
            "INSERT INTO sessions (id, user_id, method, generation, key_id, seed, ip, user_agent, created_at, refreshed_at, \
             idle_until, expires_at) \
             SELECT ?, id, ?, 0, ?, ?, ?, ?, {now}, {now}, {now} + ?, {now} + ? FROM users \
             WHERE id = ? AND active AND password_hash = COALESCE(?, password_hash)",
            $lock
        )
    };
}

/// How long a token that was just used is answered with the same successor: two requests at once, or an answer that was lost.
const GRACE: Duration = Duration::from_secs(10);

/// A session of an account as it was when it was let in.
const BEGIN: &str = begin!("");

/// The same where others write meanwhile: a change of the password that is under way is waited for.
const BEGIN_LOCKED: &str = begin!(" FOR SHARE");

/// Times of sessions.
#[derive(Debug, Clone, Copy)]
pub struct SessionLives {
    /// Not renewed for so long, a session is over.
    pub idle: Duration,
    /// Over after so long whatever happens.
    pub longest: Duration,
}

impl Default for SessionLives {
    fn default() -> Self {
        let day = Duration::from_secs(24 * 3600);
        Self { idle: 14 * day, longest: 90 * day }
    }
}

/// Why a session is not renewed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// No token of ours, or its session is over.
    #[error("the refresh token is not valid, or its session is over")]
    Invalid,
    /// It was used before: whoever holds its successor, one of the two stole it. The session has ended.
    #[error("the refresh token was used before; its session was ended")]
    Reused,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A session and the token it is renewed with.
#[derive(Clone)]
pub struct Renewable {
    /// The session.
    pub session: Session,
    /// The token.
    pub refresh_token: String,
}

impl std::fmt::Debug for Renewable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Renewable").field("session", &self.session).finish_non_exhaustive()
    }
}

/// What somebody was let in by.
#[derive(Clone, Copy)]
pub enum Proof<'a> {
    /// Their password, by the hash that it was checked against: it must still be theirs when the session begins.
    Password(&'a str),
    /// An identity provider.
    Oidc,
}

impl<'a> Proof<'a> {
    fn method(self) -> LoginMethod {
        match self {
            Self::Password(_) => LoginMethod::Password,
            Self::Oidc => LoginMethod::Oidc,
        }
    }

    fn hash(self) -> Option<&'a str> {
        match self {
            Self::Password(hash) => Some(hash),
            Self::Oidc => None,
        }
    }
}

/// The verbs of sessions.
#[derive(Debug, Clone)]
pub struct Sessions {
    db: Db,
    keys: RefreshKeys,
    lives: SessionLives,
}

impl Sessions {
    /// Sessions whose tokens are made with the keys of a ring.
    #[must_use]
    pub fn new(db: Db, keys: KeyRing, lives: SessionLives) -> Self {
        Self { db, keys: RefreshKeys::new(keys), lives }
    }

    /// Begins a session of an account that was let in; `None` = the account is not active any more, or the password is not
    /// theirs any more.
    pub async fn begin(&self, user_id: Uuid, proof: Proof<'_>, actor: &Actor) -> Result<Option<Renewable>, StoreError> {
        let (id, method) = (self.db.clock().new_id(), proof.method());
        let guard = Sql::new(if self.db.is_postgres() { BEGIN_LOCKED } else { BEGIN })
            .bind(id)
            .bind(method.as_str())
            .bind(self.keys.current_id())
            .bind(RefreshKeys::seed())
            .bind(actor.ip.clone())
            .bind(actor.user_agent.clone())
            .bind(ms(self.lives.idle))
            .bind(ms(self.lives.longest))
            .bind(user_id)
            .bind(proof.hash().map(str::to_owned));
        let actor = Actor { user_id: Some(user_id), ..actor.clone() };
        let details = json!({ "session": id, "method": method });
        let entry = audit::about_held(self.db.clock().new_id(), &actor, "auth.login", "user", user_id, &details);
        let row = Verb::new("sessions", id, guard).then(entry).run::<Session>(&self.db).await?;
        row.map(|session| self.renewable(session)).transpose()
    }

    /// Renews a session. The same token within [`GRACE`] of its use gets the same successor; later it ends the session.
    pub async fn refresh(&self, token: &str, actor: &Actor) -> Result<Renewable, RefreshError> {
        let token = RefreshToken::parse(token).ok_or(RefreshError::Invalid)?;
        // Whoever loses the race for a generation finds at the second look that it was used just now.
        for _ in 0..2 {
            let found = session::find(&self.db, token.session_id, ms(GRACE)).await?;
            let found = found.filter(|found| self.keys.made(&token, &found.session.seed)).ok_or(RefreshError::Invalid)?;
            if !found.is_live {
                return Err(RefreshError::Invalid);
            }
            let generation = found.session.generation;
            if token.generation == generation {
                if let Some(next) = self.rotate(&found.session).await? {
                    return Ok(self.renewable(next)?);
                }
            } else if token.generation + 1 == generation && found.is_fresh {
                return Ok(self.renewable(found.session)?);
            } else {
                self.end_reused(&found.session, token.generation, actor).await?;
                return Err(RefreshError::Reused);
            }
        }
        Err(RefreshError::Invalid)
    }

    /// Ends a session of an account; `false` = there is no such session that goes on.
    pub async fn end(&self, id: Uuid, user_id: Uuid, reason: EndReason, actor: &Actor) -> Result<bool, StoreError> {
        let guard =
            Sql::new("UPDATE sessions SET ended_at = {now}, ended_reason = ? WHERE id = ? AND user_id = ? AND ended_at IS NULL")
                .bind(reason.as_str())
                .bind(id)
                .bind(user_id);
        let action = if reason == EndReason::Logout { "auth.logout" } else { "auth.session_ended" };
        let entry = audit::about_held(self.db.clock().new_id(), actor, action, "session", id, &json!({ "reason": reason }));
        Verb::new("sessions", id, guard).then(entry).took(&self.db).await
    }

    /// Ends all sessions of an account but one.
    pub async fn end_others(&self, user_id: Uuid, but: Uuid, actor: &Actor) -> Result<(), StoreError> {
        let guard = Sql::new("UPDATE users SET updated_at = updated_at WHERE id = ?").bind(user_id);
        let details = json!({ "reason": EndReason::Ended, "all_but": but });
        let id = self.db.clock().new_id();
        Verb::new("users", user_id, guard)
            .then(session::end_those_of_held(EndReason::Ended.as_str(), Some(but)))
            .then(audit::about_held(id, actor, "auth.session_ended", "user", user_id, &details))
            .took(&self.db)
            .await?;
        Ok(())
    }

    /// Replaces a password and ends all sessions but one; `false` = it is not what it was when it was checked.
    pub async fn change_password(
        &self,
        user_id: Uuid,
        from_hash: &str,
        to_hash: &str,
        but: Uuid,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        let guard =
            Sql::new("UPDATE users SET password_hash = ?, updated_at = {now} WHERE id = ? AND password_hash = ? AND active")
                .bind(to_hash)
                .bind(user_id)
                .bind(from_hash);
        let id = self.db.clock().new_id();
        Verb::new("users", user_id, guard)
            .then(session::end_those_of_held(EndReason::Password.as_str(), Some(but)))
            .then(audit::about_held(id, actor, "user.password", "user", user_id, &json!({})))
            .took(&self.db)
            .await
    }

    async fn rotate(&self, session: &Session) -> Result<Option<Session>, StoreError> {
        let guard = Sql::new(
            "UPDATE sessions SET generation = generation + 1, key_id = ?, refreshed_at = {now}, idle_until = {now} + ? \
             WHERE id = ? AND generation = ? AND ended_at IS NULL AND expires_at > {now}",
        )
        .bind(self.keys.current_id())
        .bind(ms(self.lives.idle))
        .bind(session.id)
        .bind(session.generation);
        Verb::new("sessions", session.id, guard).run(&self.db).await
    }

    async fn end_reused(&self, session: &Session, generation: i64, actor: &Actor) -> Result<(), StoreError> {
        let actor = Actor { user_id: Some(session.user_id), ..actor.clone() };
        let details = json!({ "session": session.id, "generation": generation, "current": session.generation });
        let id = self.db.clock().new_id();
        let entry = audit::about_held(id, &actor, "auth.refresh_reused", "user", session.user_id, &details);
        // Somebody else may have ended it at the same moment, which is as good.
        Verb::new("sessions", session.id, session::end(session.id, EndReason::Reused.as_str()))
            .then(entry)
            .took(&self.db)
            .await?;
        Ok(())
    }

    fn renewable(&self, session: Session) -> Result<Renewable, StoreError> {
        let token = self.keys.token(&session.key_id, session.id, session.generation, &session.seed);
        let missing = || StoreError::Bug(format!("the key {} of a session is not in the ring", session.key_id));
        let refresh_token = token.ok_or_else(missing)?;
        Ok(Renewable { session, refresh_token })
    }
}
