//! Policies at work: what the model is told beside our own words, what it is not shown, and when it is not asked.

use sandbox::{Story, StoryLink, Text};
use shared::domain::job::JobKind;
use shared::domain::policy::Terms;
use shared::policies::Policies;
use shared::store::audit::Actor;
use tests::app::{App, Setup};

use crate::support::STORY;

const PRIVATE: &str = "PRIV-1";

async fn says(app: &App, project: &str, terms: Terms) {
    Policies::new(app.jobs.db().clone()).write(project, 0, &terms, &Actor::default()).await.expect("a version");
    app.connections.look_again();
}

/// A story that names an address and a key.
fn private_story() -> Story {
    let text = "As a clerk I want receipts to be sent, so that customers have them.\n\n## Rules\n\n\
                - A receipt is sent to receipts@shop.example.net.\n- At most 5 receipts are sent in an hour.\n\n\
                The staging key is sk-live-abcdefghij0123456789.";
    Story {
        key: PRIVATE.to_owned(),
        summary: "Send receipts".to_owned(),
        description: Text::Source(text.to_owned()),
        ..Story::default()
    }
}

/// The bodies that models were sent.
fn asked(app: &App) -> Vec<String> {
    let journal = app.jira().journal();
    journal.iter().filter(|entry| entry.path.starts_with("/llm/")).map(|entry| entry.body.to_string()).collect()
}

#[tokio::test]
async fn a_model_is_told_what_the_organisation_and_the_project_say_and_the_result_names_the_versions() {
    let app = App::with_model("sandbox").await;
    let says_to = async |project: &str, words: &str| {
        says(&app, project, Terms { instructions: words.to_owned(), ..Terms::default() }).await;
    };
    says_to("", "Write about parrots where you can.").await;
    says_to("SHOP", "Amounts have two decimals.").await;
    says_to("OTHER", "This is not for shops.").await;
    let id = app.asks(JobKind::FullPipeline, STORY).run().await;
    app.succeeded(id).await;
    let asked = asked(&app);
    assert_eq!(asked.len(), 2);
    for body in asked {
        let (organisation, project) = (body.find("parrots").expect("its words"), body.find("two decimals").expect("its words"));
        assert!(organisation < project && !body.contains("not for shops"));
    }
    assert_eq!(app.criteria(id).await.by.prompt_version, "criteria@1+organization@1+SHOP@1");
    assert_eq!(app.suite(id).await.by.prompt_version, "scenarios@2+organization@1+SHOP@1");
}

#[tokio::test]
async fn what_is_redacted_is_not_sent_and_stands_in_the_result_as_in_the_story() {
    let app = Setup::default().stories(vec![private_story()]).model("sandbox").start().await;
    says(&app, "PRIV", Terms { redact: Some(true), ..Terms::default() }).await;
    let id = app.asks(JobKind::FullPipeline, PRIVATE).run().await;
    app.succeeded(id).await;
    for body in asked(&app) {
        assert!(!body.contains("receipts@shop") && !body.contains("sk-live"), "{body}");
        assert!(body.contains("[EMAIL_1]") && body.contains("[SECRET_1]"), "{body}");
    }
    let set = app.criteria(id).await.set;
    let of_the_address = set.criteria.iter().find(|one| one.gherkin.contains("receipts@shop.example.net"));
    let criterion = of_the_address.unwrap_or_else(|| panic!("none of {set:#?}"));
    assert!(criterion.evidence.iter().all(|evidence| evidence.verified), "{criterion:#?}");
}

/// A story whose surroundings are of other projects.
fn story(key: &str, parent: Option<&str>, links: &[&str]) -> Story {
    let links = links.iter().map(|key| StoryLink { kind: "Blocks".to_owned(), key: (*key).to_owned() });
    Story {
        key: key.to_owned(),
        summary: format!("Summary of {key}"),
        description: Text::Source(format!("As a clerk I want at most 5 receipts, so that {key}@shop.example.net is spared.")),
        parent: parent.map(str::to_owned),
        links: links.collect(),
        ..Story::default()
    }
}

#[tokio::test]
async fn what_is_known_of_linked_issues_of_a_closed_project_is_not_sent() {
    let stories = vec![story("OPEN-1", None, &["OPEN-2", "PRIV-1"]), story("OPEN-2", None, &[]), story("PRIV-1", None, &[])];
    let app = Setup::default().stories(stories).model("sandbox").start().await;
    says(&app, "PRIV", Terms { send_to_model: Some(false), ..Terms::default() }).await;
    let id = app.asks(JobKind::AcceptanceCriteria, "OPEN-1").run().await;
    app.succeeded(id).await;
    assert!(app.story(id).await.part("link:PRIV-1").is_some(), "it was read");
    for body in asked(&app) {
        assert!(body.contains("Summary of OPEN-2") && !body.contains("Summary of PRIV-1"), "{body}");
    }
}

#[tokio::test]
async fn what_is_known_of_a_parent_of_a_closed_project_is_not_sent() {
    let stories = vec![story("OPEN-1", Some("PRIV-1"), &[]), story("OPEN-2", Some("OPEN-1"), &[]), story("PRIV-1", None, &[])];
    let app = Setup::default().stories(stories).model("sandbox").start().await;
    says(&app, "PRIV", Terms { send_to_model: Some(false), ..Terms::default() }).await;
    for (key, theirs) in [("OPEN-1", "PRIV-1"), ("OPEN-2", "OPEN-1")] {
        let before = asked(&app).len();
        let id = app.asks(JobKind::FullPipeline, key).run().await;
        app.succeeded(id).await;
        assert!(app.story(id).await.part("parent").is_some_and(|part| part.text.contains(theirs)), "it was read");
        let bodies = asked(&app).split_off(before);
        assert!(bodies.len() >= 2 && bodies.iter().all(|body| !body.contains("PRIV-1")), "{bodies:#?}");
        assert!(bodies[0].contains("Summary of OPEN-1"), "an open parent is: {}", bodies[0]);
    }
}

#[tokio::test]
async fn a_story_is_redacted_for_the_sake_of_its_parent_and_of_linked_issues() {
    let stories = vec![story("OPEN-1", Some("PRIV-1"), &[]), story("OPEN-2", None, &["PRIV-1"]), story("PRIV-1", None, &[])];
    let app = Setup::default().stories(stories).model("sandbox").start().await;
    says(&app, "PRIV", Terms { redact: Some(true), ..Terms::default() }).await;
    for key in ["OPEN-1", "OPEN-2"] {
        let before = asked(&app).len();
        let id = app.asks(JobKind::AcceptanceCriteria, key).run().await;
        app.succeeded(id).await;
        let bodies = asked(&app).split_off(before);
        assert!(!bodies.is_empty());
        for body in bodies {
            assert!(body.contains("[EMAIL_1]") && !body.contains("@shop.example.net"), "{body}");
        }
    }
}

#[tokio::test]
async fn a_story_that_may_not_be_sent_is_not_sent_and_the_drafter_may_still_write() {
    let app = App::with_model("sandbox").await;
    says(&app, "", Terms { send_to_model: Some(false), ..Terms::default() }).await;
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    assert_eq!(app.status(id).await, ("failed".to_owned(), "policy.not_allowed".to_owned()));
    assert_eq!((app.jira().llm_counts().total, app.ledger(id).await.len()), (0, 0));
    let offline = app.asks(JobKind::AcceptanceCriteria, STORY).by("offline").run().await;
    app.succeeded(offline).await;
}
