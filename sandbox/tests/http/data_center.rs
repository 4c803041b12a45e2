//! The site as Jira Data Center: below its context path, with wiki markup, by offsets.

use reqwest::Client;
use sandbox::{Options, Story, Text, many};
use serde_json::{Value, json};

use crate::support::{Site, shared, site};

async fn data_center(stories: Vec<Story>) -> Site {
    site(Options { validate: shared("contracts"), ..Options::with_stories(stories) }.in_data_center()).await
}

fn story(text: &str) -> Story {
    Story { key: "AB-1".to_owned(), summary: "S".to_owned(), description: Text::Source(text.to_owned()), ..Story::default() }
}

#[tokio::test]
async fn it_stands_below_its_context_path_and_nowhere_else() {
    let site = data_center(vec![story("x")]).await;
    let (status, info) = site.get("/jira/rest/api/2/serverInfo").await;
    assert_eq!((status, &info["deploymentType"], &info["version"]), (200, &json!("Server"), &json!("9.12.4")));
    assert_eq!(site.get("/rest/api/2/serverInfo").await.0, 404);
    assert_eq!(site.get("/jira/rest/api/3/myself").await.0, 404);
}

#[tokio::test]
async fn texts_are_wiki_markup_whatever_a_story_was_written_in() {
    for (source, wiki) in [
        ("h2. Rules\n* *one*\n** two", "h2. Rules\n* *one*\n** two"),
        (
            "## Rules\n\n- **one**\n  - two\n\n| a | b |\n|---|---|\n| 1 | `x` |",
            "h2. Rules\n\n* *one*\n** two\n\n||a||b||\n|1|{{x}}|",
        ),
    ] {
        let site = data_center(vec![story(source)]).await;
        let (_, issue) = site.get("/jira/rest/api/2/issue/AB-1").await;
        assert_eq!(issue["fields"]["description"], wiki);
        assert_eq!(
            (issue["fields"]["creator"]["name"].as_str(), issue["fields"]["creator"].get("accountId")),
            (Some("mara.voss"), None)
        );
    }
}

#[tokio::test]
async fn a_document_is_refused_and_a_string_is_kept_as_it_is() {
    let site = data_center(vec![story("x")]).await;
    let wiki = "h2. Ours\r\n\r\n{noformat}a{noformat}";
    let (status, comment) =
        site.post("/jira/rest/api/2/issue/AB-1/comment", json!({"body": wiki, "properties": [{"key": "k", "value": 1}]})).await;
    assert_eq!((status, comment["body"].as_str()), (201, Some(wiki)));
    let (_, list) = site.get("/jira/rest/api/2/issue/AB-1/comment?expand=properties").await;
    assert_eq!(list["comments"][0].get("properties"), None);
    let path = format!("/jira/rest/api/2/comment/{}/properties/k", comment["id"].as_str().unwrap());
    assert_eq!(site.get(&path).await.1["value"], 1);
    let document = json!({"type": "doc", "version": 1, "content": []});
    assert_eq!(site.put("/jira/rest/api/2/issue/AB-1", json!({"fields": {"description": document}})).await.0, 400);
    let long = "x".repeat(32_768);
    let (status, problem) = site.put("/jira/rest/api/2/issue/AB-1", json!({"fields": {"description": long}})).await;
    assert_eq!(status, 400);
    assert!(problem.to_string().contains("32,767"), "{problem}");
}

#[tokio::test]
async fn searches_go_by_offset_and_are_cut_without_a_word() {
    let options = Options { search_page: 4, ..Options::with_stories(many(9)) };
    let site = site(options.in_data_center()).await;
    let (_, page) = site.post("/jira/rest/api/2/search", json!({"jql": "project = LOAD", "startAt": 8, "maxResults": 50})).await;
    assert_eq!(
        (page["total"].as_u64(), page["maxResults"].as_u64(), page["issues"].as_array().unwrap().len()),
        (Some(9), Some(4), 1)
    );
    let (status, _) = site.post("/jira/rest/api/2/search", json!({"jql": "project = LOAD", "nextPageToken": "x"})).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn what_can_be_created_is_asked_in_another_way_of_old_servers() {
    for (version, paged) in [("9.12.4", 200), ("8.3.0", 404)] {
        let options = Options { server_version: version.to_owned(), ..Options::with_stories(vec![story("x")]) };
        let site = site(options.in_data_center()).await;
        let (_, project) = site.get("/jira/rest/api/2/project/AB").await;
        let kind = project["issueTypes"].as_array().unwrap().iter().find(|kind| kind["subtask"] == true).unwrap()["id"].clone();
        let path = format!("/jira/rest/api/2/issue/createmeta/AB/issuetypes/{}", kind.as_str().unwrap());
        assert_eq!(site.get(&path).await.0, paged, "{version}");
        let all = format!(
            "/jira/rest/api/2/issue/createmeta?projectIds={}&issuetypeIds={}",
            project["id"].as_str().unwrap(),
            kind.as_str().unwrap()
        );
        let (status, answer) = site.get(&all).await;
        assert_eq!(
            (status == 200, answer["projects"][0]["issuetypes"][0]["fields"]["summary"].is_object()),
            (paged == 404, paged == 404)
        );
    }
}

#[tokio::test]
async fn three_wrong_passwords_ask_for_a_captcha_and_a_token_is_never_asked() {
    let site = data_center(vec![story("x")]).await;
    let url = format!("{}/jira/rest/api/2/myself", site.sandbox.url());
    let client = Client::builder().build().unwrap();
    let with = async |password: &str| client.get(&url).basic_auth("qa", Some(password)).send().await.unwrap();
    for _ in 0..3 {
        assert_eq!(with("wrong").await.status(), 401);
    }
    let denied = with("sandbox").await;
    assert_eq!(denied.status(), 403);
    assert!(denied.headers()["x-authentication-denied-reason"].to_str().unwrap().starts_with("CAPTCHA_CHALLENGE"));
    let token = client.get(&url).bearer_auth("sandbox").send().await.unwrap();
    assert_eq!(token.status(), 200);
    let account: Value = serde_json::from_slice(&token.bytes().await.unwrap()).unwrap();
    assert!(account["name"].is_string() && account.get("accountId").is_none());
}
