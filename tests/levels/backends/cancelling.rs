//! `cancel`, in every state, and against `finish`.

use std::sync::Arc;
use std::time::Duration;

use shared::domain::event::EventKind;
use shared::domain::job::{JobKind, Stage};
use shared::domain::verdict::Failure;
use shared::jobs::{Ended, JobError, Next, Outcome};
use shared::ports::Clock;
use tests::{Fixture, contract, held, made, result_of};

async fn ended_as_cancelled(f: &Fixture, id: uuid::Uuid) {
    let row = f.row(id).await;
    assert_eq!((row.status.as_str(), row.lease_owner.as_deref()), ("cancelled", None));
    assert!(row.ended_at.is_some());
    let told = f.told(id).await;
    assert_eq!(told.last(), Some(&EventKind::Cancelled));
    assert_eq!(told.iter().filter(|&&kind| kind == EventKind::Cancelled).count(), 1);
    assert!(matches!(f.jobs.cancel(id, &f.person()).await, Err(JobError::WrongStatus { code: "job.already_ended", .. })));
}

contract! {
    async fn a_queued_job_is_cancelled_at_once(f: Arc<Fixture>) {
        let id = f.asks(JobKind::AcceptanceCriteria).calling_back("https://example.com/hook").submit().await;
        assert_eq!(f.jobs.cancel(id, &f.person()).await.expect("an answer"), Ended::Now);
        ended_as_cancelled(&f, id).await;
        assert_eq!(f.audited(id).await, ["job.submit", "job.cancel"]);
        assert_eq!(shared::store::delivery::of_job(&f.db, id).await.expect("an answer").len(), 1);
    }

    async fn a_job_that_waits_for_a_person_is_cancelled_at_once_and_waits_again_when_retried(f: Arc<Fixture>) {
        let id = f.asks(JobKind::AcceptanceCriteria).reviewed().submit().await;
        let worker = f.worker("w").await;
        let claimed = worker.claims(id).await;
        held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await);
        held(f.jobs.advance(&claimed, &[result_of(Stage::Criteria, f.clock.new_id(), "hash")], Stage::Review).await);
        assert_eq!(f.jobs.cancel(id, &f.person()).await.expect("an answer"), Ended::Now);
        ended_as_cancelled(&f, id).await;

        f.heard();
        assert_eq!(f.jobs.retry(id, &f.person()).await.expect("an answer").status, "awaiting_review");
        assert!(f.heard().is_empty() && worker.tries(id).await.is_none(), "there is nothing for a worker to do");
        assert_eq!(f.jobs.approve(id, "hash", &f.person()).await.expect("an answer").status, "succeeded");
    }

    async fn a_running_job_is_asked_and_begins_no_further_stage(f: Arc<Fixture>) {
        let id = f.queued().await;
        let worker = f.worker("w").await;
        let claimed = worker.claims(id).await;
        assert_eq!(f.jobs.cancel(id, &f.person()).await.expect("an answer"), Ended::Asked);
        assert_eq!(f.row(id).await.status, "running");
        let known = worker.heartbeat.held().await.expect("an answer");
        assert!(known.iter().any(|held| held.id == id && held.cancel_requested_at.is_some()), "its worker is told");

        assert_eq!(held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await), Next::Cancelled);
        held(f.jobs.end_cancelled(&claimed, &[]).await);
        ended_as_cancelled(&f, id).await;
    }

    async fn a_job_that_was_asked_to_cancel_does_not_begin_to_wait_for_a_person(f: Arc<Fixture>) {
        let id = f.asks(JobKind::AcceptanceCriteria).reviewed().submit().await;
        let claimed = f.worker("w").await.claims(id).await;
        held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await);
        f.jobs.cancel(id, &f.person()).await.expect("an answer");
        let next = f.jobs.advance(&claimed, &[result_of(Stage::Criteria, f.clock.new_id(), "hash")], Stage::Review).await;
        assert_eq!(held(next), Next::Cancelled);
        assert!(shared::store::history::of_job(&f.db, id).await.expect("an answer").is_some(), "what was made is kept");
    }

    async fn a_failure_of_a_job_that_was_asked_to_cancel_ends_it_as_cancelled(f: Arc<Fixture>) {
        let worker = f.worker("w").await;
        for failure in [Failure::retry("x.y", "z"), Failure::snooze(Duration::from_secs(9), "x.y", "z")] {
            let id = f.queued().await;
            let claimed = worker.claims(id).await;
            f.jobs.cancel(id, &f.person()).await.expect("an answer");
            assert_eq!(held(f.jobs.settle_failure(&claimed, &failure).await), Outcome::Cancelled);
            ended_as_cancelled(&f, id).await;
        }
    }

    async fn a_job_that_was_asked_to_cancel_and_lost_its_worker_ends_as_cancelled(f: Arc<Fixture>) {
        let id = f.queued().await;
        f.worker("w").await.claims(id).await;
        f.jobs.cancel(id, &f.person()).await.expect("an answer");
        f.seconds_later(16);
        assert_eq!(f.jobs.reclaim(None).await.expect("an answer"), 1);
        ended_as_cancelled(&f, id).await;
    }

    async fn a_job_that_was_asked_to_cancel_and_given_back_is_not_run_again(f: Arc<Fixture>) {
        let worker = f.worker("w").await;
        let id = f.queued().await;
        let claimed = worker.claims(id).await;
        f.jobs.cancel(id, &f.person()).await.expect("an answer");
        f.jobs.release(&claimed.fence).await.expect("an answer");
        assert!(worker.tries(id).await.is_none());
        ended_as_cancelled(&f, id).await;
    }

    async fn a_job_that_finished_first_has_succeeded_and_cannot_be_cancelled(f: Arc<Fixture>) {
        let id = f.queued().await;
        let claimed = f.worker("w").await.claims(id).await;
        held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await);
        held(f.jobs.finish(&claimed, &[made(Stage::Criteria)], &[]).await);
        let answer = f.jobs.cancel(id, &f.person()).await;
        assert!(matches!(answer, Err(JobError::WrongStatus { code: "job.already_ended", .. })), "{answer:?}");
        assert_eq!(f.row(id).await.status, "succeeded");
    }

    async fn what_is_not_there_cannot_be_cancelled(f: Arc<Fixture>) {
        assert!(matches!(f.jobs.cancel(f.clock.new_id(), &f.person()).await, Err(JobError::NotFound)));
    }
}
