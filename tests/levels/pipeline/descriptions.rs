//! Publishing into the description: one section of ours, and everything else as people wrote it, byte for byte.

use std::time::Duration;

use sandbox::{Action, Fault, Story, Text};
use serde_json::{Map, Value, json};
use shared::domain::job::JobKind;
use shared::domain::publish::{OnConflict, PublishMode, PublishOutcome};
use shared::domain::wiki::section;
use tests::app::{App, Setup, Site};
use tests::on_every_site;
use uuid::Uuid;

use crate::support::{STORY, made, publish, until, words};

async fn outcome(app: &App, from: Uuid, key: &str, on_conflict: OnConflict) -> PublishOutcome {
    let id = publish(app, from, key, PublishMode::Description, on_conflict).await;
    app.succeeded(id).await;
    app.outcomes(id).await.remove(0)
}

/// What people wrote of a description, a block or the whole text, and our section apart.
fn apart(description: &Value) -> (Vec<Value>, Vec<Value>) {
    if let Some(wiki) = description.as_str() {
        return wiki_apart(wiki);
    }
    let is_ours = |node: &&Value| node["attrs"]["title"].as_str().is_some_and(|title| title.contains("jqa:"));
    let blocks = description["content"].as_array().cloned().unwrap_or_default();
    let ours = blocks.iter().filter(is_ours).cloned().collect();
    (blocks.iter().filter(|node| !is_ours(node)).cloned().collect(), ours)
}

/// The same of wiki markup: ours is from the heading with the marker to the line that names it again.
fn wiki_apart(wiki: &str) -> (Vec<Value>, Vec<Value>) {
    let marker =
        wiki.lines().find(|line| line.starts_with("h2.") && line.contains("jqa:")).and_then(|line| line.rsplit(' ').next());
    let ours = marker.and_then(|marker| section::find(wiki, marker)).unwrap_or_default();
    let theirs = wiki.replacen(ours, "", usize::from(!ours.is_empty()));
    let some = |text: &str| if text.is_empty() { vec![] } else { vec![Value::from(text)] };
    (some(theirs.trim_end()), some(ours))
}

/// A paragraph at the top or at the end of a description.
fn add(fields: &mut Map<String, Value>, words: &str, at_end: bool) {
    match fields.get_mut("description") {
        Some(Value::String(wiki)) if at_end => wiki.push_str(&format!("\r\n\r\n{words}")),
        Some(Value::String(wiki)) => wiki.insert_str(0, &format!("{words}\r\n\r\n")),
        Some(document) => {
            let blocks = document["content"].as_array_mut().expect("blocks");
            let at = if at_end { blocks.len() } else { 0 };
            blocks.insert(at, Site::Cloud.text(words)["content"][0].clone());
        }
        None => panic!("no description"),
    }
}

async fn every_other_node_of_every_story_stays_byte_for_byte_as_it_was(site: Site) {
    let app = App::at(site).await;
    for key in app.jira().keys() {
        let before = app.description(&key);
        let id = app.asks(JobKind::FullPipeline, &key).to(PublishMode::Description).run().await;
        app.succeeded(id).await;
        assert_eq!(app.outcomes(id).await, [PublishOutcome::Created], "{key}");
        let (theirs, ours) = apart(&app.description(&key));
        let (wanted, _) = apart(&before);
        assert_eq!(serde_json::to_string(&theirs).ok(), serde_json::to_string(&wanted).ok(), "{key}");
        assert_eq!(ours.len(), 1, "{key}");
    }
}

async fn the_same_again_writes_nothing_and_another_result_replaces_our_section(site: Site) {
    let app = App::at(site).await;
    let first = made(&app, STORY).await;
    assert_eq!(outcome(&app, first, STORY, OnConflict::Keep).await, PublishOutcome::Created);
    app.jira().clear_journal();
    assert_eq!(outcome(&app, first, STORY, OnConflict::Keep).await, PublishOutcome::Unchanged);
    assert!(app.writes().is_empty());

    app.jira().edit(STORY, |fields| {
        add(fields, "A parcel must weigh at most 30 kg.", false);
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
        if let Some(Value::String(wiki)) = fields.get_mut("description") {
            *wiki = wiki.replacen("\n\n_▲", "\n\nJonas objects.\n\n_▲", 1);
            return;
        }
        let content = fields.get_mut("description").and_then(|text| text["content"].as_array_mut());
        let section = content.and_then(|blocks| blocks.iter_mut().find(|node| node["type"] == "expand"));
        if let Some(inside) = section.and_then(|section| section["content"].as_array_mut()) {
            inside.insert(0, json!({ "type": "paragraph", "content": [{ "type": "text", "text": "Jonas objects." }] }));
        }
    });
    app.jira().clear_journal();
    job
}

async fn what_a_person_wrote_into_our_section_is_kept(site: Site) {
    let app = App::at(site).await;
    let job = edited(&app).await;
    let before = app.description(STORY);
    assert_eq!(outcome(&app, job, STORY, OnConflict::Keep).await, PublishOutcome::Conflict);
    assert_eq!(app.description(STORY), before);
    assert!(app.writes().is_empty());
}

async fn what_a_person_wrote_into_our_section_is_replaced_when_that_is_asked_for(site: Site) {
    let app = App::at(site).await;
    let job = edited(&app).await;
    let (theirs, _) = apart(&app.description(STORY));
    assert_eq!(outcome(&app, job, STORY, OnConflict::Overwrite).await, PublishOutcome::Updated);
    let (after, ours) = apart(&app.description(STORY));
    assert_eq!(after, theirs);
    assert!(!words(&ours[0]).contains("Jonas"));
}

async fn what_a_person_wrote_into_our_section_stands_beside_ours_when_merging_is_asked_for(site: Site) {
    let app = App::at(site).await;
    let job = edited(&app).await;
    assert_eq!(outcome(&app, job, STORY, OnConflict::Merge).await, PublishOutcome::Updated);
    let (theirs, ours) = apart(&app.description(STORY));
    assert_eq!(ours.len(), 1);
    assert!(!words(&ours[0]).contains("Jonas"));
    assert!(theirs.iter().any(|node| words(node).contains("Jonas objects.")));
}

async fn a_description_that_was_empty_gets_our_section_alone(site: Site) {
    let app = App::at(site).await;
    let job = made(&app, "SHOP-13").await;
    assert_eq!(outcome(&app, job, "SHOP-13", OnConflict::Keep).await, PublishOutcome::Created);
    let (theirs, ours) = apart(&app.description("SHOP-13"));
    assert_eq!((theirs.len(), ours.len()), (0, 1));
}

async fn a_description_that_would_be_too_long_is_left_alone_and_the_reason_is_told(site: Site) {
    let text = format!(
        "- A cart holds at most 20 items.\n- More are refused.\n\n{}",
        "Background that nobody needs to read. ".repeat(800)
    );
    let story =
        Story { key: "LONG-1".into(), summary: "Limit the cart".into(), description: Text::Source(text), ..Story::default() };
    let app = Setup::default().at(site).stories(vec![story]).start().await;
    let id = app.asks(JobKind::FullPipeline, "LONG-1").to(PublishMode::Description).to(PublishMode::Comment).run().await;
    app.succeeded(id).await;
    let published = app.published(id).await;
    assert_eq!((published[0].outcome, published[0].code.as_str()), (PublishOutcome::Failed, "publish.too_long"));
    assert!(published[0].message.contains("comment"), "{}", published[0].message);
    assert_eq!(published[1].outcome, PublishOutcome::Created);
    assert!(app.writes().iter().all(|write| write.method == "POST"));
}

async fn what_a_person_saves_between_the_look_and_the_write_is_kept(site: Site) {
    let app = App::at(site).await;
    let from = made(&app, STORY).await;
    let id = app.asks(JobKind::Publication, STORY).from(from).to(PublishMode::Description).submit().await;
    // The first look is of the whole issue, the second comes right before the write.
    let late = app.jira().order(Fault::new(Action::Delay { delay_ms: 500 }).on("GET", "/issue/").after(1));
    let run = app.begins("w", id);
    until(|| app.jira().faults().used(late) > 0).await;
    app.later(Duration::from_secs(1));
    app.jira().edit(STORY, |fields| {
        fields.insert("environment".to_owned(), site.text("Mara: staging only"));
        add(fields, "Mara: as agreed with the shop.", true);
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

on_every_site! {
    every_other_node_of_every_story_stays_byte_for_byte_as_it_was,
    the_same_again_writes_nothing_and_another_result_replaces_our_section,
    what_a_person_wrote_into_our_section_is_kept,
    what_a_person_wrote_into_our_section_is_replaced_when_that_is_asked_for,
    what_a_person_wrote_into_our_section_stands_beside_ours_when_merging_is_asked_for,
    a_description_that_was_empty_gets_our_section_alone,
    a_description_that_would_be_too_long_is_left_alone_and_the_reason_is_told,
    what_a_person_saves_between_the_look_and_the_write_is_kept,
}
