//! `settle_failure` and `release`: what counts, how long it waits, and when it is enough.

use std::sync::Arc;
use std::time::Duration;

use shared::domain::event::EventKind;
use shared::domain::job::Lane;
use shared::domain::verdict::Failure;
use shared::jobs::Outcome;
use shared::ports::Clock;
use shared::store::Sql;
use tests::{Fixture, contract, held};

const AWAY: &str = "jira.unavailable";

contract! {
    async fn a_retry_counts_and_waits_in_the_database(f: Arc<Fixture>) {
        let id = f.queued().await;
        let worker = f.worker("w").await;
        let claimed = worker.claims(id).await;
        let Outcome::Again(wait) = held(f.jobs.settle_failure(&claimed, &Failure::retry(AWAY, "Jira is away")).await) else {
            panic!("not again")
        };
        let row = f.row(id).await;
        assert_eq!((row.status.as_str(), row.attempt, row.lease_owner.as_deref()), ("queued", 1, None));
        assert_eq!((row.error_code.as_deref(), row.error_message.as_deref()), (Some(AWAY), Some("Jira is away")));
        assert!(wait > Duration::ZERO && wait <= f.jobs.limits().retry_base);
        assert!(worker.tries(id).await.is_none(), "not due yet");
        f.later(wait);
        assert!(worker.tries(id).await.is_some());
    }

    async fn the_last_try_that_fails_ends_the_job(f: Arc<Fixture>) {
        let id = f.asks(shared::domain::job::JobKind::AcceptanceCriteria).calling_back("https://example.com/hook").submit().await;
        let worker = f.worker("w").await;
        for n in 1..=f.jobs.limits().max_attempts {
            let claimed = worker.claims(id).await;
            let outcome = held(f.jobs.settle_failure(&claimed, &Failure::retry(AWAY, "Jira is away")).await);
            assert_eq!(outcome == Outcome::Failed, n == f.jobs.limits().max_attempts, "try {n}: {outcome:?}");
            f.later(f.jobs.limits().retry_cap);
        }
        let row = f.row(id).await;
        assert_eq!((row.status.as_str(), row.error_code.as_deref()), ("failed", Some(AWAY)));
        assert!(row.ended_at.is_some());
        assert_eq!(f.told(id).await.last(), Some(&EventKind::Failed));
        assert_eq!(f.audited(id).await, ["job.submit", "job.failed"]);
        assert_eq!(shared::store::delivery::of_job(&f.db, id).await.expect("an answer").len(), 1);
    }

    async fn a_failure_that_stays_ends_the_job_at_once(f: Arc<Fixture>) {
        let id = f.queued().await;
        let claimed = f.worker("w").await.claims(id).await;
        assert_eq!(held(f.jobs.settle_failure(&claimed, &Failure::fail("llm.refused", "refused")).await), Outcome::Failed);
        assert_eq!(f.row(id).await.status, "failed");
    }

    async fn a_snooze_counts_nothing_but_ends_with_the_time_of_the_job(f: Arc<Fixture>) {
        let id = f.queued().await;
        let worker = f.worker("w").await;
        let wait = Failure::snooze(Duration::from_secs(7 * 3600), "jira.rate_limited", "wait");
        let deadline = f.row(id).await.deadline_at;
        let mut snoozes = 0;
        let ended = loop {
            let claimed = worker.claims(id).await;
            let outcome = held(f.jobs.settle_failure(&claimed, &wait).await);
            let row = f.row(id).await;
            assert_eq!(row.attempt, 0);
            match outcome {
                Outcome::Again(wait) => {
                    assert!(wait <= Duration::from_secs(3610), "an hour at a time");
                    assert!(row.due_at <= deadline && row.ring_at <= deadline);
                }
                other => break other,
            }
            snoozes += 1;
            assert!(snoozes < 100, "it snoozes for ever");
            let due = u64::try_from(row.due_at - f.clock.now_ms()).expect("a wait");
            f.later(Duration::from_millis(due));
        };
        assert_eq!((ended, snoozes), (Outcome::Failed, 24));
        assert_eq!(f.row(id).await.error_code.as_deref(), Some("jira.rate_limited"));
    }

    async fn jobs_that_were_sent_away_by_the_same_outage_do_not_come_back_at_the_same_moment(f: Arc<Fixture>) {
        let worker = f.worker("w").await;
        let mut dues = Vec::new();
        for _ in 0..20 {
            let id = f.queued().await;
            let claimed = worker.claims(id).await;
            held(f.jobs.settle_failure(&claimed, &Failure::snooze(Duration::from_secs(60), AWAY, "wait")).await);
            dues.push(f.row(id).await.due_at - f.clock.now_ms());
        }
        assert!(dues.iter().all(|due| (60_000..=66_000).contains(due)), "{dues:?}");
        dues.sort_unstable();
        dues.dedup();
        assert!(dues.len() > 10, "{dues:?}");
    }

    async fn a_job_that_nobody_can_read_stops_no_other_and_fails_in_the_end(f: Arc<Fixture>) {
        let id = f.queued().await;
        let strange = Sql::new("UPDATE jobs SET request = ? WHERE id = ?").bind(r#"{"of":"the future"}"#).bind(id);
        f.db.execute(strange).await.expect("an answer");
        let other = f.queued().await;
        let worker = f.worker("w").await;
        f.seconds_later(3);
        let taken = f.jobs.claim_overdue(Lane::Interactive, 10, &worker.name).await.expect("an answer");
        assert_eq!(taken.iter().map(|claimed| claimed.fence.job_id).collect::<Vec<_>>(), [other]);

        let row = f.row(id).await;
        assert_eq!((row.status.as_str(), row.error_code.as_deref(), row.lease_owner.as_deref()), ("queued", Some("job.unreadable"), None));
        assert_eq!((row.attempt, row.due_at - f.clock.now_ms()), (0, 60_000), "a newer worker may take it within the minute");
        assert!(f.heard().len() < 4, "nobody rings for it in a circle");
        assert!(worker.tries(id).await.is_none(), "not due yet");

        f.later(f.jobs.limits().deadline);
        worker.beats().await;
        assert!(worker.tries(id).await.is_none(), "there is nothing to run");
        let row = f.row(id).await;
        assert_eq!((row.status.as_str(), row.error_code.as_deref()), ("failed", Some("job.unreadable")));
        assert!(row.ended_at.is_some() && row.error_message.is_some_and(|message| message.contains("upgrade the workers")));
        let last = f.events(id).await.pop().expect("an event");
        assert_eq!((last.kind, &last.data["code"], &last.data["status"]), (EventKind::Failed, &"job.unreadable".into(), &"failed".into()));
        assert_eq!(f.audited(id).await, ["job.submit", "job.failed"]);
    }

    async fn a_job_that_is_given_back_at_shutdown_is_due_at_once_and_nothing_was_counted(f: Arc<Fixture>) {
        let id = f.queued().await;
        let worker = f.worker("w").await;
        let claimed = worker.claims(id).await;
        f.seconds_later(5);
        assert!(f.jobs.release(&claimed.fence).await.expect("an answer"));
        let row = f.row(id).await;
        assert_eq!((row.status.as_str(), row.attempt, row.crashes, row.solo_crashes), ("queued", 0, 0, 0));
        assert_eq!((row.lease_owner.as_deref(), row.error_code.as_deref()), (None, None));
        assert_eq!(worker.claims(id).await.fence.epoch, 2);
        assert_eq!(f.told(id).await, [EventKind::Queued]);
    }
}
