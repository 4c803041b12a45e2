//! `cancel`, in every state, and against `finish`.

use std::sync::Arc;
use std::time::Duration;

use shared::domain::event::EventKind;
use shared::domain::job::{JobKind, Stage};
use shared::domain::verdict::Failure;
use shared::jobs::{Approval, Ended, JobError, Next, Outcome};
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
        assert_eq!(f.jobs.approve(id, &Approval::of("hash"), &f.person()).await.expect("an answer").status, "succeeded");
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
        held(f.jobs.end_cancelled(&claimed).await);
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

    async fn a_job_that_was_asked_to_cancel_before_it_finished_is_cancelled_and_keeps_what_it_made(f: Arc<Fixture>) {
        let id = f.asks(JobKind::AcceptanceCriteria).calling_back("https://example.com/hook").submit().await;
        let claimed = f.worker("w").await.claims(id).await;
        held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await);
        assert_eq!(f.jobs.cancel(id, &f.person()).await.expect("an answer"), Ended::Asked);
        let result = result_of(Stage::Criteria, f.clock.new_id(), "hash");
        assert_eq!(held(f.jobs.finish(&claimed, std::slice::from_ref(&result), &[]).await).status, "cancelled");
        ended_as_cancelled(&f, id).await;
        assert_eq!(f.row(id).await.content_hash.as_deref(), Some("hash"));
        assert!(shared::store::history::of_job(&f.db, id).await.expect("an answer").is_some(), "what was made is kept");
        assert_eq!(shared::store::delivery::of_job(&f.db, id).await.expect("an answer").len(), 1);
        // As when the connection broke after the commit and before its answer.
        assert_eq!(held(f.jobs.finish(&claimed, std::slice::from_ref(&result), &[]).await).status, "cancelled");
        assert_eq!(f.told(id).await.len(), 4);
    }

    async fn of_cancel_and_finish_at_once_the_first_decides_and_the_other_is_told(f: Arc<Fixture>) {
        let worker = f.worker("w").await;
        for _ in 0..24 {
            let id = f.queued().await;
            let claimed = worker.claims(id).await;
            let (finish, cancel) = (f.clone(), f.clone());
            let finish = tokio::spawn(async move { held(finish.jobs.finish(&claimed, &[made(Stage::Fetch)], &[]).await).status });
            let cancel = tokio::spawn(async move { cancel.jobs.cancel(id, &cancel.person()).await });
            let (status, answer) = (finish.await.expect("a task"), cancel.await.expect("a task"));
            match answer {
                Ok(Ended::Asked) => assert_eq!(status, "cancelled"),
                Err(JobError::WrongStatus { code: "job.already_ended", .. }) => assert_eq!(status, "succeeded"),
                other => panic!("{other:?}"),
            }
            assert_eq!(f.row(id).await.status, status);
        }
    }

    async fn what_is_not_there_cannot_be_cancelled(f: Arc<Fixture>) {
        assert!(matches!(f.jobs.cancel(f.clock.new_id(), &f.person()).await, Err(JobError::NotFound)));
    }
}
