//! API keys: a key and its audit entry in one commit, and look-ups through an index.

use std::sync::Arc;

use shared::accounts::{Accounts, CreatedApiKey, KeyRequest};
use shared::crypto::ApiKey;
use shared::domain::user::{Permission, Role};
use shared::store::api_key::{self, NewApiKey};
use shared::store::user::{self, NewUser};
use shared::store::{Sql, StoreError};
use tests::{Fixture, contract};
use uuid::Uuid;

async fn owner(f: &Fixture) -> Uuid {
    let id = shared::ports::Clock::new_id(&*f.clock);
    let user = NewUser { id, email: format!("{id}@x.org"), name: "N".into(), role: Role::Qa, password_hash: "-".into() };
    user::insert(&f.db, user, 0).await.expect("an account");
    id
}

fn request(f: &Fixture, user_id: Uuid, key: &ApiKey) -> KeyRequest {
    let new = NewApiKey {
        id: shared::ports::Clock::new_id(&*f.clock),
        user_id,
        name: "ci".into(),
        prefix: key.prefix().into(),
        hash: key.hash(),
        permissions: vec![Permission::Read],
        expires_at: None,
    };
    KeyRequest { new, actor: f.person(), once: None }
}

async fn audited(f: &Fixture) -> i64 {
    f.count(Sql::new("SELECT COUNT(*) AS n FROM audit_logs WHERE resource_type = 'api_key'")).await
}

contract! {
    async fn a_key_and_its_entry_are_stored_together_or_not_at_all(f: Arc<Fixture>) {
        let (accounts, key, owner) = (Accounts::new(f.db.clone()), ApiKey::generate(), owner(&f).await);
        let CreatedApiKey::Created(row) = accounts.create_api_key(request(&f, owner, &key)).await.expect("a key") else { panic!("no key") };
        assert_eq!((row.user_id, row.permissions.as_str(), row.revoked_at), (owner, "[\"read\"]", None));
        assert_eq!(audited(&f).await, 1);
        let twice = accounts.create_api_key(request(&f, owner, &key)).await;
        assert!(matches!(twice, Err(shared::accounts::ApiKeyError::Store(StoreError::Conflict))), "{twice:?}");
        assert_eq!(audited(&f).await, 1);
    }

    async fn a_key_is_revoked_once(f: Arc<Fixture>) {
        let (accounts, key, owner) = (Accounts::new(f.db.clone()), ApiKey::generate(), owner(&f).await);
        let asked = request(&f, owner, &key);
        let id = asked.new.id;
        accounts.create_api_key(asked).await.expect("a key");
        assert_eq!(api_key::usable(&f.db, owner).await.expect("a count"), 1);
        assert!(accounts.revoke_api_key(id, &f.person()).await.expect("an answer"));
        assert!(!accounts.revoke_api_key(id, &f.person()).await.expect("an answer"));
        assert_eq!(audited(&f).await, 2);
        let row = api_key::find(&f.db, id).await.expect("an answer").expect("a row");
        assert_eq!(row.revoked_by, f.person().user_id);
        assert_eq!(api_key::usable(&f.db, owner).await.expect("a count"), 0);
    }

    async fn the_latest_use_of_each_key_stays(f: Arc<Fixture>) {
        let (accounts, owner) = (Accounts::new(f.db.clone()), owner(&f).await);
        let mut ids = Vec::new();
        for _ in 0..3 {
            let asked = request(&f, owner, &ApiKey::generate());
            ids.push(asked.new.id);
            accounts.create_api_key(asked).await.expect("a key");
        }
        api_key::used(&f.db, &[(ids[0], 7), (ids[1], 9)]).await.expect("an answer");
        api_key::used(&f.db, &[(ids[0], 8), (ids[1], 5), (Uuid::from_u128(1), 9)]).await.expect("an answer");
        let rows = api_key::list(&f.db, Some(owner), None, 10).await.expect("keys");
        let used: Vec<_> = rows.iter().map(|row| row.last_used_at).collect();
        assert_eq!(used, [None, Some(9), Some(8)], "newest first");
    }

    async fn a_request_finds_its_key_through_an_index(f: Arc<Fixture>) {
        let key = ApiKey::generate();
        let owner = owner(&f).await;
        Accounts::new(f.db.clone()).create_api_key(request(&f, owner, &key)).await.expect("a key");
        f.db.listen();
        let holder = api_key::holder_by_hash(&f.db, &key.hash()).await.expect("an answer").expect("a holder");
        assert_eq!((holder.user_id, holder.role.as_str(), holder.active), (owner, "qa", true));
        api_key::holder_by_id(&f.db, holder.id).await.expect("an answer").expect("a holder");
        api_key::usable(&f.db, owner).await.expect("a count");
        for plan in f.db.plans_of_asked().await.expect("plans") {
            let steps = plan.steps.join("\n");
            assert!(f.db.is_postgres() || (steps.contains("SEARCH") && !steps.contains("SCAN")), "{steps}");
        }
    }
}
