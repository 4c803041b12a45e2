//! Targets, intents and records of publications.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use shared::domain::event::EventKind;
use shared::domain::job::{JobKind, Stage};
use shared::domain::publish::{PublishMode, PublishTarget, PublishWhat};
use shared::domain::verdict::Failure;
use shared::jobs::{Claimed, Ended, Outcome, Refused};
use shared::ports::Clock;
use shared::store::publication::Action::{self, Create, RemoveDuplicate, Update};
use shared::store::publication::{Intent, Publication, TargetKey, Written};
use tests::{Fixture, contract, held, made};

const HOLD: Duration = Duration::from_secs(60);
const COMMENT: PublishMode = PublishMode::Comment;

fn key() -> TargetKey {
    TargetKey {
        connection: "default".into(),
        issue_id: "10001".into(),
        target: PublishTarget { mode: COMMENT, what: PublishWhat::All },
        part: 1,
    }
}

fn intent(action: Action, hash: &str) -> Intent {
    Intent {
        key: key(),
        marker: "jqa".into(),
        action,
        remote_id: None,
        hash: hash.into(),
        send_within_ms: 20_000,
        hold_ms: 60_000,
    }
}

/// Takes the target and intends, which must both be granted.
async fn intends(f: &Fixture, claimed: &Claimed, intent: &Intent) {
    assert!(takes(f, claimed).await);
    assert_eq!(f.jobs.intend(claimed, intent).await.expect("an answer"), Ok(()));
}

async fn record(f: &Fixture) -> Publication {
    f.jobs.publication(&key()).await.expect("an answer").expect("a record")
}

fn written(hash: &str) -> Written {
    Written { key: key(), marker: "jqa:00000000".into(), remote_id: "77".into(), hash: hash.into() }
}

async fn publishing(f: &Fixture, worker: &str) -> Claimed {
    let id = f.asks(JobKind::Publication).published().submit().await;
    f.worker(worker).await.claims(id).await
}

async fn takes(f: &Fixture, claimed: &Claimed) -> bool {
    f.jobs.acquire_target(claimed, "10001", COMMENT, HOLD).await.expect("an answer").is_some()
}

contract! {
    async fn a_target_has_one_writer_across_jobs(f: Arc<Fixture>) {
        let (first, second) = (publishing(&f, "a").await, publishing(&f, "b").await);
        assert!(takes(&f, &first).await);
        assert!(takes(&f, &first).await, "it keeps what it has");
        assert!(!takes(&f, &second).await);
        assert!(f.jobs.acquire_target(&second, "10002", COMMENT, HOLD).await.expect("an answer").is_some(), "another story");
        assert!(f.jobs.acquire_target(&second, "10001", PublishMode::Description, HOLD).await.expect("an answer").is_some(), "another place");
        f.jobs.release_targets(&first.fence).await.expect("an answer");
        assert!(takes(&f, &second).await);
    }

    async fn of_16_jobs_at_once_one_takes_the_target(f: Arc<Fixture>) {
        let mut jobs = Vec::new();
        for n in 0..16 {
            jobs.push(publishing(&f, &format!("w{n}")).await);
        }
        let takers: Vec<_> = jobs
            .into_iter()
            .map(|claimed| {
                let f = f.clone();
                tokio::spawn(async move { takes(&f, &claimed).await })
            })
            .collect();
        let mut writers = 0;
        for taker in takers {
            writers += usize::from(taker.await.expect("a task"));
        }
        assert_eq!(writers, 1);
    }

    async fn a_target_is_free_when_its_time_is_over_or_its_job_has_ended(f: Arc<Fixture>) {
        let (first, second) = (publishing(&f, "a").await, publishing(&f, "b").await);
        assert!(takes(&f, &first).await);
        f.later(HOLD);
        assert!(!takes(&f, &second).await);
        f.later(Duration::from_millis(1));
        assert!(takes(&f, &second).await);
        assert!(!takes(&f, &first).await);
        held(f.jobs.finish(&second, &[made(Stage::Publish)], &[]).await);
        assert!(takes(&f, &first).await);
    }

    async fn a_stale_epoch_takes_no_target_and_intends_nothing(f: Arc<Fixture>) {
        let stale = publishing(&f, "a").await;
        f.jobs.release(&stale.fence).await.expect("an answer");
        assert!(!takes(&f, &stale).await, "it waits to run again");
        let worker = f.worker("b").await;
        worker.claims(stale.fence.job_id).await;
        assert!(!takes(&f, &stale).await, "it is somebody else's");
        let rows = f.rows().await;
        assert_eq!(f.jobs.intend(&stale, &intent(Create, "h")).await.expect("an answer"), Err(Refused::Lost));
        assert_eq!(f.rows().await, rows);
    }

    async fn an_intent_stands_before_the_write_and_the_record_after_it(f: Arc<Fixture>) {
        let claimed = publishing(&f, "a").await;
        intends(&f, &claimed, &intent(Create, "h1")).await;
        let row = record(&f).await;
        assert_eq!((row.state.as_str(), row.action.as_str(), row.intent_hash.as_str()), ("intent", "create", "h1"));
        assert_eq!((row.epoch, row.written_hash, row.remote_id), (1, None, None));
        assert_eq!(f.audited(claimed.fence.job_id).await, ["job.submit", "jira.write"]);

        held(f.jobs.finish(&claimed, &[made(Stage::Publish)], &[written("as stored")]).await);
        let row = record(&f).await;
        assert_eq!((row.state.as_str(), row.written_hash.as_deref(), row.remote_id.as_deref()), ("written", Some("as stored"), Some("77")));
    }

    async fn a_successor_waits_until_nothing_of_an_open_intent_can_appear_any_more(f: Arc<Fixture>) {
        let claimed = publishing(&f, "a").await;
        assert!(f.jobs.open_intent(&key()).await.expect("an answer").is_zero());
        intends(&f, &claimed, &intent(Create, "h1")).await;
        let wait = Duration::from_secs(20) + f.jobs.limits().publish_margin;
        assert_eq!(f.jobs.open_intent(&key()).await.expect("an answer"), wait);
        f.later(wait);
        assert!(f.jobs.open_intent(&key()).await.expect("an answer").is_zero());
    }

    async fn a_write_that_ended_after_the_lease_was_lost_is_recorded_unless_a_successor_intends_anew(f: Arc<Fixture>) {
        let late = publishing(&f, "a").await;
        intends(&f, &late, &intent(Create, "h1")).await;
        f.seconds_later(16);
        assert_eq!(f.jobs.reclaim(None).await.expect("an answer"), 1);
        f.jobs.settle_publication(&late.fence, &written("h1")).await.expect("an answer");
        assert_eq!(record(&f).await.state, "written");

        let next = f.worker("b").await.claims(late.fence.job_id).await;
        intends(&f, &next, &intent(Update, "h2")).await;
        f.jobs.settle_publication(&late.fence, &written("too late")).await.expect("an answer");
        let row = record(&f).await;
        assert_eq!((row.state.as_str(), row.intent_hash.as_str(), row.epoch), ("intent", "h2", 2));
        assert_eq!(row.written_hash.as_deref(), Some("h1"));
    }

    async fn an_intent_that_was_refused_leaves_what_was_written_before(f: Arc<Fixture>) {
        let claimed = publishing(&f, "a").await;
        intends(&f, &claimed, &intent(Create, "h1")).await;
        f.jobs.withdraw_intent(&claimed.fence, &key()).await.expect("an answer");
        assert_eq!(record(&f).await.state, "refused");

        intends(&f, &claimed, &intent(Create, "h1")).await;
        f.jobs.settle_publication(&claimed.fence, &written("h1")).await.expect("an answer");
        intends(&f, &claimed, &intent(Update, "h2")).await;
        f.jobs.withdraw_intent(&claimed.fence, &key()).await.expect("an answer");
        let row = record(&f).await;
        assert_eq!((row.state.as_str(), row.written_hash.as_deref()), ("written", Some("h1")));
    }

    async fn a_write_is_intended_only_where_the_target_is_held_and_keeps_it(f: Arc<Fixture>) {
        let (first, second) = (publishing(&f, "a").await, publishing(&f, "b").await);
        let rows = f.rows().await;
        let refused = f.jobs.intend(&first, &intent(Create, "h1")).await.expect("an answer");
        assert_eq!((refused, f.rows().await), (Err(Refused::TargetLost), rows), "nobody took it");

        intends(&f, &first, &intent(Create, "h1")).await;
        f.later(HOLD);
        assert_eq!(f.jobs.intend(&first, &intent(Create, "h1")).await.expect("an answer"), Ok(()), "at the last moment");
        f.later(HOLD);
        assert!(!takes(&f, &second).await, "each intent keeps it");
        f.later(Duration::from_millis(1));
        let rows = f.rows().await;
        let refused = f.jobs.intend(&first, &intent(Update, "h2")).await.expect("an answer");
        assert_eq!((refused, f.rows().await), (Err(Refused::TargetLost), rows), "its time is over");
        assert!(takes(&f, &second).await);
        let refused = f.jobs.intend(&first, &intent(Update, "h2")).await.expect("an answer");
        assert_eq!((refused, record(&f).await.intent_hash.as_str()), (Err(Refused::TargetLost), "h1"), "it is somebody else's");
    }

    async fn of_16_intents_against_another_taker_none_is_granted_to_both(f: Arc<Fixture>) {
        let (first, second) = (publishing(&f, "a").await, publishing(&f, "b").await);
        for _ in 0..16 {
            f.jobs.release_targets(&first.fence).await.expect("an answer");
            f.jobs.release_targets(&second.fence).await.expect("an answer");
            let tries = [&first, &second].map(|claimed| {
                let (f, claimed) = (f.clone(), claimed.clone());
                tokio::spawn(async move {
                    takes(&f, &claimed).await;
                    f.jobs.intend(&claimed, &intent(Create, "h")).await.expect("an answer").is_ok()
                })
            });
            let mut granted = 0;
            for one in tries {
                granted += usize::from(one.await.expect("a task"));
            }
            assert_eq!(granted, 1);
        }
    }

    async fn a_removal_is_intended_and_leaves_what_is_known_of_the_one_that_stays(f: Arc<Fixture>) {
        let claimed = publishing(&f, "a").await;
        intends(&f, &claimed, &intent(Create, "h1")).await;
        f.jobs.settle_publication(&claimed.fence, &written("h1")).await.expect("an answer");
        let removal = Intent { remote_id: Some("88".into()), ..intent(RemoveDuplicate, "") };
        intends(&f, &claimed, &removal).await;
        let row = record(&f).await;
        assert_eq!((row.state.as_str(), row.action.as_str(), row.removes.as_deref()), ("intent", "remove_duplicate", Some("88")));
        assert_eq!((row.remote_id.as_deref(), row.written_hash.as_deref()), (Some("77"), Some("h1")));
        assert!(!f.jobs.open_intent(&key()).await.expect("an answer").is_zero());
        assert_eq!(f.audited(claimed.fence.job_id).await, ["job.submit", "jira.write", "jira.remove_duplicate"]);

        f.jobs.settle_removal(&claimed.fence, &key()).await.expect("an answer");
        let row = record(&f).await;
        assert_eq!((row.state.as_str(), row.removes, row.remote_id.as_deref()), ("written", None, Some("77")));
    }

    async fn no_write_begins_after_a_cancel_and_what_was_written_is_told(f: Arc<Fixture>) {
        let claimed = publishing(&f, "a").await;
        intends(&f, &claimed, &intent(Create, "h1")).await;
        assert_eq!(f.jobs.cancel(claimed.fence.job_id, &f.person()).await.expect("an answer"), Ended::Asked);
        let refused = f.jobs.intend(&claimed, &intent(Update, "h2")).await.expect("an answer");
        assert_eq!(refused, Err(Refused::Cancelled));
        f.jobs.settle_publication(&claimed.fence, &written("h1")).await.expect("an answer");
        held(f.jobs.end_cancelled(&claimed).await);
        let told = f.events(claimed.fence.job_id).await;
        let last = told.last().expect("an event");
        assert_eq!((&last.data["published"][0]["remote_id"], &last.data["published"][0]["outcome"]), (&json!("77"), &json!("created")));
        assert_eq!(record(&f).await.state, "written");
        assert!(takes(&f, &publishing(&f, "b").await).await, "the target is given back");
    }

    async fn a_job_that_waits_with_a_write_unknown_is_asked_to_cancel_and_due_at_once(f: Arc<Fixture>) {
        let claimed = publishing(&f, "a").await;
        let id = claimed.fence.job_id;
        intends(&f, &claimed, &intent(Create, "h1")).await;
        held(f.jobs.settle_failure(&claimed, &Failure::snooze(Duration::from_secs(60), "publish.write_unknown", "wait")).await);
        f.heard();
        assert_eq!(f.jobs.cancel(id, &f.person()).await.expect("an answer"), Ended::Asked);
        assert_eq!(f.heard(), [id]);
        let row = f.row(id).await;
        assert_eq!((row.status.as_str(), row.ended_at, row.due_at), ("queued", None, f.clock.now_ms()));

        // The next claim gets it, to find out; while it cannot, the job goes back.
        let next = f.worker("b").await.claims(id).await;
        assert!(next.is_to_be_cancelled() && !next.must_run_alone());
        let again = f.jobs.settle_failure(&next, &Failure::retry("jira.unavailable", "away")).await;
        assert!(matches!(held(again), Outcome::Again(_)));
        f.seconds_later(1);
        let last = f.worker("c").await.claims(id).await;
        let open = f.jobs.open_intents(id).await.expect("an answer").remove(0);
        f.jobs.settle_trace(&open, Some(&written("h1"))).await.expect("an answer");
        held(f.jobs.end_cancelled(&last).await);
        assert_eq!(f.events(id).await.last().expect("an event").data["published"][0]["remote_id"], "77");
        assert_eq!(f.row(id).await.status, "cancelled");
    }

    async fn a_job_that_waits_for_a_person_with_a_write_unknown_is_due_for_that(f: Arc<Fixture>) {
        let claimed = publishing(&f, "a").await;
        let id = claimed.fence.job_id;
        intends(&f, &claimed, &intent(Create, "h1")).await;
        held(f.jobs.stop_for_review(&claimed, "story.changed", "it changed").await);
        f.seconds_later(100_000);
        assert_eq!(f.jobs.cancel(id, &f.person()).await.expect("an answer"), Ended::Asked);
        let row = f.row(id).await;
        assert_eq!((row.status.as_str(), row.deadline_left), ("queued", None));
        assert!(row.deadline_at > f.clock.now_ms());
        let next = f.worker("b").await.claims(id).await;
        assert!(matches!(held(f.jobs.settle_failure(&next, &Failure::retry("jira.unavailable", "away")).await), Outcome::Again(_)));
    }

    async fn a_write_that_stays_unknown_is_told_as_such_when_no_tries_are_left(f: Arc<Fixture>) {
        let claimed = publishing(&f, "a").await;
        let id = claimed.fence.job_id;
        intends(&f, &claimed, &intent(Create, "h1")).await;
        f.jobs.cancel(id, &f.person()).await.expect("an answer");
        let mut outcome = held(f.jobs.settle_failure(&claimed, &Failure::retry("jira.no_answer", "no answer")).await);
        let worker = f.worker("b").await;
        while let Outcome::Again(wait) = outcome {
            f.later(wait);
            worker.beats().await;
            let claimed = worker.claims(id).await;
            outcome = held(f.jobs.settle_failure(&claimed, &Failure::retry("jira.unavailable", "away")).await);
        }
        assert_eq!(outcome, Outcome::Cancelled);
        let last = f.events(id).await.pop().expect("an event");
        assert_eq!((last.kind, &last.data["published"][0]["code"]), (EventKind::Cancelled, &json!("publish.write_unknown")));
        assert_eq!(record(&f).await.state, "intent", "whoever publishes next looks for it");
    }

    async fn a_job_that_was_to_be_cancelled_and_lost_its_worker_during_a_write_runs_again_to_find_out(f: Arc<Fixture>) {
        let claimed = publishing(&f, "a").await;
        let id = claimed.fence.job_id;
        intends(&f, &claimed, &intent(Create, "h1")).await;
        f.jobs.cancel(id, &f.person()).await.expect("an answer");
        f.seconds_later(16);
        assert_eq!(f.jobs.reclaim(None).await.expect("an answer"), 1);
        assert_eq!(f.row(id).await.status, "queued");
        assert!(f.worker("b").await.claims(id).await.is_to_be_cancelled());
    }
}
