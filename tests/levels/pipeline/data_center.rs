//! Reading stories from a data centre's Jira: wiki markup, without a word lost.

use std::collections::BTreeSet;

use sandbox::stories_from_jsonl;
use shared::domain::job::JobKind;
use shared::domain::publish::{PublishMode, PublishOutcome};
use shared::domain::reading;
use shared::domain::story::Story;
use tests::app::{App, Setup, Site};

use crate::support::{STORY, answer};

/// Real stories of several teams; absent where the project stands alone.
const REAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/stories.jsonl");

/// A story as the pipeline reads it.
async fn read(app: &App, key: &str) -> Story {
    let connection = app.connections.of_settings().jira(None).expect("a connection");
    let issue = connection.client().expect("a client").issue(key).await.expect("an issue");
    let options = reading::ReadOptions { part_chars: 1_000_000, total_chars: 1_000_000, ..reading::ReadOptions::default() };
    reading::story(&issue.body, &issue.url, &options.speaking(issue.markup)).expect("a story")
}

fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// What wiki markup says: without the heads of macros, the marks of headings and how a picture is shown.
fn said(wiki: &str) -> BTreeSet<String> {
    let mut text = String::new();
    let mut rest = wiki;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let head = after.split_once('}').filter(|(head, _)| {
            let name = head.split(':').next().unwrap_or_default();
            ["code", "noformat", "panel", "quote", "color"].contains(&name)
        });
        rest = head.map_or(after, |(_, after)| after);
    }
    text.push_str(rest);
    let is_mark = |word: &str| word.len() == 2 && word.starts_with('h') && word.ends_with(|c: char| c.is_ascii_digit());
    words(&text.replace("|thumbnail", "").replace("(x)", "")).into_iter().filter(|word| !is_mark(word)).collect()
}

/// Words of a story's description and criteria that the model would not be shown.
async fn lost(app: &App, key: &str) -> Vec<String> {
    let story = read(app, key).await;
    let shown: BTreeSet<String> = story.parts.iter().flat_map(|part| words(&part.text)).collect();
    let fields = app.jira().issue(key).expect("an issue")["fields"].clone();
    let texts = ["description", "customfield_10042"].map(|name| fields[name].as_str().unwrap_or_default().to_owned());
    texts.iter().flat_map(|text| said(text)).filter(|word| !shown.contains(word)).collect()
}

#[tokio::test]
async fn no_word_of_a_story_is_lost_on_the_way_from_wiki_markup() {
    let app = App::at(Site::DataCenter).await;
    for key in app.jira().keys() {
        assert_eq!(lost(&app, &key).await, Vec::<String>::new(), "{key}");
    }
}

#[tokio::test]
async fn no_word_of_a_real_story_is_lost_on_the_way_from_wiki_markup() {
    let Ok(text) = std::fs::read_to_string(REAL) else {
        eprintln!("skipped: {REAL} is absent");
        return;
    };
    let stories = stories_from_jsonl(&text, "REAL").expect("stories");
    assert_eq!(stories.len(), 24);
    let app = Setup::default().at(Site::DataCenter).stories(stories).start().await;
    for key in app.jira().keys() {
        assert_eq!(lost(&app, &key).await, Vec::<String>::new(), "{key}");
    }
}

#[tokio::test]
async fn a_story_says_the_same_on_either_kind_of_jira() {
    let (cloud, data_center) = (App::at(Site::Cloud).await, App::at(Site::DataCenter).await);
    for key in cloud.jira().keys() {
        let (here, there) = (read(&cloud, &key).await, read(&data_center, &key).await);
        let ids = |story: &Story| story.parts.iter().map(|part| part.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&here), ids(&there), "{key}");
        assert_eq!(
            (&here.summary, here.language, here.tests.total),
            (&there.summary, there.language, there.tests.total),
            "{key}"
        );
    }
}

#[tokio::test]
async fn what_the_site_is_need_not_be_said_and_an_account_may_have_a_password() {
    for site in [Site::Cloud, Site::DataCenter] {
        let setup = Setup::default().at(site).set("JQA_JIRA_DEPLOYMENT", "auto").set("JQA_JIRA_AUTH", "auto");
        let app = setup.set("JQA_JIRA_EMAIL", "qa.bot").start().await;
        let id = app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment).run().await;
        app.succeeded(id).await;
        assert_eq!(app.outcomes(id).await, [PublishOutcome::Created]);
        let asked = app.jira().journal().into_iter().filter(|entry| entry.path.ends_with("/serverInfo")).count();
        assert_eq!(asked, 1, "{site:?} is asked once");
    }
}

#[tokio::test]
async fn an_account_that_must_solve_a_captcha_is_not_tried_again() {
    let app = App::at(Site::DataCenter).await;
    app.jira().order(answer(403, ("X-Authentication-Denied-Reason", "CAPTCHA_CHALLENGE")).on("GET", "/issue/").times(0));
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    assert_eq!(app.status(id).await, ("failed".to_owned(), "jira.captcha".to_owned()));
    assert_eq!(app.job(id).await.attempt, 0);
}
