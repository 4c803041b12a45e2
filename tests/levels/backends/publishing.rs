//! Targets, intents and records of publications.

use std::sync::Arc;
use std::time::Duration;

use shared::domain::job::{JobKind, Stage};
use shared::domain::publish::{PublishMode, PublishTarget, PublishWhat};
use shared::jobs::{Claimed, Ended};
use shared::store::publication::{Intent, TargetKey, Written};
use tests::{Fixture, contract, fenced, held, made};

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

fn intent(action: &'static str, hash: &str) -> Intent {
    Intent { key: key(), marker: "jqa".into(), action, remote_id: None, hash: hash.into(), send_within_ms: 20_000 }
}

fn written(hash: &str) -> Written {
    Written { key: key(), marker: "jqa:00000000".into(), remote_id: "77".into(), hash: hash.into() }
}

async fn publishing(f: &Fixture, worker: &str) -> Claimed {
    let id = f.asks(JobKind::Publication).published().submit().await;
    f.worker(worker).await.claims(id).await
}

async fn takes(f: &Fixture, claimed: &Claimed) -> bool {
    f.jobs.acquire_target(claimed, "10001", COMMENT, HOLD).await.expect("an answer")
}

contract! {
    async fn a_target_has_one_writer_across_jobs(f: Arc<Fixture>) {
        let (first, second) = (publishing(&f, "a").await, publishing(&f, "b").await);
        assert!(takes(&f, &first).await);
        assert!(takes(&f, &first).await, "it keeps what it has");
        assert!(!takes(&f, &second).await);
        assert!(f.jobs.acquire_target(&second, "10002", COMMENT, HOLD).await.expect("an answer"), "another story");
        assert!(f.jobs.acquire_target(&second, "10001", PublishMode::Description, HOLD).await.expect("an answer"), "another place");
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
        assert!(fenced(f.jobs.intend(&stale, &intent("create", "h")).await));
        assert_eq!(f.rows().await, rows);
    }

    async fn an_intent_stands_before_the_write_and_the_record_after_it(f: Arc<Fixture>) {
        let claimed = publishing(&f, "a").await;
        held(f.jobs.intend(&claimed, &intent("create", "h1")).await);
        let row = f.jobs.publication(&key()).await.expect("an answer").expect("an intent");
        assert_eq!((row.state.as_str(), row.action.as_str(), row.intent_hash.as_str()), ("intent", "create", "h1"));
        assert_eq!((row.epoch, row.written_hash, row.remote_id), (1, None, None));
        assert_eq!(f.audited(claimed.fence.job_id).await, ["job.submit", "jira.write"]);

        held(f.jobs.finish(&claimed, &[made(Stage::Publish)], &[written("as stored")]).await);
        let row = f.jobs.publication(&key()).await.expect("an answer").expect("a record");
        assert_eq!((row.state.as_str(), row.written_hash.as_deref(), row.remote_id.as_deref()), ("written", Some("as stored"), Some("77")));
    }

    async fn a_successor_waits_until_nothing_of_an_open_intent_can_appear_any_more(f: Arc<Fixture>) {
        let claimed = publishing(&f, "a").await;
        assert!(f.jobs.open_intent(&key()).await.expect("an answer").is_zero());
        held(f.jobs.intend(&claimed, &intent("create", "h1")).await);
        let wait = Duration::from_secs(20) + f.jobs.limits().publish_margin;
        assert_eq!(f.jobs.open_intent(&key()).await.expect("an answer"), wait);
        f.later(wait);
        assert!(f.jobs.open_intent(&key()).await.expect("an answer").is_zero());
    }

    async fn a_write_that_ended_after_the_lease_was_lost_is_recorded_unless_a_successor_intends_anew(f: Arc<Fixture>) {
        let late = publishing(&f, "a").await;
        held(f.jobs.intend(&late, &intent("create", "h1")).await);
        f.seconds_later(16);
        assert_eq!(f.jobs.reclaim(None).await.expect("an answer"), 1);
        f.jobs.settle_publication(&late.fence, &written("h1")).await.expect("an answer");
        assert_eq!(f.jobs.publication(&key()).await.expect("an answer").expect("a record").state, "written");

        let next = f.worker("b").await.claims(late.fence.job_id).await;
        held(f.jobs.intend(&next, &intent("update", "h2")).await);
        f.jobs.settle_publication(&late.fence, &written("too late")).await.expect("an answer");
        let row = f.jobs.publication(&key()).await.expect("an answer").expect("an intent");
        assert_eq!((row.state.as_str(), row.intent_hash.as_str(), row.epoch), ("intent", "h2", 2));
        assert_eq!(row.written_hash.as_deref(), Some("h1"));
    }

    async fn an_intent_that_was_refused_leaves_what_was_written_before(f: Arc<Fixture>) {
        let claimed = publishing(&f, "a").await;
        held(f.jobs.intend(&claimed, &intent("create", "h1")).await);
        f.jobs.withdraw_intent(&claimed.fence, &key()).await.expect("an answer");
        assert_eq!(f.jobs.publication(&key()).await.expect("an answer").expect("a row").state, "refused");

        held(f.jobs.intend(&claimed, &intent("create", "h1")).await);
        f.jobs.settle_publication(&claimed.fence, &written("h1")).await.expect("an answer");
        held(f.jobs.intend(&claimed, &intent("update", "h2")).await);
        f.jobs.withdraw_intent(&claimed.fence, &key()).await.expect("an answer");
        let row = f.jobs.publication(&key()).await.expect("an answer").expect("a row");
        assert_eq!((row.state.as_str(), row.written_hash.as_deref()), ("written", Some("h1")));
    }

    async fn no_write_begins_after_a_cancel_and_what_was_written_is_told(f: Arc<Fixture>) {
        let claimed = publishing(&f, "a").await;
        held(f.jobs.intend(&claimed, &intent("create", "h1")).await);
        assert_eq!(f.jobs.cancel(claimed.fence.job_id, &f.person()).await.expect("an answer"), Ended::Asked);
        assert!(fenced(f.jobs.intend(&claimed, &intent("update", "h2")).await));
        held(f.jobs.end_cancelled(&claimed, &[written("h1")]).await);
        let told = f.events(claimed.fence.job_id).await;
        let last = told.last().expect("an event");
        assert_eq!(last.data["published"][0]["remote_id"], "77");
        assert_eq!(f.jobs.publication(&key()).await.expect("an answer").expect("a record").state, "written");
    }
}
