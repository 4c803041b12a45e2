//! `advance` and `finish`: a stage is stored whole, by whoever holds the job, or not at all.

use std::sync::Arc;
use std::time::Duration;

use shared::domain::event::EventKind;
use shared::domain::job::{JobKind, Stage};
use shared::domain::verdict::Failure;
use shared::jobs::{Claimed, Next};
use shared::ports::{Clock, Usage};
use shared::store::llm_call::{NewCall, Settled, Used};
use shared::store::llm_reply::{self, Reply};
use shared::store::{Sql, artifact, history};
use tests::{Fixture, contract, fenced, held, made, result_of};

contract! {
    async fn a_stage_stores_artifact_event_and_place_and_starts_the_counts_anew(f: Arc<Fixture>) {
        let id = f.queued().await;
        let worker = f.worker("w").await;
        let claimed = worker.claims(id).await;
        held(f.jobs.settle_failure(&claimed, &Failure::retry("jira.unavailable", "away")).await);
        f.seconds_later(10);
        let claimed = worker.claims(id).await;
        assert_eq!((claimed.row.attempt, claimed.stage), (1, Stage::Fetch));

        assert_eq!(held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await), Next::Run(Stage::Criteria));

        let row = f.row(id).await;
        assert_eq!((row.stage.as_str(), row.status.as_str(), row.attempt, row.crashes), ("criteria", "running", 0, 0));
        assert_eq!((row.issue_id.as_deref(), row.error_code), (Some("10001"), None));
        assert!(artifact::find(&f.db, id, Stage::Fetch).await.expect("an answer").is_some());
        assert_eq!(f.told(id).await, [EventKind::Queued, EventKind::Retrying, EventKind::StageStored]);
    }

    async fn stages_that_only_compute_are_stored_in_one_commit_with_an_event_each(f: Arc<Fixture>) {
        let id = f.asks(JobKind::FullPipeline).submit().await;
        let claimed = f.worker("w").await.claims(id).await;
        let ended = [made(Stage::Fetch), result_of(Stage::Criteria, f.clock.new_id(), "hash")];
        assert_eq!(held(f.jobs.advance(&claimed, &ended, Stage::Scenarios).await), Next::Run(Stage::Scenarios));

        let row = f.row(id).await;
        assert_eq!((row.stage.as_str(), row.content_hash.as_deref()), ("scenarios", Some("hash")));
        for stage in [Stage::Fetch, Stage::Criteria] {
            assert!(artifact::find(&f.db, id, stage).await.expect("an answer").is_some(), "{stage}");
        }
        let events = f.events(id).await;
        let stored: Vec<_> = events.iter().map(|event| (event.kind, event.data["stage"].as_str(), event.data["next"].as_str())).collect();
        assert_eq!(
            stored[1..],
            [
                (EventKind::StageStored, Some("fetch"), Some("criteria")),
                (EventKind::StageStored, Some("criteria"), Some("scenarios"))
            ]
        );
    }

    async fn a_job_whose_stages_only_compute_can_end_with_all_of_them(f: Arc<Fixture>) {
        let id = f.queued().await;
        let claimed = f.worker("w").await.claims(id).await;
        let ended = [made(Stage::Fetch), result_of(Stage::Criteria, f.clock.new_id(), "hash")];
        let row = held(f.jobs.finish(&claimed, &ended, &[]).await);
        assert_eq!((row.status.as_str(), row.stage.as_str()), ("succeeded", "criteria"));
        assert_eq!(f.told(id).await, [EventKind::Queued, EventKind::StageStored, EventKind::Succeeded]);
        assert_eq!(history::of_job(&f.db, id).await.expect("an answer").expect("a result").content_hash, "hash");
    }

    async fn tries_of_a_stage_are_not_held_against_the_next(f: Arc<Fixture>) {
        let id = f.queued().await;
        let worker = f.worker("w").await;
        for _ in 1..f.jobs.limits().max_attempts {
            let claimed = worker.claims(id).await;
            held(f.jobs.settle_failure(&claimed, &Failure::retry("jira.unavailable", "away")).await);
            f.later(f.jobs.limits().retry_cap);
        }
        // The claim was made at the last try of the first stage; the second stage has tries of its own.
        let claimed = worker.claims(id).await;
        held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await);
        held(f.jobs.settle_failure(&claimed, &Failure::retry("llm.unavailable", "away")).await);
        let row = f.row(id).await;
        assert_eq!((row.status.as_str(), row.attempt), ("queued", 1));
    }

    async fn a_job_that_runs_again_begins_at_its_first_stage_without_artifact(f: Arc<Fixture>) {
        let id = f.queued().await;
        let worker = f.worker("w").await;
        let claimed = worker.claims(id).await;
        held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await);
        assert!(f.jobs.release(&claimed.fence).await.expect("an answer"));
        assert_eq!(worker.claims(id).await.stage, Stage::Criteria);
    }

    async fn a_stale_epoch_writes_nothing_at_all(f: Arc<Fixture>) {
        let id = f.asks(JobKind::AcceptanceCriteria).published().calling_back("https://example.com/hook").submit().await;
        let worker = f.worker("w").await;
        let stale = worker.claims(id).await;
        f.jobs.release(&stale.fence).await.expect("an answer");
        worker.claims(id).await;
        let (rows, row) = (f.rows().await, f.row(id).await);

        let result = result_of(Stage::Fetch, f.clock.new_id(), "hash");
        let call = NewCall { id: f.clock.new_id(), stage: Stage::Criteria, provider: "p".into(), model: "m".into(), reserved_tokens: 9, reserved_nano_usd: None };
        let advance = shared::jobs::Advance { reserve: Some(call), ..result };
        assert!(fenced(f.jobs.advance(&stale, std::slice::from_ref(&advance), Stage::Criteria).await));
        assert!(fenced(f.jobs.advance(&stale, std::slice::from_ref(&advance), Stage::Review).await));
        assert!(fenced(f.jobs.finish(&stale, std::slice::from_ref(&advance), &[]).await));
        assert!(fenced(f.jobs.settle_failure(&stale, &Failure::retry("x.y", "z")).await));
        assert!(fenced(f.jobs.settle_failure(&stale, &Failure::fail("x.y", "z")).await));
        assert!(fenced(f.jobs.end_cancelled(&stale).await));
        assert!(!f.jobs.starts_alone(&stale.fence).await.expect("an answer"));
        assert!(!f.jobs.release(&stale.fence).await.expect("an answer"));

        assert_eq!(f.rows().await, rows);
        assert_eq!(f.row(id).await, row);
    }

    async fn a_stage_that_was_stored_already_is_confirmed_not_stored_twice(f: Arc<Fixture>) {
        // As when the connection broke after the commit and before its answer.
        let id = f.queued().await;
        let claimed = f.worker("w").await.claims(id).await;
        held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await);
        let rows = f.rows().await;
        assert_eq!(held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await), Next::Run(Stage::Criteria));
        assert_eq!(f.rows().await, rows);
        held(f.jobs.finish(&claimed, &[made(Stage::Criteria)], &[]).await);
        let rows = f.rows().await;
        assert_eq!(held(f.jobs.finish(&claimed, &[made(Stage::Criteria)], &[]).await).status, "succeeded");
        assert_eq!(f.rows().await, rows);
    }

    async fn a_result_is_kept_with_a_version_of_its_story(f: Arc<Fixture>) {
        let worker = f.worker("w").await;
        for version in 1..=3 {
            let id = f.queued().await;
            let claimed = worker.claims(id).await;
            held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await);
            held(f.jobs.finish(&claimed, &[result_of(Stage::Criteria, f.clock.new_id(), "hash")], &[]).await);
            let kept = history::of_job(&f.db, id).await.expect("an answer").expect("a result");
            assert_eq!((kept.version, kept.kind.as_str(), kept.content_hash.as_str()), (version, "acceptance-criteria", "hash"));
            assert_eq!(f.row(id).await.history_id, Some(kept.id));
        }
    }

    async fn results_of_a_story_that_end_at_once_have_versions_of_their_own(f: Arc<Fixture>) {
        let worker = f.worker("w").await;
        let mut ends = Vec::new();
        for _ in 0..16 {
            let claimed = worker.claims(f.queued().await).await;
            held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await);
            let f = f.clone();
            ends.push(tokio::spawn(async move {
                held(f.jobs.finish(&claimed, &[result_of(Stage::Criteria, f.clock.new_id(), "hash")], &[]).await).id
            }));
        }
        let mut versions = Vec::new();
        for end in ends {
            let id = end.await.expect("a task");
            versions.push(history::of_job(&f.db, id).await.expect("an answer").expect("a result").version);
        }
        versions.sort_unstable();
        assert_eq!(versions, (1..=16).collect::<Vec<_>>());
    }

    async fn calls_are_written_before_they_are_made_and_settled_with_the_stage(f: Arc<Fixture>) {
        let id = f.queued().await;
        let claimed = f.worker("w").await.claims(id).await;
        let call = f.clock.new_id();
        let reserve = NewCall { id: call, stage: Stage::Criteria, provider: "p".into(), model: "m".into(), reserved_tokens: 900, reserved_nano_usd: None };
        held(f.jobs.advance(&claimed, &[shared::jobs::Advance { reserve: Some(reserve), ..made(Stage::Fetch) }], Stage::Criteria).await);
        let reserved = || Sql::new("SELECT COUNT(*) AS n FROM llm_calls WHERE state = 'reserved' AND reserved_tokens = 900");
        assert_eq!(f.count(reserved()).await, 1);
        let usage = Usage { input_tokens: 5, output_tokens: 7, ..Usage::default() };
        let settled = vec![Settled::new(call, Used::Known(usage))];
        held(f.jobs.finish(&claimed, &[shared::jobs::Advance { settled, ..made(Stage::Criteria) }], &[]).await);
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM llm_calls WHERE state = 'settled' AND input_tokens = 5")).await, 1);
    }

    async fn the_answers_of_a_stage_are_kept_one_for_each_question(f: Arc<Fixture>) {
        let id = f.queued().await;
        let claimed = f.worker("w").await.claims(id).await;
        held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await);
        let answered = |question: &str, reply: &str| Settled {
            reply: Some(Reply { question: question.into(), model: "m".into(), reply: reply.into() }),
            ..Settled::new(f.clock.new_id(), Used::Nothing)
        };
        let settled = vec![answered("a", "1"), answered("b", "2"), answered("b", "3")];
        held(f.jobs.finish(&claimed, &[shared::jobs::Advance { settled, ..made(Stage::Criteria) }], &[]).await);
        let kept = async |question: &str| {
            llm_reply::find(&f.db, question, Duration::from_secs(60)).await.expect("an answer").map(|reply| reply.reply)
        };
        assert_eq!((kept("a").await, kept("b").await), (Some("1".to_owned()), Some("3".to_owned())));

        f.jobs.settle_call(&answered("b", "4")).await.expect("an answer");
        assert_eq!(kept("b").await.as_deref(), Some("4"), "also when its stage does not end");
        f.seconds_later(61);
        assert_eq!(kept("b").await, None);
    }

    async fn a_result_that_needs_approval_waits_with_what_is_left_of_its_time(f: Arc<Fixture>) {
        let id = f.asks(JobKind::AcceptanceCriteria).reviewed().submit().await;
        let claimed = f.worker("w").await.claims(id).await;
        held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await);
        f.seconds_later(100);
        let next = held(f.jobs.advance(&claimed, &[result_of(Stage::Criteria, f.clock.new_id(), "hash")], Stage::Review).await);
        assert_eq!(next, Next::Waits);
        let row = f.row(id).await;
        let left = i64::try_from(f.jobs.limits().deadline.as_millis()).expect("a number") - 100_000;
        assert_eq!((row.status.as_str(), row.stage.as_str(), row.deadline_left), ("awaiting_review", "review", Some(left)));
        assert_eq!((row.lease_owner, row.content_hash.as_deref()), (None, Some("hash")));
        assert_eq!(f.told(id).await.last(), Some(&EventKind::AwaitingReview));
    }

    async fn events_have_no_gaps_under_50_verbs_at_once(f: Arc<Fixture>) {
        let id = f.queued().await;
        let claimed: Arc<Claimed> = Arc::new(f.worker("w").await.claims(id).await);
        let verbs: Vec<_> = (0..50)
            .map(|n| {
                let (f, claimed) = (f.clone(), claimed.clone());
                tokio::spawn(async move {
                    match n % 3 {
                        0 => drop(f.jobs.cancel(id, &f.person()).await),
                        1 => drop(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await),
                        _ => drop(f.jobs.cancel(id, &f.person()).await),
                    }
                })
            })
            .collect();
        for verb in verbs {
            verb.await.expect("a task");
        }
        // `told` refuses gaps.
        let told = f.told(id).await;
        assert_eq!(told.iter().filter(|&&kind| kind == EventKind::StageStored).count(), 1);
        assert!(told.len() > 30, "{told:?}");
    }
}
