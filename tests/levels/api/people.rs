//! Accounts over HTTP: made, changed and put out of service by administrators, or made by people themselves.

use std::time::Duration;

use serde_json::{Value, json};
use shared::accounts::user::Change;
use shared::accounts::{Accounts, By};
use shared::crypto::Passwords;
use shared::domain::user::Role;
use shared::store::user;
use tests::app::Setup;
use tests::http_app::HttpApp;
use uuid::Uuid;

const PASSWORD: &str = "seven lamps of slate";

#[tokio::test]
async fn an_account_that_is_made_can_log_in_until_it_is_put_out_of_service() {
    let app = HttpApp::start().await;
    let admin = app.account(Role::Admin).await;
    let new = json!({ "email": "Ada@Example.com", "name": "Ada", "role": "qa", "password": PASSWORD });
    let made = app.post("/users").by(&admin).json(new.clone()).await;
    assert_eq!((made.status, made.json()["email"].as_str()), (201, Some("ada@example.com")), "{}", made.text);
    assert_eq!(app.post("/users").by(&admin).json(new).await.refusal(), (409, "user.exists".to_owned()));
    let login = app.post("/auth/login").json(json!({ "email": "ada@example.com", "password": PASSWORD })).await;
    assert_eq!(login.status, 200, "{}", login.text);

    let path = format!("/users/{}", made.json()["id"].as_str().unwrap());
    let changed = app.ask("PATCH", &path).by(&admin).json(json!({ "active": false })).await;
    assert_eq!((changed.status, changed.json()["active"].as_bool()), (200, Some(false)), "{}", changed.text);
    let ada = tests::http_app::Account {
        id: made.json()["id"].as_str().unwrap().parse().unwrap(),
        email: String::new(),
        token: login.json()["access_token"].as_str().unwrap().to_owned(),
    };
    app.later(Duration::from_secs(6));
    assert_eq!(app.get("/auth/me").by(&ada).await.refusal(), (401, "auth.account_inactive".to_owned()));
    let listed = app.get("/users?active=false").by(&admin).await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_account_without_a_password_logs_in_with_none_until_it_is_given_one() {
    let app = HttpApp::start().await;
    let admin = app.account(Role::Admin).await;
    let made = app.post("/users").by(&admin).json(json!({ "email": "ada@example.com", "role": "qa" })).await;
    assert_eq!(made.json()["has_password"], false, "{}", made.text);
    let login = |password: &str| app.post("/auth/login").json(json!({ "email": "ada@example.com", "password": password }));
    assert_eq!(login("").await.refusal(), (401, "auth.bad_credentials".to_owned()));
    let path = format!("/users/{}/password", made.json()["id"].as_str().unwrap());
    assert_eq!(app.post(&path).by(&admin).json(json!({ "password": "ada@example.com" })).await.status, 422);
    assert_eq!(app.post(&path).by(&admin).json(json!({ "password": PASSWORD })).await.status, 204);
    assert_eq!(login(PASSWORD).await.status, 200);
}

#[tokio::test]
async fn nobody_registers_unless_the_settings_say_so() {
    let app = HttpApp::of(Setup::default()).await;
    let body = json!({ "email": "ada@example.com", "name": "Ada", "password": PASSWORD });
    assert_eq!(app.post("/auth/register").json(body).await.refusal(), (403, "auth.registration_closed".to_owned()));
}

#[tokio::test]
async fn an_invitation_makes_one_account_of_its_address_and_role() {
    let app = HttpApp::of(Setup::default().set("JQA_REGISTRATION", "invite")).await;
    let admin = app.account(Role::Admin).await;
    let invited = app.post("/invites").by(&admin).json(json!({ "email": "grace@example.com", "role": "po" })).await;
    assert_eq!(invited.status, 201, "{}", invited.text);
    let token = invited.json()["token"].as_str().unwrap().to_owned();
    let register = |email: &str, invite: serde_json::Value| {
        app.post("/auth/register").json(json!({ "email": email, "name": "G", "password": PASSWORD, "invite": invite }))
    };
    let again = app.post("/invites").by(&admin).json(json!({ "email": "grace@example.com", "role": "po" })).await.json();
    assert_eq!(register("grace@example.com", json!(token)).await.refusal().1, "auth.bad_invite", "a newer one took its place");
    let token = again["token"].as_str().unwrap().to_owned();
    assert_eq!(register("mallory@example.com", json!(token)).await.refusal(), (403, "auth.bad_invite".to_owned()));
    assert_eq!(register("grace@example.com", json!("jqi_nonsense")).await.refusal(), (403, "auth.bad_invite".to_owned()));
    assert_eq!(register("grace@example.com", json!(null)).await.refusal(), (403, "auth.bad_invite".to_owned()));
    assert_eq!(register("grace@example.com", json!(token)).await.status, 202);
    assert_eq!(register("grace@example.com", json!(token)).await.refusal(), (403, "auth.bad_invite".to_owned()));
    let login = app.post("/auth/login").json(json!({ "email": "grace@example.com", "password": PASSWORD })).await.json();
    assert_eq!(login["user"]["role"], "po");
    let listed = app.get("/invites").by(&admin).await;
    assert!(!listed.text.contains(&token) && listed.json()["items"].as_array().unwrap().is_empty(), "{}", listed.text);
}

#[tokio::test]
async fn an_address_that_has_an_account_is_registered_like_a_new_one_and_nothing_changes() {
    let app = HttpApp::of(Setup::default().set("JQA_REGISTRATION", "open")).await;
    let hash = Passwords::new(1).hash("what only its owner knows").await.unwrap();
    let admin = app.account_with(Role::Admin, &hash).await;
    let register = |email: &str| app.post("/auth/register").json(json!({ "email": email, "name": "N", "password": PASSWORD }));
    let (taken, free) = (register(&admin.email).await, register("new@example.com").await);
    assert_eq!((taken.status, taken.text.len()), (free.status, free.text.len()), "{} {}", taken.text, free.text);
    assert_eq!(taken.status, 202);
    let login = |email: &str| app.post("/auth/login").json(json!({ "email": email, "password": PASSWORD }));
    assert_eq!(login(&admin.email).await.refusal(), (401, "auth.bad_credentials".to_owned()), "nobody took it over");
    assert_eq!(login("new@example.com").await.json()["user"]["role"], "developer");
}

#[tokio::test]
async fn only_the_domains_of_the_settings_register() {
    let setup = Setup::default().set("JQA_REGISTRATION", "domain").set("JQA_REGISTRATION_DOMAINS", "example.com");
    let app = HttpApp::of(setup).await;
    let register = |email: &str| app.post("/auth/register").json(json!({ "email": email, "name": "N", "password": PASSWORD }));
    assert_eq!(register("ada@example.com").await.status, 202);
    for email in ["ada@example.org", "ada@evil-example.com", "ada@example.com.evil.org", "ada@sub.example.com"] {
        assert_eq!(register(email).await.refusal(), (403, "auth.domain_refused".to_owned()), "{email}");
    }
}

#[tokio::test]
async fn the_last_administrator_is_neither_demoted_nor_put_out_of_service() {
    let app = HttpApp::start().await;
    let admin = app.account(Role::Admin).await;
    let path = format!("/users/{}", admin.id);
    for change in [json!({ "role": "qa" }), json!({ "active": false })] {
        let refused = app.ask("PATCH", &path).by(&admin).json(change).await;
        assert_eq!(refused.refusal(), (409, "user.last_admin".to_owned()));
    }
}

/// Demoted or put out of service by another process, which this one has not heard of.
async fn elsewhere(app: &HttpApp, id: Uuid, change: &Change) {
    Accounts::new(app.api.db().clone()).change_user(id, change, By::Cli).await.expect("a change");
}

#[tokio::test]
async fn who_was_an_administrator_a_moment_ago_changes_nothing_that_administrators_change() {
    let app = HttpApp::of(Setup::default().set("JQA_CONNECTIONS_ALLOW", "127.0.0.0/8")).await;
    let (admin, other, developer) =
        (app.account(Role::Admin).await, app.account(Role::Admin).await, app.account(Role::Developer).await);
    let made = async |path: &str, body: Value| {
        let answer = app.post(path).by(&other).json(body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        format!("{path}/{}", answer.json()["id"].as_str().or(answer.json()["invite"]["id"].as_str()).expect("an id"))
    };
    let invite = made("/invites", json!({ "email": "ada@example.com", "role": "qa" })).await;
    let budget = made("/budgets", json!({ "scope": "instance", "period": "day", "max_calls": 9 })).await;
    let jira = json!({ "name": "acme", "base_url": app.site.url(), "email": "qa@example.org", "token": "sandbox" });
    let llm = json!({ "name": "writer", "provider": "openai_compatible", "base_url": format!("{}/llm/v1", app.site.url()), "model": "sandbox" });
    let (jira_path, llm_path) =
        (made("/jira-configurations", jira.clone()).await, made("/llm-configurations", llm.clone()).await);
    let user = |id: Uuid| format!("/users/{id}");
    let named = |mut body: Value| {
        body["name"] = "another".into();
        body
    };
    for change in [
        Change { role: Some(Role::Qa), ..Change::default() },
        Change { role: Some(Role::Admin), active: Some(false), ..Change::default() },
    ] {
        elsewhere(&app, admin.id, &Change { role: Some(Role::Admin), active: Some(true), name: None }).await;
        let admin = app.logged_in_again(admin.clone()).await;
        assert_eq!(app.get("/users").by(&admin).await.status, 200, "and is remembered");
        elsewhere(&app, admin.id, &change).await;
        for (method, path, body) in [
            ("PATCH", user(admin.id), json!({ "role": "admin", "active": true })),
            ("PATCH", user(admin.id), json!({ "name": "N" })),
            ("PATCH", user(other.id), json!({ "role": "qa" })),
            ("POST", "/users".to_owned(), json!({ "email": "eve@example.com", "role": "admin", "password": PASSWORD })),
            ("POST", format!("{}/password", user(developer.id)), json!({ "password": PASSWORD })),
            ("POST", format!("{}/end-sessions", user(developer.id)), json!({})),
            ("POST", "/invites".to_owned(), json!({ "email": "eve@example.com", "role": "admin" })),
            ("DELETE", invite.clone(), json!({})),
            ("PUT", "/policies/organization".to_owned(), json!({ "version": 0, "send_to_model": true })),
            ("POST", "/budgets".to_owned(), json!({ "scope": "instance", "period": "month", "max_calls": 9 })),
            ("PUT", budget.clone(), json!({ "max_calls": 99 })),
            ("DELETE", budget.clone(), json!({})),
            ("POST", "/jira-configurations".to_owned(), named(jira.clone())),
            ("PATCH", jira_path.clone(), json!({ "active": false })),
            ("POST", format!("{jira_path}/test"), json!({})),
            ("DELETE", jira_path.clone(), json!({})),
            ("POST", "/llm-configurations".to_owned(), named(llm.clone())),
            ("PATCH", llm_path.clone(), json!({ "active": false })),
            ("POST", format!("{llm_path}/test"), json!({})),
            ("DELETE", llm_path.clone(), json!({})),
        ] {
            let answer = app.ask(method, &path).by(&admin).json(body).await;
            assert_eq!(answer.refusal(), (403, "auth.forbidden".to_owned()), "{method} {path}: {}", answer.text);
        }
        let row = user::by_id(app.api.db(), admin.id).await.expect("a look").expect("the account");
        assert_eq!((row.role.parse(), row.active), (Ok(change.role.expect("a role")), change.active.unwrap_or(true)));
    }
}

#[tokio::test]
async fn who_is_demoted_or_sent_away_here_is_so_at_once() {
    let app = HttpApp::start().await;
    let admin = app.account(Role::Admin).await;
    let other = app.account(Role::Admin).await;
    let id = other.id;
    let of_other = |rest: &str| format!("/users/{id}{rest}");
    assert_eq!(app.get("/users").by(&other).await.status, 200);
    assert_eq!(app.patch(&of_other("")).by(&admin).json(json!({ "role": "qa" })).await.status, 200);
    assert_eq!(app.get("/users").by(&other).await.refusal(), (403, "auth.forbidden".to_owned()));
    assert_eq!(app.post(&of_other("/end-sessions")).by(&admin).await.status, 204);
    assert_eq!(app.get("/auth/me").by(&other).await.refusal(), (401, "auth.session_ended".to_owned()));
    let other = app.logged_in_again(other).await;
    assert_eq!(app.get("/auth/me").by(&other).await.status, 200);
    assert_eq!(app.post(&of_other("/password")).by(&admin).json(json!({ "password": PASSWORD })).await.status, 204);
    assert_eq!(app.get("/auth/me").by(&other).await.refusal(), (401, "auth.session_ended".to_owned()));
    let other = app.logged_in_again(other).await;
    assert_eq!(app.get("/auth/me").by(&other).await.status, 200);
    assert_eq!(app.patch(&of_other("")).by(&admin).json(json!({ "active": false })).await.status, 200);
    assert_eq!(app.get("/auth/me").by(&other).await.refusal(), (401, "auth.account_inactive".to_owned()));
}
