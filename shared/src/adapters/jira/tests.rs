//! The client against an HTTP server that remembers what it was asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::{JiraClient, JiraSettings, PROPERTY_KEY};
use crate::adapters::http::Secret;
use crate::adapters::test_server::{Reply, TestServer};
use crate::domain::jira_site::JiraDeployment;
use crate::domain::markup::Rich;
use crate::ports::{Jira, JiraError, NewComment};

const TOKEN: &str = "t0k3n-that-must-not-leak";

fn settings(server: &TestServer) -> JiraSettings {
    let url = Url::parse(&server.url()).unwrap();
    JiraSettings {
        timeout: Duration::from_secs(5),
        deployment: JiraDeployment::Cloud,
        ..JiraSettings::new(url, "qa@shop.example", Secret::new(TOKEN))
    }
}

fn client(server: &TestServer) -> JiraClient {
    JiraClient::new(settings(server)).unwrap()
}

fn comment_at(id: u64, minute: u64) -> Value {
    json!({ "id": id.to_string(), "body": { "type": "doc" }, "created": format!("2026-09-27T10:{minute:02}:11.123+0200"), "updated": "x" })
}

/// Comments 1..=total, `cap` a page, newest first if it is asked for anything but `created`.
fn comments_page(total: u64, cap: u64, query: &str) -> Reply {
    let asked = |name: &str| {
        url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let start: u64 = asked("startAt").and_then(|value| value.parse().ok()).unwrap_or(0);
    let comments: Vec<Value> = (start + 1..=total.min(start + cap)).map(|id| comment_at(id, id)).collect();
    Reply::json(200, &json!({ "comments": comments, "startAt": start, "maxResults": cap, "total": total }))
}

#[tokio::test]
async fn every_call_carries_its_credentials_and_asks_for_english_json() {
    let server = TestServer::start(|_| Reply::json(200, &json!({ "displayName": "Quinn" }))).await;
    assert_eq!(client(&server).myself().await, Ok("Quinn".to_owned()));
    let asked = server.requests().remove(0);
    assert_eq!(asked.path, "/rest/api/3/myself");
    assert_eq!(asked.header("authorization"), "Basic cWFAc2hvcC5leGFtcGxlOnQwazNuLXRoYXQtbXVzdC1ub3QtbGVhaw==");
    assert_eq!((asked.header("accept"), asked.header("accept-language")), ("application/json", "en"));
    assert_eq!(asked.header("x-force-accept-language"), "true");
    assert!(asked.header("user-agent").starts_with("jqa/"));
}

#[tokio::test]
async fn an_issue_comes_with_all_its_comments_and_its_parents_description() {
    let server = TestServer::start(|asked| match asked.path.as_str() {
        "/rest/api/3/issue/OLD-1" => Reply::json(
            200,
            &json!({ "id": "1", "key": "SHOP-7", "names": { "customfield_1": "Acceptance criteria" }, "fields": {
                "parent": { "key": "SHOP-1", "fields": { "summary": "Epic" } },
                "comment": { "comments": [comment_at(1, 1)], "total": 5, "maxResults": 1, "startAt": 0 } } }),
        ),
        "/rest/api/3/issue/SHOP-7/comment" => comments_page(5, 2, &asked.query),
        "/rest/api/3/issue/SHOP-1" => Reply::json(200, &json!({ "fields": { "description": { "type": "doc" } } })),
        _ => Reply::json(404, &json!({})),
    })
    .await;
    let issue = client(&server).issue("OLD-1").await.unwrap();
    assert_eq!(issue.url, format!("{}/browse/SHOP-7", server.url()));
    let ids: Vec<&str> =
        issue.body["fields"]["comment"]["comments"].as_array().unwrap().iter().filter_map(|c| c["id"].as_str()).collect();
    assert_eq!(ids, ["1", "2", "3", "4", "5"]);
    assert_eq!(issue.body["fields"]["parent"]["fields"], json!({ "summary": "Epic", "description": { "type": "doc" } }));
    let first = &server.requests()[0].query;
    assert!(first.contains("expand=names%2Cschema") && first.contains("fields=*all"), "{first}");
}

#[tokio::test]
async fn a_parent_that_may_not_be_read_is_left_as_it_came() {
    let server = TestServer::start(|asked| match asked.path.as_str() {
        "/rest/api/3/issue/SHOP-7" => Reply::json(
            200,
            &json!({ "key": "SHOP-7", "fields": { "parent": { "key": "HID-1", "fields": { "summary": "Epic" } } } }),
        ),
        _ => Reply::json(404, &json!({ "errorMessages": ["Issue does not exist or you do not have permission to see it."] })),
    })
    .await;
    let issue = client(&server).issue("SHOP-7").await.unwrap();
    assert_eq!(issue.body["fields"]["parent"]["fields"], json!({ "summary": "Epic" }));
    let refused = client(&server).issue("SHOP-8").await;
    assert_eq!(refused.unwrap_err(), JiraError::NotFound("issue SHOP-8".to_owned()));
}

/// An issue with so many linked tests, a linked story, and a sub-task that is a test.
fn tested(tests: usize) -> Value {
    let end = |key: &str, kind: &str| json!({ "key": key, "fields": { "summary": key, "issuetype": { "name": kind } } });
    let kind = json!({ "name": "Test", "inward": "is tested by", "outward": "tests" });
    let mut links: Vec<Value> =
        (1..=tests).map(|n| json!({ "type": kind, "inwardIssue": end(&format!("T-{n}"), "Test") })).collect();
    links.push(json!({ "type": { "outward": "blocks" }, "outwardIssue": end("SHOP-9", "Story") }));
    json!({ "id": "1", "key": "SHOP-7", "fields": { "issuelinks": links, "subtasks": [end("T-0", "Test")] } })
}

#[tokio::test]
async fn what_linked_tests_say_is_read_in_one_go() {
    for (tests, asked_for) in [(2, 3), (400, 100)] {
        let server = TestServer::start(move |asked| match asked.path.as_str() {
            "/rest/api/3/issue/SHOP-7" => Reply::json(200, &tested(tests)),
            "/rest/api/3/issue/bulkfetch" => Reply::json(
                200,
                &json!({ "issueErrors": [{ "id": "T-2" }], "issues": [
                    { "key": "T-0", "fields": { "description": { "type": "doc", "of": 0 } } },
                    { "key": "T-1", "fields": { "description": { "type": "doc", "of": 1 } } },
                    { "key": "SHOP-9" }] }),
            ),
            _ => Reply::json(404, &json!({})),
        })
        .await;
        let issue = client(&server).issue("SHOP-7").await.unwrap();
        let fields = &issue.body["fields"];
        assert_eq!(fields["issuelinks"][0]["inwardIssue"]["fields"]["description"]["of"], 1);
        assert_eq!(
            fields["issuelinks"][1]["inwardIssue"]["fields"]["description"],
            Value::Null,
            "it is hidden and stays as it came"
        );
        assert_eq!(fields["subtasks"][0]["fields"]["description"]["of"], 0);
        let requests = server.requests();
        assert_eq!(requests.len(), 2);
        let body: Value = serde_json::from_slice(&requests[1].body).unwrap();
        assert_eq!(
            (body["issueIdsOrKeys"].as_array().map(Vec::len), &body["fields"]),
            (Some(asked_for), &json!(["description"]))
        );
        assert!(client(&server).issue_alone("SHOP-7").await.is_ok());
        assert_eq!(server.requests().len(), 3, "whoever publishes needs no tests");
    }
}

#[tokio::test]
async fn tests_that_may_not_be_read_are_left_as_they_came() {
    let server = TestServer::start(|asked| match asked.path.as_str() {
        "/rest/api/3/issue/SHOP-7" => Reply::json(200, &tested(1)),
        _ => Reply::json(403, &json!({})),
    })
    .await;
    assert_eq!(client(&server).issue("SHOP-7").await.unwrap().body, tested(1));
}

#[tokio::test]
async fn pages_of_comments_that_repeat_for_ever_end() {
    let server =
        TestServer::start(|_| Reply::json(200, &json!({ "comments": [comment_at(2, 2), comment_at(1, 1)], "total": 1_000_000 })))
            .await;
    let comments = client(&server).comments("SHOP-7").await.unwrap();
    assert_eq!(comments.iter().map(|comment| comment.id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn endless_new_comments_end_too() {
    let server = TestServer::start(|asked| comments_page(u64::MAX, 1, &asked.query)).await;
    assert_eq!(client(&server).comments("SHOP-7").await.unwrap().len(), 60);
}

#[tokio::test]
async fn a_comments_properties_are_fetched_when_they_do_not_come_with_it() {
    let value = json!({ "run": 1 });
    let stored = value.clone();
    let server = TestServer::start(move |asked| match asked.path.as_str() {
        "/rest/api/3/issue/SHOP-7/comment/10" => Reply::json(200, &comment_at(10, 1)),
        "/rest/api/3/comment/10/properties/jqa.publication" => Reply::json(200, &json!({ "key": PROPERTY_KEY, "value": stored })),
        "/rest/api/3/issue/SHOP-7/comment/11" => {
            let mut comment = comment_at(11, 1);
            comment["properties"] = json!([{ "key": PROPERTY_KEY, "value": 2 }]);
            comment["visibility"] = json!({ "type": "role", "value": "Administrators" });
            Reply::json(200, &comment)
        }
        "/rest/api/3/issue/SHOP-7/comment/12" => Reply::json(200, &comment_at(12, 1)),
        _ => Reply::json(404, &json!({})),
    })
    .await;
    let jira = client(&server);
    assert_eq!(jira.comment("SHOP-7", "10").await.unwrap().properties, [(PROPERTY_KEY.to_owned(), value)]);
    let eleven = jira.comment("SHOP-7", "11").await.unwrap();
    assert_eq!(eleven.properties, [(PROPERTY_KEY.to_owned(), json!(2))]);
    assert_eq!(eleven.visibility, Some(json!({ "type": "role", "value": "Administrators" })));
    assert_eq!(jira.comment("SHOP-7", "12").await.unwrap().properties, []);
    assert_eq!(jira.comment("SHOP-7", "13").await.unwrap_err(), JiraError::NotFound("comment 13 of issue SHOP-7".to_owned()));
}

#[tokio::test]
async fn comments_and_descriptions_are_written_as_the_documentation_has_it() {
    let server = TestServer::start(|asked| match asked.method.as_str() {
        "DELETE" => Reply::status(204),
        "PUT" if asked.path.ends_with("/SHOP-7") => Reply::status(204),
        _ => Reply::json(201, &comment_at(10, 1)),
    })
    .await;
    let jira = client(&server);
    let doc = json!({ "version": 1, "type": "doc", "content": [] });
    let properties = vec![(PROPERTY_KEY.to_owned(), json!({ "hash": "h" }))];
    let plain = NewComment { body: (&doc).into(), properties, visibility: None };
    assert_eq!(jira.create_comment("SHOP-7", &plain).await.unwrap().id, "10");
    let visible = json!({ "type": "group", "value": "qa" });
    let restricted = NewComment { visibility: Some(visible.clone()), ..plain };
    jira.update_comment("SHOP-7", "10", &restricted).await.unwrap();
    jira.delete_comment("SHOP-7", "10").await.unwrap();
    jira.update_field("SHOP-7", "description", &(&doc).into(), &[]).await.unwrap();

    let lines: Vec<String> = server.requests().iter().map(|asked| format!("{} {}", asked.method, asked.path)).collect();
    assert_eq!(
        lines,
        [
            "POST /rest/api/3/issue/SHOP-7/comment",
            "PUT /rest/api/3/issue/SHOP-7/comment/10",
            "DELETE /rest/api/3/issue/SHOP-7/comment/10",
            "PUT /rest/api/3/issue/SHOP-7",
        ]
    );
    let bodies: Vec<Value> =
        server.requests().iter().map(|asked| serde_json::from_slice(&asked.body).unwrap_or_default()).collect();
    let property = json!([{ "key": PROPERTY_KEY, "value": { "hash": "h" } }]);
    assert_eq!(bodies[0], json!({ "body": doc, "properties": property }));
    assert_eq!(bodies[1], json!({ "body": doc, "visibility": visible, "properties": property }));
    assert_eq!(bodies[3], json!({ "fields": { "description": doc } }));
}

#[tokio::test]
async fn a_search_sends_its_token_and_stops_where_the_pages_do() {
    let server = TestServer::start(|asked| {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        let hit = json!({ "id": "1", "key": "SHOP-1", "fields": { "summary": "S", "issuetype": { "name": "Story" }, "status": { "name": "To Do" }, "updated": "u" } });
        Reply::json(
            200,
            &match body["nextPageToken"].as_str() {
                None => json!({ "issues": [hit], "nextPageToken": "two", "isLast": false }),
                Some("two") => json!({ "issues": [hit], "nextPageToken": "two" }),
                Some("empty") => json!({ "issues": [], "nextPageToken": "more" }),
                Some(_) => json!({ "issues": [hit], "nextPageToken": "more", "isLast": true }),
            },
        )
    })
    .await;
    let jira = client(&server);
    let first = jira.search("project = SHOP", 0, None).await.unwrap();
    assert_eq!((first.issues[0].issue_type.as_str(), first.next.as_deref()), ("Story", Some("two")));
    for token in ["two", "empty", "last"] {
        assert_eq!(jira.search("project = SHOP", 9_999_999, Some(token)).await.unwrap().next, None, "{token}");
    }
    let bodies: Vec<Value> = server.requests().iter().map(|asked| serde_json::from_slice(&asked.body).unwrap()).collect();
    assert_eq!((&bodies[0]["maxResults"], &bodies[1]["maxResults"]), (&json!(1), &json!(1000)));
    assert_eq!(bodies[0].get("nextPageToken"), None);
}

#[tokio::test]
async fn a_read_is_repeated_twice_and_a_write_never() {
    let server = TestServer::start(|_| Reply::status(502)).await;
    let jira = client(&server);
    assert_eq!(jira.issue("SHOP-7").await.unwrap_err(), JiraError::Unavailable(502));
    assert_eq!(server.requests().len(), 3);
    assert_eq!(jira.search("x", 1, None).await.unwrap_err(), JiraError::Unavailable(502));
    assert_eq!(server.requests().len(), 6);
    let written = jira.update_field("SHOP-7", "description", &Rich::nothing(), &[]).await.unwrap_err();
    assert!(written.is_ambiguous());
    assert_eq!(server.requests().len(), 7);
}

#[tokio::test]
async fn a_request_to_slow_down_is_passed_on_and_not_waited_for() {
    let server = TestServer::start(|_| Reply::html(429, "slow down").with("retry-after", "120")).await;
    let retry_after = Some(Duration::from_secs(120));
    assert_eq!(client(&server).issue("SHOP-7").await.unwrap_err(), JiraError::RateLimited { retry_after });
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_login_page_and_a_redirect_are_not_jira() {
    let server = TestServer::start(|asked| match asked.path.as_str() {
        "/rest/api/3/issue/A-1" => Reply::html(200, "<html>Log in</html>"),
        _ => Reply::status(302).with("location", "/rest/api/3/issue/A-1"),
    })
    .await;
    let jira = client(&server);
    assert!(matches!(jira.issue("A-1").await.unwrap_err(), JiraError::NotJira(why) if why.contains("login page")));
    assert!(matches!(jira.myself().await.unwrap_err(), JiraError::NotJira(why) if why.contains("redirect")));
    assert_eq!(server.requests().len(), 2, "the redirect was followed");
}

#[tokio::test]
async fn a_dropped_connection_is_no_answer() {
    let server = TestServer::start(|_| Reply::dropped()).await;
    let jira = client(&server);
    assert!(matches!(jira.issue("A-1").await.unwrap_err(), JiraError::NoAnswer(_)));
    assert!(server.connections() >= 3, "{}", server.connections());
    let before = server.connections();
    assert!(jira.delete_comment("A-1", "1").await.unwrap_err().is_ambiguous());
    assert_eq!(server.connections(), before + 1);
}

#[tokio::test]
async fn a_cut_answer_is_no_answer() {
    let server = TestServer::start(|_| Reply::cut()).await;
    assert!(matches!(client(&server).myself().await.unwrap_err(), JiraError::NoAnswer(_)));
}

#[tokio::test]
async fn a_slow_answer_ends_at_the_time_limit_and_is_not_repeated() {
    let server = TestServer::start(|_| Reply::never()).await;
    let jira = JiraClient::new(JiraSettings { timeout: Duration::from_millis(50), ..settings(&server) }).unwrap();
    assert_eq!(jira.issue("A-1").await.unwrap_err(), JiraError::NoAnswer("no answer within the time limit".to_owned()));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn nobody_at_the_address_is_no_answer() {
    let server = TestServer::start(|_| Reply::status(200)).await;
    let settings = settings(&server);
    drop(server);
    let error = JiraClient::new(settings).unwrap().myself().await.unwrap_err();
    assert!(matches!(&error, JiraError::NoAnswer(why) if why.starts_with("no connection")), "{error}");
}

#[tokio::test]
async fn no_more_calls_are_under_way_than_allowed() {
    let server = TestServer::start(|_| Reply::json(200, &json!({ "displayName": "Quinn" })).after_yields(50)).await;
    let jira = Arc::new(JiraClient::new(JiraSettings { max_in_flight: 2, ..settings(&server) }).unwrap());
    let calls: Vec<_> = (0..12)
        .map(|_| {
            tokio::spawn({
                let jira = Arc::clone(&jira);
                async move { jira.myself().await }
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert!(server.most_at_once() <= 2, "{}", server.most_at_once());
}

#[tokio::test]
async fn every_call_is_observed_by_its_kind() {
    let server = TestServer::start(|asked| {
        if asked.method == "PUT" { Reply::status(409) } else { Reply::json(200, &json!({ "displayName": "Q" })) }
    })
    .await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let on_call: super::OnCall = Arc::new(move |kind, ok, _| log.lock().unwrap().push((kind, ok)));
    let jira = JiraClient::new(JiraSettings { on_call: Some(on_call), ..settings(&server) }).unwrap();
    jira.myself().await.unwrap();
    jira.update_field("A-1", "description", &Rich::nothing(), &[]).await.unwrap_err();
    assert_eq!(*seen.lock().unwrap(), [("read", true), ("write", false)]);
}

#[tokio::test]
async fn the_token_is_in_no_debug_output_and_no_error() {
    let server = TestServer::start(|_| Reply::status(401)).await;
    let settings = settings(&server);
    let jira = client(&server);
    let error = jira.myself().await.unwrap_err();
    drop(server);
    let unreachable = jira.myself().await.unwrap_err();
    for text in
        [format!("{settings:?}"), format!("{jira:?}"), format!("{error:?} {error}"), format!("{unreachable:?} {unreachable}")]
    {
        assert!(!text.contains(TOKEN) && !text.contains("cWFAc2hvcC5"), "{text}");
    }
}

/// A site whose accounts are known at the gateway alone, or nowhere.
async fn gateway(knows: bool) -> (TestServer, JiraClient) {
    let server = TestServer::start(move |asked| match asked.path.as_str() {
        "/_edge/tenant_info" => Reply::json(200, &json!({ "cloudId": "11111111-2222-3333-4444-555555555555" })),
        path if path.starts_with("/ex/jira/11111111-2222-3333-4444-555555555555/rest/api/3/") && knows => {
            Reply::json(200, &json!({ "displayName": "Quinn", "key": "SHOP-1", "fields": {} }))
        }
        _ => Reply::json(401, &json!({ "message": "Client must be authenticated to access this resource." })),
    })
    .await;
    let gateway = Url::parse(&server.url()).ok();
    let client = JiraClient::new(JiraSettings { gateway, ..settings(&server) }).unwrap();
    (server, client)
}

#[tokio::test]
async fn a_token_that_the_site_refuses_is_tried_at_the_gateway_and_stays_there() {
    let (server, jira) = gateway(true).await;
    assert_eq!(jira.myself().await, Ok("Quinn".to_owned()));
    let paths = |server: &TestServer| server.requests().iter().map(|asked| asked.path.clone()).collect::<Vec<_>>();
    let at_gateway = "/ex/jira/11111111-2222-3333-4444-555555555555/rest/api/3/myself";
    assert_eq!(paths(&server), ["/rest/api/3/myself", "/_edge/tenant_info", at_gateway, at_gateway]);
    assert_eq!(server.requests()[1].header("authorization"), "", "the id is asked for as a stranger");
    let issue = jira.issue_alone("SHOP-1").await.unwrap();
    assert_eq!(server.requests().len(), 5, "the way is known now");
    assert_eq!(issue.url, format!("{}/browse/SHOP-1", server.url()), "people browse the site");
}

#[tokio::test]
async fn a_token_that_nobody_knows_is_refused_and_tried_again_at_the_site() {
    let (server, jira) = gateway(false).await;
    for asked in [3, 6] {
        assert!(matches!(jira.myself().await, Err(JiraError::Unauthorized(_))));
        assert_eq!(server.requests().len(), asked);
    }
    let plain = client(&server);
    assert!(matches!(plain.myself().await, Err(JiraError::Unauthorized(_))));
    assert_eq!(server.requests().len(), 7, "no gateway is asked about other hosts");
}
