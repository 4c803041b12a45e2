//! Signing in at an identity provider: an account and its identity in one commit, and codes that are good once.

use std::sync::Arc;

use shared::accounts::user::NewAccount;
use shared::accounts::{Accounts, By, SignInError};
use shared::domain::email::Email;
use shared::domain::identity::Vouched;
use shared::domain::user::Role;
use shared::store::{Sql, identity};
use tests::{Fixture, contract};

fn ada() -> Vouched {
    Vouched {
        issuer: "https://id.example".into(),
        subject: "u1".into(),
        email: Some("ada@acme.example".into()),
        email_verified: true,
        name: Some("Ada".into()),
        role: Some(Role::Qa),
    }
}

contract! {
    async fn whoever_signs_in_twice_at_once_has_one_account(f: Arc<Fixture>) {
        let accounts = Accounts::new(f.db.clone());
        let (ada, actor) = (ada(), f.person());
        let (one, other) = tokio::join!(accounts.sign_in(&ada, false, &actor), accounts.sign_in(&ada, false, &actor));
        assert_eq!(one.expect("an account").id, other.expect("an account").id);
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM users")).await, 1);
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM audit_logs WHERE action = 'user.create'")).await, 1);
    }

    async fn the_role_follows_and_another_identity_is_linked_only_where_that_is_wanted(f: Arc<Fixture>) {
        let accounts = Accounts::new(f.db.clone());
        let first = accounts.sign_in(&ada(), false, &f.person()).await.expect("an account");
        let promoted = Vouched { role: Some(Role::Admin), ..ada() };
        let again = accounts.sign_in(&promoted, false, &f.person()).await.expect("an account");
        assert_eq!((again.id, again.role.as_str()), (first.id, "admin"));
        let root = NewAccount { email: Email::parse("root@acme.example").expect("an e-mail"), name: "R".into(), role: Role::Admin, password_hash: "h".into() };
        accounts.create_user(root, By::Cli).await.expect("another administrator");
        let elsewhere = Vouched { issuer: "https://other.example".into(), ..ada() };
        let refused = accounts.sign_in(&elsewhere, false, &f.person()).await;
        assert!(matches!(refused, Err(SignInError::NotLinked)), "{refused:?}");
        let linked = accounts.sign_in(&elsewhere, true, &f.person()).await.expect("an account");
        assert_eq!((linked.id, linked.role.as_str()), (first.id, "qa"));
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM identities")).await, 2);
    }

    async fn the_last_administrator_stays_one_whatever_the_provider_says(f: Arc<Fixture>) {
        let accounts = Accounts::new(f.db.clone());
        let admin = Vouched { role: Some(Role::Admin), ..ada() };
        accounts.sign_in(&admin, false, &f.person()).await.expect("an account");
        let demoted = accounts.sign_in(&ada(), false, &f.person()).await.expect("an account");
        assert_eq!(demoted.role, "admin");
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM users WHERE role = 'admin' AND active")).await, 1);
    }

    async fn a_code_is_taken_once_and_in_time(f: Arc<Fixture>) {
        let user = Accounts::new(f.db.clone()).sign_in(&ada(), false, &f.person()).await.expect("an account");
        identity::keep_sign_in(&f.db, "h1", user.id, 60_000).await.expect("kept");
        assert_eq!(identity::take_sign_in(&f.db, "h1").await.expect("an answer"), Some(user.id));
        assert_eq!(identity::take_sign_in(&f.db, "h1").await.expect("an answer"), None);
        identity::keep_sign_in(&f.db, "h2", user.id, 60_000).await.expect("kept");
        f.seconds_later(60);
        assert_eq!(identity::take_sign_in(&f.db, "h2").await.expect("an answer"), None);
    }
}
