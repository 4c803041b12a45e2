//! Lists in pages.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use shared::domain::user::Role;
use tests::app::Setup;
use tests::http_app::{Account, HttpApp};

/// All items of a list, page by page: how many each had, and their ids.
async fn pages(app: &HttpApp, by: &Account, list: &str) -> (Vec<usize>, Vec<String>) {
    let (mut sizes, mut ids, mut cursor) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = app.get(&format!("{list}{cursor}")).by(by).await.json();
        let items = page["items"].as_array().unwrap();
        sizes.push(items.len());
        ids.extend(items.iter().map(|item| item["id"].as_str().or(item["key"].as_str()).unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (sizes, ids),
        }
        assert!(sizes.len() < 100, "the pages never end");
    }
}

#[tokio::test]
async fn forty_five_jobs_come_once_each_and_newest_first() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let mut submitted = Vec::new();
    for n in 0..45 {
        let kind = if n % 9 == 0 { "full-pipeline" } else { "acceptance-criteria" };
        let path = app.submitted(&qa, kind, json!({ "issue_key": format!("SHOP-{}", n % 5 + 1) })).await;
        submitted.push(path.rsplit('/').next().unwrap().to_owned());
    }
    submitted.reverse();
    let (sizes, ids) = pages(&app, &qa, "/jobs?limit=20").await;
    assert_eq!((sizes, &ids), (vec![20, 20, 5], &submitted));
    let (sizes, ids) = pages(&app, &qa, "/jobs?limit=15").await;
    assert_eq!((sizes, &ids), (vec![15, 15, 15], &submitted), "no empty page at the end");
    assert_eq!(app.get("/jobs").by(&qa).await.json()["items"].as_array().unwrap().len(), 20, "unless told otherwise");
    for (list, count) in [
        ("/jobs?limit=4&issue_key=shop-2", 9),
        ("/jobs?limit=2&kind=full-pipeline", 5),
        ("/jobs?limit=7&status=queued", 45),
        ("/jobs?limit=7&status=succeeded", 0),
        ("/jobs?limit=1&kind=full-pipeline&issue_key=SHOP-1&status=queued", 1),
    ] {
        let (_, ids) = pages(&app, &qa, list).await;
        assert_eq!((ids.len(), ids.iter().collect::<BTreeSet<_>>().len()), (count, count), "{list}");
    }
}

#[tokio::test]
async fn what_is_new_does_not_shift_the_pages_that_follow() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    for _ in 0..4 {
        app.submitted(&qa, "acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
    }
    let first = app.get("/jobs?limit=2").by(&qa).await.json();
    app.submitted(&qa, "acceptance-criteria", json!({ "issue_key": "SHOP-3" })).await;
    let second = app.get(&format!("/jobs?limit=2&cursor={}", first["next_cursor"].as_str().unwrap())).by(&qa).await.json();
    let ids: BTreeSet<_> =
        [&first, &second].iter().flat_map(|page| page["items"].as_array().unwrap()).map(|job| job["id"].as_str()).collect();
    assert_eq!((ids.len(), &second["next_cursor"]), (4, &json!(null)));
}

#[tokio::test]
async fn results_come_in_pages_too_and_without_their_content() {
    let app = HttpApp::working().await;
    let qa = app.account(Role::Qa).await;
    for _ in 0..5 {
        app.rested(&qa, "acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
        app.later(Duration::from_millis(1));
    }
    app.rested(&qa, "acceptance-criteria", json!({ "issue_key": "SHOP-3" })).await;
    let (sizes, ids) = pages(&app, &qa, "/history?limit=2").await;
    assert_eq!((sizes, ids.iter().collect::<BTreeSet<_>>().len()), (vec![2, 2, 2], 6));
    let page = app.get("/history?issue_key=SHOP-2").by(&qa).await.json();
    let versions: Vec<_> = page["items"].as_array().unwrap().iter().map(|item| item["version"].as_i64().unwrap()).collect();
    assert_eq!(versions, [5, 4, 3, 2, 1]);
    assert!(page["items"][0].get("criteria").is_none() && page["items"][0].get("suite").is_none());
}

#[tokio::test]
async fn a_search_is_paged_by_jira() {
    let app = HttpApp::of(Setup::default().stories(sandbox::many(45))).await;
    let developer = app.account(Role::Developer).await;
    let list = "/jira/search?jql=project%20%3D%20LOAD%20ORDER%20BY%20key&limit=20";
    let (sizes, keys) = pages(&app, &developer, list).await;
    assert_eq!((sizes, keys.len(), keys.iter().collect::<BTreeSet<_>>().len()), (vec![20, 20, 5], 45, 45));
    let (_, keys) = pages(&app, &developer, "/jira/search?jql=key%20%3D%20LOAD-7&limit=1").await;
    assert_eq!(keys.len(), 1);
    let none = app.get("/jira/search?jql=summary%20~%20zebra").by(&developer).await.json();
    assert_eq!(none, json!({ "items": [], "next_cursor": null }));
}
