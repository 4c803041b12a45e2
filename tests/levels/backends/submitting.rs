//! `submit`: accepted requests and repeated ones.

use std::sync::Arc;

use shared::domain::event::EventKind;
use shared::domain::job::JobKind;
use shared::jobs::{JobError, Submitted};
use shared::store::{Sql, StoreError};
use tests::{Fixture, contract};

const KIND: JobKind = JobKind::AcceptanceCriteria;

fn keys() -> Sql {
    Sql::new("SELECT COUNT(*) AS n FROM idempotency_keys")
}

fn jobs() -> Sql {
    Sql::new("SELECT COUNT(*) AS n FROM jobs")
}

contract! {
    async fn an_accepted_request_is_a_row_an_event_an_audit_entry_and_a_ring(f: Arc<Fixture>) {
        let id = f.queued().await;
        let row = f.row(id).await;
        assert_eq!((row.status.as_str(), row.stage.as_str(), row.epoch, row.attempt), ("queued", "fetch", 0, 0));
        assert_eq!(f.told(id).await, [EventKind::Queued]);
        assert_eq!(f.audited(id).await, ["job.submit"]);
        assert_eq!(f.heard(), [id]);
    }

    async fn a_request_that_cannot_be_stored_whole_is_not_stored_at_all(f: Arc<Fixture>) {
        // The event cannot be written, so there must be no job, no entry and no key either.
        f.db.execute(Sql::new("DROP TABLE job_events")).await.expect("a broken schema");
        let answer = f.asks(KIND).with_key("k", "body").tried().await;
        assert!(matches!(answer, Err(JobError::Store(_))), "{answer:?}");
        assert_eq!(f.count(jobs()).await, 0);
        assert_eq!(f.count(keys()).await, 0);
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM audit_logs")).await, 0);
        assert!(f.heard().is_empty());
    }

    async fn a_request_that_is_refused_spoils_none_that_came_at_the_same_time(f: Arc<Fixture>) {
        // An id that is there already breaks a unique index, whatever shares its transaction.
        let taken = f.queued().await;
        let asked: Vec<_> = (0..32)
            .map(|n| {
                let f = f.clone();
                tokio::spawn(async move {
                    let asked = f.asks(KIND);
                    if n % 8 == 3 { asked.with_id(taken).tried().await } else { asked.tried().await }
                })
            })
            .collect();
        let (mut accepted, mut refused) = (0, 0);
        for answer in asked {
            match answer.await.expect("a task") {
                Ok(Submitted::Accepted(_)) => accepted += 1,
                Err(JobError::Store(StoreError::Conflict)) => refused += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((accepted, refused), (28, 4));
        assert_eq!(f.count(jobs()).await, 29);
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM job_events")).await, 29);
    }

    async fn a_repeated_request_is_answered_as_the_first(f: Arc<Fixture>) {
        let id = f.asks(KIND).with_key("k", "body").submit().await;
        let rows = f.rows().await;
        match f.asks(KIND).with_key("k", "body").tried().await.expect("an answer") {
            Submitted::Replayed(answer) => {
                assert_eq!((answer.job_id, answer.status), (id, 202));
                assert!(answer.response.contains(&id.to_string()));
            }
            Submitted::Accepted(job) => panic!("made a second job: {job:?}"),
        }
        assert_eq!(f.rows().await, rows, "a replay writes nothing");
    }

    async fn a_key_with_another_body_is_refused(f: Arc<Fixture>) {
        f.asks(KIND).with_key("k", "body").submit().await;
        let answer = f.asks(KIND).with_key("k", "other body").tried().await;
        assert!(matches!(answer, Err(JobError::KeyReused)), "{answer:?}");
        assert_eq!(f.count(jobs()).await, 1);
    }

    async fn of_32_requests_at_once_with_one_key_one_is_accepted_and_31_are_replayed(f: Arc<Fixture>) {
        let asked: Vec<_> = (0..32)
            .map(|_| {
                let f = f.clone();
                tokio::spawn(async move { f.asks(KIND).with_key("k", "body").tried().await })
            })
            .collect();
        let (mut accepted, mut replayed) = (Vec::new(), Vec::new());
        for answer in asked {
            match answer.await.expect("a task").expect("no error") {
                Submitted::Accepted(job) => accepted.push(job.id),
                Submitted::Replayed(answer) => replayed.push(answer.job_id),
            }
        }
        assert_eq!(accepted.len(), 1);
        assert_eq!(replayed, vec![accepted[0]; 31]);
        assert_eq!(f.count(jobs()).await, 1);
    }

    async fn a_key_that_has_expired_is_taken_over(f: Arc<Fixture>) {
        let first = f.asks(KIND).with_key("k", "body").submit().await;
        f.later(f.jobs.limits().keep_idempotency);
        assert!(matches!(f.asks(KIND).with_key("k", "body").tried().await, Ok(Submitted::Replayed(_))), "still remembered");
        f.seconds_later(1);
        let second = f.asks(KIND).with_key("k", "another body").submit().await;
        assert_ne!(first, second);
        assert_eq!(f.count(keys()).await, 1);
        assert!(matches!(f.asks(KIND).with_key("k", "another body").tried().await, Ok(Submitted::Replayed(a)) if a.job_id == second));
    }
}
