//! `claim`: who gets a row, and with which number.

use std::sync::Arc;
use std::time::Duration;

use shared::domain::job::{JobKind, Lane};
use shared::domain::verdict::Failure;
use tests::{Fixture, contract, fenced, held, made};
use uuid::Uuid;

const KIND: JobKind = JobKind::AcceptanceCriteria;

contract! {
    async fn a_message_that_comes_twice_claims_once(f: Arc<Fixture>) {
        let id = f.queued().await;
        let worker = f.worker("w").await;
        let claimed = worker.claims(id).await;
        assert_eq!((claimed.row.status.as_str(), claimed.row.lease_owner.as_deref()), ("running", Some("w")));
        assert!(worker.tries(id).await.is_none());
    }

    async fn a_message_about_nothing_claims_nothing(f: Arc<Fixture>) {
        let worker = f.worker("w").await;
        assert!(worker.tries(Uuid::from_u128(404)).await.is_none());
    }

    async fn a_row_that_is_not_due_or_not_queued_is_not_claimed(f: Arc<Fixture>) {
        let worker = f.worker("w").await;
        let later = f.queued().await;
        let claimed = worker.claims(later).await;
        held(f.jobs.settle_failure(&claimed, &Failure::snooze(Duration::from_secs(60), "jira.rate_limited", "wait")).await);
        assert!(worker.tries(later).await.is_none(), "not due yet");
        f.seconds_later(66);
        assert!(worker.tries(later).await.is_some(), "due now");

        let cancelled = f.queued().await;
        f.jobs.cancel(cancelled, &f.person()).await.expect("a cancelled job");
        assert!(worker.tries(cancelled).await.is_none(), "ended");
    }

    async fn of_64_claims_at_once_one_wins(f: Arc<Fixture>) {
        let id = f.queued().await;
        let claims: Vec<_> = (0..64)
            .map(|n| {
                let jobs = f.jobs.clone();
                tokio::spawn(async move { jobs.claim(id, &format!("w{n}").into()).await })
            })
            .collect();
        let mut winners = 0;
        for claim in claims {
            winners += usize::from(claim.await.expect("a task").expect("an answer").is_some());
        }
        assert_eq!(winners, 1);
        assert_eq!(f.row(id).await.epoch, 1);
    }

    async fn every_claim_raises_the_epoch_by_one_and_voids_the_one_before(f: Arc<Fixture>) {
        let id = f.queued().await;
        let worker = f.worker("w").await;
        let mut before = worker.claims(id).await;
        assert_eq!(before.fence.epoch, 1);
        for epoch in 2..6 {
            assert!(f.jobs.release(&before.fence).await.expect("an answer"));
            let now = worker.claims(id).await;
            assert_eq!(now.fence.epoch, epoch);
            assert!(fenced(f.jobs.finish(&before, &[made(before.stage)], &[]).await));
            assert!(!f.jobs.release(&before.fence).await.expect("an answer"));
            before = now;
        }
    }

    async fn rows_whose_bell_was_not_heard_are_claimed_directly_the_urgent_first(f: Arc<Fixture>) {
        let usual = f.queued().await;
        let urgent = f.asks(KIND).with_priority(5).submit().await;
        let bulk = f.asks(KIND).in_lane(Lane::Bulk).with_priority(9).submit().await;
        let worker = f.worker("w").await;
        f.later(f.jobs.limits().direct_after - Duration::from_millis(1));
        assert!(f.jobs.claim_overdue(Lane::Interactive, 10, &worker.name).await.expect("an answer").is_empty(), "the bell has its time");
        f.later(Duration::from_millis(1));
        for expected in [urgent, usual] {
            let taken = f.jobs.claim_overdue(Lane::Interactive, 1, &worker.name).await.expect("an answer");
            assert_eq!(taken.iter().map(|claimed| claimed.row.id).collect::<Vec<_>>(), [expected]);
        }
        assert!(f.jobs.claim_overdue(Lane::Interactive, 1, &worker.name).await.expect("an answer").is_empty());
        assert_eq!(f.row(bulk).await.status, "queued", "another lane");
    }

    async fn direct_claims_at_once_take_different_rows_and_never_more_than_asked_for(f: Arc<Fixture>) {
        for _ in 0..40 {
            f.queued().await;
        }
        f.seconds_later(3);
        let takers: Vec<_> = (0..8)
            .map(|n| {
                let jobs = f.jobs.clone();
                tokio::spawn(async move { jobs.claim_overdue(Lane::Interactive, 4, &format!("w{n}").into()).await })
            })
            .collect();
        let mut taken = Vec::new();
        for taker in takers {
            let rows = taker.await.expect("a task").expect("an answer");
            assert!(rows.len() <= 4, "{} rows for a limit of 4", rows.len());
            taken.extend(rows.into_iter().map(|claimed| claimed.row.id));
        }
        let all = taken.len();
        taken.sort_unstable();
        taken.dedup();
        assert_eq!(taken.len(), all, "a row was taken twice");
    }
}
