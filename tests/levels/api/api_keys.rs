//! API keys: made in person, shown once, narrower than their owner, and out within seconds.

use std::time::Duration;

use serde_json::{Value, json};
use shared::crypto::ApiKey;
use shared::domain::user::Role;
use shared::store::Sql;
use tests::app::Setup;
use tests::http_app::{Account, HttpApp};
use uuid::Uuid;

const DAY: u64 = 24 * 3600;

/// Makes a key; answers it as it was shown.
async fn made(app: &HttpApp, by: &Account, body: Value) -> Value {
    let answer = app.post("/api-keys").by(by).json(body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

/// The secret of a new key with these permissions.
async fn key(app: &HttpApp, by: &Account, permissions: &[&str]) -> String {
    let made = made(app, by, json!({ "name": "ci", "permissions": permissions })).await;
    made["key"].as_str().unwrap().to_owned()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

async fn change(app: &HttpApp, text: &'static str, account: &Account) {
    app.api.db().execute(Sql::new(text).bind(account.id)).await.unwrap();
}

#[tokio::test]
async fn a_key_opens_what_it_was_lent_and_its_jobs_work() {
    let app = HttpApp::working().await;
    let qa = app.account(Role::Qa).await;
    let key = key(&app, &qa, &["read", "generate_criteria"]).await;
    let submitted = app.post("/generate/acceptance-criteria").bearer(&key).json(json!({ "issue_key": "SHOP-2" })).await;
    assert_eq!(submitted.status, 202, "{}", submitted.text);
    let job = app.get(&format!("{}?wait=60s", submitted.header("location"))).bearer(&key).await.json();
    assert_eq!((&job["status"], &job["owner_id"]), (&json!("succeeded"), &json!(qa.id)));
    let events = app.get(text(&job["links"]["events"])).bearer(&key).await;
    assert!(events.text.contains("job.succeeded"), "{}", events.text);
    let me = app.get("/auth/me").bearer(&key).await.json();
    assert_eq!(me["permissions"], json!(["read", "generate_criteria"]));
}

#[tokio::test]
async fn a_key_is_refused_what_it_was_not_lent_on_every_kind_of_route() {
    let app = HttpApp::working().await;
    let (admin, other) = (app.account(Role::Admin).await, app.account(Role::Qa).await);
    let body = json!({ "issue_key": "SHOP-2" });
    let theirs = app.rested(&other, "acceptance-criteria", json!({ "issue_key": "SHOP-2", "review": "required" })).await;
    let publishing = |what: &str| json!({ "issue_key": "SHOP-2", "publish": [{ "mode": "comment", "what": what }] });
    let their_job = text(&theirs["links"]["self"]).to_owned();
    let stale = json!({ "content_hash": "stale" });
    let cases = [
        ("GET", "/auth/me", None, "read", 403),
        ("GET", "/jobs", None, "read", 403),
        ("GET", "/history", None, "read", 403),
        ("GET", "/jira/story/SHOP-2", None, "read", 403),
        ("GET", &their_job, None, "read_all", 404),
        ("POST", "/generate/acceptance-criteria", Some(body.clone()), "generate_criteria", 403),
        ("POST", "/generate/acceptance-criteria", Some(publishing("criteria")), "publish_criteria", 403),
        ("POST", &format!("{their_job}/approve"), Some(stale), "publish_criteria", 403),
        ("POST", &format!("{their_job}/cancel"), None, "publish_criteria", 403),
        ("POST", "/generate/full-pipeline", Some(body), "generate_scenarios", 403),
        ("POST", "/generate/full-pipeline", Some(publishing("scenarios")), "publish_scenarios", 403),
        ("GET", "/api-keys", None, "manage_own", 403),
        ("GET", "/api-keys?owner=all", None, "administer", 403),
    ];
    let every = app.get("/auth/me").by(&admin).await.json()["permissions"].as_array().unwrap().clone();
    for (method, path, body, needed, status) in cases {
        let others: Vec<_> = every.iter().map(text).filter(|permission| *permission != needed).collect();
        let key = key(&app, &admin, &others).await;
        let ask = app.ask(method, path).bearer(&key);
        let answer = if let Some(body) = body { ask.json(body).await } else { ask.await };
        assert_eq!(answer.status, status, "{method} {path} without {needed}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_key_that_was_lent_nothing_of_use_opens_nothing() {
    let app = HttpApp::start().await;
    let admin = app.account(Role::Admin).await;
    let key = key(&app, &admin, &["manage_own"]).await;
    for (method, path, operation) in app.document.operations().filter(|(.., operation)| operation.get("security").is_none()) {
        let path = path.replace("{id}", &Uuid::from_u128(1).to_string()).replace("{key}", "SHOP-2").replace("{project}", "SHOP");
        let answer = app.ask(&method, &path).bearer(&key).body("application/json", "{}").await;
        let expected = match (method.as_str(), operation["tags"][0].as_str()) {
            ("GET", Some("api keys")) | (_, Some("webhooks")) => continue,
            (_, Some("api keys")) => "auth.in_person_only",
            _ => "auth.forbidden",
        };
        assert_eq!(answer.refusal(), (403, expected.to_owned()), "{method} {path}");
    }
}

#[tokio::test]
async fn a_key_of_a_reader_starts_and_stops_nothing() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let job = app.submitted(&qa, "acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
    let reader = key(&app, &qa, &["read"]).await;
    for deed in ["cancel", "retry"] {
        let answer = app.post(&format!("{job}/{deed}")).bearer(&reader).await;
        assert_eq!(answer.refusal(), (403, "auth.forbidden".to_owned()), "{deed}");
        assert!(answer.text.contains("'generate_criteria'"), "{}", answer.text);
    }
    let author = key(&app, &qa, &["read", "generate_criteria"]).await;
    assert_eq!(app.post(&format!("{job}/cancel")).bearer(&author).await.status, 200);
}

#[tokio::test]
async fn no_key_makes_or_revokes_keys_whatever_it_was_lent() {
    let app = HttpApp::start().await;
    let admin = app.account(Role::Admin).await;
    let all = made(&app, &admin, json!({ "name": "all", "permissions": ["read", "manage_own", "administer"] })).await;
    let secret = text(&all["key"]);
    let make = app.post("/api-keys").bearer(secret).json(json!({ "name": "more" })).await;
    let revoke = app.ask("DELETE", &format!("/api-keys/{}", text(&all["id"]))).bearer(secret).await;
    for answer in [make, revoke] {
        assert_eq!(answer.refusal(), (403, "auth.in_person_only".to_owned()));
    }
}

#[tokio::test]
async fn nobody_lends_what_they_do_not_hold() {
    let app = HttpApp::start().await;
    let developer = app.account(Role::Developer).await;
    let body = json!({ "name": "ci", "permissions": ["read", "publish_scenarios", "administer"] });
    let answer = app.post("/api-keys").by(&developer).json(body).await;
    assert_eq!((answer.status, answer.fields()), (422, vec!["permissions[1]".to_owned(), "permissions[2]".to_owned()]));
    let usual = made(&app, &developer, json!({ "name": "ci" })).await;
    assert_eq!(usual["permissions"], json!(["read", "generate_criteria", "generate_scenarios", "manage_own"]));
    let admin = app.account(Role::Admin).await;
    let usual = made(&app, &admin, json!({ "name": "ci" })).await;
    assert!(!usual["permissions"].as_array().unwrap().contains(&json!("administer")), "{usual}");
}

#[tokio::test]
async fn a_key_shrinks_and_ends_with_its_owner() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let key = key(&app, &qa, &["read", "publish_scenarios"]).await;
    assert_eq!(app.get("/jobs").bearer(&key).await.status, 200);
    change(&app, "UPDATE users SET role = 'developer' WHERE id = ?", &qa).await;
    app.seconds_later(6);
    let me = app.get("/auth/me").bearer(&key).await.json();
    assert_eq!(me["permissions"], json!(["read"]));
    change(&app, "UPDATE users SET active = FALSE WHERE id = ?", &qa).await;
    app.seconds_later(6);
    assert_eq!(app.get("/jobs").bearer(&key).await.refusal(), (401, "auth.account_inactive".to_owned()));
}

#[tokio::test]
async fn keys_end_with_a_reset_password_and_do_not_come_back_with_an_account() {
    let app = HttpApp::start().await;
    let (admin, qa) = (app.account(Role::Admin).await, app.account(Role::Qa).await);
    let path = format!("/users/{}", qa.id);
    let first = key(&app, &qa, &["read"]).await;
    assert_eq!(app.get("/jobs").bearer(&first).await.status, 200);
    let password = json!({ "password": "seven lamps of slate" });
    assert_eq!(app.post(&format!("{path}/password")).by(&admin).json(password).await.status, 204);
    assert_eq!(app.get("/jobs").bearer(&first).await.refusal(), (401, "auth.api_key_revoked".to_owned()), "at once");

    let qa = app.logged_in_again(qa).await;
    let second = key(&app, &qa, &["read"]).await;
    assert_eq!(app.get("/jobs").bearer(&second).await.status, 200);
    assert_eq!(app.patch(&path).by(&admin).json(json!({ "active": false })).await.status, 200);
    assert_eq!(app.get("/jobs").bearer(&second).await.status, 401);
    assert_eq!(app.patch(&path).by(&admin).json(json!({ "active": true })).await.status, 200);
    assert_eq!(app.get("/jobs").bearer(&second).await.refusal(), (401, "auth.api_key_revoked".to_owned()));
}

#[tokio::test]
async fn a_revoked_key_is_out_within_five_seconds() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let made = made(&app, &qa, json!({ "name": "ci" })).await;
    let (id, secret) = (text(&made["id"]), text(&made["key"]));
    assert_eq!(app.get("/jobs").bearer(secret).await.status, 200);
    for _ in 0..2 {
        assert_eq!(app.ask("DELETE", &format!("/api-keys/{id}")).by(&qa).await.status, 204, "revoking twice is no mistake");
    }
    app.later(Duration::from_secs(5));
    assert_eq!(app.get("/jobs").bearer(secret).await.refusal(), (401, "auth.api_key_revoked".to_owned()));
    let listed = app.get("/api-keys").by(&qa).await.json();
    assert_eq!(listed["items"][0]["revoked_by"], json!(qa.id));
}

#[tokio::test]
async fn a_key_that_was_not_remembered_is_out_at_once() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let made = made(&app, &qa, json!({ "name": "ci" })).await;
    app.ask("DELETE", &format!("/api-keys/{}", text(&made["id"]))).by(&qa).await;
    assert_eq!(app.get("/jobs").bearer(text(&made["key"])).await.refusal().1, "auth.api_key_revoked");
}

#[tokio::test]
async fn a_stream_ends_with_the_key_that_opened_it() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let job = app.submitted(&qa, "acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
    let made = made(&app, &qa, json!({ "name": "ci" })).await;
    let events = format!("{job}/events");
    let stream = app.get(&events).bearer(text(&made["key"])).into_future();
    let revoked = async {
        app.ask("DELETE", &format!("/api-keys/{}", text(&made["id"]))).by(&qa).await;
        app.seconds_later(6);
        app.post(&format!("{job}/cancel")).by(&qa).await
    };
    let (stream, cancelled) = tokio::join!(stream, revoked);
    assert_eq!(cancelled.status, 200);
    assert!(!stream.text.contains("job.cancelled"), "{}", stream.text);
}

#[tokio::test]
async fn a_key_expires_to_the_millisecond_remembered_or_not() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let made = made(&app, &qa, json!({ "name": "ci", "expires_in_days": 1 })).await;
    app.later(Duration::from_millis(DAY * 1000 - 1));
    assert_eq!(app.get("/jobs").bearer(text(&made["key"])).await.status, 200);
    app.later(Duration::from_millis(1));
    assert_eq!(app.get("/jobs").bearer(text(&made["key"])).await.refusal(), (401, "auth.api_key_expired".to_owned()));
}

#[tokio::test]
async fn a_key_lasts_ninety_days_and_no_longer_than_allowed() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let usual = made(&app, &qa, json!({ "name": "ci" })).await;
    let lasts = |key: &Value| {
        let at = |name: &str| chrono::DateTime::parse_from_rfc3339(text(&key[name])).unwrap();
        (at("expires_at") - at("created_at")).num_days()
    };
    assert_eq!(lasts(&usual), 90);
    assert_eq!(lasts(&made(&app, &qa, json!({ "name": "ci", "expires_in_days": 365 })).await), 365);
    for (body, field) in [
        (json!({ "name": "ci", "expires_in_days": 366 }), "expires_in_days"),
        (json!({ "name": "ci", "expires_in_days": u64::MAX }), "expires_in_days"),
        (json!({ "name": "ci", "expires_in_days": 0 }), "expires_in_days"),
        (json!({ "name": "ci", "never_expires": true }), "never_expires"),
        (json!({ "name": "ci", "permissions": [] }), "permissions"),
        (json!({ "name": "ci", "permissions": ["fly"] }), "permissions[0]"),
        (json!({ "name": " " }), "name"),
        (json!({ "name": "a\nb" }), "name"),
    ] {
        let answer = app.post("/api-keys").by(&qa).json(body.clone()).await;
        assert_eq!((answer.status, answer.fields()), (422, vec![field.to_owned()]), "{body}");
    }
    let open = HttpApp::of(Setup::default().set("JQA_API_KEY_LONGEST", "unlimited")).await;
    let qa = open.account(Role::Qa).await;
    assert_eq!(made(&open, &qa, json!({ "name": "ci", "never_expires": true })).await["expires_at"], Value::Null);
    assert_eq!(lasts(&made(&open, &qa, json!({ "name": "ci" })).await), 90);
}

#[tokio::test]
async fn a_mistyped_key_is_refused_without_asking_the_database() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let right = key(&app, &qa, &["read"]).await;
    let last = if right.ends_with('x') { "y" } else { "x" };
    let before = app.api.db().round_trips();
    for wrong in
        [&format!("{}{last}", &right[..right.len() - 1]), &right[..right.len() - 1], "jqa_", "jqa_x y", &format!("{right}é")]
    {
        let answer = app.get("/jobs").bearer(wrong).await;
        if wrong.is_ascii() {
            assert_eq!(answer.refusal(), (401, "auth.api_key_invalid".to_owned()), "{wrong}");
        }
        assert_eq!(answer.status, 401);
    }
    assert_eq!(app.api.db().round_trips(), before);
    let strange = ApiKey::generate();
    assert_eq!(app.get("/jobs").bearer(strange.expose()).await.refusal().1, "auth.api_key_invalid");
    assert_eq!(app.api.db().round_trips(), before + 1);
}

#[tokio::test]
async fn a_busy_key_costs_one_look_up_in_five_seconds() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let key = key(&app, &qa, &["read"]).await;
    let before = app.api.db().round_trips();
    for _ in 0..10 {
        app.get("/auth/me").bearer(&key).await;
    }
    assert_eq!(app.api.db().round_trips(), before + 1);
}

#[tokio::test]
async fn the_secret_is_shown_once_and_kept_nowhere() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let ask = || app.post("/api-keys").by(&qa).header("idempotency-key", "k").json(json!({ "name": "ci" }));
    let first = ask().await;
    let secret = text(&first.json()["key"]).to_owned();
    app.get("/jobs").bearer(&secret).await;
    app.api.write_key_uses().await.unwrap();

    let again = ask().await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    assert_eq!((&again.json()["id"], &again.json()["key"]), (&first.json()["id"], &Value::Null));
    let other = app.post("/api-keys").by(&qa).header("idempotency-key", "k").json(json!({ "name": "other" })).await;
    assert_eq!(other.refusal(), (422, "idempotency.key_reused".to_owned()));

    let listed = app.get("/api-keys").by(&qa).await;
    assert_eq!(listed.json()["items"].as_array().unwrap().len(), 1, "the repetition made no second key");
    let mut told = again.text + &listed.text + &format!("{:?}", app.api);
    for table in [
        "SELECT details AS text FROM audit_logs",
        "SELECT response AS text FROM idempotency_keys",
        "SELECT hash AS text FROM api_keys",
    ] {
        #[derive(sea_orm::FromQueryResult)]
        struct Row {
            text: String,
        }
        told += &app.api.db().read_all::<Row>(Sql::new(table)).await.unwrap().into_iter().map(|row| row.text).collect::<String>();
    }
    let random = &secret[12..];
    assert!(told.contains(&secret[..12]) && !told.contains(random), "{told}");
}

#[tokio::test]
async fn keys_of_others_do_not_exist_but_for_administrators() {
    let app = HttpApp::start().await;
    let (admin, qa, other) = (app.account(Role::Admin).await, app.account(Role::Qa).await, app.account(Role::Qa).await);
    let theirs = made(&app, &qa, json!({ "name": "theirs" })).await;
    let path = format!("/api-keys/{}", text(&theirs["id"]));
    let hidden = app.ask("DELETE", &path).by(&other).await;
    let absent = app.ask("DELETE", &format!("/api-keys/{}", Uuid::from_u128(1))).by(&other).await;
    assert_eq!((hidden.refusal(), &hidden.text), ((404, "api_key.not_found".to_owned()), &absent.text));
    assert_eq!(app.get("/api-keys").by(&other).await.json()["items"], json!([]));
    for owner in ["all", &qa.id.to_string()] {
        let list = format!("/api-keys?owner={owner}");
        assert_eq!(app.get(&list).by(&other).await.refusal(), (403, "auth.forbidden".to_owned()));
        assert_eq!(app.get(&list).by(&admin).await.json()["items"][0]["name"], "theirs");
    }
    assert_eq!(app.get(&format!("/api-keys?owner={}", qa.id)).by(&qa).await.status, 200, "one's own id is no secret");
    assert_eq!(app.get("/api-keys?owner=somebody").by(&admin).await.fields(), ["owner"]);
    assert_eq!(app.ask("DELETE", &path).by(&admin).await.status, 204);
}

#[tokio::test]
async fn when_a_key_was_used_is_written_in_one_go_and_shown() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let (one, other) = (key(&app, &qa, &["read"]).await, key(&app, &qa, &["read"]).await);
    let last_used = async || {
        let items = app.get("/api-keys").by(&qa).await.json()["items"].as_array().unwrap().clone();
        items.iter().filter(|item| item["last_used_at"].is_string()).count()
    };
    let before = app.api.db().round_trips();
    for key in [&one, &one, &other] {
        app.get("/auth/me").bearer(key).await;
    }
    assert_eq!(app.api.db().round_trips(), before + 2, "a request writes nothing");
    assert_eq!(last_used().await, 0);
    let before = app.api.db().round_trips();
    app.api.write_key_uses().await.unwrap();
    app.api.write_key_uses().await.unwrap();
    assert_eq!(app.api.db().round_trips(), before + 1);
    assert_eq!(last_used().await, 2);
}

#[tokio::test]
async fn the_audit_log_says_which_key_did_it() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let made = made(&app, &qa, json!({ "name": "ci" })).await;
    app.post("/generate/acceptance-criteria").bearer(text(&made["key"])).json(json!({ "issue_key": "SHOP-2" })).await;
    app.ask("DELETE", &format!("/api-keys/{}", text(&made["id"]))).by(&qa).await;
    #[derive(sea_orm::FromQueryResult)]
    struct Row {
        action: String,
        api_key_id: Option<Uuid>,
    }
    let sql = Sql::new("SELECT action, api_key_id FROM audit_logs WHERE action <> 'auth.login' ORDER BY id");
    let rows: Vec<Row> = app.api.db().read_all(sql).await.unwrap();
    let by: Vec<_> = rows.iter().map(|row| (row.action.as_str(), row.api_key_id.map(|id| id.to_string()))).collect();
    let key = Some(text(&made["id"]).to_owned());
    assert_eq!(by, [("api_key.create", None), ("job.submit", key), ("api_key.revoke", None)]);
}

#[tokio::test]
async fn an_account_has_a_hundred_keys_at_most() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    for n in 0..99 {
        made(&app, &qa, json!({ "name": format!("key {n}") })).await;
    }
    let last = || app.post("/api-keys").by(&qa).header("idempotency-key", "last").json(json!({ "name": "key 99" }));
    assert_eq!(last().await.status, 201);
    assert_eq!(last().await.header("idempotency-replayed"), "true", "its answer was lost, and there is no room for another");
    let answer = app.post("/api-keys").by(&qa).header("idempotency-key", "k").json(json!({ "name": "one more" })).await;
    assert_eq!(answer.refusal(), (409, "api_key.too_many".to_owned()));
    let for_ever = app.post("/api-keys").by(&qa).json(json!({ "name": "k", "expires_in_days": 4_000_000_000_u64 })).await;
    assert_eq!(for_ever.fields(), ["expires_in_days"]);
    let first = app.get("/api-keys?limit=100").by(&qa).await.json();
    assert_eq!((first["items"].as_array().unwrap().len(), &first["next_cursor"]), (100, &Value::Null));
    app.ask("DELETE", &format!("/api-keys/{}", text(&first["items"][0]["id"]))).by(&qa).await;
    let answer = app.post("/api-keys").by(&qa).header("idempotency-key", "k").json(json!({ "name": "one more" })).await;
    assert_eq!(answer.status, 201, "a refusal is not kept: {}", answer.text);
}
