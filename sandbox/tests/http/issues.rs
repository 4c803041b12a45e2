//! Issues, comments, properties and links.

use reqwest::Method;
use sandbox::Options;
use serde_json::{Value, json};

use crate::support::{adf, checked, site, story};

#[tokio::test]
async fn a_description_is_stored_with_local_ids() {
    let site = checked(vec![story("AB-1")]).await;
    let (_, before) = site.get("/rest/api/3/issue/AB-1?fields=updated").await;
    let (status, _) = site
        .put(
            "/rest/api/3/issue/AB-1",
            json!({"fields": {"description": adf("new words")}, "update": {"labels": [{"add": "done"}]}}),
        )
        .await;
    assert_eq!(status, 204);
    let (_, issue) = site.get("/rest/api/3/issue/AB-1?expand=names,schema").await;
    assert!(issue["fields"]["description"]["content"][0]["attrs"]["localId"].is_string());
    assert_eq!(issue["fields"]["labels"], json!(["done"]));
    assert_eq!(issue["names"]["customfield_10100"], "Acceptance Criteria");
    assert_ne!(issue["fields"]["updated"], before["fields"]["updated"]);
    assert!(issue["fields"]["updated"].as_str().unwrap().ends_with("+0200"));
    assert!(site.state().violations().is_empty());
}

#[tokio::test]
async fn documents_are_judged() {
    let site = site(Options::with_stories(vec![story("AB-1")])).await;
    let (status, body) = site.put("/rest/api/3/issue/AB-1", json!({"fields": {"description": "a string"}})).await;
    assert_eq!(status, 400);
    assert!(body["errors"]["description"].as_str().unwrap().starts_with("Operation value must be an Atlassian Document"));
    let (status, body) = site.post("/rest/api/3/issue/AB-1/comment", json!({"body": "a string"})).await;
    assert_eq!((status, &body["errors"]["comment"]), (400, &json!("Comment body is not valid!")));
    let broken = json!({"version": 1, "type": "doc", "content": [{"type": "text", "text": "loose"}]});
    let (status, body) = site.post("/rest/api/3/issue/AB-1/comment", json!({"body": broken})).await;
    assert_eq!((status, body), (400, json!({"errorMessages": ["INVALID_INPUT"], "errors": {}})));
    let (status, body) = site.post("/rest/api/3/issue/AB-1/comment", json!({"body": adf(&"x".repeat(32_768))})).await;
    assert_eq!(status, 400);
    assert!(body["errors"]["comment"].as_str().unwrap().contains("32,767"));
    assert!(site.state().comments("AB-1").is_empty());
}

#[tokio::test]
async fn violations_of_the_official_documents_are_noted() {
    let site = checked(vec![story("AB-1")]).await;
    if crate::support::shared("contracts").is_none() {
        return;
    }
    let (status, _) = site.post("/rest/api/3/search/jql", json!({"jql": "project = AB", "startAt": 0})).await;
    assert_eq!(status, 400);
    assert_eq!(site.state().violations().len(), 1);
}

#[tokio::test]
async fn comments_carry_inline_properties() {
    let site = checked(vec![story("AB-1")]).await;
    let body = json!({"body": adf("hello"), "properties": [{"key": "our.marker", "value": {"run": "1"}}]});
    let (status, comment) = site.post("/rest/api/3/issue/AB-1/comment", body).await;
    assert_eq!(status, 201);
    assert!(comment["properties"].is_null());
    let id = comment["id"].as_str().unwrap();
    let (_, property) = site.get(&format!("/rest/api/3/comment/{id}/properties/our.marker")).await;
    assert_eq!(property, json!({"key": "our.marker", "value": {"run": "1"}}));
    let (_, page) = site.get("/rest/api/3/issue/AB-1/comment?expand=properties").await;
    assert_eq!(page["comments"][0]["properties"][0]["value"]["run"], "1");
    assert_eq!(site.put(&format!("/rest/api/3/comment/{id}/properties/our.marker"), json!({"run": "2"})).await.0, 200);
    assert_eq!(site.put(&format!("/rest/api/3/issue/AB-1/comment/{id}"), json!({"body": adf("changed")})).await.0, 200);
    assert_eq!(site.call(Method::DELETE, &format!("/rest/api/3/issue/AB-1/comment/{id}"), None).await.0, 204);
    assert_eq!(site.get(&format!("/rest/api/3/issue/AB-1/comment/{id}")).await.0, 404);
}

#[tokio::test]
async fn inline_comments_are_cut_and_paged() {
    let site = site(Options { inline_comments: 2, ..Options::with_stories(vec![story("AB-1")]) }).await;
    for number in 0..5 {
        assert_eq!(site.post("/rest/api/3/issue/AB-1/comment", json!({"body": adf(&format!("c{number}"))})).await.0, 201);
    }
    let (_, issue) = site.get("/rest/api/3/issue/AB-1").await;
    assert_eq!(issue["fields"]["comment"]["comments"].as_array().unwrap().len(), 2);
    assert_eq!(issue["fields"]["comment"]["total"], 5);
    let (_, page) = site.get("/rest/api/3/issue/AB-1/comment?startAt=1&maxResults=2&orderBy=-created").await;
    assert_eq!(page["comments"][0]["body"]["content"][0]["content"][0]["text"], "c3");
}

#[tokio::test]
async fn a_moved_issue_answers_under_its_old_key() {
    let site = checked(vec![story("AB-1")]).await;
    assert!(site.state().move_issue("AB-1", "CD-7"));
    let (status, issue) = site.get("/rest/api/3/issue/AB-1").await;
    assert_eq!((status, issue["key"].as_str()), (200, Some("CD-7")));
}

#[tokio::test]
async fn sub_tasks_need_a_parent_and_carry_properties() {
    let site = checked(vec![story("AB-1")]).await;
    let fields = |parent: Value| {
        let mut fields = json!({"project": {"key": "AB"}, "issuetype": {"id": "10003"}, "summary": "S", "description": adf("d"), "labels": ["story-qa"]});
        if !parent.is_null() {
            fields["parent"] = parent;
        }
        json!({"fields": fields, "properties": [{"key": "our.marker", "value": 7}]})
    };
    let (status, body) = site.post("/rest/api/3/issue", fields(Value::Null)).await;
    assert_eq!(status, 400);
    assert!(body["errors"]["issuetype"].as_str().unwrap().contains("sub-task"));
    let (status, created) = site.post("/rest/api/3/issue", fields(json!({"key": "AB-1"}))).await;
    assert_eq!((status, created["key"].as_str()), (201, Some("AB-2")));
    let (_, found) = site
        .post("/rest/api/3/search/jql", json!({"jql": "parent = AB-1", "fields": ["summary"], "properties": ["our.marker"]}))
        .await;
    assert_eq!(found["issues"][0]["properties"]["our.marker"], 7);
    let (_, parent) = site.get("/rest/api/3/issue/AB-1?fields=subtasks").await;
    assert_eq!(parent["fields"]["subtasks"][0]["key"], "AB-2");
    assert!(site.state().violations().is_empty());
}

#[tokio::test]
async fn links_point_from_the_inward_issue() {
    let site = checked(vec![story("AB-1"), story("AB-2")]).await;
    let link = json!({"type": {"name": "Blocks"}, "inwardIssue": {"key": "AB-1"}, "outwardIssue": {"key": "AB-2"}});
    assert_eq!(site.post("/rest/api/3/issueLink", link.clone()).await, (201, Value::Null));
    assert_eq!(site.post("/rest/api/3/issueLink", link).await.0, 201);
    let (_, source) = site.get("/rest/api/3/issue/AB-1?fields=issuelinks").await;
    assert_eq!(source["fields"]["issuelinks"].as_array().unwrap().len(), 1);
    assert_eq!(source["fields"]["issuelinks"][0]["outwardIssue"]["key"], "AB-2");
    let remote = |title: &str| json!({"globalId": "our=1", "object": {"url": "https://example.org/r", "title": title}});
    assert_eq!(site.post("/rest/api/3/issue/AB-1/remotelink", remote("a")).await.0, 201);
    assert_eq!(site.post("/rest/api/3/issue/AB-1/remotelink", remote("b")).await.0, 200);
    let (_, links) = site.get("/rest/api/3/issue/AB-1/remotelink").await;
    assert_eq!((links.as_array().unwrap().len(), &links[0]["object"]["title"]), (1, &json!("b")));
}

#[tokio::test]
async fn issue_properties_and_metadata() {
    let site = checked(vec![story("AB-1")]).await;
    let path = "/rest/api/3/issue/AB-1/properties/our.marker";
    assert_eq!(site.get(path).await.0, 404);
    assert_eq!(site.put(path, json!({"a": 1})).await.0, 201);
    assert_eq!(site.put(path, json!({"a": 2})).await.0, 200);
    assert_eq!(site.get("/rest/api/3/issue/AB-1?properties=our.marker").await.1["properties"]["our.marker"]["a"], 2);
    assert_eq!(site.call(Method::DELETE, path, None).await.0, 204);
    let (_, bulk) =
        site.post("/rest/api/3/issue/bulkfetch", json!({"issueIdsOrKeys": ["AB-1", "AB-9"], "fields": ["summary"]})).await;
    assert_eq!((&bulk["issues"][0]["key"], &bulk["issueErrors"][0]["id"]), (&json!("AB-1"), &json!("AB-9")));
    let (_, types) = site.get("/rest/api/3/issue/createmeta/AB/issuetypes").await;
    assert!(types["issueTypes"].as_array().unwrap().iter().any(|kind| kind["subtask"] == true));
    let (_, fields) = site.get("/rest/api/3/issue/createmeta/AB/issuetypes/10003").await;
    assert!(fields["fields"].as_array().unwrap().iter().any(|field| field["fieldId"] == "parent" && field["required"] == true));
    assert_eq!(
        site.get("/rest/api/3/mypermissions?permissions=EDIT_ISSUES").await.1["permissions"]["EDIT_ISSUES"]["havePermission"],
        true
    );
    assert_eq!(site.put("/rest/api/3/issue/AB-1?notifyUsers=false", json!({"fields": {"summary": "x"}})).await.0, 400);
}
