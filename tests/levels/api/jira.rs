//! Stories and searches, through Jira as it is.

use sandbox::Fault;
use serde_json::json;
use shared::domain::user::Role;
use tests::app::{Setup, Site};
use tests::http_app::HttpApp;

#[tokio::test]
async fn a_story_is_what_a_generation_would_read() {
    let app = HttpApp::working().await;
    let developer = app.account(Role::Developer).await;
    let story = app.get("/jira/story/shop-2").by(&developer).await.json();
    assert_eq!((&story["key"], &story["summary"]), (&json!("SHOP-2"), &json!("Limit the quantity of an item in the cart")));
    assert_eq!(story, app.get("/jira/story/SHOP-2?connection=default").by(&developer).await.json());
    assert!(story.to_string().contains("A quantity above 20 is refused"), "{story}");
    let job = app.rested(&developer, "acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
    let result = app.get(job["links"]["result"].as_str().unwrap()).by(&developer).await.json();
    assert_eq!(result["story"]["hash"], story["hash"]);
}

#[tokio::test]
async fn a_search_answers_what_a_person_chooses_from() {
    let app = HttpApp::start().await;
    let developer = app.account(Role::Developer).await;
    let answer = app.get("/jira/search?jql=key%20%3D%20SHOP-12").by(&developer).await.json();
    let item = &answer["items"][0];
    let shown = json!([item["key"], item["issue_type"], item["status"], item["summary"]]);
    assert_eq!(shown, json!(["SHOP-12", "Spike", "To Do", "Spike: compare providers for address checks"]));
}

#[tokio::test]
async fn what_is_wrong_with_jira_is_said_and_is_not_the_callers_fault() {
    let app = HttpApp::start().await;
    let developer = app.account(Role::Developer).await;
    let absent = app.get("/jira/story/SHOP-999").by(&developer).await;
    assert_eq!(absent.refusal(), (404, "jira.not_found".to_owned()));
    for (status, expected, code) in [
        (401, 502, "jira.unauthorized"),
        (403, 502, "jira.forbidden"),
        (500, 503, "jira.unavailable"),
        (503, 503, "jira.unavailable"),
        (429, 429, "jira.rate_limited"),
    ] {
        app.jira().order(Fault::status(status).times(0));
        for path in ["/jira/story/SHOP-2", "/jira/search?jql=project%20%3D%20SHOP"] {
            let answer = app.get(path).by(&developer).await;
            assert_eq!(answer.refusal(), (expected, code.to_owned()), "{status} for {path}");
            assert_eq!(matches!(answer.status, 429 | 503), !answer.header("retry-after").is_empty(), "{status} for {path}");
        }
        app.jira().faults().clear();
    }
}

#[tokio::test]
async fn the_fields_of_a_project_say_what_is_required_and_where_a_section_can_stand() {
    for site in [Site::Cloud, Site::DataCenter] {
        let app = HttpApp::of(Setup::default().at(site)).await;
        let qa = app.account(Role::Qa).await;
        let project = app.get("/jira/projects/shop/fields").by(&qa).await.json();
        assert_eq!(project["key"], "SHOP");
        let types = project["issue_types"].as_array().unwrap();
        let subtask = types.iter().find(|kind| kind["subtask"] == true).unwrap();
        let field = |id: &str| subtask["fields"].as_array().unwrap().iter().find(|field| field["id"] == id).unwrap();
        assert_eq!((&field("summary")["required"], &field("description")["required"]), (&json!(true), &json!(false)));
        let takes_text =
            ["description", "customfield_10100", "customfield_10102", "summary"].map(|id| field(id)["takes_text"] == true);
        assert_eq!(takes_text, [true, true, false, false], "{site:?}");
        assert_eq!(app.get("/jira/projects/NONE/fields").by(&qa).await.status, 404);
        let wrong = app.get("/jira/projects/no%20project/fields").by(&qa).await;
        assert_eq!((wrong.status, wrong.fields()), (422, vec!["key".to_owned()]));
    }
}
