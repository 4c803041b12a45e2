//! Single sign-on at a real OpenID provider, through a browser.

use std::time::Duration;

use serde_json::{Value, json};
use shared::accounts::Proof;
use shared::crypto::{Place, Sealer, SecretKey, challenge};
use shared::domain::user::Role;
use shared::ports::{Clock, SystemClock};
use shared::store::Sql;
use shared::store::audit::Actor;
use shared::store::user::{self, NewUser};
use tests::app::Setup;
use tests::http_app::{Answer, HttpApp, SECRET_KEY};
use tests::identity_provider::{Browser, IdentityProvider, Person};
use uuid::Uuid;

const SECRET: &str = "a secret of tests: with/strange+characters";

/// What the client keeps while the browser is away.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// An installation that signs in at a provider, by the clock of the provider.
async fn installation(issuer: &str, link_by_email: bool) -> HttpApp {
    let setup = Setup::default()
        .set("JQA_PUBLIC_URL", "https://jqa.test")
        .set("JQA_OIDC_ISSUER", issuer)
        .set("JQA_OIDC_CLIENT_ID", "jqa")
        .set("JQA_OIDC_CLIENT_SECRET", SECRET)
        .set("JQA_OIDC_ROLE_CLAIM", "realm_access.roles")
        .set("JQA_OIDC_ROLES", "jqa-chiefs=admin,jqa-testers=qa")
        .set("JQA_OIDC_LINK_BY_EMAIL", if link_by_email { "true" } else { "false" });
    let app = HttpApp::of(setup).await;
    let behind = SystemClock.now_ms() - app.clock.now_ms();
    app.later(Duration::from_millis(u64::try_from(behind).unwrap()));
    app
}

/// A sign-in that has come back from the provider and not reached us yet.
struct Back {
    /// Path and query.
    callback: String,
    cookie: String,
}

async fn back(app: &HttpApp, person: Person<'_>) -> Back {
    let start = app.get(&format!("/auth/oidc/start?return_to=/done?x=1&code_challenge={}", challenge(VERIFIER))).await;
    assert_eq!(start.status, 302, "{}", start.text);
    let set = start.header("set-cookie");
    for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/api/v1/auth/oidc", "Max-Age=600"] {
        assert!(set.contains(part), "{set}");
    }
    let callback = Browser::default().goes(start.header("location"), "/oidc/callback", person).await;
    let path = callback.as_str().strip_prefix("https://jqa.test").unwrap().to_owned();
    Back { callback: path, cookie: set.split(';').next().unwrap().to_owned() }
}

impl Back {
    async fn arrives(&self, app: &HttpApp) -> Answer {
        self.arrives_with(app, &self.cookie).await
    }

    async fn arrives_with(&self, app: &HttpApp, cookie: &str) -> Answer {
        let answer = app.get(&self.callback).header("cookie", &format!("other=1; {cookie}")).await;
        assert!(answer.header("set-cookie").contains("Max-Age=0"), "a sign-in is tried once: {:?}", answer.headers);
        answer
    }
}

/// The one-time code a browser was sent on with.
fn code(answer: &Answer) -> String {
    assert_eq!(answer.status, 302, "{}", answer.text);
    let location = answer.header("location");
    let code = location.strip_prefix("https://jqa.test/done?x=1&code=");
    code.unwrap_or_else(|| panic!("{location}")).to_owned()
}

async fn exchange(app: &HttpApp, code: &str) -> Answer {
    exchange_with(app, code, VERIFIER).await
}

async fn exchange_with(app: &HttpApp, code: &str, verifier: &str) -> Answer {
    app.post("/auth/oidc/exchange").json(json!({ "code": code, "code_verifier": verifier })).await
}

/// Signs somebody in; answers what the exchange answers.
async fn signed_in(app: &HttpApp, name: &str) -> Value {
    let answer = back(app, Person::SignsIn(name)).await.arrives(app).await;
    let answer = exchange(app, &code(&answer)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

async fn refused(app: &HttpApp, name: &str) -> (u16, String) {
    back(app, Person::SignsIn(name)).await.arrives(app).await.refusal()
}

async fn accounts(app: &HttpApp) -> i64 {
    #[derive(sea_orm::FromQueryResult)]
    struct Row {
        n: i64,
    }
    app.api.db().read_one::<Row>(Sql::new("SELECT COUNT(*) AS n FROM users")).await.unwrap().unwrap().n
}

#[tokio::test]
async fn somebody_signs_in_gets_the_role_of_their_group_and_comes_again_as_the_same() {
    let Some(provider) = IdentityProvider::start().await else { return };
    let app = installation(&provider.issuer, false).await;
    let first = signed_in(&app, "ada").await;
    assert_eq!(
        (&first["user"]["email"], &first["user"]["name"], &first["user"]["role"]),
        (&json!("ada@acme.example"), &json!("Ada"), &json!("qa"))
    );
    let me = app.get("/auth/me").bearer(first["access_token"].as_str().unwrap()).await;
    assert_eq!(me.json()["id"], first["user"]["id"]);
    let again = signed_in(&app, "ada").await;
    assert_eq!(again["user"]["id"], first["user"]["id"]);
    let chief = signed_in(&app, "chief").await;
    assert_eq!(chief["user"]["role"], "admin", "of two roles the one that may do more");
    let login = app.post("/auth/login").json(json!({ "email": "ada@acme.example", "password": "any" })).await;
    assert_eq!(login.refusal(), (401, "auth.bad_credentials".to_owned()), "such an account has no password");
}

#[tokio::test]
async fn the_role_follows_the_provider_at_each_sign_in() {
    let Some(provider) = IdentityProvider::start().await else { return };
    let app = installation(&provider.issuer, false).await;
    signed_in(&app, "ada").await;
    app.api.db().execute(Sql::new("UPDATE users SET role = 'admin'")).await.unwrap();
    assert_eq!(signed_in(&app, "ada").await["user"]["role"], "qa");
}

#[tokio::test]
async fn whoever_has_no_role_or_no_address_does_not_get_in() {
    let Some(provider) = IdentityProvider::start().await else { return };
    let app = installation(&provider.issuer, true).await;
    let before = accounts(&app).await;
    assert_eq!(refused(&app, "guest").await, (403, "sso.no_role".to_owned()));
    assert_eq!(refused(&app, "nameless").await, (403, "sso.no_email".to_owned()));
    assert_eq!(accounts(&app).await, before);
}

#[tokio::test]
async fn a_deactivated_account_does_not_get_in_nor_does_a_code_it_holds() {
    let Some(provider) = IdentityProvider::start().await else { return };
    let app = installation(&provider.issuer, false).await;
    let answer = back(&app, Person::SignsIn("ada")).await.arrives(&app).await;
    app.api.db().execute(Sql::new("UPDATE users SET active = FALSE")).await.unwrap();
    assert_eq!(exchange(&app, &code(&answer)).await.refusal(), (401, "sso.code_invalid".to_owned()));
    assert_eq!(refused(&app, "ada").await, (401, "auth.account_inactive".to_owned()));
}

#[tokio::test]
async fn a_code_is_exchanged_once_and_within_a_minute() {
    let Some(provider) = IdentityProvider::start().await else { return };
    let app = installation(&provider.issuer, false).await;
    let first = code(&back(&app, Person::SignsIn("ada")).await.arrives(&app).await);
    assert_eq!(exchange(&app, &first).await.status, 200);
    assert_eq!(exchange(&app, &first).await.refusal(), (401, "sso.code_invalid".to_owned()));
    let late = code(&back(&app, Person::SignsIn("ada")).await.arrives(&app).await);
    app.seconds_later(60);
    assert_eq!(exchange(&app, &late).await.refusal(), (401, "sso.code_invalid".to_owned()));
    assert_eq!(exchange(&app, "made-up").await.refusal(), (401, "sso.code_invalid".to_owned()));
}

#[tokio::test]
async fn a_code_is_worth_nothing_without_the_secret_that_its_sign_in_began_with() {
    let Some(provider) = IdentityProvider::start().await else { return };
    let app = installation(&provider.issuer, false).await;
    let found = code(&back(&app, Person::SignsIn("ada")).await.arrives(&app).await);
    for verifier in [challenge(VERIFIER), "y".repeat(43), String::new()] {
        assert_ne!(exchange_with(&app, &found, &verifier).await.status, 200, "{verifier}");
    }
    assert_eq!(exchange(&app, &found).await.status, 200, "whoever began it is not hindered");
    for challenge in ["", "&code_challenge=short", &format!("&code_challenge={}", "!".repeat(43))] {
        let answer = app.get(&format!("/auth/oidc/start?return_to=/{challenge}")).await;
        assert_eq!((answer.status, answer.fields()), (400, vec!["code_challenge".to_owned()]), "{challenge}");
    }
}

#[tokio::test]
async fn only_the_browser_that_began_comes_back() {
    let Some(provider) = IdentityProvider::start().await else { return };
    let app = installation(&provider.issuer, false).await;
    let (mine, theirs) = (back(&app, Person::SignsIn("ada")).await, back(&app, Person::SignsIn("chief")).await);
    let changed = format!("{}x", &mine.cookie[..mine.cookie.len() - 1]);
    for cookie in ["", "jqa_sign_in=", &theirs.cookie, &changed, "jqa_sign_in=v1.x.AAAA"] {
        let answer = mine.arrives_with(&app, cookie).await;
        assert_eq!(answer.refusal(), (400, "sso.not_begun_here".to_owned()), "{cookie}");
    }
    let other_state = Back { callback: mine.callback.replace("state=", "state=x"), cookie: mine.cookie.clone() };
    assert_eq!(other_state.arrives(&app).await.refusal().1, "sso.not_begun_here");
    let mixed_up =
        Back { callback: format!("{}&iss=x", mine.callback.split("&iss=").next().unwrap()), cookie: mine.cookie.clone() };
    assert_eq!(mixed_up.arrives(&app).await.refusal().1, "sso.refused");
    app.seconds_later(600);
    assert_eq!(mine.arrives(&app).await.refusal().1, "sso.not_begun_here", "after ten minutes");
}

#[tokio::test]
async fn a_code_of_the_provider_is_worth_something_once() {
    let Some(provider) = IdentityProvider::start().await else { return };
    let app = installation(&provider.issuer, false).await;
    let back = back(&app, Person::SignsIn("ada")).await;
    assert_eq!(back.arrives(&app).await.status, 302);
    let again = back.arrives(&app).await;
    assert_eq!(again.refusal(), (403, "sso.refused".to_owned()));
    assert!(again.text.contains("invalid_grant"), "{}", again.text);
}

#[tokio::test]
async fn a_token_that_was_made_for_another_sign_in_or_has_expired_is_not_believed() {
    let Some(provider) = IdentityProvider::start().await else { return };
    let app = installation(&provider.issuer, false).await;
    let mine = back(&app, Person::SignsIn("ada")).await;
    let sealer = Sealer::new(SecretKey::from_text(SECRET_KEY).unwrap().into());
    let place = Place { table: "cookies", id: Uuid::nil(), column: "jqa_sign_in" };
    let (name, sealed) = mine.cookie.split_once('=').unwrap();
    let mut begun: Value = serde_json::from_str(&sealer.open(place, sealed).unwrap()).unwrap();
    begun["attempt"]["nonce"] = "another".into();
    let answer = mine.arrives_with(&app, &format!("{name}={}", sealer.seal(place, &begun.to_string()))).await;
    assert_eq!(answer.refusal(), (403, "sso.refused".to_owned()));
    assert!(answer.text.contains("not made for this sign-in"), "{}", answer.text);

    let late = back(&app, Person::SignsIn("ada")).await;
    app.seconds_later(365);
    let answer = late.arrives(&app).await;
    assert!(answer.refusal().1 == "sso.refused" && answer.text.contains("has expired"), "{}", answer.text);
}

#[tokio::test]
async fn whoever_gives_up_is_told_so() {
    let Some(provider) = IdentityProvider::start().await else { return };
    let app = installation(&provider.issuer, false).await;
    let answer = back(&app, Person::GivesUp).await.arrives(&app).await;
    assert_eq!(answer.refusal(), (403, "sso.denied".to_owned()));
    assert!(answer.text.contains("access_denied"), "{}", answer.text);
}

#[tokio::test]
async fn an_account_that_is_here_already_is_linked_only_by_an_address_that_was_checked() {
    let Some(provider) = IdentityProvider::start().await else { return };
    for (link_by_email, name, outcome) in
        [(false, "owner", "sso.not_linked"), (true, "eve", "sso.not_linked"), (true, "owner", "linked")]
    {
        let app = installation(&provider.issuer, link_by_email).await;
        let id = app.clock.new_id();
        let owner =
            NewUser { id, email: "owner@acme.example".into(), name: "O".into(), role: Role::Po, password_hash: "-".into() };
        user::insert(app.api.db(), owner, 0).await.unwrap();
        let sessions = &app.api.sessions;
        let squatter = sessions.begin(id, Proof::Password("-"), &Actor::default()).await.unwrap().unwrap();
        if outcome == "linked" {
            let user = signed_in(&app, name).await["user"].clone();
            assert_eq!((&user["id"], &user["role"]), (&json!(id), &json!("qa")), "the provider says what they are");
            assert_eq!(signed_in(&app, name).await["user"]["id"], json!(id));
            assert_eq!(refused(&app, "eve").await.1, "sso.not_linked", "a second identity is not linked by a word alone");
            let row = user::by_id(app.api.db(), id).await.unwrap().unwrap();
            assert_eq!(row.password_hash, "", "whoever made the account may be somebody else");
            assert!(sessions.refresh(&squatter.refresh_token, &Actor::default()).await.is_err());
        } else {
            assert_eq!(refused(&app, name).await, (403, outcome.to_owned()), "{name}");
        }
    }
}

#[tokio::test]
async fn a_provider_that_is_away_is_named_and_no_sign_in_leads_elsewhere() {
    let app = installation("http://127.0.0.1:9", false).await;
    let begin = format!("/auth/oidc/start?code_challenge={}", challenge(VERIFIER));
    let away = app.get(&begin).await;
    assert_eq!(away.refusal(), (503, "sso.unavailable".to_owned()));
    assert!(!away.text.contains(SECRET));
    for elsewhere in ["https://evil.example/", "//evil.example", "http://jqa.test/", "http://10.0.0.1/", "javascript:alert(1)"] {
        let answer = app.get(&format!("{begin}&return_to={elsewhere}")).await;
        assert_eq!((answer.status, answer.fields()), (400, vec!["return_to".to_owned()]), "{elsewhere}");
    }
    assert_eq!(app.get("/auth/oidc/callback?code=c&state=s").await.refusal().1, "sso.not_begun_here");
}
