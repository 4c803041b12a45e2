//! `prune`: what is old leaves, in chunks, and nothing else does.

use std::sync::Arc;
use std::time::Duration;

use shared::domain::job::{JobKind, Lane, Stage};
use shared::domain::publish::{PublishMode, PublishTarget, PublishWhat};
use shared::jobs::Retention;
use shared::ports::{Clock, Usage};
use shared::store::Sql;
use shared::store::delivery::{self, Tried, TriedEnd};
use shared::store::llm_call::{NewCall, Settled, Used};
use shared::store::publication::{TargetKey, Written};
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

    async fn a_job_whose_questions_are_with_a_provider_stays_whole_until_they_came_to_something(f: Arc<Fixture>) {
        let id = ended(&f).await;
        let ask = "INSERT INTO llm_questions (id, job_id, stage, question, connection, model, prompt, state, created_at) \
                   VALUES (?, ?, 'criteria', 'q', 'claude', 'sonnet', 'p', 'sent', 0)";
        f.db.execute(Sql::new(ask).bind(f.clock.new_id()).bind(id)).await.expect("a question");
        f.later(DAY * 31);
        prune_all(&f).await;
        assert_eq!((f.count(jobs()).await, f.told(id).await.len()), (1, 3));
        f.db.execute(Sql::new("UPDATE llm_questions SET state = 'failed'")).await.expect("an answer");
        prune_all(&f).await;
        assert_eq!((f.count(jobs()).await, f.count(orphans()).await), (0, 0));
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
        delivery::settle(&f.db, &claimed, Tried { end: TriedEnd::Failed, status: None, answer: None, error: Some("gone".into()) }).await.expect("an answer");
        prune_all(&f).await;
        assert_eq!((f.count(jobs()).await, f.count(orphans()).await), (0, 0));
    }

    async fn the_ledger_leaves_by_an_age_of_its_own_and_what_was_published_stays(f: Arc<Fixture>) {
        let id = f.asks(JobKind::Publication).published().submit().await;
        let claimed = f.worker("w").await.claims(id).await;
        let call = NewCall { id: f.clock.new_id(), stage: Stage::Criteria, provider: "p".into(), model: "m".into(), reserved_tokens: 0, reserved_nano_usd: None };
        held(f.jobs.reserve_call(&claimed, &call).await);
        f.jobs.settle_call(&Settled::new(call.id, Used::Known(Usage { input_tokens: 1, output_tokens: 2, ..Usage::default() }))).await.expect("an answer");
        assert!(f.jobs.acquire_target(&claimed, "10001", PublishMode::Comment, DAY).await.expect("an answer").is_some());
        let target = PublishTarget { mode: PublishMode::Comment, what: PublishWhat::All };
        let key = TargetKey { connection: "default".into(), issue_id: "10001".into(), target, part: 1 };
        let written = Written { key, marker: "jqa".into(), remote_id: "77".into(), hash: "h".into() };
        held(f.jobs.finish(&claimed, &[made(Stage::Publish)], &[written]).await);
        let left = async || {
            let count = |sql: &'static str| f.count(Sql::new(sql));
            let jobs = count("SELECT COUNT(*) AS n FROM jobs").await;
            let calls = count("SELECT COUNT(*) AS n FROM llm_calls").await;
            let targets = count("SELECT COUNT(*) AS n FROM publish_targets").await;
            (jobs, calls, targets, count("SELECT COUNT(*) AS n FROM publications").await)
        };
        assert_eq!(left().await, (1, 1, 1, 1));
        f.later(DAY * 31);
        prune_all(&f).await;
        assert_eq!(left().await, (0, 1, 0, 1), "what was paid for outlives its job");
        f.later(DAY * 335);
        prune_all(&f).await;
        assert_eq!(left().await, (0, 0, 0, 1), "only this tells what is ours");
    }

    async fn keys_and_lapsed_workers_leave_by_age(f: Arc<Fixture>) {
        f.asks(JobKind::AcceptanceCriteria).with_key("k", "b").submit().await;
        let holder = f.queued().await;
        f.worker("idle").await;
        f.worker("holds").await.claims(holder).await;
        f.later(DAY * 366);
        prune_all(&f).await;
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM idempotency_keys")).await, 0);
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM workers")).await, 1, "one still holds a job according to the database");
        assert_eq!(f.count(jobs()).await, 2, "jobs that have not ended stay");
    }
}
