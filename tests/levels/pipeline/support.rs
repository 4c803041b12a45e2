//! Faults and documents in a few words.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use sandbox::{Action, Fault, Story, Text};
use serde_json::{Value, json};
use shared::domain::job::JobKind;
use shared::domain::publish::{OnConflict, PublishMode};
use tests::app::App;
use uuid::Uuid;

/// The story that most tests are about.
pub(crate) const STORY: &str = "SHOP-2";

/// An answer with a header.
pub(crate) fn answer(status: u16, header: (&str, &str)) -> Fault {
    let headers = BTreeMap::from([(header.0.to_owned(), header.1.to_owned())]);
    Fault::new(Action::Answer { status, headers, body: None, html: None })
}

/// A web page in place of an answer.
pub(crate) fn page(status: u16) -> Fault {
    let html = Some("<html><title>Log in</title></html>".to_owned());
    Fault::new(Action::Answer { status, headers: BTreeMap::new(), body: None, html })
}

/// Waits until something is so that nobody tells of.
pub(crate) async fn until(condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("something that comes to this");
}

/// What a text says: a document text after text, wiki markup without its escapes.
pub(crate) fn words(node: &Value) -> String {
    if let Some(wiki) = node.as_str() {
        return wiki.replace('\\', "");
    }
    let own = node["text"].as_str().unwrap_or_default().to_owned();
    let title = node["attrs"]["title"].as_str().map(|title| format!("{title}\n")).unwrap_or_default();
    let children: Vec<String> = node["content"].as_array().into_iter().flatten().map(words).collect();
    format!("{own}{title}{}", children.join("\n"))
}

/// A paragraph as a document.
pub(crate) fn document(text: &str) -> Value {
    json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": text }] }] })
}

/// The comments of an issue that carry our property.
pub(crate) fn ours(app: &App, key: &str) -> Vec<Value> {
    let is_ours = |comment: &Value| {
        comment["properties"].as_array().is_some_and(|all| all.iter().any(|property| property["key"] == "jqa.publication"))
    };
    app.jira().comments(key).into_iter().filter(is_ours).collect()
}

/// The id of a comment.
pub(crate) fn id_of(comment: &Value) -> String {
    comment["id"].as_str().expect("an id").to_owned()
}

/// Runs a full pipeline that publishes nothing, to the end.
pub(crate) async fn made(app: &App, key: &str) -> Uuid {
    let id = app.asks(JobKind::FullPipeline, key).run().await;
    app.succeeded(id).await;
    id
}

/// Publishes what a job made, and answers the publication's id.
pub(crate) async fn publish(app: &App, from: Uuid, key: &str, mode: PublishMode, on_conflict: OnConflict) -> Uuid {
    app.asks(JobKind::Publication, key).from(from).to(mode).on_conflict(on_conflict).run().await
}

/// A story whose result needs several comments: as many rules, each with a number of its own.
pub(crate) fn long_story(key: &str, rules: usize) -> Story {
    let mut text = "As a clerk I want to keep the shelves in order, so that I find things.\n\n## Rules\n\n".to_owned();
    for n in 0..rules {
        let shelf = 1000 + n * 7;
        let _ =
            writeln!(text, "- A shelf of kind {} holds at most {shelf} boxes of the sort number {}.", word(n), 20_000 + n * 13);
    }
    Story {
        key: key.to_owned(),
        summary: "Keep the shelves in order".to_owned(),
        description: Text::Source(text),
        ..Story::default()
    }
}

fn word(n: usize) -> String {
    const SYLLABLES: &[&str] = &["ba", "ke", "lo", "mi", "nu", "pra", "sto", "tri", "vu", "zel"];
    let digits = format!("{n:03}");
    digits.bytes().map(|digit| SYLLABLES[usize::from(digit - b'0')]).collect()
}

/// A person's client.
pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().build().expect("a client")
}

/// Writes a comment by hand and answers its id.
pub(crate) async fn post_as_a_person(app: &App, comment: &Value) -> String {
    let url = format!("{}/issue/{STORY}/comment", app.api());
    let answer =
        client().post(url).basic_auth("mara@example.org", Some("sandbox")).json(comment).send().await.expect("an answer");
    assert_eq!(answer.status(), 201);
    let stored: Value = answer.json().await.expect("a comment");
    id_of(&stored)
}
