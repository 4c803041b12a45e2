//! Writing criteria and scenarios without a model: what is stored, counted and told.

use shared::domain::criterion::{CriteriaSet, Testable};
use shared::domain::event::EventKind;
use shared::domain::job::{JobKind, Stage};
use shared::domain::scenario::Suite;
use shared::store::job::Job;
use shared::store::{Sql, history};
use tests::app::App;

use crate::support::STORY;

#[tokio::test]
async fn a_full_pipeline_leaves_its_artifacts_its_result_its_events_and_its_counts() {
    let app = App::start().await;
    let id = app.asks(JobKind::FullPipeline, STORY).run().await;
    let row = app.succeeded(id).await;
    let (story, criteria, suite) = (app.story(id).await, app.criteria(id).await, app.suite(id).await);
    assert_eq!(row.issue_id.as_deref(), Some(story.id.as_str()));
    assert!(criteria.set.criteria.len() >= 5 && suite.suite.scenarios.len() >= criteria.set.criteria.len());
    assert_eq!(suite.suite.coverage.covered, suite.suite.coverage.total);
    assert_eq!(suite.criteria, None, "the criteria are this job's own");

    let kept = app.history(id).await.expect("a result");
    assert_eq!((kept.version, kept.accepted, kept.provider.as_str()), (1, true, "offline"));
    assert_eq!(kept.source_hash, story.hash);
    assert_eq!((Some(kept.id), Some(kept.content_hash)), (row.history_id, row.content_hash));
    let set: CriteriaSet = serde_json::from_str(&kept.acceptance_criteria_json.expect("criteria")).expect("criteria");
    let kept_suite: Suite = serde_json::from_str(&kept.test_scenarios_json.expect("scenarios")).expect("scenarios");
    assert_eq!((set, kept_suite), (criteria.set.clone(), suite.suite.clone()));

    let events = app.events(id).await;
    assert_eq!(
        events.iter().map(|event| event.kind).collect::<Vec<_>>(),
        [EventKind::Queued, EventKind::StageStored, EventKind::StageStored, EventKind::Succeeded]
    );
    let stages: Vec<_> = events[1..3].iter().map(|event| event.data["stage"].as_str().unwrap_or_default()).collect();
    assert_eq!(stages, ["fetch", "criteria"]);
    assert_eq!(app.audited(id).await, ["job.submit", "job.succeeded"]);

    assert!((app.metric("acceptance_criteria_generated_total") - criteria.set.criteria.len() as f64).abs() < 0.1);
    assert!((app.metric("test_scenarios_generated_total") - suite.suite.scenarios.len() as f64).abs() < 0.1);
    assert!((app.metric("full_pipeline_duration_seconds_count") - 1.0).abs() < 0.1);
    assert!(app.metric("jira_requests_total{operation=\"read\"}") >= 1.0);
    assert!(app.writes().is_empty(), "nothing was asked to be published");
}

#[tokio::test]
async fn every_story_of_the_sandbox_comes_to_a_result() {
    let app = App::start().await;
    let mut ids = Vec::new();
    for key in app.jira().keys() {
        ids.push(app.asks(JobKind::FullPipeline, &key).submit().await);
    }
    app.run_jobs().await;
    for id in ids {
        app.succeeded(id).await;
        assert!(app.history(id).await.is_some());
    }
}

#[tokio::test]
async fn criteria_alone_stop_there() {
    let app = App::start().await;
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    app.succeeded(id).await;
    assert!(app.artifact::<serde_json::Value>(id, Stage::Scenarios).await.is_none());
    let kept = app.history(id).await.expect("a result");
    assert!(kept.acceptance_criteria_json.is_some() && kept.test_scenarios_json.is_none());
    assert_eq!(app.told(id).await, [EventKind::Queued, EventKind::StageStored, EventKind::Succeeded]);
}

#[tokio::test]
async fn scenarios_rest_on_the_criteria_that_are_named() {
    let app = App::start().await;
    let named = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    app.jira().edit(STORY, |fields| {
        fields.insert("description".to_owned(), "- A parcel weighs at most 30 kg.\n- A heavier parcel is refused.".into());
    });
    let newer = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    let by_job = app.asks(JobKind::TestScenarios, STORY).from(named).run().await;
    let by_history = app.asks(JobKind::TestScenarios, STORY).from(app.history(named).await.expect("a result").id).run().await;
    let latest = app.asks(JobKind::TestScenarios, STORY).run().await;

    let (named, newer) = (app.criteria(named).await.set, app.criteria(newer).await.set);
    assert_ne!(named.criteria, newer.criteria);
    for (id, wanted) in [(by_job, &named), (by_history, &named), (latest, &newer)] {
        app.succeeded(id).await;
        assert_eq!(app.suite(id).await.criteria.as_ref(), Some(wanted));
    }
}

#[tokio::test]
async fn criteria_that_were_not_accepted_are_not_built_on() {
    let app = App::start().await;
    let first = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    app.jira().edit(STORY, |fields| {
        fields.insert("description".to_owned(), "- A parcel weighs at most 30 kg.\n- A heavier parcel is refused.".into());
    });
    let waiting = app.asks(JobKind::AcceptanceCriteria, STORY).reviewed().run().await;
    assert_eq!(app.job(waiting).await.status, "awaiting_review");
    let id = app.asks(JobKind::TestScenarios, STORY).run().await;
    assert_eq!(app.suite(id).await.criteria, Some(app.criteria(first).await.set));
}

#[tokio::test]
async fn without_accepted_criteria_those_of_the_story_itself_are_used() {
    let app = App::start().await;
    let id = app.asks(JobKind::TestScenarios, "SHOP-3").run().await;
    app.succeeded(id).await;
    let artifact = app.suite(id).await;
    assert!(artifact.criteria.is_some_and(|set| set.criteria.len() >= 3));
    assert!(!artifact.suite.scenarios.is_empty());
}

#[tokio::test]
async fn a_story_without_criteria_yields_no_scenarios_and_says_what_to_do() {
    let app = App::start().await;
    let id = app.asks(JobKind::TestScenarios, "SHOP-13").run().await;
    assert_eq!(app.status(id).await, ("failed".to_owned(), "criteria.not_found".to_owned()));
    let message = app.job(id).await.error_message.unwrap_or_default();
    assert!(message.contains("full pipeline"), "{message}");
}

#[tokio::test]
async fn criteria_named_by_an_id_that_holds_none_end_the_job() {
    let app = App::start().await;
    let id = app.asks(JobKind::TestScenarios, STORY).from(uuid::Uuid::from_u128(5)).run().await;
    assert_eq!(app.status(id).await, ("failed".to_owned(), "criteria.not_found".to_owned()));
}

#[tokio::test]
async fn a_spike_succeeds_with_questions_and_without_scenarios() {
    let app = App::start().await;
    for key in ["SHOP-12", "SHOP-13"] {
        let id = app.asks(JobKind::FullPipeline, key).run().await;
        app.succeeded(id).await;
        let (criteria, suite) = (app.criteria(id).await.set, app.suite(id).await.suite);
        assert_eq!((criteria.testable, criteria.criteria.len(), suite.scenarios.len()), (Testable::No, 0, 0), "{key}");
        assert!(!criteria.questions.is_empty(), "{key}");
    }
}

#[tokio::test]
async fn an_unchanged_item_keeps_its_id_in_the_next_version() {
    let app = App::start().await;
    let first = app.asks(JobKind::FullPipeline, STORY).run().await;
    app.jira().edit(STORY, |fields| {
        let rule = serde_json::json!({ "type": "paragraph", "content": [{ "type": "text", "text": "A removed item must be offered again for 10 minutes." }] });
        if let Some(content) = fields.get_mut("description").and_then(|text| text["content"].as_array_mut()) {
            content.insert(0, rule);
        }
    });
    let second = app.asks(JobKind::FullPipeline, STORY).run().await;
    let ids = |set: &CriteriaSet| set.criteria.iter().map(|one| (one.title.clone(), one.id.clone())).collect::<Vec<_>>();
    let (before, after) = (ids(&app.criteria(first).await.set), ids(&app.criteria(second).await.set));
    assert!(after.len() > before.len(), "{after:?}");
    assert!(before.iter().all(|item| after.contains(item)), "{before:?} {after:?}");
    assert_eq!(app.history(second).await.expect("a result").version, 2);
}

#[tokio::test]
async fn a_job_whose_time_is_up_fails_before_it_begins() {
    let app = App::start().await;
    let id = app.asks(JobKind::FullPipeline, STORY).submit().await;
    app.seconds_later(24 * 3600 + 1);
    app.run_jobs().await;
    assert_eq!(app.status(id).await, ("failed".to_owned(), "job.deadline_exceeded".to_owned()));
    assert!(app.jira().journal().is_empty());
}

#[tokio::test]
async fn the_real_runner_comes_to_the_same_result() {
    let app = App::start().await;
    let machine = app.start_runner();
    let id = app.asks(JobKind::FullPipeline, STORY).submit().await;
    app.wait_for(id, |row: &Job| row.ended_at.is_some()).await;
    machine.stop().await;
    app.succeeded(id).await;
    let latest =
        history::latest_accepted_criteria(app.jobs.db(), "default", &app.story(id).await.id, None).await.expect("an answer");
    assert_eq!(latest.map(|row| row.job_id), Some(id));
    let held = Sql::new("SELECT COUNT(*) AS n FROM jobs WHERE lease_owner IS NOT NULL");
    assert_eq!(app.count(held).await, 0);
}

#[tokio::test]
async fn a_deadline_is_judged_by_the_clock_of_the_database_not_by_that_of_the_worker() {
    let app = App::start().await;
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).submit().await;
    let worker = app.worker("w");
    let claimed = worker.claims(id).await;
    // The database said that there was time; a worker whose clock is ahead knows no better.
    app.seconds_later(25 * 3600);
    worker.runs(&claimed).await;
    app.succeeded(id).await;
}
