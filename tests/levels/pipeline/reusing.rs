//! The same question is not paid for twice while its answer is kept.

use serde_json::json;
use shared::domain::job::JobKind;
use shared::domain::language::Language;
use shared::jobs::Retention;
use shared::store::Sql;
use tests::app::{App, Setup};

use crate::support::STORY;

async fn start() -> App {
    Setup::default().model("sandbox").set("JQA_LLM_REUSE", "24h").start().await
}

#[tokio::test]
async fn a_story_that_did_not_change_is_answered_from_what_the_model_said_before() {
    let app = start().await;
    let first = app.asks(JobKind::FullPipeline, STORY).run().await;
    let again = app.asks(JobKind::FullPipeline, STORY).run().await;
    app.succeeded(again).await;
    assert_eq!(app.jira().llm_counts().total, 2);
    let (before, by) = (app.criteria(first).await, app.criteria(again).await);
    assert_eq!(before.set, by.set);
    assert_eq!((by.by.calls, by.by.reused, by.by.usage.cost_nano_usd), (0, 1, Some(0)));
    assert_eq!((before.by.reused, before.by.model, by.by.model.as_str()), (0, "sandbox".to_owned(), "sandbox"));
    let free = app.ledger(again).await;
    assert!(free.iter().all(|call| call.state == "free"), "{free:?}");
}

#[tokio::test]
async fn whatever_matters_makes_it_another_question() {
    let app = start().await;
    app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    let calls = || app.jira().llm_counts().total;
    assert_eq!(calls(), 1);
    app.asks(JobKind::AcceptanceCriteria, STORY).in_language(Language::French).run().await;
    assert_eq!(calls(), 2, "another language");
    app.asks(JobKind::AcceptanceCriteria, STORY).fresh().run().await;
    assert_eq!(calls(), 3, "asked for anew");
    app.jira().edit(STORY, |fields| drop(fields.insert("summary".to_owned(), json!("At most 3 parcels"))));
    app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    assert_eq!(calls(), 4, "another text");
    app.seconds_later(24 * 3600);
    app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    assert_eq!(calls(), 5, "another day");
}

#[tokio::test]
async fn what_cannot_be_read_is_not_kept_and_what_is_old_leaves() {
    let app = Setup::default().model("sandbox-invalid").set("JQA_LLM_REUSE", "24h").start().await;
    app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    let kept = || Sql::new("SELECT COUNT(*) AS n FROM llm_replies");
    assert_eq!(app.count(kept()).await, 0);

    let app = start().await;
    app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    assert_eq!(app.count(kept()).await, 1);
    app.seconds_later(25 * 3600);
    app.jobs.prune(&Retention::default()).await.expect("an answer");
    assert_eq!(app.count(kept()).await, 0);
}
