//! What an attacker tries on every operation there is, however many are added. docs/security.md lists all attacks that are tried.

use serde_json::{Value, json};
use shared::domain::user::Role;
use tests::app::Setup;
use tests::http_app::HttpApp;

const PASSWORD: &str = "seven lamps of slate";

/// What somebody would like to set who may not.
const WISHES: &[&str] =
    &["id", "owner_id", "user_id", "created_by", "is_admin", "permissions", "password_hash", "epoch", "__proto__", "constructor"];

/// What is no id, and should do no harm where one belongs.
const NO_IDS: &[&str] = &[
    "0",
    "-1",
    "null",
    "'%20OR%201=1--",
    "1;%20DROP%20TABLE%20jobs",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f",
    "%00",
    "%0d%0aset-cookie:%20a=b",
    "%F0%9F%92%A9",
    "00000000-0000-0000-0000-000000000000",
    "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
    "{019af000-0000-7000-8000-000000000000}",
    "019af00000007000800000000000000",
];

/// The properties of a schema, wherever it stands.
fn properties<'a>(document: &'a Value, mut schema: &'a Value) -> Vec<&'a String> {
    while let Some(reference) = schema["$ref"].as_str() {
        schema = document.pointer(&reference[1..]).unwrap();
    }
    let parts = ["allOf", "oneOf", "anyOf"].into_iter().flat_map(|of| schema[of].as_array().into_iter().flatten());
    let own = schema["properties"].as_object().into_iter().flat_map(serde_json::Map::keys);
    own.chain(parts.flat_map(|part| properties(document, part))).collect()
}

#[tokio::test]
async fn no_body_takes_a_field_that_its_operation_does_not_name() {
    let app = HttpApp::start().await;
    let admin = app.account(Role::Admin).await;
    let (mut bodies, mut taken) = (0, Vec::new());
    for (method, path, operation) in app.document.operations() {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        // What Jira sends is not looked at before its signature is.
        if schema.is_null() || path.contains("/hooks/") {
            continue;
        }
        bodies += 1;
        let named = properties(&app.document.json, schema);
        let path =
            path.replace("{id}", "019af000-0000-7000-8000-000000000000").replace("{key}", "SHOP-2").replace("{project}", "SHOP");
        for wish in WISHES.iter().filter(|wish| !named.iter().any(|name| name == *wish)) {
            let answer = app.ask(&method, &path).by(&admin).header("if-match", "\"x\"").json(json!({ *wish: true })).await;
            let is_refused = answer.status == 422 && answer.fields().iter().any(|field| field == wish);
            if !is_refused {
                taken.push(format!("{method} {path} with {wish}: {}", answer.status));
            }
        }
    }
    assert!(bodies >= 6, "the document names its bodies");
    assert!(taken.is_empty(), "{taken:#?}");
}

#[tokio::test]
async fn the_character_0_is_refused_in_every_field_of_every_body() {
    let app = HttpApp::start().await;
    let admin = app.account(Role::Admin).await;
    let (mut tried, mut taken) = (0, Vec::new());
    for (method, path, operation) in app.document.operations() {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let path =
            path.replace("{id}", "019af000-0000-7000-8000-000000000000").replace("{key}", "SHOP-2").replace("{project}", "SHOP");
        for name in properties(&app.document.json, schema) {
            tried += 1;
            let answer = app.ask(&method, &path).by(&admin).header("if-match", "\"x\"").json(json!({ name: "a\0b" })).await;
            if answer.status != 422 || !answer.fields().contains(name) || !answer.text.contains("without the character 0") {
                taken.push(format!("{method} {path} with {name}: {}", answer.text));
            }
        }
    }
    assert!(tried > 40, "the document names its fields");
    assert!(taken.is_empty(), "{taken:#?}");
}

#[tokio::test]
async fn names_that_break_or_turn_a_line_or_hide_something_are_refused() {
    let app = HttpApp::of(Setup::default().set("JQA_REGISTRATION", "open")).await;
    let admin = app.account(Role::Admin).await;
    let llm = json!({ "name": "writer", "provider": "openai", "model": "gpt-4.1", "api_key": "k" });
    for hidden in ["\n", "\r", "\u{1b}", "\u{2028}", "\u{202e}", "\u{200b}", "\u{ad}"] {
        let odd = format!("a{hidden}b");
        let model = json!({ "provider": "offline", "model": odd });
        for (path, body, field) in [
            ("/generate/full-pipeline", json!({ "issue_key": "SHOP-2", "llm": model }), "llm.model"),
            ("/users", json!({ "email": "ada@example.com", "role": "qa", "name": odd }), "name"),
            ("/users", json!({ "email": format!("{odd}@example.com"), "role": "qa" }), "email"),
            ("/auth/register", json!({ "email": "ada@example.com", "name": odd, "password": PASSWORD }), "name"),
            ("/auth/register", json!({ "email": format!("{odd}@example.com"), "name": "Ada", "password": PASSWORD }), "email"),
            ("/invites", json!({ "email": format!("{odd}@example.com"), "role": "admin" }), "email"),
            ("/api-keys", json!({ "name": odd, "permissions": ["read"] }), "name"),
            ("/llm-configurations", with(&llm, "model", &odd), "model"),
            ("/llm-configurations", with(&llm, "name", &odd), "name"),
        ] {
            let answer = app.post(path).by(&admin).json(body).await;
            assert_eq!((answer.status, answer.fields()), (422, vec![field.to_owned()]), "{path} {hidden:?}: {}", answer.text);
        }
    }
}

fn with(body: &Value, field: &str, text: &str) -> Value {
    let mut body = body.clone();
    body[field] = text.into();
    body
}

#[tokio::test]
async fn what_is_no_id_finds_nothing_and_breaks_nothing() {
    let app = HttpApp::start().await;
    let admin = app.account(Role::Admin).await;
    let mut wrong = Vec::new();
    for (method, path, _) in app.document.operations().filter(|(_, path, _)| path.contains('{')) {
        for id in NO_IDS {
            let path = path.replace("{id}", id).replace("{key}", id).replace("{project}", id).replace("{connection}", id);
            let answer = app.ask(&method, &path).by(&admin).header("if-match", "\"x\"").json(json!({})).await;
            let is_unsigned = path.contains("/hooks/") && answer.status == 403;
            if !matches!(answer.status, 404 | 422 | 405) && !is_unsigned {
                wrong.push(format!("{method} {path}: {}", answer.status));
            }
            assert!(answer.header("set-cookie").is_empty(), "{method} {path}");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_query_for_jira_stays_one_parameter_whatever_is_in_it() {
    let app = HttpApp::start().await;
    let developer = app.account(Role::Developer).await;
    let jql = "project = SHOP&maxResults=9999&fields=*all#' OR 1=1 -- \r\nX-Evil: yes";
    let encoded: String = jql.bytes().map(|byte| format!("%{byte:02X}")).collect();
    app.get(&format!("/jira/search?jql={encoded}&limit=2")).by(&developer).await;
    let asked = app.jira().journal().into_iter().find(|entry| entry.path.contains("/search/jql")).expect("a search");
    assert_eq!((&asked.body["jql"], &asked.body["maxResults"], asked.query.as_str()), (&json!(jql), &json!(2), ""));
    for key in ["..%2F..%2Fmyself", "SHOP-2%2Fcomment", "SHOP-2%3Ffields=x", "SHOP-2%0d%0aX-Evil:%20yes"] {
        let before = app.jira().journal().len();
        let answer = app.get(&format!("/jira/story/{key}")).by(&developer).await;
        assert!(matches!(answer.status, 404 | 422), "{key}: {}", answer.status);
        assert_eq!(app.jira().journal().len(), before, "Jira was not asked for {key}");
    }
}
