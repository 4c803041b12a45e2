//! What is wrong with a request is told in a problem that names each field.

use serde_json::{Value, json};
use shared::domain::user::Role;
use tests::http_app::{Account, Answer, HttpApp};

const PIPELINE: &str = "/generate/full-pipeline";

struct Refusing {
    app: HttpApp,
    qa: Account,
}

impl Refusing {
    async fn start() -> Self {
        let app = HttpApp::start().await;
        let qa = app.account(Role::Qa).await;
        Self { app, qa }
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.app.post(path).by(&self.qa).json(body).await
    }

    async fn raw(&self, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.app.post(PIPELINE).by(&self.qa).body(content_type, body).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.app.get(path).by(&self.qa).await
    }
}

#[tokio::test]
async fn everything_wrong_with_the_form_of_a_body_is_told_at_once() {
    let r = Refusing::start().await;
    let answer = r
        .post(
            PIPELINE,
            json!({
                "issue_key": "shop", "connection": 1, "llm": { "provider": "offline", "modle": "x" }, "language": "tlh",
                "review": "maybe", "publish": [{ "mode": "comment" }, { "mode": "fax" }], "on_conflict": true,
                "close_obsolete": "no", "publish_stale": "no", "criteria_from": "17", "callback_url": [], "priority": "high", "isue_key": "SHOP-2",
            }),
        )
        .await;
    insta::assert_snapshot!(answer.told());
    assert_eq!(r.get("/jobs").await.json()["items"], json!([]), "nothing was accepted");
}

#[tokio::test]
async fn everything_wrong_with_the_meaning_of_a_body_is_told_at_once() {
    let r = Refusing::start().await;
    let target = json!({ "mode": "comment", "what": "scenarios" });
    let answer = r
        .post(
            "/generate/acceptance-criteria",
            json!({
                "issue_key": "SHOP-2", "connection": "other", "llm": { "provider": "oracle" }, "publish": [target],
                "criteria_from": "019af000-0000-7000-8000-000000000000", "callback_url": "ftp://ci.example.org",
            }),
        )
        .await;
    insta::assert_snapshot!(answer.told());
    let twice = json!({ "issue_key": "SHOP-2", "publish": [{ "mode": "comment" }, { "mode": "comment", "what": "all" }] });
    assert_eq!(r.post(PIPELINE, twice).await.fields(), ["publish[1]"]);
    let many: Vec<_> = std::iter::repeat_n(json!({ "mode": "comment" }), 7).collect();
    assert_eq!(r.post(PIPELINE, json!({ "issue_key": "SHOP-2", "publish": many })).await.fields()[0], "publish");
    for priority in [-11, 11, i64::from(i32::MAX)] {
        assert_eq!(r.post(PIPELINE, json!({ "issue_key": "SHOP-2", "priority": priority })).await.fields(), ["priority"]);
    }
}

#[tokio::test]
async fn keys_that_are_none_are_refused_wherever_they_come() {
    let r = Refusing::start().await;
    for key in
        ["", " ", "SHOP", "SHOP-", "SHOP-0", "SHOP-01", "-1", "S-1", "SHOP-2/../../x", "SHOP-2 OR 1=1", "SCHÖN-1", "SHOP-2\u{1}"]
    {
        let answer = r.post(PIPELINE, json!({ "issue_key": key })).await;
        assert_eq!((answer.status, answer.fields()), (422, vec!["issue_key".to_owned()]), "{key:?}");
        assert!(answer.text.contains("it should look like SHOP-12"), "{}", answer.text);
    }
    for path in ["/jobs?issue_key=x", "/history?issue_key=x"] {
        let answer = r.get(path).await;
        assert_eq!((answer.status, answer.fields()), (400, vec!["issue_key".to_owned()]), "{path}");
    }
    for path in ["/jira/story/x", "/jira/story/SHOP-2%2F..", "/jira/story/%20"] {
        let answer = r.get(path).await;
        assert_eq!((answer.status, answer.fields()), (422, vec!["key".to_owned()]), "{path}");
    }
    assert_eq!(r.get("/jira/story/%FF").await.status, 422, "a key that is no text is a key that is wrong");
    let long = r.post(PIPELINE, json!({ "issue_key": "X".repeat(5000) })).await;
    assert!(long.status == 422 && long.text.len() < 1000, "a refusal does not send everything back: {}", long.text);
}

#[tokio::test]
async fn bodies_that_are_no_small_json_object_are_told_apart() {
    let r = Refusing::start().await;
    let mut told = String::new();
    for (content_type, body) in [
        ("application/json", b"".to_vec()),
        ("application/json", b"{\"issue_key\": \"SHOP-2\",}".to_vec()),
        ("application/json", b"[]".to_vec()),
        ("application/json", b"\"SHOP-2\"".to_vec()),
        ("application/json", b"{\"issue_key\": \"\xff\"}".to_vec()),
        ("application/json", format!("{{\"x\":{}}}", "[".repeat(100_000)).into_bytes()),
        ("text/plain", b"{\"issue_key\": \"SHOP-2\"}".to_vec()),
        ("application/x-www-form-urlencoded", b"issue_key=SHOP-2".to_vec()),
        ("application/json", format!("{{\"issue_key\":\"{}\"}}", "x".repeat(1 << 20)).into_bytes()),
    ] {
        told += &format!("{}\n", r.raw(content_type, body).await.told());
    }
    insta::assert_snapshot!(told);
    assert_eq!(r.raw("application/merge-patch+json; charset=utf-8", "{\"issue_key\": \"SHOP-2\"}").await.status, 202);
    let untyped = r.app.post(PIPELINE).by(&r.qa).await;
    assert_eq!(untyped.refusal(), (415, "request.unsupported_media_type".to_owned()));
}

#[tokio::test]
async fn a_thousand_wrong_fields_are_a_refusal_of_bearable_length() {
    let r = Refusing::start().await;
    let body: serde_json::Map<_, _> = (0..10_000).map(|n| (format!("field-{n}"), json!(n))).collect();
    let answer = r.post(PIPELINE, Value::Object(body)).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.len() < 200_000, "{} bytes for a body of 200 kB", answer.text.len());
}

#[tokio::test]
async fn query_parameters_are_checked_like_fields() {
    let r = Refusing::start().await;
    let mut told = String::new();
    for path in [
        "/jobs?limit=0",
        "/jobs?limit=101&status=lost&kind=x&cursor=17&staus=queued",
        "/jobs?limit=1&limit=2",
        "/jobs?limit=-1",
        "/history?limit=ten&cursor=x&status=queued",
        "/jira/search",
        "/jira/search?jql=%20&limit=0&page=2",
        "/jira/story/SHOP-2?connection=other",
        "/jobs/019af000-0000-7000-8000-000000000000?wait=soon",
        "/jobs/019af000-0000-7000-8000-000000000000/result?format=pdf",
        "/jobs/019af000-0000-7000-8000-000000000000/events?after=x",
        "/jobs/17",
        "/history?issue_key=%00",
    ] {
        told += &format!("{path}\n  {}\n", r.get(path).await.told().replace('\n', "\n  "));
    }
    insta::assert_snapshot!(told);
    let dry = r.app.post("/jira/publish?dry_run=perhaps").by(&r.qa).json(json!({})).await;
    assert_eq!((dry.status, dry.fields()), (400, vec!["dry_run".to_owned()]));
}

/// Every place in a body, as a JSON pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(object) => object.iter().for_each(|(name, value)| places(value, &format!("{at}/{name}"), found)),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, value)| places(value, &format!("{at}/{n}"), found)),
        _ => {}
    }
}

/// A body of each kind with every field there is.
fn whole_bodies() -> [(&'static str, &'static str, Value); 5] {
    let id = "019af000-0000-7000-8000-000000000000";
    let target = json!({ "mode": "comment", "what": "all" });
    let evidence = json!([{ "source": "summary", "quote": "q", "verified": true }]);
    let finding = json!({ "item": "AC-1", "code": "then.vague", "severity": "warning", "message": "m" });
    let criterion = json!({
        "id": "AC-1", "title": "t", "kind": "rule", "given": ["g"], "when": ["w"], "then": ["t"], "origin": "stated", "rule": "r",
        "examples": { "header": ["a"], "rows": [["1"]] }, "evidence": evidence, "gherkin": "", "findings": [finding],
    });
    let scenario = json!({
        "id": "TS-1", "title": "t", "technique": "happy", "priority": "high", "preconditions": ["p"],
        "steps": [{ "action": "a", "data": "d", "expected": "e" }], "given": ["g"], "when": ["w"], "then": ["t"], "covers": ["AC-1"],
        "origin": "stated", "examples": { "header": ["a"], "rows": [["1"]] }, "evidence": evidence, "gherkin": "", "findings": [finding],
    });
    [
        ("POST", "/auth/login", json!({ "email": "a@b.c", "password": "p" })),
        (
            "POST",
            "/generate/test-scenarios",
            json!({
                "issue_key": "SHOP-2", "connection": "default", "llm": { "provider": "offline", "model": "m" }, "language": "en",
                "review": "none", "publish": [target], "on_conflict": "keep", "close_obsolete": true, "publish_stale": true, "criteria_from": id, "fresh": true, "economy": true, "delta": true,
                "callback_url": "https://ci.example.org/x", "priority": 1,
            }),
        ),
        (
            "POST",
            "/jira/publish",
            json!({
                "from": id, "publish": [target], "on_conflict": "keep", "close_obsolete": true, "publish_stale": true, "callback_url": "https://ci.example.org/x",
            }),
        ),
        ("POST", "/jobs/{id}/approve", json!({ "content_hash": "h", "publish_stale": true })),
        ("PATCH", "/jobs/{id}/result", json!({ "criteria": { "criteria": [criterion] }, "suite": { "scenarios": [scenario] } })),
    ]
}

/// Words that only a programmer, of this program, understands.
fn is_for_people(message: &str) -> bool {
    let words = ["expected ", "invalid ", "variant", "struct", "sequence", "untagged", "i32", "i64", "u64", "parsing", "`"];
    words.iter().all(|word| !message.contains(word))
}

#[tokio::test]
async fn whatever_is_wrong_in_a_body_or_a_query_is_told_in_words_for_people() {
    let r = Refusing::start().await;
    let mut told = std::collections::BTreeSet::new();
    for (method, path, body) in whole_bodies() {
        let reference = r.app.document.operations().find(|(other, template, _)| other == method && template.ends_with(path));
        let schema = reference.unwrap().2.pointer("/requestBody/content/application~1json/schema").unwrap().to_string();
        let name = schema.split("schemas/").nth(1).unwrap().split('"').next().unwrap();
        let known = r.app.document.json["components"]["schemas"][name]["properties"].as_object().unwrap();
        assert!(known.keys().all(|field| body.get(field).is_some()), "{path}: a field is not tried: {known:?}");
        let mut found = Vec::new();
        places(&body, "", &mut found);
        let path = path.replace("{id}", "019af000-0000-7000-8000-000000000000");
        for place in found.iter().skip(1) {
            for wrong in [
                json!(1),
                json!(1.5),
                json!(-1),
                json!(1e30),
                json!(u64::MAX),
                json!("x"),
                json!(true),
                json!([]),
                json!([1]),
                json!({}),
                json!({ "x": 1 }),
            ] {
                let mut body = body.clone();
                *body.pointer_mut(place).unwrap() = wrong.clone();
                body["nobody_knows"] = json!(1);
                let answer = r.app.ask(method, &path).by(&r.qa).header("if-match", "\"h\"").json(body).await;
                assert_eq!(answer.status, 422, "{method} {path} with {wrong} at {place}: {}", answer.text);
                for error in answer.json()["errors"].as_array().unwrap() {
                    let message = error["message"].as_str().unwrap();
                    assert!(is_for_people(message), "{method} {path} with {wrong} at {place}: {error}");
                    told.insert(message.replace(char::is_numeric, "0"));
                }
            }
        }
    }
    let asked: Vec<(String, String)> = (r.app.document.operations())
        .filter(|(method, _, _)| method == "GET")
        .flat_map(|(_, path, operation)| {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let names = parameters.into_iter().filter(|parameter| parameter["in"] == "query");
            names.map(move |name| (path.trim_start_matches("/api/v1").to_owned(), name["name"].as_str().unwrap().to_owned()))
        })
        .collect();
    assert!(asked.len() > 10, "{asked:?}");
    for (path, name) in asked {
        let path =
            path.replace("{id}", "019af000-0000-7000-8000-000000000000").replace("{key}", "SHOP-2").replace("{project}", "SHOP");
        for wrong in ["x", "-1", "1.5", "99999999999999999999", "true", "%00"] {
            let answer = r.get(&format!("{path}?{name}={wrong}")).await;
            let errors = if answer.status == 400 { answer.json()["errors"].clone() } else { json!([]) };
            for error in errors.as_array().into_iter().flatten() {
                let message = error["message"].as_str().unwrap();
                assert!(is_for_people(message), "{path}?{name}={wrong}: {error}");
                told.insert(message.replace(char::is_numeric, "0"));
            }
        }
    }
    told.retain(|message| !message.contains('\''));
    insta::assert_snapshot!(told.into_iter().collect::<Vec<_>>().join("\n"));
}

#[tokio::test]
async fn jql_that_jira_refuses_is_the_callers_mistake_in_jiras_words() {
    let r = Refusing::start().await;
    let mut told = String::new();
    for jql in ["project%20%3D", "colour%20%3D%20red", "project%20%3D%20NOPE", "order%20by%20key"] {
        told += &format!("{}\n", r.get(&format!("/jira/search?jql={jql}")).await.told());
    }
    insta::assert_snapshot!(told);
    let long = r.get(&format!("/jira/search?jql={}", "x".repeat(4001))).await;
    assert_eq!((long.status, long.fields()), (400, vec!["jql".to_owned()]));
    let cursor = r.get("/jira/search?jql=project%20%3D%20SHOP&cursor=bogus").await;
    assert_eq!((cursor.status, cursor.fields()), (400, vec!["cursor".to_owned()]), "{}", cursor.text);
}

#[tokio::test]
async fn a_publication_needs_a_result_and_a_place() {
    let r = Refusing::start().await;
    let answer = r.post("/jira/publish", json!({ "publish": [], "form": 1 })).await;
    assert_eq!(answer.fields(), ["from", "publish", "form"]);
    let nothing = json!({ "from": "019af000-0000-7000-8000-000000000000", "publish": [{ "mode": "comment" }] });
    let answer = r.post("/jira/publish", nothing).await;
    assert_eq!((answer.status, answer.fields()), (422, vec!["from".to_owned()]));
    let path = r.app.submitted(&r.qa, "acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
    let id = path.rsplit('/').next().unwrap();
    let early = r.post("/jira/publish", json!({ "from": id, "publish": [{ "mode": "comment" }] })).await;
    assert!(early.text.contains("is a job without a result"), "{}", early.text);
}

#[tokio::test]
async fn a_login_takes_only_what_a_login_can_be() {
    let r = Refusing::start().await;
    let answer = r.app.post("/auth/login").json(json!({ "email": 1, "passwort": "x" })).await;
    assert_eq!((answer.status, answer.fields()), (422, vec!["email".to_owned(), "password".to_owned(), "passwort".to_owned()]));
    let long = r.app.post("/auth/login").json(json!({ "email": "a@b.c", "password": "x".repeat(1025) })).await;
    assert_eq!(long.fields(), ["password"]);
    // PostgreSQL has no room for the character 0, and memory none for addresses of a megabyte.
    for email in ["a\u{0}@b.c".to_owned(), format!("{}@b.c", "a".repeat(400))] {
        let answer = r.app.post("/auth/login").json(json!({ "email": email, "password": "x" })).await;
        assert_eq!((answer.status, answer.fields()), (422, vec!["email".to_owned()]));
    }
}

#[tokio::test]
async fn whoever_guesses_passwords_waits_longer_each_time() {
    let r = Refusing::start().await;
    let password_hash = r.app.api.passwords.hash("correct horse").await.unwrap();
    let account = r.app.account_with(Role::Qa, &password_hash).await;
    let login = |password: &str| r.app.post("/auth/login").json(json!({ "email": account.email, "password": password }));
    for _ in 0..6 {
        assert_eq!(login("guess").await.refusal(), (401, "auth.bad_credentials".to_owned()));
    }
    let early = login("correct horse").await;
    assert_eq!((early.refusal(), early.header("retry-after")), ((429, "auth.too_many_attempts".to_owned()), "2"));
    r.app.seconds_later(2);
    assert_eq!(login("correct horse").await.status, 200);
    let admin = r.app.account(Role::Admin).await;
    let log = r.app.get("/audit-logs?action=auth.login_failed&limit=100").by(&admin).await.json();
    let tries = log["items"].as_array().unwrap();
    assert_eq!(tries.len(), 7, "six that were wrong and one that came too early");
    assert!(tries[1..].iter().all(|entry| entry["resource_id"] == json!(account.id)), "{log}");
}

#[tokio::test]
async fn what_does_not_exist_and_what_it_cannot_do_are_problems_too() {
    let r = Refusing::start().await;
    for path in ["/api/v1", "/api/v1/", "/api/v2/jobs", "/api/v1/job", "/api/v1/jobs/", "/api/"] {
        assert_eq!(r.get(path).await.refusal(), (404, "request.not_found".to_owned()), "{path}");
    }
    for (method, path, allow) in [
        ("DELETE", "/jobs", "GET,HEAD"),
        ("PUT", "/jobs/019af000-0000-7000-8000-000000000000/result", "GET,HEAD,PATCH"),
        ("GET", PIPELINE, "POST"),
        ("OPTIONS", "/auth/login", "POST"),
        ("POST", "/healthz", "GET,HEAD"),
        ("POST", "/api/openapi.json", "GET,HEAD"),
    ] {
        let answer = r.app.ask(method, path).by(&r.qa).await;
        assert_eq!(answer.refusal(), (405, "request.method_not_allowed".to_owned()), "{method} {path}");
        let mut allowed: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(","), allow, "{method} {path}");
    }
}
