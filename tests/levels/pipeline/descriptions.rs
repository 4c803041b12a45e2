//! Publishing into the description: one section of ours, and everything else as people wrote it, byte for byte.

use std::time::Duration;

use sandbox::{Action, Fault, Story, Text};
use serde_json::{Value, json};
use shared::domain::job::JobKind;
use shared::domain::publish::{OnConflict, PublishMode, PublishOutcome};
use tests::app::{App, Setup};
use uuid::Uuid;

use crate::support::{STORY, document, made, publish, until, words};

async fn outcome(app: &App, from: Uuid, key: &str, on_conflict: OnConflict) -> PublishOutcome {
    let id = publish(app, from, key, PublishMode::Description, on_conflict).await;
    app.succeeded(id).await;
    app.outcomes(id).await.remove(0)
}

/// The blocks of a description, with our section apart.
fn apart(description: &Value) -> (Vec<Value>, Vec<Value>) {
    let is_ours = |node: &&Value| node["attrs"]["title"].as_str().is_some_and(|title| title.contains("jqa:"));
    let blocks = description["content"].as_array().cloned().unwrap_or_default();
    let ours = blocks.iter().filter(is_ours).cloned().collect();
    (blocks.iter().filter(|node| !is_ours(node)).cloned().collect(), ours)
}

#[tokio::test]
async fn every_other_node_of_every_story_stays_byte_for_byte_as_it_was() {
    let app = App::start().await;
    for key in app.jira().keys() {
        let before = app.description(&key);
        let id = app.asks(JobKind::FullPipeline, &key).to(PublishMode::Description).run().await;
        app.succeeded(id).await;
        assert_eq!(app.outcomes(id).await, [PublishOutcome::Created], "{key}");
        let (theirs, ours) = apart(&app.description(&key));
        let wanted = before["content"].as_array().cloned().unwrap_or_default();
        assert_eq!(serde_json::to_string(&theirs).ok(), serde_json::to_string(&wanted).ok(), "{key}");
        assert_eq!(ours.len(), 1, "{key}");
    }
}

#[tokio::test]
async fn the_same_again_writes_nothing_and_another_result_replaces_our_section() {
    let app = App::start().await;
    let first = made(&app, STORY).await;
    assert_eq!(outcome(&app, first, STORY, OnConflict::Keep).await, PublishOutcome::Created);
    app.jira().clear_journal();
    assert_eq!(outcome(&app, first, STORY, OnConflict::Keep).await, PublishOutcome::Unchanged);
    assert!(app.writes().is_empty());

    app.jira().edit(STORY, |fields| {
        let rule = json!({ "type": "paragraph", "content": [{ "type": "text", "text": "A parcel must weigh at most 30 kg." }] });
        if let Some(content) = fields.get_mut("description").and_then(|text| text["content"].as_array_mut()) {
            content.insert(0, rule);
        }
    });
    let (theirs, _) = apart(&app.description(STORY));
    let second = made(&app, STORY).await;
    assert_eq!(outcome(&app, second, STORY, OnConflict::Keep).await, PublishOutcome::Updated);
    let (after, ours) = apart(&app.description(STORY));
    assert_eq!(after, theirs);
    assert_eq!(ours.len(), 1);
    assert!(words(&ours[0]).contains("30 kg"));
}

/// Our section stands there, and a person wrote into it.
async fn edited(app: &App) -> Uuid {
    let job = made(app, STORY).await;
    outcome(app, job, STORY, OnConflict::Keep).await;
    app.jira().edit(STORY, |fields| {
        let content = fields.get_mut("description").and_then(|text| text["content"].as_array_mut());
        let section = content.and_then(|blocks| blocks.iter_mut().find(|node| node["type"] == "expand"));
        if let Some(inside) = section.and_then(|section| section["content"].as_array_mut()) {
            inside.insert(0, json!({ "type": "paragraph", "content": [{ "type": "text", "text": "Jonas objects." }] }));
        }
    });
    app.jira().clear_journal();
    job
}

#[tokio::test]
async fn what_a_person_wrote_into_our_section_is_kept() {
    let app = App::start().await;
    let job = edited(&app).await;
    let before = app.description(STORY);
    assert_eq!(outcome(&app, job, STORY, OnConflict::Keep).await, PublishOutcome::Conflict);
    assert_eq!(app.description(STORY), before);
    assert!(app.writes().is_empty());
}

#[tokio::test]
async fn what_a_person_wrote_into_our_section_is_replaced_when_that_is_asked_for() {
    let app = App::start().await;
    let job = edited(&app).await;
    let (theirs, _) = apart(&app.description(STORY));
    assert_eq!(outcome(&app, job, STORY, OnConflict::Overwrite).await, PublishOutcome::Updated);
    let (after, ours) = apart(&app.description(STORY));
    assert_eq!(after, theirs);
    assert!(!words(&ours[0]).contains("Jonas"));
}

#[tokio::test]
async fn what_a_person_wrote_into_our_section_stands_beside_ours_when_merging_is_asked_for() {
    let app = App::start().await;
    let job = edited(&app).await;
    assert_eq!(outcome(&app, job, STORY, OnConflict::Merge).await, PublishOutcome::Updated);
    let (theirs, ours) = apart(&app.description(STORY));
    assert_eq!(ours.len(), 1);
    assert!(!words(&ours[0]).contains("Jonas"));
    assert!(words(&Value::Array(theirs.clone())).is_empty() && theirs.iter().any(|node| words(node).contains("Jonas objects.")));
}

#[tokio::test]
async fn a_description_that_was_empty_gets_our_section_alone() {
    let app = App::start().await;
    let job = made(&app, "SHOP-13").await;
    assert_eq!(outcome(&app, job, "SHOP-13", OnConflict::Keep).await, PublishOutcome::Created);
    let (theirs, ours) = apart(&app.description("SHOP-13"));
    assert_eq!((theirs.len(), ours.len()), (0, 1));
}

#[tokio::test]
async fn a_description_that_would_be_too_long_is_left_alone_and_the_reason_is_told() {
    let text = format!(
        "- A cart holds at most 20 items.\n- More are refused.\n\n{}",
        "Background that nobody needs to read. ".repeat(800)
    );
    let story =
        Story { key: "LONG-1".into(), summary: "Limit the cart".into(), description: Text::Source(text), ..Story::default() };
    let app = Setup::default().stories(vec![story]).start().await;
    let id = app.asks(JobKind::FullPipeline, "LONG-1").to(PublishMode::Description).to(PublishMode::Comment).run().await;
    app.succeeded(id).await;
    let published = app.published(id).await;
    assert_eq!((published[0].outcome, published[0].code.as_str()), (PublishOutcome::Failed, "publish.too_long"));
    assert!(published[0].message.contains("comment"), "{}", published[0].message);
    assert_eq!(published[1].outcome, PublishOutcome::Created);
    assert!(app.writes().iter().all(|write| write.method == "POST"));
}

#[tokio::test]
async fn what_a_person_saves_between_the_look_and_the_write_is_kept() {
    let app = App::start().await;
    let from = made(&app, STORY).await;
    let id = app.asks(JobKind::Publication, STORY).from(from).to(PublishMode::Description).submit().await;
    // The first look is of the whole issue, the second comes right before the write.
    let late = app.jira().order(Fault::new(Action::Delay { delay_ms: 500 }).on("GET", "/issue/").after(1));
    let run = app.begins("w", id);
    until(|| app.jira().faults().used(late) > 0).await;
    app.later(Duration::from_secs(1));
    app.jira().edit(STORY, |fields| {
        fields.insert("environment".to_owned(), document("Mara: staging only"));
        let content = fields.get_mut("description").and_then(|text| text["content"].as_array_mut()).expect("blocks");
        content.push(document("Mara: as agreed with the shop.")["content"][0].clone());
    });
    run.await.expect("a run");
    assert!(app.writes().is_empty(), "{:?}", app.writes());
    assert_eq!(app.job(id).await.error_code.as_deref(), Some("jira.touched"));

    app.run_when_due(id).await;
    assert_eq!(
        app.status(id).await,
        ("awaiting_review".to_owned(), "story.changed".to_owned()),
        "the story says something else now"
    );
    assert!(words(&app.description(STORY)).contains("as agreed with the shop"));
}
