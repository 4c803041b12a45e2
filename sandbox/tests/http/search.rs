//! Searching: tokens, limits, removed operations, callers without credentials.

use reqwest::Method;
use sandbox::{Options, many};
use serde_json::{Value, json};

use crate::support::{checked, site, story};

#[tokio::test]
async fn pages_are_chained_by_tokens() {
    let site = checked(many(25)).await;
    let mut keys = Vec::new();
    let mut token = Value::Null;
    loop {
        let mut body = json!({"jql": "project = LOAD ORDER BY key", "maxResults": 10, "fields": ["summary"]});
        if !token.is_null() {
            body["nextPageToken"] = token;
        }
        let (status, page) = site.post("/rest/api/3/search/jql", body).await;
        assert_eq!(status, 200);
        keys.extend(page["issues"].as_array().unwrap().iter().map(|issue| issue["key"].as_str().unwrap().to_owned()));
        token = page["nextPageToken"].clone();
        assert_eq!(page["isLast"], token.is_null());
        if token.is_null() {
            break;
        }
    }
    assert_eq!(keys.len(), 25);
    assert_eq!((keys[0].as_str(), keys[24].as_str()), ("LOAD-1", "LOAD-25"));
    assert!(site.state().violations().is_empty());
}

#[tokio::test]
async fn the_default_field_is_the_id_only() {
    let site = checked(vec![story("AB-1")]).await;
    let (_, page) = site.get("/rest/api/3/search/jql?jql=key%20%3D%20AB-1").await;
    assert_eq!(page["issues"][0].as_object().unwrap().keys().collect::<Vec<_>>(), ["id"]);
}

#[tokio::test]
async fn bad_queries_are_refused_or_reported() {
    let site = checked(vec![story("AB-1")]).await;
    for jql in ["", "ORDER BY key", "project =", "project = NOPE", "key = AB-99", "colour = red"] {
        let (status, body) = site.post("/rest/api/3/search/jql", json!({"jql": jql})).await;
        assert_eq!(status, 400, "{jql}");
        assert!(!body["errorMessages"][0].as_str().unwrap().is_empty());
    }
    let (status, body) =
        site.post("/rest/api/3/jql/parse?validation=strict", json!({"queries": ["project = AB", "project ="]})).await;
    assert_eq!(status, 200);
    assert!(body["queries"][0]["errors"].is_null() && body["queries"][1]["errors"].is_array());
    assert_eq!(site.post("/rest/api/3/search/approximate-count", json!({"jql": "project = AB"})).await.1["count"], 1);
}

#[tokio::test]
async fn the_old_search_is_gone() {
    let site = checked(vec![]).await;
    let (status, body) = site.get("/rest/api/3/search?jql=project%3DX").await;
    assert_eq!(status, 410);
    assert!(body["errorMessages"][0].as_str().unwrap().contains("search/jql"));
}

#[tokio::test]
async fn without_credentials_searches_are_empty_and_issues_missing() {
    let site = checked(vec![story("AB-1")]).await;
    let url = site.sandbox.url();
    let anonymous = |path: &str| site.client.get(format!("{url}{path}")).send();
    let search = anonymous("/rest/api/3/search/jql?jql=key%3DAB-1").await.unwrap();
    assert_eq!(search.status(), 200);
    assert_eq!(search.json::<Value>().await.unwrap()["issues"], json!([]));
    assert_eq!(anonymous("/rest/api/3/issue/AB-1").await.unwrap().status(), 404);
    assert_eq!(anonymous("/rest/api/3/myself").await.unwrap().status(), 401);
    let wrong = site.client.get(format!("{url}/rest/api/3/issue/AB-1")).basic_auth("a", Some("wrong")).send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    let known = site.send(Method::GET, "/rest/api/3/myself", None).await.unwrap();
    assert!(known.headers().contains_key("x-aaccountid"));
}

#[tokio::test]
async fn fresh_issues_lag_unless_reconciled() {
    let site = site(Options { search_lag_ms: 60_000, ..Options::with_stories(vec![story("AB-1")]) }).await;
    let (_, issue) = site.get("/rest/api/3/issue/AB-1").await;
    let id: u64 = issue["id"].as_str().unwrap().parse().unwrap();
    let (_, lagging) = site.post("/rest/api/3/search/jql", json!({"jql": "project = AB"})).await;
    assert_eq!(lagging["issues"], json!([]));
    let (_, found) = site.post("/rest/api/3/search/jql", json!({"jql": "project = AB", "reconcileIssues": [id]})).await;
    assert_eq!(found["issues"][0]["id"], issue["id"]);
}
