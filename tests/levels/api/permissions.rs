//! Who may do what: the table of the design, asked of every operation there is.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::crypto::Bearer;
use shared::domain::user::Role;
use tests::http_app::{Account, Answer, HttpApp};
use uuid::Uuid;

/// What an operation is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum About {
    /// Nothing in particular.
    Nothing,
    /// A job of the caller's.
    Own,
    /// Criteria of somebody else that await review.
    TheirCriteria,
    /// Criteria and scenarios of somebody else that await review.
    TheirSuite,
    /// A result of somebody else that was accepted.
    TheirResult,
    /// A submission that publishes this.
    Publishing(&'static str),
}

use About::{Nothing, Own, Publishing, TheirCriteria, TheirResult, TheirSuite};

/// Operation, what it is about, and the answers to admin, qa, po, developer. Nothing here changes what is asked next:
/// who may approve is told that the hash is wrong (412), who may retry that the job has not ended (409).
const TABLE: &[(&str, About, [u16; 4])] = &[
    ("POST /api/v1/auth/login", Nothing, [401, 401, 401, 401]),
    ("POST /api/v1/auth/refresh", Nothing, [401, 401, 401, 401]),
    ("GET /api/v1/auth/oidc/start", Nothing, [400, 400, 400, 400]),
    ("GET /api/v1/auth/oidc/callback", Nothing, [404, 404, 404, 404]),
    ("POST /api/v1/auth/oidc/exchange", Nothing, [422, 422, 422, 422]),
    ("GET /api/v1/auth/me", Nothing, [200, 200, 200, 200]),
    ("GET /api/v1/auth/sessions", Nothing, [200, 200, 200, 200]),
    ("DELETE /api/v1/auth/sessions", Nothing, [204, 204, 204, 204]),
    ("DELETE /api/v1/auth/sessions/{id}", TheirResult, [404, 404, 404, 404]),
    ("POST /api/v1/auth/password", Nothing, [422, 422, 422, 422]),
    ("POST /api/v1/auth/logout", Nothing, [204, 204, 204, 204]),
    ("GET /api/v1/api-keys", Nothing, [200, 200, 200, 200]),
    ("POST /api/v1/api-keys", Nothing, [201, 201, 201, 201]),
    ("DELETE /api/v1/api-keys/{id}", Nothing, [404, 404, 404, 404]),
    ("POST /api/v1/generate/acceptance-criteria", Nothing, [202, 202, 202, 202]),
    ("POST /api/v1/generate/acceptance-criteria", Publishing("criteria"), [202, 202, 202, 403]),
    ("POST /api/v1/generate/acceptance-criteria", Publishing("all"), [202, 202, 202, 403]),
    ("POST /api/v1/generate/test-scenarios", Nothing, [202, 202, 403, 202]),
    ("POST /api/v1/generate/test-scenarios", Publishing("scenarios"), [202, 202, 403, 403]),
    ("POST /api/v1/generate/full-pipeline", Nothing, [202, 202, 403, 202]),
    ("POST /api/v1/generate/full-pipeline", Publishing("criteria"), [202, 202, 403, 403]),
    ("POST /api/v1/generate/full-pipeline", Publishing("all"), [202, 202, 403, 403]),
    ("GET /api/v1/budgets", Nothing, [200, 403, 403, 403]),
    ("POST /api/v1/budgets", Nothing, [422, 403, 403, 403]),
    ("PUT /api/v1/budgets/{id}", TheirResult, [422, 403, 403, 403]),
    ("DELETE /api/v1/budgets/{id}", TheirResult, [404, 403, 403, 403]),
    ("GET /api/v1/policies", Nothing, [200, 200, 200, 200]),
    ("GET /api/v1/policies/{project}", Nothing, [404, 404, 404, 404]),
    ("PUT /api/v1/policies/{project}", Nothing, [422, 403, 403, 403]),
    ("GET /api/v1/batches", Nothing, [200, 200, 200, 200]),
    ("POST /api/v1/batches", Nothing, [202, 202, 403, 403]),
    ("POST /api/v1/batches", Publishing("criteria"), [202, 202, 202, 403]),
    ("GET /api/v1/batches/{id}", Nothing, [404, 404, 404, 404]),
    ("GET /api/v1/batches/{id}/items", Nothing, [404, 404, 404, 404]),
    ("GET /api/v1/batches/{id}/results.jsonl", Nothing, [404, 404, 404, 404]),
    ("POST /api/v1/batches/{id}/pause", Nothing, [404, 404, 404, 403]),
    ("POST /api/v1/batches/{id}/resume", Nothing, [404, 404, 404, 403]),
    ("POST /api/v1/batches/{id}/cancel", Nothing, [404, 404, 404, 403]),
    ("POST /api/v1/batches/{id}/retry-failed", Nothing, [404, 404, 404, 403]),
    ("GET /api/v1/admin/queue", Nothing, [200, 403, 403, 403]),
    ("GET /api/v1/webhooks", Nothing, [200, 200, 200, 200]),
    ("POST /api/v1/webhooks", Nothing, [201, 201, 201, 201]),
    ("GET /api/v1/webhooks/{id}", Nothing, [404, 404, 404, 404]),
    ("PATCH /api/v1/webhooks/{id}", Nothing, [404, 404, 404, 404]),
    ("DELETE /api/v1/webhooks/{id}", Nothing, [404, 404, 404, 404]),
    ("POST /api/v1/webhooks/{id}/test", Nothing, [404, 404, 404, 404]),
    ("POST /api/v1/webhooks/{id}/rotate-secret", Nothing, [404, 404, 404, 404]),
    ("GET /api/v1/webhooks/{id}/deliveries", Nothing, [404, 404, 404, 404]),
    ("POST /api/v1/webhooks/{id}/redeliver", Nothing, [404, 404, 404, 404]),
    ("POST /api/v1/deliveries/{id}/redeliver", Nothing, [404, 404, 404, 404]),
    ("GET /api/v1/provider-batches", Nothing, [200, 403, 403, 403]),
    ("GET /api/v1/provider-batches/{id}", Nothing, [404, 403, 403, 403]),
    ("POST /api/v1/provider-batches/{id}/decide", Nothing, [404, 403, 403, 403]),
    ("GET /api/v1/jobs", Nothing, [200, 200, 200, 200]),
    ("GET /api/v1/jobs/{id}", Own, [200, 200, 200, 200]),
    ("GET /api/v1/jobs/{id}", TheirCriteria, [200, 200, 200, 404]),
    ("GET /api/v1/jobs/{id}", TheirSuite, [200, 200, 200, 404]),
    ("GET /api/v1/jobs/{id}/events", TheirResult, [200, 200, 200, 404]),
    ("GET /api/v1/jobs/{id}/result", Own, [409, 409, 409, 409]),
    ("GET /api/v1/jobs/{id}/result", TheirSuite, [200, 200, 200, 404]),
    ("PATCH /api/v1/jobs/{id}/result", TheirCriteria, [412, 412, 412, 403]),
    ("PATCH /api/v1/jobs/{id}/result", TheirSuite, [412, 412, 403, 403]),
    ("POST /api/v1/jobs/{id}/approve", TheirCriteria, [412, 412, 412, 403]),
    ("POST /api/v1/jobs/{id}/approve", TheirSuite, [412, 412, 403, 403]),
    ("POST /api/v1/jobs/{id}/cancel", Own, [200, 200, 200, 200]),
    ("POST /api/v1/jobs/{id}/cancel", TheirResult, [409, 409, 403, 404]),
    ("POST /api/v1/jobs/{id}/retry", Own, [409, 409, 409, 409]),
    ("POST /api/v1/jobs/{id}/retry", TheirCriteria, [409, 409, 409, 404]),
    ("POST /api/v1/jobs/{id}/retry", TheirSuite, [409, 409, 403, 404]),
    ("GET /api/v1/audit-logs", Nothing, [200, 403, 403, 403]),
    ("GET /api/v1/usage", Nothing, [200, 200, 200, 200]),
    ("POST /api/v1/auth/register", Nothing, [422, 422, 422, 422]),
    ("GET /api/v1/users", Nothing, [200, 403, 403, 403]),
    ("POST /api/v1/users", Nothing, [422, 403, 403, 403]),
    ("GET /api/v1/users/{id}", Own, [404, 403, 403, 403]),
    ("PATCH /api/v1/users/{id}", Own, [404, 403, 403, 403]),
    ("POST /api/v1/users/{id}/password", Own, [422, 403, 403, 403]),
    ("POST /api/v1/users/{id}/end-sessions", Own, [404, 403, 403, 403]),
    ("GET /api/v1/invites", Nothing, [200, 403, 403, 403]),
    ("POST /api/v1/invites", Nothing, [422, 403, 403, 403]),
    ("DELETE /api/v1/invites/{id}", Own, [404, 403, 403, 403]),
    ("GET /api/v1/history", Nothing, [200, 200, 200, 200]),
    ("GET /api/v1/history/{id}", TheirResult, [200, 200, 200, 404]),
    ("GET /api/v1/history/{id}/diff/{other}", TheirResult, [200, 200, 200, 404]),
    // Signed instead of let in: no token helps.
    ("POST /api/v1/hooks/jira/{connection}", Nothing, [403, 403, 403, 403]),
    ("GET /api/v1/jira/story/{key}", Nothing, [200, 200, 200, 200]),
    ("GET /api/v1/jira/projects/{key}/fields", Nothing, [200, 200, 200, 200]),
    ("GET /api/v1/jira/search", Nothing, [200, 200, 200, 200]),
    ("POST /api/v1/jira/publish", Publishing("criteria"), [200, 200, 200, 403]),
    ("POST /api/v1/jira/publish", Publishing("scenarios"), [200, 200, 403, 403]),
    ("POST /api/v1/jira/publish", Publishing("all"), [200, 200, 403, 403]),
    ("GET /api/v1/jira-configurations", Nothing, [200, 403, 403, 403]),
    ("POST /api/v1/jira-configurations", Nothing, [422, 403, 403, 403]),
    ("GET /api/v1/jira-configurations/{id}", Nothing, [404, 403, 403, 403]),
    ("PATCH /api/v1/jira-configurations/{id}", Nothing, [404, 403, 403, 403]),
    ("DELETE /api/v1/jira-configurations/{id}", Nothing, [404, 403, 403, 403]),
    ("POST /api/v1/jira-configurations/{id}/test", Nothing, [404, 403, 403, 403]),
    ("GET /api/v1/llm-configurations", Nothing, [200, 403, 403, 403]),
    ("POST /api/v1/llm-configurations", Nothing, [422, 403, 403, 403]),
    ("GET /api/v1/llm-configurations/{id}", Nothing, [404, 403, 403, 403]),
    ("PATCH /api/v1/llm-configurations/{id}", Nothing, [404, 403, 403, 403]),
    ("DELETE /api/v1/llm-configurations/{id}", Nothing, [404, 403, 403, 403]),
    ("POST /api/v1/llm-configurations/{id}/test", Nothing, [404, 403, 403, 403]),
];

const ROLES: [Role; 4] = [Role::Admin, Role::Qa, Role::Po, Role::Developer];

/// Somebody's jobs, to be asked for by others.
struct Theirs {
    criteria: String,
    suite: String,
    result: String,
    history: String,
}

impl Theirs {
    async fn make(app: &HttpApp) -> Self {
        let owner = app.account(Role::Admin).await;
        let reviewed = json!({ "issue_key": "SHOP-2", "review": "required" });
        let id = |job: &Value| job["id"].as_str().unwrap().to_owned();
        let result = app.rested(&owner, "full-pipeline", json!({ "issue_key": "SHOP-2" })).await;
        Self {
            criteria: id(&app.rested(&owner, "acceptance-criteria", reviewed.clone()).await),
            suite: id(&app.rested(&owner, "full-pipeline", reviewed).await),
            result: id(&result),
            history: result["history_id"].as_str().unwrap().to_owned(),
        }
    }

    fn id(&self, operation: &str, about: About, own: &str) -> String {
        match about {
            Own => own.to_owned(),
            TheirCriteria => self.criteria.clone(),
            TheirSuite => self.suite.clone(),
            TheirResult if operation.contains("/history/") => self.history.clone(),
            _ => self.result.clone(),
        }
    }

    async fn ask(&self, app: &HttpApp, by: &Account, operation: &str, about: About) -> Answer {
        // One that waits: the worker was stopped.
        let own = if about == Own { waiting_job(app, by).await } else { String::new() };
        let (method, path) = operation.split_once(' ').unwrap();
        let path = path
            .replace("{id}", &self.id(operation, about, &own))
            .replace("{other}", &self.history)
            .replace("{key}", if path.contains("/projects/") { "SHOP" } else { "SHOP-2" })
            .replace("{project}", "SHOP");
        let ask = |query: &str| app.ask(method, &format!("{path}{query}")).by(by);
        match (path.rsplit('/').next().unwrap(), about) {
            ("refresh", _) => ask("").json(json!({ "refresh_token": "jqr_none" })).await,
            ("password", _) if path.ends_with("/auth/password") => ask("").json(json!({ "current_password": "wrong" })).await,
            ("login", _) => ask("").json(json!({ "email": "nobody@example.org", "password": "wrong" })).await,
            ("acceptance-criteria" | "test-scenarios" | "full-pipeline", Publishing(what)) => {
                ask("").json(json!({ "issue_key": "SHOP-2", "publish": [{ "mode": "comment", "what": what }] })).await
            }
            ("acceptance-criteria" | "test-scenarios" | "full-pipeline", _) => {
                ask("").json(json!({ "issue_key": "SHOP-2" })).await
            }
            ("publish", Publishing(what)) => {
                let target = json!({ "mode": "comment", "what": what });
                ask("?dry_run=true").json(json!({ "from": self.result, "publish": [target] })).await
            }
            ("batches", Publishing(what)) => {
                let target = json!({ "mode": "comment", "what": what });
                ask("").json(json!({ "issue_keys": ["SHOP-2"], "kind": "acceptance-criteria", "publish": [target] })).await
            }
            ("batches", _) if method == "POST" => ask("").json(json!({ "issue_keys": ["SHOP-2"] })).await,
            ("api-keys", _) if method == "POST" => ask("").json(json!({ "name": "ci" })).await,
            ("webhooks", _) if method == "POST" => ask("").json(json!({ "url": "https://ci.example.org" })).await,
            ("redeliver", _) => ask("").json(json!({ "failed_since": "2026-01-01T00:00:00Z" })).await,
            _ if method == "PATCH" && path.contains("/webhooks/") => ask("").json(json!({})).await,
            ("exchange", _) => ask("").json(json!({ "code": "c" })).await,
            ("register" | "users" | "password" | "invites", _) if method == "POST" => ask("").json(json!({})).await,
            _ if method == "PATCH" && path.contains("/users/") => ask("").json(json!({})).await,
            _ if path.contains("-configurations") && matches!(method, "POST" | "PATCH") && !path.ends_with("/test") => {
                ask("").json(json!({})).await
            }
            _ if ["/budgets", "/policies"].iter().any(|place| path.contains(place)) && matches!(method, "POST" | "PUT") => {
                ask("").json(json!({})).await
            }
            ("decide", _) => ask("").json(json!({ "decision": "give_up" })).await,
            ("search", _) => ask("?jql=project%20%3D%20SHOP").await,
            ("approve", _) => ask("").json(json!({ "content_hash": "stale" })).await,
            ("result", TheirSuite) if method == "PATCH" => {
                ask("").header("if-match", "\"stale\"").json(json!({ "suite": { "scenarios": [] } })).await
            }
            ("result", _) if method == "PATCH" => {
                ask("").header("if-match", "\"stale\"").json(json!({ "criteria": { "criteria": [] } })).await
            }
            _ => ask("").await,
        }
    }
}

/// A new job of the caller.
async fn waiting_job(app: &HttpApp, by: &Account) -> String {
    let path = app.submitted(by, "acceptance-criteria", json!({ "issue_key": "SHOP-3" })).await;
    path.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn every_role_may_what_the_table_says_and_nothing_else() {
    let app = HttpApp::working().await;
    let theirs = Theirs::make(&app).await;
    app.stop_worker().await;
    let mut wrong = Vec::new();
    for &(operation, about, expected) in TABLE {
        for (role, expected) in ROLES.into_iter().zip(expected) {
            let account = app.account(role).await;
            let answer = theirs.ask(&app, &account, operation, about).await;
            if answer.status != expected {
                wrong.push(format!(
                    "{operation} about {about:?} by {role}: {} instead of {expected}: {}",
                    answer.status, answer.text
                ));
            }
            if answer.status == 403 {
                let code = if operation.contains("/hooks/") { "hook.not_authentic" } else { "auth.forbidden" };
                assert_eq!(answer.refusal().1, code);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn the_table_names_every_operation_of_the_document() {
    let app = HttpApp::start().await;
    let listed: BTreeSet<_> = TABLE.iter().map(|(operation, ..)| (*operation).to_owned()).collect();
    let known: BTreeSet<_> = app.document.operations().map(|(method, path, _)| format!("{method} {path}")).collect();
    assert_eq!(listed, known);
}

#[tokio::test]
async fn without_a_good_token_every_operation_that_is_not_public_is_401() {
    let app = HttpApp::start().await;
    let account = app.account(Role::Admin).await;
    let stranger = Bearer { user_id: Uuid::from_u128(99), session_id: Uuid::from_u128(98) };
    let stranger = app.api.tokens.issue(stranger).unwrap();
    let (head, signature) = account.token.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    let cases = [
        (String::new(), "auth.token_missing"),
        ("Basic cWE6cWE=".to_owned(), "auth.token_missing"),
        (account.token.clone(), "auth.token_missing"),
        ("Bearer ".to_owned(), "auth.token_invalid"),
        ("Bearer x.y.z".to_owned(), "auth.token_invalid"),
        (format!("Bearer {forged}"), "auth.token_invalid"),
        (format!("Bearer {stranger}"), "auth.session_ended"),
    ];
    for (method, path, _) in app.document.operations().filter(|(_, _, operation)| operation.get("security").is_none()) {
        let path = path.replace("{id}", &Uuid::from_u128(1).to_string()).replace("{key}", "SHOP-2").replace("{project}", "SHOP");
        for (value, code) in &cases {
            let ask = app.ask(&method, &path).json(json!({}));
            let answer = if value.is_empty() { ask.await } else { ask.header("authorization", value).await };
            assert_eq!(answer.refusal(), (401, (*code).to_owned()), "{method} {path} with '{value}'");
        }
    }
    let lower = app.get("/auth/me").header("authorization", &format!("bearer {}", account.token)).await;
    assert_eq!(lower.status, 200, "the scheme is not case-sensitive");
}

#[tokio::test]
async fn an_account_is_told_what_it_may() {
    let app = HttpApp::start().await;
    let mut told = String::new();
    for role in ROLES {
        let account = app.account(role).await;
        let me = app.get("/auth/me").by(&account).await.json();
        assert_eq!((&me["email"], &me["role"]), (&json!(account.email), &json!(role)));
        let permissions: Vec<_> = me["permissions"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        told += &format!("{role}: {}\n", permissions.join(" "));
    }
    insta::assert_snapshot!(told, @r"
    admin: read read_all generate_criteria generate_scenarios run_batches publish_criteria publish_scenarios manage_own administer
    qa: read read_all generate_criteria generate_scenarios run_batches publish_criteria publish_scenarios manage_own
    po: read read_all generate_criteria run_batches publish_criteria manage_own
    developer: read generate_criteria generate_scenarios manage_own
    ");
}

#[tokio::test]
async fn a_deactivated_account_is_out_within_seconds() {
    let app = HttpApp::start().await;
    let account = app.account(Role::Qa).await;
    assert_eq!(app.get("/auth/me").by(&account).await.status, 200);
    let sql = shared::store::Sql::new("UPDATE users SET active = ? WHERE id = ?").bind(false).bind(account.id);
    app.api.db().execute(sql).await.unwrap();
    app.seconds_later(6);
    assert_eq!(app.get("/auth/me").by(&account).await.refusal(), (401, "auth.account_inactive".to_owned()));
}
