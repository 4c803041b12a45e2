//! Accounts over HTTP: made, changed and put out of service by administrators, or made by people themselves.

use std::time::Duration;

use serde_json::json;
use shared::domain::user::Role;
use tests::app::Setup;
use tests::http_app::HttpApp;

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
