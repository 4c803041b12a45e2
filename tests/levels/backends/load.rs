//! Many rows, many verbs at once.

use std::sync::Arc;

use shared::domain::job::Lane;
use shared::domain::verdict::Failure;
use shared::store::{Sql, job};
use tests::{Fixture, contract};
use uuid::Uuid;

/// Fills the table with queued rows, most of them not due yet, like a backlog of batches.
async fn backlog(f: &Fixture, rows: u32) {
    let model = f.queued().await;
    // The last eight bytes of an id are a number of its own; SQLite keeps ids as bytes.
    let id = if f.db.is_postgres() { "md5('row' || n)::uuid" } else { "randomblob(16)" };
    let numbers = if f.db.is_postgres() {
        format!("SELECT n FROM generate_series(1, {rows}) AS n")
    } else {
        format!(
            "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows}) SELECT n FROM numbers"
        )
    };
    let columns = "kind, status, stage, issue_key, connection, request, owner_id, request_id, priority, deadline_at, epoch, attempt, \
                   max_attempts, crashes, solo_crashes, solo, event_seq, created_at, updated_at";
    let text = format!(
        "INSERT INTO jobs (id, lane, due_at, ring_at, {columns}) \
         SELECT {id}, CASE WHEN n % 10 = 0 THEN 'interactive' ELSE 'bulk' END, due_at + n % 1000, ring_at, {columns} \
         FROM jobs, ({numbers}) AS numbers WHERE jobs.id = ?"
    );
    // Statements of the product are constants; this one is made once for a test.
    f.db.execute(Sql::new(text.leak()).bind(model)).await.expect("a backlog");
    f.db.execute(Sql::new("ANALYZE")).await.expect("statistics");
    f.seconds_later(20);
}

async fn plan(f: &Fixture, what: &str, sql: Sql) -> String {
    let plans = f.db.plan(sql).await.expect("a plan");
    let plan: String = plans.into_iter().flat_map(|plan| plan.steps).flat_map(|step| [step, "\n".to_owned()]).collect();
    println!("{what} on {:?}:\n{plan}", f.backend);
    plan
}

contract! {
    async fn a_backlog_of_100_000_jobs_is_claimed_and_rung_for_through_the_index(f: Arc<Fixture>) {
        backlog(&f, 100_000).await;
        let ring = plan(&f, "ring", job::to_ring(&f.db, Lane::Bulk, 15_000, 200)).await;
        let overdue = plan(&f, "direct claim", job::overdue(&f.db, Lane::Bulk, 2000, 10, "w")).await;
        let claim = plan(&f, "claim", job::due_by_id(Uuid::from_u128(1), "w")).await;
        for plan in [&ring, &overdue] {
            assert!(plan.contains("jobs_due"), "{plan}");
            assert!(!plan.contains("Seq Scan") && !plan.contains("SCAN jobs\n"), "{plan}");
            assert!(!plan.contains("TEMP B-TREE") && !plan.contains("Sort"), "{plan}");
        }
        assert!(claim.contains("jobs_pkey") || claim.contains("sqlite_autoindex_jobs_1"), "{claim}");

        // The plans are those of statements that work.
        assert_eq!(job::take_to_ring(&f.db, Lane::Bulk, 15_000, 200).await.expect("an answer").len(), 200);
        assert_eq!(job::claim_overdue(&f.db, Lane::Interactive, 2000, 10, "w").await.expect("an answer").len(), 10);
        let reclaim = Sql::new("SELECT * FROM jobs WHERE lease_owner = ? AND status = 'running'").bind("w");
        assert!(plan(&f, "reclaim", reclaim).await.contains("jobs_running"));
    }

    async fn eight_tasks_with_100_verbs_each_never_meet_a_locked_database(f: Arc<Fixture>) {
        let tasks: Vec<_> = (0..8)
            .map(|n| {
                let f = f.clone();
                tokio::spawn(async move {
                    let worker = f.worker(&format!("w{n}")).await;
                    for _ in 0..25 {
                        let id = f.queued().await;
                        let claimed = worker.claims(id).await;
                        f.jobs.settle_failure(&claimed, &Failure::fail("x.y", "z")).await.expect("an answer").expect("a held job");
                        f.jobs.retry(id, &f.person()).await.expect("a retry");
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no verb fails");
        }
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM jobs WHERE status = 'queued' AND event_seq = 3")).await, 200);
    }

    async fn two_processes_write_at_once_and_neither_fails(f: Arc<Fixture>) {
        // Client commands open the database beside a running server.
        let other = f.another_process().await;
        let beats = [f.db.clone(), other.clone()].map(|db| {
            tokio::spawn(async move {
                for n in 0..100 {
                    shared::store::worker::renew(&db, &format!("w{n}"), 15_000).await.expect("a renewal");
                }
            })
        });
        for beat in beats {
            beat.await.expect("no write fails");
        }
        other.close().await;
    }
}
