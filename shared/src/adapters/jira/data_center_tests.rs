//! The client against a data centre's Jira: other paths, other texts, other ways to page.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::{JiraClient, JiraSettings, PROPERTY_KEY};
use crate::adapters::http::Secret;
use crate::adapters::test_server::{Reply, TestServer};
use crate::domain::jira_site::{JiraAuth, JiraDeployment};
use crate::domain::markup::{Markup, Rich};
use crate::ports::{Items, Jira, JiraError, NewComment, RawIssue};

fn settings(server: &TestServer) -> JiraSettings {
    let url = Url::parse(&format!("{}/jira/", server.url())).unwrap();
    let settings = JiraSettings::new(url, "", Secret::new("pat"));
    JiraSettings { timeout: Duration::from_secs(5), deployment: JiraDeployment::DataCenter, ..settings }
}

fn client(server: &TestServer) -> JiraClient {
    JiraClient::new(settings(server)).unwrap()
}

fn info(deployment: &str) -> Reply {
    Reply::json(200, &json!({ "version": "9.12.4", "deploymentType": deployment }))
}

#[tokio::test]
async fn calls_stand_below_the_context_path_and_carry_the_token_alone_or_an_account() {
    let server = TestServer::start(|_| Reply::json(200, &json!({ "name": "qa", "key": "JIRAUSER1" }))).await;
    assert_eq!(client(&server).myself().await, Ok("qa".to_owned()));
    let password = JiraSettings { email: "qa".to_owned(), ..settings(&server) };
    JiraClient::new(password.clone()).unwrap().myself().await.unwrap();
    JiraClient::new(JiraSettings { auth: JiraAuth::Bearer, ..password }).unwrap().myself().await.unwrap();
    let asked = server.requests();
    assert!(asked.iter().all(|asked| asked.path == "/jira/rest/api/2/myself"));
    let credentials: Vec<_> = asked.iter().map(|asked| asked.header("authorization")).collect();
    assert_eq!(credentials, ["Bearer pat", "Basic cWE6cGF0", "Bearer pat"]);
}

#[tokio::test]
async fn a_site_is_asked_once_what_it_is_and_atlassians_own_hosts_are_not() {
    for (told, markup, api) in [("Cloud", Markup::Adf, "3"), ("Server", Markup::Wiki, "2"), ("DataCenter", Markup::Wiki, "2")] {
        let server = TestServer::start(move |asked| match asked.path.as_str() {
            "/jira/rest/api/2/serverInfo" => info(told),
            _ => Reply::json(200, &json!({ "displayName": "Q" })),
        })
        .await;
        let jira = JiraClient::new(JiraSettings { deployment: JiraDeployment::Auto, ..settings(&server) }).unwrap();
        assert_eq!(jira.markup().await, Ok(markup));
        jira.myself().await.unwrap();
        let paths: Vec<_> = server.requests().into_iter().map(|asked| asked.path).collect();
        assert_eq!(paths, ["/jira/rest/api/2/serverInfo".to_owned(), format!("/jira/rest/api/{api}/myself")]);
    }
    let url = Url::parse("https://acme.atlassian.net").unwrap();
    let cloud = JiraClient::new(JiraSettings::new(url, "qa@acme.example", Secret::new("t"))).unwrap();
    assert_eq!(cloud.markup().await, Ok(Markup::Adf), "nobody was asked");
}

#[tokio::test]
async fn a_site_that_is_not_what_the_connection_takes_it_for_is_told() {
    let server = TestServer::start(|_| info("Server")).await;
    assert_eq!(client(&server).describe().await.unwrap(), "Jira Server 9.12.4");
    let wrong = JiraClient::new(JiraSettings { deployment: JiraDeployment::Cloud, ..settings(&server) }).unwrap();
    let told = wrong.describe().await.unwrap_err().to_string();
    assert!(told.contains("this is Jira Data Center, and the connection takes it for Jira Cloud"), "{told}");
    let other = TestServer::start(|_| Reply::json(200, &json!({ "name": "Confluence" }))).await;
    let auto = JiraClient::new(JiraSettings { deployment: JiraDeployment::Auto, ..settings(&other) }).unwrap();
    assert!(matches!(auto.myself().await, Err(JiraError::NotJira(_))));
}

#[tokio::test]
async fn after_wrong_passwords_the_captcha_is_named() {
    let server = TestServer::start(|_| {
        Reply::html(403, "<html>")
            .with("x-authentication-denied-reason", "CAPTCHA_CHALLENGE; login-url=https://jira.example/login.jsp")
    })
    .await;
    assert_eq!(client(&server).myself().await, Err(JiraError::Captcha));
    assert_eq!(server.requests().len(), 1, "the password was sent again");
}

/// So many hits, at most two a page.
fn hits(total: usize, asked: &Value) -> Value {
    let start = usize::try_from(asked["startAt"].as_u64().unwrap()).unwrap();
    let issues: Vec<Value> =
        (start..total.min(start + 2)).map(|n| json!({ "id": n.to_string(), "key": format!("A-{n}"), "fields": {} })).collect();
    json!({ "startAt": start, "maxResults": 2, "total": total, "issues": issues })
}

#[tokio::test]
async fn a_search_goes_on_from_an_offset_by_what_came_and_not_by_what_was_asked_for() {
    let server = TestServer::start(|asked| Reply::json(200, &hits(5, &serde_json::from_slice(&asked.body).unwrap()))).await;
    let jira = client(&server);
    let (mut keys, mut token) = (Vec::new(), None);
    loop {
        let page = jira.search("project = A", 50, token.as_deref()).await.unwrap();
        keys.extend(page.issues.into_iter().map(|issue| issue.key));
        token = page.next;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(keys, ["A-0", "A-1", "A-2", "A-3", "A-4"]);
    assert!(server.requests().iter().all(|asked| asked.path == "/jira/rest/api/2/search"));
}

#[tokio::test]
async fn a_search_that_leads_nowhere_ends() {
    let empty = TestServer::start(|_| Reply::json(200, &json!({ "startAt": 0, "total": 9, "issues": [] }))).await;
    assert_eq!(client(&empty).search("x", 10, None).await.unwrap().next, None);
    let same = json!({ "startAt": 0, "total": 9, "issues": [{ "key": "A-1" }] });
    let server = TestServer::start(move |_| Reply::json(200, &same)).await;
    let jira = client(&server);
    assert_eq!(jira.search("x", 10, None).await.unwrap().next.as_deref(), Some("1"));
    assert!(matches!(jira.search("x", 10, Some("1")).await, Err(JiraError::NotJira(_))), "the first page came again");
    assert!(
        matches!(jira.search("x", 10, Some("abc")).await, Err(JiraError::Refused { status: 400, message }) if message.contains("token"))
    );
}

#[tokio::test]
async fn comments_that_bear_our_marker_or_are_ours_are_asked_for_what_they_say_of_themselves() {
    let property = json!({ "marker": "jqa:3f2a9c1b", "hash": "h" });
    let stored = property.clone();
    let server = TestServer::start(move |asked| match asked.path.as_str() {
        "/jira/rest/api/2/issue/SHOP-7/comment" => Reply::json(
            200,
            &json!({ "total": 3, "comments": [{ "id": "1", "body": "see jqa:3f2a9c1b", "author": { "key": "JIRAUSER1" } }, { "id": "2", "body": "*x*\r\n\r\n_ours · jqa:3f2a9c1b_" },
                { "id": "3", "body": "rewritten by Mara", "author": { "key": "JIRAUSER7" } }] }),
        ),
        "/jira/rest/api/2/myself" => Reply::json(200, &json!({ "name": "bot", "key": "JIRAUSER7" })),
        "/jira/rest/api/2/comment/3/properties/jqa.publication" => Reply::json(404, &json!({})),
        "/jira/rest/api/2/comment/2/properties/jqa.publication" => Reply::json(200, &json!({ "key": PROPERTY_KEY, "value": stored })),
        _ => Reply::status(500),
    })
    .await;
    let comments = client(&server).comments("SHOP-7").await.unwrap();
    assert_eq!(comments[0].properties, []);
    assert_eq!(comments[1].properties, [(PROPERTY_KEY.to_owned(), property)]);
    let asked = server.requests().into_iter().filter(|asked| asked.path.contains("/properties/")).count();
    assert_eq!(asked, 2, "that of the one of somebody else was asked for");
}

#[tokio::test]
async fn texts_are_sent_as_strings() {
    let server = TestServer::start(|asked| match asked.method.as_str() {
        "PUT" => Reply::status(204),
        _ => Reply::json(201, &json!({ "id": "10", "body": "h2. *x*" })),
    })
    .await;
    let jira = client(&server);
    let body = Rich::from(&json!("h2. \"x\""));
    jira.create_comment("A-1", &NewComment { body: body.clone(), properties: vec![], visibility: None }).await.unwrap();
    jira.update_field("A-1", "description", &body, &[]).await.unwrap();
    let bodies: Vec<Value> = server.requests().iter().map(|asked| serde_json::from_slice(&asked.body).unwrap()).collect();
    assert_eq!(bodies, [json!({ "body": "h2. \"x\"" }), json!({ "fields": { "description": "h2. \"x\"" } })]);
}

fn story() -> RawIssue {
    let body = json!({ "id": "7", "key": "SHOP-7", "fields": { "project": { "id": "1", "key": "SHOP" }, "subtasks": [{ "id": "8" }, { "id": "9" }] } });
    RawIssue { body, url: String::new(), markup: Markup::Wiki }
}

/// A server of one of two ages that requires a team.
async fn creates(old: bool) -> TestServer {
    let team = json!({ "name": "Team", "required": true, "hasDefaultValue": false });
    TestServer::start(move |asked| match asked.path.as_str() {
        "/jira/rest/api/2/project/1" => Reply::json(200, &json!({ "issueTypes": [{ "id": "5", "name": "Unteraufgabe", "subtask": true }] })),
        "/jira/rest/api/2/issue/createmeta/1/issuetypes/5" if !old => {
            let mut team = team.clone();
            team["fieldId"] = json!("customfield_7");
            let last = asked.query.contains("startAt=1");
            let values = if last { vec![team] } else { vec![json!({ "fieldId": "summary", "required": true })] };
            Reply::json(200, &json!({ "values": values, "isLast": last, "total": 2 }))
        }
        "/jira/rest/api/2/issue/createmeta" if old => {
            let fields = json!({ "customfield_7": team, "summary": { "required": true } });
            Reply::json(200, &json!({ "projects": [{ "issuetypes": [{ "fields": fields }] }] }))
        }
        "/jira/rest/api/2/issue/8" => {
            let property = json!({ "marker": "jqa:3f2a9c1b.1", "hash": "h" });
            Reply::json(200, &json!({ "id": "8", "key": "SHOP-8", "fields": { "summary": "S", "description": "*x*" }, "properties": { PROPERTY_KEY: property } }))
        }
        "/jira/rest/api/2/issue/9" => Reply::json(200, &json!({ "id": "9", "key": "SHOP-9", "fields": { "summary": "A person's" } })),
        _ => Reply::json(404, &json!({ "errorMessages": ["null for uri"] })),
    })
    .await
}

#[tokio::test]
async fn sub_tasks_are_read_one_by_one_and_what_they_must_have_is_asked_of_new_and_old_servers() {
    for old in [false, true] {
        let server = creates(old).await;
        let survey = client(&server).subtasks(Default::default()).survey(&story(), &[], true).await.unwrap();
        assert_eq!(survey.standing.len(), 1, "the other one is not ours");
        assert!(survey.obstacle.unwrap().contains("'Team' (customfield_7)"), "old: {old}");
    }
}

#[tokio::test]
async fn while_sub_tasks_are_hidden_none_is_created_beside_them() {
    let server = creates(false).await;
    let mut story = story();
    story.body["fields"]["subtasks"] = json!([{ "id": "8" }, { "id": "hidden" }]);
    let subtasks = client(&server).subtasks(Default::default());
    let survey = subtasks.survey(&story, &["deleted"], true).await.unwrap();
    assert_eq!((survey.standing.len(), survey.ground), (1, Value::Null));
    assert!(
        survey.obstacle.unwrap().starts_with("1 sub-tasks of the story are hidden"),
        "one that is remembered and gone is none"
    );
}
