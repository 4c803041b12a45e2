//! Secrets at rest: sealed where they stand, sealed anew while the service runs, never overwritten.

use std::sync::Arc;

use shared::adapters::http::Secret;
use shared::crypto::{KeyRing, SecretKey, key_id};
use shared::domain::user::Role;
use shared::ports::Clock;
use shared::store::audit::Actor;
use shared::store::connection::{self, JiraOptions, JiraRow, LlmOptions};
use shared::store::user::{self, NewUser};
use shared::store::{Sql, StoreError};
use shared::vault::{EndpointWish, Holding, JiraChange, LlmChange, NewJira, NewLlm, Rotated, Vault, VaultError};
use tests::{Fixture, contract};
use uuid::Uuid;

fn key(letter: char) -> SecretKey {
    SecretKey::from_bytes(letter.to_string().repeat(40).as_bytes()).expect("a key")
}

fn vault(f: &Fixture, keys: &str) -> Vault {
    let mut keys = keys.chars().map(key);
    let current = keys.next().expect("a key");
    Vault::new(f.db.clone(), KeyRing::new(current, keys))
}

/// A Jira connection and a model connection of this name.
async fn both(vault: &Vault, name: &str) -> (Uuid, Uuid) {
    let jira = NewJira {
        name: name.into(),
        base_url: "https://acme.example".into(),
        email: "qa@example.org".into(),
        token: Secret::new("a-token"),
        webhook_secret: Some(Secret::new("a-webhook-secret")),
        xray_secret: Some(Secret::new("an-xray-secret")),
        zephyr_token: Some(Secret::new("a-zephyr-token")),
        options: JiraOptions::default(),
        is_default: false,
        active: true,
    };
    let llm = NewLlm {
        name: name.into(),
        provider: "openai_compatible".into(),
        base_url: "https://models.example/v1".into(),
        model: "m".into(),
        api_key: Some(Secret::new("a-key")),
        options: LlmOptions::default(),
        is_default: false,
        active: true,
    };
    let jira = vault.create_jira(jira, &Actor::default()).await.expect("a connection");
    (jira, vault.create_llm(llm, &Actor::default()).await.expect("a connection"))
}

async fn jira_row(f: &Fixture, id: Uuid) -> JiraRow {
    connection::find_jira(&f.db, id).await.expect("an answer").expect("a row")
}

contract! {
    async fn every_secret_is_sealed_anew_once_and_the_old_key_can_go(f: Arc<Fixture>) {
        for n in 0..3 {
            both(&vault(&f, "a"), &format!("c{n}")).await;
        }
        let wish = EndpointWish { owner_id: Uuid::from_u128(7), name: "ci".into(), url: "https://ci.example".into(), events: vec![] };
        let endpoint = vault(&f, "a").create_endpoint(wish, &Actor::default()).await.expect("an endpoint");
        vault(&f, "a").rotate_endpoint(endpoint.endpoint.id, &Actor::default()).await.expect("another secret");
        let rotating = vault(&f, "ba");
        assert_eq!(rotating.rotate().await.expect("an answer"), Rotated { resealed: 17, left: 0, unreadable: 0 });
        assert_eq!(rotating.rotate().await.expect("an answer"), Rotated { resealed: 0, left: 17, unreadable: 0 });
        let held: Vec<_> = rotating.holdings().await.expect("an answer").iter().map(|held| held.values).collect();
        assert_eq!(held, [17, 0]);
        assert_eq!(vault(&f, "b").missing_keys().await.expect("an answer"), Vec::<String>::new());
        let audited = Sql::new("SELECT COUNT(*) AS n FROM audit_logs WHERE action = 'keys.rotate'");
        assert_eq!(f.count(audited).await, 1);
    }

    async fn what_cannot_be_opened_stays_as_it_is_and_its_key_is_named(f: Arc<Fixture>) {
        let (id, _) = both(&vault(&f, "a"), "acme").await;
        let before = jira_row(&f, id).await;
        let without = vault(&f, "b");
        assert_eq!(without.rotate().await.expect("an answer"), Rotated { resealed: 0, left: 0, unreadable: 5 });
        assert_eq!(jira_row(&f, id).await, before);
        assert_eq!(without.missing_keys().await.expect("an answer"), [key('a').id()]);
        let missing = Holding { key_id: key('a').id(), values: 5, ..Holding::default() };
        assert_eq!(without.holdings().await.expect("an answer").last(), Some(&missing));
    }

    async fn a_change_made_while_secrets_are_sealed_anew_is_not_lost(f: Arc<Fixture>) {
        let (id, _) = both(&vault(&f, "a"), "acme").await;
        let rotating = vault(&f, "ba");
        let change = async |token: &str| {
            let change = JiraChange { token: Some(Secret::new(token)), ..JiraChange::default() };
            vault(&f, "ab").change_jira(&jira_row(&f, id).await, change, &Actor::default()).await.expect("a change");
        };
        for n in 0..10 {
            let token = format!("token-{n}");
            let (rotated, ()) = tokio::join!(rotating.rotate(), change(&token));
            rotated.expect("a rotation");
            let sealed = jira_row(&f, id).await.token_sealed;
            let place = shared::store::sealed::JIRA_TOKEN.of(id);
            assert_eq!(rotating.sealer().open(place, &sealed).expect("a secret"), token);
        }
        rotating.rotate().await.expect("a rotation");
        assert_eq!(key_id(&jira_row(&f, id).await.token_sealed), Some(key('b').id().as_str()));
    }

    async fn who_changes_what_somebody_else_changed_is_told(f: Arc<Fixture>) {
        let vault = vault(&f, "a");
        let (id, _) = both(&vault, "acme").await;
        let seen = jira_row(&f, id).await;
        let change = |email: &str| JiraChange { email: Some(email.into()), ..JiraChange::default() };
        vault.change_jira(&seen, change("first@example.org"), &Actor::default()).await.expect("a change");
        let second = vault.change_jira(&seen, change("second@example.org"), &Actor::default()).await;
        assert!(matches!(second, Err(VaultError::Changed)), "{second:?}");
        assert_eq!(jira_row(&f, id).await.email, "first@example.org");
    }

    async fn a_sealed_value_in_another_row_cannot_be_opened(f: Arc<Fixture>) {
        let vault = vault(&f, "a");
        let ((one, _), (other, _)) = (both(&vault, "one").await, both(&vault, "other").await);
        let stolen = jira_row(&f, one).await.token_sealed;
        let place = shared::store::sealed::JIRA_TOKEN.of(other);
        assert!(vault.sealer().open(place, &stolen).is_err());
    }

    async fn who_is_no_administrator_any_more_changes_no_connection(f: Arc<Fixture>) {
        let vault = vault(&f, "a");
        let (jira, llm) = both(&vault, "acme").await;
        let user = NewUser { id: f.clock.new_id(), email: "gone@example.com".into(), name: "N".into(), role: Role::Qa, password_hash: String::new() };
        let gone = Actor { user_id: Some(user.id), ..Actor::default() };
        user::insert(&f.db, user, 0).await.expect("an account");
        let new = NewLlm {
            name: "other".into(), provider: "offline".into(), base_url: String::new(), model: String::new(), api_key: None,
            options: LlmOptions::default(), is_default: true, active: true,
        };
        let seen = connection::find_llm(&f.db, llm).await.expect("a look").expect("a row");
        for refused in [
            vault.create_llm(new, &gone).await.map(drop),
            vault.change_llm(&seen, LlmChange::default(), &gone).await,
            vault.change_jira(&jira_row(&f, jira).await, JiraChange::default(), &gone).await,
            vault.remove_llm(llm, &gone).await,
            vault.remove_jira(jira, &gone).await,
        ] {
            assert!(matches!(refused, Err(VaultError::Store(StoreError::NotAdministrator))), "{refused:?}");
        }
    }
}
