//! Logins: how they are renewed, and how they end.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use shared::crypto::Passwords;
use shared::domain::user::Role;
use shared::store::Sql;
use tests::http_app::{Account, Answer, HttpApp};

const PASSWORD: &str = "seven wet otters on a raft";

/// An account with a password, and what its login answered.
async fn logged_in(app: &HttpApp, role: Role) -> (Account, Value) {
    let account = app.account_with(role, &Passwords::new(1).hash(PASSWORD).await.unwrap()).await;
    let granted = login(app, &account, PASSWORD).await;
    assert_eq!(granted.status, 200, "{}", granted.text);
    (account, granted.json())
}

async fn login(app: &HttpApp, account: &Account, password: &str) -> Answer {
    app.post("/auth/login").json(json!({ "email": account.email, "password": password })).await
}

async fn refresh(app: &HttpApp, granted: &Value) -> Answer {
    app.post("/auth/refresh").json(json!({ "refresh_token": granted["refresh_token"] })).await
}

/// The same account with the token of an answer.
fn with(account: &Account, granted: &Value) -> Account {
    Account { token: granted["access_token"].as_str().unwrap().to_owned(), ..account.clone() }
}

async fn me(app: &HttpApp, account: &Account) -> (u16, String) {
    let answer = app.get("/auth/me").by(account).await;
    if answer.status == 200 { (200, String::new()) } else { answer.refusal() }
}

fn ended() -> (u16, String) {
    (401, "auth.session_ended".to_owned())
}

#[tokio::test]
async fn a_session_is_renewed_again_and_again_until_its_longest_life_is_over() {
    let app = HttpApp::start().await;
    let (account, mut granted) = logged_in(&app, Role::Qa).await;
    let mut seen = BTreeSet::new();
    for _ in 0..8 {
        assert!(seen.insert(granted["refresh_token"].as_str().unwrap().to_owned()), "each token is new");
        app.later(Duration::from_secs(10 * 24 * 3600));
        granted = refresh(&app, &granted).await.json();
        assert_eq!(me(&app, &with(&account, &granted)).await.0, 200);
    }
    app.later(Duration::from_secs(10 * 24 * 3600 + 1));
    assert_eq!(refresh(&app, &granted).await.refusal(), (401, "auth.refresh_invalid".to_owned()), "after 90 days");
}

#[tokio::test]
async fn a_session_that_is_not_used_for_two_weeks_is_over() {
    let app = HttpApp::start().await;
    let (_, granted) = logged_in(&app, Role::Qa).await;
    app.later(Duration::from_secs(14 * 24 * 3600 + 1));
    assert_eq!(refresh(&app, &granted).await.refusal(), (401, "auth.refresh_invalid".to_owned()));
}

#[tokio::test]
async fn the_same_token_twice_within_ten_seconds_gets_the_same_successor() {
    let app = HttpApp::start().await;
    let (_, granted) = logged_in(&app, Role::Qa).await;
    let first = refresh(&app, &granted).await.json();
    app.seconds_later(9);
    let again = refresh(&app, &granted).await.json();
    assert_eq!(first["refresh_token"], again["refresh_token"]);
    assert_eq!(refresh(&app, &again).await.status, 200, "the session goes on");
}

#[tokio::test]
async fn sixty_four_refreshes_at_once_are_one_renewal() {
    let app = HttpApp::start().await;
    let (_, granted) = logged_in(&app, Role::Qa).await;
    let answers = futures::future::join_all((0..64).map(|_| refresh(&app, &granted))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{:?}", answers.iter().find(|answer| answer.status != 200));
    let successors: BTreeSet<_> = answers.iter().map(|answer| answer.json()["refresh_token"].to_string()).collect();
    assert_eq!(successors.len(), 1);
    assert_eq!(app.count(Sql::new("SELECT generation AS n FROM sessions WHERE generation > 0")).await, 1);
}

#[tokio::test]
async fn a_token_that_comes_back_later_ends_its_session_and_is_told_in_the_audit_log() {
    let app = HttpApp::start().await;
    let (account, granted) = logged_in(&app, Role::Qa).await;
    let next = refresh(&app, &granted).await.json();
    app.seconds_later(11);
    assert_eq!(refresh(&app, &granted).await.refusal(), (401, "auth.refresh_reused".to_owned()));
    assert_eq!(refresh(&app, &next).await.refusal(), (401, "auth.refresh_invalid".to_owned()), "the whole family is over");
    app.seconds_later(6);
    assert_eq!(me(&app, &with(&account, &next)).await, ended());
    let audited = Sql::new("SELECT COUNT(*) AS n FROM audit_logs WHERE action = 'auth.refresh_reused' AND user_id = ?");
    assert_eq!(app.count(audited.bind(account.id)).await, 1);
}

#[tokio::test]
async fn the_grandfather_of_a_token_is_reuse_even_at_once() {
    let app = HttpApp::start().await;
    let (_, granted) = logged_in(&app, Role::Qa).await;
    let next = refresh(&app, &granted).await.json();
    refresh(&app, &next).await;
    assert_eq!(refresh(&app, &granted).await.refusal(), (401, "auth.refresh_reused".to_owned()));
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused_and_ends_nothing() {
    let app = HttpApp::start().await;
    let (_, granted) = logged_in(&app, Role::Qa).await;
    let good = granted["refresh_token"].as_str().unwrap();
    let forged = format!("{}A", &good[..good.len() - 1]);
    for token in ["", "jqr_", "jqr_AAAA", &forged, granted["access_token"].as_str().unwrap(), "' OR 1=1 --"] {
        let answer = app.post("/auth/refresh").json(json!({ "refresh_token": token })).await;
        assert!(token == good || answer.status == 401 || token.is_empty() && answer.status == 422, "{token}: {}", answer.status);
    }
    assert_eq!(refresh(&app, &granted).await.status, 200);
    let as_access = app.get("/auth/me").header("authorization", &format!("Bearer {good}")).await;
    assert_eq!(as_access.refusal(), (401, "auth.token_invalid".to_owned()), "a refresh token is no access token");
}

#[tokio::test]
async fn who_leaves_is_out_at_once_and_others_of_the_account_stay() {
    let app = HttpApp::start().await;
    let (account, here) = logged_in(&app, Role::Developer).await;
    let there = login(&app, &account, PASSWORD).await.json();
    assert_eq!(app.post("/auth/logout").by(&with(&account, &here)).await.status, 204);
    assert_eq!(me(&app, &with(&account, &here)).await, ended());
    assert_eq!(refresh(&app, &here).await.refusal(), (401, "auth.refresh_invalid".to_owned()));
    assert_eq!(me(&app, &with(&account, &there)).await.0, 200);
}

#[tokio::test]
async fn one_sees_where_one_is_logged_in_and_ends_it_there() {
    let app = HttpApp::start().await;
    let (account, here) = logged_in(&app, Role::Developer).await;
    let there = login(&app, &account, PASSWORD).await.json();
    let (other, _) = logged_in(&app, Role::Developer).await;
    let me_here = with(&account, &here);
    let list = app.get("/auth/sessions").by(&me_here).await.json();
    let items = list["items"].as_array().unwrap();
    // One of the fixture, two of the test.
    assert_eq!(items.len(), 3);
    assert_eq!(items.iter().filter(|item| item["is_current"] == true).count(), 1);
    let newest = items[0]["id"].as_str().unwrap();
    let not_theirs = app.ask("DELETE", &format!("/auth/sessions/{newest}")).by(&other).await;
    assert_eq!(not_theirs.refusal(), (404, "session.not_found".to_owned()));
    assert_eq!(app.ask("DELETE", &format!("/auth/sessions/{newest}")).by(&me_here).await.status, 204);
    assert_eq!(me(&app, &with(&account, &there)).await, ended());
    let elsewhere = login(&app, &account, PASSWORD).await.json();
    assert_eq!(app.ask("DELETE", "/auth/sessions").by(&me_here).await.status, 204);
    assert_eq!(me(&app, &with(&account, &elsewhere)).await, ended());
    assert_eq!(me(&app, &me_here).await.0, 200);
    assert_eq!(me(&app, &other).await.0, 200, "those of others go on");
    assert_eq!(app.get("/auth/sessions").by(&me_here).await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_ends_all_other_sessions() {
    let app = HttpApp::start().await;
    let (account, here) = logged_in(&app, Role::Developer).await;
    let there = login(&app, &account, PASSWORD).await.json();
    let me_here = with(&account, &here);
    let change = |current: &str| {
        let body = json!({ "current_password": current, "new_password": "eight dry badgers in a boat" });
        app.post("/auth/password").by(&me_here).json(body)
    };
    assert_eq!(change("not the password").await.fields(), ["current_password"]);
    let admin = app.account(Role::Admin).await;
    let log = app.get("/audit-logs?action=auth.login_failed").by(&admin).await.json();
    assert_eq!(log["items"][0]["details"], json!({ "by": "password change" }), "whoever guesses with a found session is seen");
    assert_eq!(change(PASSWORD).await.status, 204);
    app.seconds_later(6);
    assert_eq!(me(&app, &me_here).await.0, 200);
    assert_eq!(me(&app, &with(&account, &there)).await, ended());
    assert_eq!(refresh(&app, &there).await.status, 401);
    assert_eq!(login(&app, &account, PASSWORD).await.refusal(), (401, "auth.bad_credentials".to_owned()));
    assert_eq!(login(&app, &account, "eight dry badgers in a boat").await.status, 200);
}

#[tokio::test]
async fn a_session_that_was_ended_on_another_node_is_over_here_within_seconds() {
    let app = HttpApp::start().await;
    let (account, here) = logged_in(&app, Role::Qa).await;
    let me_here = with(&account, &here);
    assert_eq!(me(&app, &me_here).await.0, 200);
    app.api.db().execute(Sql::new("UPDATE sessions SET ended_at = {now}")).await.unwrap();
    app.seconds_later(6);
    assert_eq!(me(&app, &me_here).await, ended());
}

#[tokio::test]
async fn a_changed_role_counts_within_seconds() {
    let app = HttpApp::start().await;
    let (account, here) = logged_in(&app, Role::Developer).await;
    let me_here = with(&account, &here);
    assert_eq!(app.get("/auth/me").by(&me_here).await.json()["role"], "developer");
    let sql = Sql::new("UPDATE users SET role = 'qa' WHERE id = ?").bind(account.id);
    app.api.db().execute(sql).await.unwrap();
    app.seconds_later(6);
    assert_eq!(app.get("/auth/me").by(&me_here).await.json()["role"], "qa");
}
