//! The OpenAPI document. That real answers keep to it is checked wherever tests ask.

use std::collections::BTreeSet;

use serde_json::Value;
use tests::http_app::HttpApp;

/// What needs no token, because it lets in.
const PUBLIC: &[&str] = &[
    "/api/v1/auth/login",
    "/api/v1/auth/refresh",
    "/api/v1/auth/register",
    "/api/v1/auth/oidc/start",
    "/api/v1/auth/oidc/callback",
    "/api/v1/auth/oidc/exchange",
    // Signed instead.
    "/api/v1/hooks/jira/{connection}",
];

/// Calls `look` with every object within, and where it stands.
fn walk(value: &Value, at: &str, look: &mut impl FnMut(&str, &serde_json::Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            look(at, object);
            object.iter().for_each(|(name, value)| walk(value, &format!("{at}/{name}"), look));
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(n, value)| walk(value, &format!("{at}/{n}"), look)),
        _ => {}
    }
}

#[tokio::test]
async fn the_operations_are_those_of_the_design() {
    let app = HttpApp::start().await;
    let list: Vec<_> = app
        .document
        .operations()
        .map(|(method, path, operation)| {
            let names =
                |of: &Value| of.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(" ");
            let parameters: Vec<_> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|parameter| {
                    let mark = if parameter["required"] == true { "!" } else { "" };
                    format!("{}{mark}", parameter["name"].as_str().unwrap())
                })
                .collect();
            format!("{method} {path} ({}) -> {}", parameters.join(", "), names(&operation["responses"]))
        })
        .collect();
    insta::assert_snapshot!(list.join("\n"));
}

#[tokio::test]
async fn the_document_is_openapi_3_1_and_hangs_together() {
    let app = HttpApp::start().await;
    let document = &app.document.json;
    assert_eq!(document["openapi"], "3.1.0");
    assert!(["title", "version", "description"].iter().all(|name| document["info"][name].is_string()));
    assert_eq!(document["security"][0], serde_json::json!({ "bearer": [] }));
    let mut references = 0;
    walk(document, "", &mut |at, object| {
        if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
            references += 1;
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{at}: {reference} leads nowhere");
        }
        assert!(object.get("nullable").is_none_or(|value| !value.is_boolean()), "{at}: a word of 3.0");
    });
    assert!(references > 50, "{references}");
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas {
        let schema = serde_json::json!({ "allOf": [schema], "components": document["components"] });
        let built = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(&schema);
        assert!(built.is_ok(), "{name} is no JSON schema: {:?}", built.err());
    }
}

#[tokio::test]
async fn every_operation_is_described_as_clients_need_it() {
    let app = HttpApp::start().await;
    let mut ids = BTreeSet::new();
    for (method, path, operation) in app.document.operations() {
        let what = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{what}: two operations of one id");
        assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 5), "{what}: no summary");
        assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{what}: no tag");
        let problem = &operation["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"];
        assert_eq!(problem, "#/components/schemas/Problem", "{what}");
        let declared: BTreeSet<_> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        let used: BTreeSet<_> = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        assert_eq!(declared, used, "{what}");
        assert_eq!(operation.get("security").is_some(), PUBLIC.contains(&path), "{what}");
    }
}

#[tokio::test]
async fn the_page_shows_the_document_and_loads_nothing_from_elsewhere() {
    let app = HttpApp::start().await;
    let page = app.get("/docs/").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html"));
    assert!(!page.text.contains("http://") && !page.text.contains("https://"), "{}", page.text);
    assert!(!page.text.contains("<script>"), "the policy forbids scripts in the page");
    let initializer = app.get("/docs/swagger-initializer.js").await;
    assert!(initializer.text.contains("/api/openapi.json"), "{}", initializer.text);
    let document = app.get("/api/openapi.json").await;
    assert_eq!((document.header("content-type"), document.json()), ("application/json", app.document.json.clone()));
}
