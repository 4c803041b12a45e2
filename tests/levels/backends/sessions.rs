//! Sessions: who comes at once gets one successor, and whoever was put out of service begins and renews none.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use shared::accounts::user::{Change, NewAccount};
use shared::accounts::{Accounts, By, Proof, RefreshError, SessionLives, Sessions};
use shared::crypto::{KeyRing, SecretKey};
use shared::domain::email::Email;
use shared::domain::session::EndReason;
use shared::domain::user::Role;
use shared::store::audit::Actor;
use shared::store::session;
use tests::{Fixture, contract};
use uuid::Uuid;

fn key(letter: u8) -> SecretKey {
    SecretKey::from_bytes(&[letter; 32]).expect("a key")
}

fn sessions(f: &Fixture, keys: impl Into<KeyRing>) -> Sessions {
    Sessions::new(f.db.clone(), keys.into(), SessionLives::default())
}

async fn somebody(f: &Fixture) -> Uuid {
    let email = Email::parse("ada@example.com").expect("an e-mail");
    let new = NewAccount { email, name: "Ada".into(), role: Role::Qa, password_hash: "h".into() };
    Accounts::new(f.db.clone()).create_user(new, By::Cli).await.expect("an account").id
}

contract! {
    async fn of_64_refreshes_at_once_there_is_one_successor(f: Arc<Fixture>) {
        let (sessions, user_id) = (sessions(&f, key(1)), somebody(&f).await);
        let begun = sessions.begin(user_id, Proof::Password("h"), &Actor::default()).await.expect("an answer").expect("a session");
        let at_once = (0..64).map(|_| {
            let (sessions, token) = (sessions.clone(), begun.refresh_token.clone());
            tokio::spawn(async move { sessions.refresh(&token, &Actor::default()).await.map(|next| next.refresh_token) })
        });
        let answers: Vec<_> = join_all(at_once).await.into_iter().map(|task| task.expect("a task")).collect();
        let successors: BTreeSet<_> = answers.iter().map(|answer| answer.as_ref().expect("a successor").clone()).collect();
        assert_eq!(successors.len(), 1);
        let found = session::find(&f.db, begun.session.id, 0).await.expect("an answer").expect("a session");
        assert_eq!(found.session.generation, 1);
    }

    async fn a_reuse_that_meets_a_renewal_ends_the_session_or_comes_too_late(f: Arc<Fixture>) {
        let (sessions, user_id) = (sessions(&f, key(1)), somebody(&f).await);
        let first = sessions.begin(user_id, Proof::Password("h"), &Actor::default()).await.expect("an answer").expect("a session");
        let second = sessions.refresh(&first.refresh_token, &Actor::default()).await.expect("a successor");
        let third = sessions.refresh(&second.refresh_token, &Actor::default()).await.expect("a successor");
        let nobody = Actor::default();
        let (stolen, good) = tokio::join!(
            sessions.refresh(&first.refresh_token, &nobody),
            sessions.refresh(&third.refresh_token, &nobody)
        );
        assert!(matches!(stolen, Err(RefreshError::Reused)), "{stolen:?}");
        assert!(matches!(good, Ok(_) | Err(RefreshError::Invalid)), "{good:?}");
        let found = session::find(&f.db, first.session.id, 0).await.expect("an answer").expect("a session");
        assert!(!found.is_live);
    }

    async fn who_was_put_out_of_service_begins_and_renews_nothing(f: Arc<Fixture>) {
        let (sessions, user_id) = (sessions(&f, key(1)), somebody(&f).await);
        let begun = sessions.begin(user_id, Proof::Password("h"), &Actor::default()).await.expect("an answer").expect("a session");
        let out = Change { active: Some(false), ..Change::default() };
        Accounts::new(f.db.clone()).change_user(user_id, &out, By::Cli).await.expect("a change");
        assert!(matches!(sessions.refresh(&begun.refresh_token, &Actor::default()).await, Err(RefreshError::Invalid)));
        assert!(sessions.begin(user_id, Proof::Oidc, &Actor::default()).await.expect("an answer").is_none());
        let back = Change { active: Some(true), ..Change::default() };
        Accounts::new(f.db.clone()).change_user(user_id, &back, By::Cli).await.expect("a change");
        assert!(matches!(sessions.refresh(&begun.refresh_token, &Actor::default()).await, Err(RefreshError::Invalid)), "it stays ended");
    }

    async fn a_login_whose_password_was_changed_while_it_was_checked_begins_nothing(f: Arc<Fixture>) {
        let (sessions, accounts, user_id) = (sessions(&f, key(1)), Accounts::new(f.db.clone()), somebody(&f).await);
        let by_password = async |hash: &str| {
            sessions.begin(user_id, Proof::Password(hash), &Actor::default()).await.expect("an answer").map(|begun| begun.session.id)
        };
        let mine = by_password("h").await.expect("a session");
        accounts.set_password(user_id, "reset", By::Cli).await.expect("a reset");
        assert_eq!(by_password("h").await, None, "an administrator's reset");
        let mine = by_password("reset").await.map_or(mine, |id| id);
        assert!(sessions.change_password(user_id, "reset", "own", mine, &Actor::default()).await.expect("an answer"));
        assert_eq!(by_password("reset").await, None, "a change of one's own");
        assert!(accounts.rehash(user_id, "own", "newer").await.expect("an answer"));
        assert_eq!(by_password("own").await, None, "a newer hash is the one that counts");
        assert!(by_password("newer").await.is_some());
    }

    async fn a_session_goes_on_when_the_secret_key_is_replaced(f: Arc<Fixture>) {
        let user_id = somebody(&f).await;
        let before = sessions(&f, key(1));
        let begun = before.begin(user_id, Proof::Password("h"), &Actor::default()).await.expect("an answer").expect("a session");
        let after = sessions(&f, KeyRing::new(key(2), [key(1)]));
        let next = after.refresh(&begun.refresh_token, &Actor::default()).await.expect("a successor");
        let alone = sessions(&f, key(2));
        alone.refresh(&next.refresh_token, &Actor::default()).await.expect("the old key is not needed any more");
    }

    async fn a_session_is_ended_by_its_owner_alone_and_once(f: Arc<Fixture>) {
        let (sessions, user_id) = (sessions(&f, key(1)), somebody(&f).await);
        let id = sessions.begin(user_id, Proof::Password("h"), &Actor::default()).await.expect("an answer").expect("a session").session.id;
        let end = async |user_id| sessions.end(id, user_id, EndReason::Logout, &Actor::default()).await.expect("an answer");
        assert!(!end(Uuid::from_u128(9)).await);
        assert!(end(user_id).await);
        assert!(!end(user_id).await);
    }

    async fn the_look_at_a_session_is_one_round_trip(f: Arc<Fixture>) {
        let (sessions, user_id) = (sessions(&f, key(1)), somebody(&f).await);
        let begun = sessions.begin(user_id, Proof::Password("h"), &Actor::default()).await.expect("an answer").expect("a session");
        f.clock.advance(Duration::from_secs(1));
        let before = f.db.round_trips();
        session::signed_in(&f.db, begun.session.id, user_id).await.expect("an answer").expect("an account");
        assert_eq!(f.db.round_trips(), before + 1);
    }
}
