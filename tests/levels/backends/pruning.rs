//! `prune`: what is old leaves, in chunks, and nothing else does.

use std::sync::Arc;
use std::time::Duration;

use shared::domain::job::{JobKind, Lane, Stage};
use shared::jobs::Retention;
use shared::store::Sql;
use shared::store::delivery::{self, Tried};
use tests::{Fixture, contract, held, made};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn orphans() -> Sql {
    Sql::new(
        "SELECT CAST((SELECT COUNT(*) FROM job_events e WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE id = e.job_id)) \
         + (SELECT COUNT(*) FROM artifacts a WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE id = a.job_id)) \
         + (SELECT COUNT(*) FROM webhook_deliveries d WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE id = d.job_id)) AS BIGINT) AS n",
    )
}

fn jobs() -> Sql {
    Sql::new("SELECT COUNT(*) AS n FROM jobs")
}

async fn prune_all(f: &Fixture) -> usize {
    let mut chunks = 0;
    while f.jobs.prune(&Retention::default()).await.expect("an answer") > 0 {
        chunks += 1;
        assert!(chunks < 1000, "it never ends");
    }
    chunks
}

async fn ended(f: &Fixture) -> uuid::Uuid {
    let id = f.queued().await;
    let claimed = f.worker("w").await.claims(id).await;
    held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await);
    held(f.jobs.finish(&claimed, &[made(Stage::Criteria)], &[]).await);
    id
}

contract! {
    async fn only_old_ended_jobs_leave_with_all_their_children(f: Arc<Fixture>) {
        let waiting = f.asks(JobKind::AcceptanceCriteria).in_lane(Lane::Bulk).submit().await;
        let old = ended(&f).await;
        f.later(DAY * 29);
        let young = ended(&f).await;
        f.later(DAY * 2);
        prune_all(&f).await;
        assert!(shared::store::job::find(&f.db, old).await.expect("an answer").is_none());
        assert_eq!(f.count(jobs()).await, 2);
        assert_eq!(f.told(young).await.len(), 3);
        assert_eq!(f.told(waiting).await.len(), 1);
        assert_eq!(f.count(orphans()).await, 0);
        assert_eq!(f.audited(old).await, ["job.submit", "job.succeeded"], "the audit log is kept for longer");
    }

    async fn a_chunk_is_small_and_several_processes_that_prune_at_once_leave_no_orphans(f: Arc<Fixture>) {
        for _ in 0..1200 {
            let id = f.queued().await;
            f.jobs.cancel(id, &f.person()).await.expect("an answer");
        }
        f.later(DAY * 31);
        let before = f.count(jobs()).await;
        f.jobs.prune(&Retention::default()).await.expect("an answer");
        assert_eq!(before - f.count(jobs()).await, 500, "one chunk");
        let prunes: Vec<_> = (0..4)
            .map(|_| {
                let f = f.clone();
                tokio::spawn(async move { prune_all(&f).await })
            })
            .collect();
        for prune in prunes {
            prune.await.expect("a task");
        }
        assert_eq!(f.count(jobs()).await, 0);
        assert_eq!(f.count(orphans()).await, 0);
    }

    async fn a_job_stays_until_its_deliveries_have_ended(f: Arc<Fixture>) {
        let id = f.asks(JobKind::AcceptanceCriteria).calling_back("https://example.com/hook").submit().await;
        f.jobs.cancel(id, &f.person()).await.expect("an answer");
        f.later(DAY * 31);
        prune_all(&f).await;
        assert_eq!(f.told(id).await.len(), 2, "the delivery needs its event");
        let due = delivery::of_job(&f.db, id).await.expect("an answer").pop().expect("a delivery");
        let claimed = delivery::claim(&f.db, due.id, "w").await.expect("an answer").expect("a delivery");
        delivery::settle(&f.db, &claimed, Tried::Failed { status: None, error: "gone".into() }).await.expect("an answer");
        prune_all(&f).await;
        assert_eq!((f.count(jobs()).await, f.count(orphans()).await), (0, 0));
    }

    async fn keys_audit_entries_and_lapsed_workers_leave_by_age(f: Arc<Fixture>) {
        f.asks(JobKind::AcceptanceCriteria).with_key("k", "b").submit().await;
        let holder = f.queued().await;
        f.worker("idle").await;
        f.worker("holds").await.claims(holder).await;
        f.later(DAY * 366);
        prune_all(&f).await;
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM idempotency_keys")).await, 0);
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM audit_logs")).await, 0);
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM workers")).await, 1, "one still holds a job according to the database");
        assert_eq!(f.count(jobs()).await, 2, "jobs that have not ended stay");
    }
}
