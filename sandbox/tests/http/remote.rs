//! The remote control: edits by hand, pages, webhooks, loading.

use std::time::Instant;

use sandbox::{Options, bind, stories_from_jsonl};
use serde_json::json;

use crate::support::{checked, shared, site, story};

#[tokio::test]
async fn people_edit_stories_and_comments() {
    let site = checked(sandbox::built_in()).await;
    assert_eq!(site.post("/_edit/SHOP-2", json!({"summary": "Changed", "description": "- only **this**"})).await.0, 204);
    let issue = site.state().issue("SHOP-2").unwrap();
    assert_eq!(issue["fields"]["summary"], "Changed");
    assert_eq!(issue["fields"]["description"]["content"][0]["type"], "bulletList");
    let id = site.state().comments("SHOP-2")[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(site.post(&format!("/_edit/SHOP-2/comments/{id}"), json!({"body": "by hand"})).await.0, 204);
    assert_eq!(site.state().comments("SHOP-2")[0]["body"]["content"][0]["content"][0]["text"], "by hand");
    let (_, whole) = site.get("/_state").await;
    assert_eq!(whole["issues"]["SHOP-2"]["comments"].as_array().unwrap().len(), 2);
    assert_eq!(site.post("/_edit/NO-1", json!({})).await.0, 404);
}

#[tokio::test]
async fn pages_show_every_story_escaped() {
    let site = checked(sandbox::built_in()).await;
    site.state().edit("SHOP-6", |fields| {
        fields.insert("summary".to_owned(), json!("<script>alert(1)</script>"));
    });
    for path in ["/".to_owned()].into_iter().chain(site.state().keys().iter().map(|key| format!("/browse/{key}"))) {
        let page = site.client.get(format!("{}{path}", site.sandbox.url())).send().await.unwrap();
        assert_eq!(page.status(), 200);
        assert!(!page.text().await.unwrap().contains("<script>"), "{path}");
    }
}

#[tokio::test]
async fn webhooks_are_kept() {
    let site = checked(vec![]).await;
    let url = format!("{}/_hooks/ci", site.sandbox.url());
    let sent = site.client.post(&url).header("X-Signature", "abc").body("{\"a\":1}").send().await.unwrap();
    assert_eq!(sent.status(), 204);
    let deliveries = site.state().deliveries("ci");
    assert_eq!((deliveries[0].headers["x-signature"].as_str(), &deliveries[0].body), ("abc", &json!({"a": 1})));
    assert_eq!(site.get("/_hooks/ci").await.1[0]["raw"], "{\"a\":1}");
}

#[tokio::test]
async fn stories_can_be_added() {
    let site = site(Options::with_stories(vec![])).await;
    let (status, body) =
        site.post("/_stories", json!([{"id": "x", "summary": "S", "description": "d"}, {"key": "AB-5", "summary": "T"}])).await;
    assert_eq!((status, body), (201, json!({"keys": ["REAL-1", "AB-5"]})));
    assert_eq!(site.get("/rest/api/3/issue/AB-5").await.0, 200);
    assert_eq!(site.get("/_health").await.0, 200);
}

#[tokio::test]
async fn the_collected_stories_load() {
    let Some(path) = shared("data/stories.jsonl") else { return };
    let stories = stories_from_jsonl(&std::fs::read_to_string(path).unwrap(), "REAL").unwrap();
    assert_eq!(stories.len(), 24);
    for story in &stories {
        for text in [&story.description, &story.acceptance_criteria] {
            let document = text.to_adf();
            assert!(
                document.is_null() || sandbox::check_adf(&document).is_ok(),
                "{}: {:?}\n{document:#}",
                story.key,
                sandbox::check_adf(&document)
            );
        }
    }
    let site = checked(stories).await;
    let (_, issue) = site.get("/rest/api/3/issue/REAL-24").await;
    assert!(issue["fields"]["labels"][0].is_string());
}

#[tokio::test]
async fn it_stops_and_frees_its_port() {
    let sandbox = bind("127.0.0.1:0".parse().unwrap(), Options::with_stories(vec![story("AB-1")])).await.unwrap();
    let addr = sandbox.addr();
    sandbox.stop().await;
    let before = Instant::now();
    bind(addr, Options::default()).await.unwrap();
    assert!(before.elapsed().as_secs() < 2);
}

#[tokio::test]
async fn webhooks_tell_what_was_changed_signed_and_again_until_they_are_taken() {
    let site = checked(vec![story("SHOP-1")]).await;
    let url = format!("{}/_hooks/ours", site.sandbox.url());
    assert_eq!(site.post("/_webhooks", json!({ "url": url, "secret": "It's a Secret to Everybody" })).await.0, 204);
    site.state().order(sandbox::Fault::status(503).on("POST", "/_hooks/ours"));
    let labels = json!({ "update": { "labels": [{ "add": "jqa" }] } });
    assert_eq!(site.put("/rest/api/3/issue/SHOP-1", labels).await.0, 204);
    let is_taken = |state: &sandbox::State| state.deliveries("ours").len() == 1;
    assert!(site.state().wait_until(std::time::Duration::from_secs(10), is_taken).await);
    let (taken, sent) = (site.state().deliveries("ours").remove(0), site.state().take_webhooks().remove(0));
    assert_eq!(taken.headers["x-hub-signature"], sent.signature);
    assert_eq!(taken.headers["x-atlassian-webhook-identifier"], sent.identifier);
    assert_eq!(taken.headers["x-atlassian-webhook-retry"], "1", "the first was not taken");
    assert_eq!(taken.body["webhookEvent"], "jira:issue_updated");
    let item = &taken.body["changelog"]["items"][0];
    assert_eq!((&item["field"], &item["fromString"], &item["toString"]), (&json!("labels"), &json!(""), &json!("jqa")));

    let (_, issue) = site.get("/rest/api/3/issue/SHOP-1?fields=updated&expand=changelog").await;
    let history = &issue["changelog"]["histories"][0];
    assert_eq!(history["id"], taken.body["changelog"]["id"]);
    assert_eq!(history["author"]["accountId"], taken.body["user"]["accountId"]);
    assert_eq!(history["created"], issue["fields"]["updated"]);
}
