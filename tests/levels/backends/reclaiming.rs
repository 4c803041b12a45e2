//! `reclaim`: jobs of dead workers run again; a job that kills workers is found out.

use std::sync::Arc;

use shared::domain::event::EventKind;
use shared::domain::job::Stage;
use shared::jobs::Claimed;
use tests::{Fixture, contract, fenced, held, made};
use uuid::Uuid;

/// Claims the job as soon as it is due, by a worker of its own that then dies, and reclaims it.
async fn crashes(f: &Fixture, id: Uuid, n: usize) -> Claimed {
    let worker = f.worker(&format!("victim-{n}")).await;
    let claimed = worker.claims(id).await;
    if claimed.must_run_alone() {
        assert!(f.jobs.starts_alone(&claimed.fence).await.expect("an answer"));
    }
    f.seconds_later(16);
    f.jobs.reclaim(None).await.expect("an answer");
    f.later(f.jobs.limits().retry_cap);
    claimed
}

contract! {
    async fn only_what_a_lapsed_worker_held_runs_again(f: Arc<Fixture>) {
        let (lost, kept) = (f.queued().await, f.queued().await);
        let (dead, alive) = (f.worker("dead").await, f.worker("alive").await);
        dead.claims(lost).await;
        alive.claims(kept).await;
        f.seconds_later(14);
        alive.beats().await;
        assert_eq!(f.jobs.reclaim(None).await.expect("an answer"), 0, "its lease lasts a second more");
        f.seconds_later(2);
        f.heard();
        assert_eq!(f.jobs.reclaim(None).await.expect("an answer"), 1);
        assert_eq!(f.heard(), [lost]);
        let row = f.row(lost).await;
        assert_eq!((row.status.as_str(), row.crashes, row.attempt, row.lease_owner.as_deref()), ("queued", 1, 0, None));
        assert_eq!(f.told(lost).await, [EventKind::Queued, EventKind::Reclaimed]);
        assert_eq!(f.row(kept).await.status, "running");
        assert_eq!(f.jobs.reclaim(None).await.expect("an answer"), 0);
    }

    async fn a_job_whose_owner_is_no_worker_any_more_runs_again(f: Arc<Fixture>) {
        // A worker that leaves while a claim of its own is under way.
        let id = f.queued().await;
        let worker = f.worker("gone").await;
        worker.heartbeat.leave().await.expect("an answer");
        worker.claims(id).await;
        assert_eq!(f.jobs.reclaim(None).await.expect("an answer"), 1);
        assert_eq!(f.row(id).await.status, "queued");
    }

    async fn a_late_owner_whose_row_was_not_taken_goes_on(f: Arc<Fixture>) {
        let id = f.queued().await;
        let worker = f.worker("late").await;
        let claimed = worker.claims(id).await;
        f.seconds_later(60);
        assert!(worker.lease.remaining().is_zero());
        worker.beats().await;
        assert_eq!(f.jobs.reclaim(None).await.expect("an answer"), 0);
        held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await);
        held(f.jobs.finish(&claimed, &[made(Stage::Criteria)], &[]).await);
    }

    async fn a_late_owner_whose_row_was_taken_writes_nothing(f: Arc<Fixture>) {
        let id = f.queued().await;
        let late = f.worker("late").await;
        let claimed = late.claims(id).await;
        f.seconds_later(16);
        assert_eq!(f.jobs.reclaim(None).await.expect("an answer"), 1);
        late.beats().await;
        let rows = f.rows().await;
        assert!(fenced(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await), "it waits to run again");
        f.worker("next").await.claims(id).await;
        assert!(fenced(f.jobs.finish(&claimed, &[made(Stage::Fetch)], &[]).await), "it is somebody else's");
        assert_eq!(f.rows().await, rows);
        assert!(late.heartbeat.held().await.expect("an answer").is_empty(), "the heartbeat tells it");
    }

    async fn three_crashes_make_a_job_run_alone(f: Arc<Fixture>) {
        let id = f.queued().await;
        for n in 0..3 {
            assert!(!crashes(&f, id, n).await.must_run_alone(), "crash {n}");
        }
        assert!(f.worker("careful").await.claims(id).await.must_run_alone());
        assert_eq!(f.row(id).await.attempt, 0, "a crash is no attempt");
    }

    async fn five_crashes_alone_end_the_job_that_kills_workers_and_clear_its_neighbours(f: Arc<Fixture>) {
        let (poison, innocent) = (f.queued().await, f.queued().await);
        for n in 0..3 {
            let worker = f.worker(&format!("both-{n}")).await;
            worker.claims(poison).await;
            worker.claims(innocent).await;
            f.seconds_later(16);
            assert_eq!(f.jobs.reclaim(None).await.expect("an answer"), 2);
            f.later(f.jobs.limits().retry_cap);
        }
        let worker = f.worker("innocent").await;
        let claimed = worker.claims(innocent).await;
        assert!(claimed.must_run_alone());
        assert!(f.jobs.starts_alone(&claimed.fence).await.expect("an answer"));
        held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await);
        assert_eq!((f.row(innocent).await.crashes, f.row(innocent).await.status.as_str()), (0, "running"));

        for n in 0..5 {
            assert_eq!(f.row(poison).await.status, "queued", "crash {n} alone");
            assert!(crashes(&f, poison, 10 + n).await.must_run_alone());
        }
        let row = f.row(poison).await;
        assert_eq!((row.status.as_str(), row.error_code.as_deref()), ("failed", Some("job.kills_worker")));
        assert_eq!(f.told(poison).await.last(), Some(&EventKind::Failed));
        assert_eq!(f.audited(poison).await.last().map(String::as_str), Some("job.failed"));
    }

    async fn a_crash_before_the_job_started_alone_is_not_its_own(f: Arc<Fixture>) {
        let id = f.queued().await;
        for n in 0..3 {
            crashes(&f, id, n).await;
        }
        // Claimed, and waiting for its neighbours to end, when the worker died.
        f.worker("neighbours").await.claims(id).await;
        f.seconds_later(16);
        f.jobs.reclaim(None).await.expect("an answer");
        assert_eq!((f.row(id).await.crashes, f.row(id).await.solo_crashes), (4, 0));
    }

    async fn a_job_that_stored_a_stage_alone_is_cleared_and_crashes_among_others_again(f: Arc<Fixture>) {
        let id = f.queued().await;
        for n in 0..3 {
            crashes(&f, id, n).await;
        }
        let claimed = f.worker("careful").await.claims(id).await;
        assert!(f.jobs.starts_alone(&claimed.fence).await.expect("an answer"));
        held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await);
        f.seconds_later(16);
        f.jobs.reclaim(None).await.expect("an answer");
        assert_eq!((f.row(id).await.crashes, f.row(id).await.solo_crashes), (1, 0));
    }

    async fn a_claim_whose_answer_was_lost_is_given_back_by_its_worker(f: Arc<Fixture>) {
        let id = f.queued().await;
        let worker = f.worker("w").await;
        worker.claims(id).await;
        for row in worker.heartbeat.held().await.expect("an answer") {
            worker.heartbeat.give_back(row.id, row.epoch).await.expect("an answer");
        }
        let row = f.row(id).await;
        assert_eq!((row.status.as_str(), row.crashes), ("queued", 0));
    }
}
