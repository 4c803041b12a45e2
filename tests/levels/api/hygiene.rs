//! What is true of every answer to anybody, and which requests are refused for their form.

use serde_json::json;
use shared::domain::user::Role;
use tests::app::Setup;
use tests::http_app::HttpApp;

#[tokio::test]
async fn every_route_answers_with_the_headers_that_tell_browsers_what_not_to_do() {
    let app = HttpApp::of(Setup::default().set("JQA_TRUSTED_PROXIES", "10.0.0.1")).await;
    let mut paths: Vec<(String, String)> = app.document.operations().map(|(method, path, _)| (method, path.to_owned())).collect();
    paths.extend(
        ["/docs/", "/api/openapi.json", "/healthz", "/readyz", "/metrics", "/api/v1/nowhere"]
            .map(|path| ("GET".to_owned(), path.to_owned())),
    );
    for (method, path) in paths {
        let path =
            path.replace("{id}", "018bcfe5-6800-7000-8000-000000000001").replace("{key}", "SHOP-1").replace("{project}", "SHOP");
        let ask = || app.ask(&method, &path).header("x-forwarded-proto", "https");
        let plain = ask().from("192.0.2.1").await;
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
            ("server", ""),
            ("x-powered-by", ""),
            ("access-control-allow-origin", ""),
            ("strict-transport-security", ""),
        ] {
            assert_eq!(plain.header(name), value, "{name} of {method} {path}");
        }
        assert!(path.starts_with("/docs") || plain.header("cache-control") == "no-store", "{method} {path}: {plain:?}");
        let is_api = !["/healthz", "/readyz", "/metrics"].contains(&path.as_str());
        let encrypted = ask().from("10.0.0.1").await;
        assert_eq!(encrypted.header("strict-transport-security") == "max-age=31536000", is_api, "{method} {path}");
    }
}

#[tokio::test]
async fn only_pages_that_are_listed_may_call_from_a_browser() {
    let listed = "https://qa.example.com";
    let app = HttpApp::of(Setup::default().set("JQA_CORS_ORIGINS", listed)).await;
    let ask = |origin: &'static str| app.get("/jobs").header("origin", origin);
    assert_eq!(ask(listed).await.header("access-control-allow-origin"), listed);
    assert!(ask(listed).await.header("access-control-expose-headers").contains("ratelimit-remaining"));
    for other in ["https://evil.example", "null", "https://qa.example.com.evil.example", "http://qa.example.com"] {
        assert_eq!(ask(other).await.header("access-control-allow-origin"), "", "{other}");
    }
    let preflight = app.ask("OPTIONS", "/generate/full-pipeline").header("origin", listed);
    let preflight = preflight.header("access-control-request-method", "POST").await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-credentials")), (200, ""));
    assert!(preflight.header("access-control-allow-headers").contains("idempotency-key"));
}

#[tokio::test]
async fn addresses_and_bodies_out_of_all_proportion_are_refused() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let long = format!("/jobs?cursor={}", "x".repeat(8 * 1024));
    assert_eq!(app.get(&long).by(&qa).await.refusal(), (414, "request.uri_too_long".to_owned()));
    let post = |body: String| app.post("/generate/full-pipeline").by(&qa).body("application/json", body);
    let deep = format!("{{\"issue_key\":{}{}}}", "[".repeat(60), "]".repeat(60));
    assert_eq!(post(deep).await.refusal(), (400, "request.too_complex".to_owned()));
    let many = json!({ "issue_key": "SHOP-2", "publish": vec![json!({}); 10_001] }).to_string();
    assert_eq!(post(many).await.refusal(), (400, "request.too_complex".to_owned()));
    for method in ["TRACE", "CONNECT", "PURGE"] {
        let refused = app.ask(method, "/jobs").by(&qa).await;
        assert_eq!(refused.refusal(), (405, "request.method_not_allowed".to_owned()), "{method}");
    }
}
