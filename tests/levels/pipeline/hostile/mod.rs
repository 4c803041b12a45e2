//! Hostile stories: each runs through the whole pipeline, once with the drafter and once with a model that does whatever a
//! story asks for, so that what is judged is what our own code lets through.
//!
//! * [`case`]: a story, a sentence about it, and what is expected
//! * the stories: [`orders`], [`disguises`], [`markup`], [`places`], [`claims`], [`bombs`]
//! * [`looks`]: what is looked at afterwards, in every form a result has

mod bombs;
mod case;
mod claims;
mod disguises;
mod looks;
mod markup;
mod orders;
mod places;

use case::{Author, Case};
use shared::domain::job::JobKind;
use shared::domain::publish::PublishMode;
use tests::app::{App, Setup};

/// Runs stories and tells of all that are not as expected.
async fn try_all(cases: Vec<Case>, author: Author) {
    let stories = cases.iter().flat_map(|case| case.others.iter().chain([&case.story])).cloned().collect();
    let setup = Setup::default().stories(stories);
    let app = match author {
        Author::Drafter => setup.start().await,
        Author::Obeys => setup.model("sandbox-obeys").start().await,
    };
    let mut wrong = Vec::new();
    let mut since = 0;
    for case in &cases {
        for difference in differences(&app, case, author, &mut since).await {
            wrong.push(format!("{} ({}): {difference}", case.story.key, case.says));
        }
    }
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
}

async fn differences(app: &App, case: &Case, author: Author, since: &mut u64) -> Vec<String> {
    let id = app.asks(JobKind::FullPipeline, &case.story.key).to(PublishMode::Comment).run().await;
    let journal = app.jira().journal_since(*since);
    *since = journal.last().map_or(*since, |entry| entry.n);
    let (status, code) = app.status(id).await;
    let wanted = case.fails.map_or(("succeeded", ""), |code| ("failed", code));
    if (status.as_str(), code.as_str()) != wanted {
        return vec![format!("it ended as {status} {code}")];
    }
    if case.fails.is_some() {
        return Vec::new();
    }
    let seen = looks::Seen::of(app, id, &case.story.key, journal).await;
    seen.differences(case, author)
}

#[test]
fn there_are_stories_enough_and_each_has_a_key_of_its_own() {
    let all = [orders::cases(), disguises::cases(), markup::cases(), places::cases(), claims::cases(), bombs::cases()].concat();
    let mut keys: Vec<&str> = all.iter().map(|case| case.story.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert!(all.len() >= 50 && keys.len() == all.len(), "{} stories, {} keys", all.len(), keys.len());
}

#[tokio::test]
async fn orders_are_not_followed_by_the_drafter() {
    try_all(orders::cases(), Author::Drafter).await;
}

#[tokio::test]
async fn orders_that_a_model_follows_change_nothing_for_the_reader() {
    try_all(orders::cases(), Author::Obeys).await;
}

#[tokio::test]
async fn disguises_do_not_help_with_the_drafter() {
    try_all(disguises::cases(), Author::Drafter).await;
}

#[tokio::test]
async fn disguises_do_not_help_with_a_model_that_obeys() {
    try_all(disguises::cases(), Author::Obeys).await;
}

#[tokio::test]
async fn markup_of_a_story_stays_words_with_the_drafter() {
    try_all(markup::cases(), Author::Drafter).await;
}

#[tokio::test]
async fn markup_of_a_model_that_obeys_never_arrives() {
    try_all(markup::cases(), Author::Obeys).await;
}

#[tokio::test]
async fn orders_in_other_places_are_not_followed_by_the_drafter() {
    try_all(places::cases(), Author::Drafter).await;
}

#[tokio::test]
async fn orders_in_other_places_that_a_model_follows_change_nothing_for_the_reader() {
    try_all(places::cases(), Author::Obeys).await;
}

#[tokio::test]
async fn claims_of_a_story_are_no_ids_and_no_decisions_to_the_drafter() {
    try_all(claims::cases(), Author::Drafter).await;
}

#[tokio::test]
async fn claims_of_a_model_that_obeys_are_checked() {
    try_all(claims::cases(), Author::Obeys).await;
}

#[tokio::test]
async fn bombs_end_well_with_the_drafter() {
    try_all(bombs::cases(), Author::Drafter).await;
}

#[tokio::test]
async fn bombs_end_well_with_a_model_that_obeys() {
    try_all(bombs::cases(), Author::Obeys).await;
}
