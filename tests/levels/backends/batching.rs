//! Batches: their stories are stored page by page, their jobs are held until there is room, and they end once.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use shared::domain::batch::{BatchRequest, BatchStatus, Selection, Skip};
use shared::domain::event::EventKind;
use shared::domain::issue_key::IssueKey;
use shared::domain::job::{JobKind, JobStatus};
use shared::domain::json::to_json;
use shared::domain::publish::OnConflict;
use shared::domain::request::Review;
use shared::domain::verdict::Failure;
use shared::jobs::{BatchSubmission, COST_REACHED, JobError, Jobs, Retention, SubmittedBatch};
use shared::ports::Clock;
use shared::store::Sql;
use shared::store::batch::{self, Batch, Counts, Expanded, ItemFilter, NewItem, NotExpanded};
use shared::store::idempotency::NewKey;
use tests::{Fixture, contract, held};
use uuid::Uuid;

/// Longer than a page takes.
const HOLD: i64 = 60_000;

fn request() -> BatchRequest {
    BatchRequest {
        select: Selection::Jql("project = SHOP".into()),
        max_issues: 1000,
        force: false,
        llm: None,
        language: None,
        review: Review::None,
        publish: Vec::new(),
        on_conflict: OnConflict::Keep,
        close_obsolete: false,
        fresh: false,
        economy: false,
        delta: false,
    }
}

fn submission(f: &Fixture, concurrency: u32) -> BatchSubmission {
    BatchSubmission {
        id: f.clock.new_id(),
        kind: JobKind::AcceptanceCriteria,
        connection: "acme".into(),
        request: request(),
        actor: f.person(),
        owner_id: f.person().user_id.expect("a person"),
        priority: 0,
        concurrency,
        max_cost_nano_usd: None,
        key: None,
    }
}

async fn submitted(f: &Fixture, submission: BatchSubmission) -> Uuid {
    match f.jobs.submit_batch(submission).await.expect("an answer") {
        SubmittedBatch::Accepted(batch) => batch.id,
        SubmittedBatch::Replayed(stored) => panic!("it came before: {stored:?}"),
    }
}

/// Stories of a page, each with a job.
fn page(f: &Fixture, numbers: std::ops::RangeInclusive<i64>) -> Vec<NewItem> {
    let story = |n: i64| {
        let key = IssueKey::parse(&format!("SHOP-{n}")).expect("a key");
        NewItem {
            n,
            issue_id: n.to_string(),
            issue_key: key.to_string(),
            job_id: Some(f.clock.new_id()),
            skip: None,
            since: None,
            request: Some(to_json(&request().of_job(key, "acme"))),
        }
    };
    numbers.map(story).collect()
}

fn after(next: Option<&str>, found: i64) -> Expanded {
    Expanded { next: next.map(str::to_owned), found, has_more: false }
}

async fn claimed(f: &Fixture, owner: &str) -> Batch {
    batch::claim(&f.db, owner, HOLD).await.expect("an answer").expect("a batch to expand")
}

/// A batch of so many stories, expanded.
async fn expanded(f: &Fixture, jobs: i64, concurrency: u32) -> Uuid {
    let id = submitted(f, submission(f, concurrency)).await;
    let batch = claimed(f, "w").await;
    assert!(f.jobs.expand(&batch, &page(f, 1..=jobs), &after(None, jobs)).await.expect("an answer"));
    id
}

async fn found(f: &Fixture, id: Uuid) -> Batch {
    batch::find(&f.db, id).await.expect("an answer").expect("a batch")
}

async fn counts(f: &Fixture, id: Uuid) -> Counts {
    batch::counts(&f.db, id).await.expect("counts")
}

async fn in_status(f: &Fixture, id: Uuid, status: JobStatus) -> Vec<Uuid> {
    let filter = ItemFilter { status: Some(status), skip: None };
    let items = batch::items(&f.db, id, &filter, 0, 100_000).await.expect("items");
    items.into_iter().filter_map(|item| item.job_id).collect()
}

async fn tops_up(f: &Fixture) {
    f.jobs.top_up_batches().await.expect("a top-up");
}

/// The verbs of another process.
async fn another_process(f: &Fixture) -> Jobs {
    let (bell, _) = shared::jobs::Bell::new();
    Jobs::new(f.another_process().await, f.jobs.limits().clone(), bell, f.jobs.bus().clone())
}

async fn fails(f: &Fixture, id: Uuid) {
    let claimed = f.worker("w").await.claims(id).await;
    held(f.jobs.settle_failure(&claimed, &Failure::fail("jira.not_found", "gone")).await);
}

fn ends() -> Sql {
    Sql::new("SELECT COUNT(*) AS n FROM audit_logs WHERE action = 'batch.end'")
}

contract! {
    async fn the_jobs_of_a_batch_are_held_until_there_is_room_for_them(f: Arc<Fixture>) {
        let id = expanded(&f, 10, 3).await;
        assert_eq!(found(&f, id).await.status(), BatchStatus::Running);
        let jobs = in_status(&f, id, JobStatus::Held).await;
        assert_eq!(jobs.len(), 10);
        assert!(f.worker("w").await.tries(jobs[0]).await.is_none(), "nobody runs what is held");
        tops_up(&f).await;
        assert_eq!(in_status(&f, id, JobStatus::Queued).await, jobs[..3], "in the order of the stories");
        tops_up(&f).await;
        assert_eq!(counts(&f, id).await.of(JobStatus::Queued), 3, "there is no more room");
        fails(&f, jobs[1]).await;
        tops_up(&f).await;
        assert_eq!(in_status(&f, id, JobStatus::Queued).await, [jobs[0], jobs[2], jobs[3]]);
        assert_eq!(f.told(jobs[1]).await, [EventKind::Queued, EventKind::Failed]);
        assert_eq!(f.audited(id).await, ["batch.submit"]);
    }

    async fn one_that_waits_for_something_else_makes_room(f: Arc<Fixture>) {
        let id = expanded(&f, 5, 2).await;
        tops_up(&f).await;
        let first = in_status(&f, id, JobStatus::Queued).await[0];
        let claimed = f.worker("w").await.claims(first).await;
        let wait = Failure::snooze(Duration::from_secs(600), "jira.rate_limited", "slow down");
        held(f.jobs.settle_failure(&claimed, &wait).await);
        tops_up(&f).await;
        assert_eq!(counts(&f, id).await.of(JobStatus::Queued), 3, "one of them is not due");
    }

    async fn the_expander_may_die_after_each_page(f: Arc<Fixture>) {
        let id = submitted(&f, submission(&f, 4)).await;
        let pages = [(1..=3, Some("p2")), (4..=6, Some("p3")), (7..=7, None)];
        for (numbers, next) in pages {
            let last = *numbers.end();
            let dead = claimed(&f, "dead").await;
            assert!(batch::claim(&f.db, "other", HOLD).await.expect("an answer").is_none(), "it is held");
            f.later(Duration::from_millis(60_001));
            let alive = claimed(&f, "alive").await;
            assert_eq!(alive.page_token, dead.page_token, "it goes on where the page was checked off");
            assert!(f.jobs.expand(&alive, &page(&f, numbers.clone()), &after(next, last)).await.expect("an answer"));
            let rows = f.rows().await;
            assert!(!f.jobs.expand(&dead, &page(&f, numbers), &after(next, last)).await.expect("an answer"), "it comes too late");
            assert_eq!(f.rows().await, rows, "and writes nothing");
        }
        assert!(batch::claim(&f.db, "w", HOLD).await.expect("an answer").is_none(), "nothing is left to find");
        let items = batch::items(&f.db, id, &ItemFilter::default(), 0, 100).await.expect("items");
        assert_eq!(items.iter().map(|item| item.n).collect::<Vec<_>>(), (1..=7).collect::<Vec<_>>());
        assert_eq!((found(&f, id).await.found, counts(&f, id).await.of(JobStatus::Held)), (7, 7));
    }

    async fn a_worker_that_is_gone_leaves_its_expansion_to_others(f: Arc<Fixture>) {
        submitted(&f, submission(&f, 4)).await;
        let _lease = f.worker("gone").await;
        claimed(&f, "gone").await;
        f.later(f.jobs.limits().lease + Duration::from_millis(1));
        f.jobs.reclaim(None).await.expect("an answer");
        claimed(&f, "other").await;
    }

    async fn three_relays_that_see_the_same_room_fill_it_once(f: Arc<Fixture>) {
        let id = expanded(&f, 40, 4).await;
        for round in 1..=5 {
            let seen = batch::waiting(&f.db).await.expect("batches");
            assert_eq!((seen.len(), seen[0].free), (1, 4));
            let processes = [f.jobs.clone(), another_process(&f).await, another_process(&f).await];
            let filled = join_all(processes.iter().map(|jobs| jobs.top_up(&seen[0]))).await;
            assert_eq!(filled.into_iter().filter(|filled| *filled.as_ref().expect("an answer")).count(), 1);
            let released = in_status(&f, id, JobStatus::Queued).await;
            assert_eq!(released.len(), 4, "round {round}");
            // However they come upon each other.
            join_all(processes.iter().cycle().take(12).map(Jobs::top_up_batches)).await.into_iter().collect::<Result<Vec<_>, _>>().expect("top-ups");
            assert_eq!(in_status(&f, id, JobStatus::Queued).await, released, "round {round}");
            for job in released {
                fails(&f, job).await;
            }
        }
    }

    async fn the_last_two_that_end_at_the_same_instant_end_the_batch_once(f: Arc<Fixture>) {
        let id = expanded(&f, 2, 2).await;
        tops_up(&f).await;
        let worker = f.worker("w").await;
        let mut last = Vec::new();
        for job in in_status(&f, id, JobStatus::Queued).await {
            last.push(worker.claims(job).await);
        }
        f.jobs.look_after_batches().await.expect("a look");
        assert_eq!(found(&f, id).await.status(), BatchStatus::Running);
        let processes = [f.jobs.clone(), another_process(&f).await, another_process(&f).await];
        let failure = Failure::fail("jira.not_found", "gone");
        let end = async |n: usize| {
            held(processes[n].settle_failure(&last[n], &failure).await);
            processes[n].look_after_batches().await.expect("a look");
        };
        futures::join!(end(0), end(1), async { processes[2].look_after_batches().await.expect("a look") });
        join_all(processes.iter().map(Jobs::look_after_batches)).await.into_iter().collect::<Result<Vec<_>, _>>().expect("looks");
        assert_eq!(found(&f, id).await.status(), BatchStatus::Completed);
        assert_eq!(f.count(ends()).await, 1);
    }

    async fn a_batch_does_not_end_before_all_its_stories_were_found(f: Arc<Fixture>) {
        let id = submitted(&f, submission(&f, 4)).await;
        let batch = claimed(&f, "w").await;
        assert!(f.jobs.expand(&batch, &page(&f, 1..=1), &after(Some("p2"), 1)).await.expect("an answer"));
        tops_up(&f).await;
        fails(&f, in_status(&f, id, JobStatus::Queued).await[0]).await;
        f.jobs.look_after_batches().await.expect("a look");
        assert_eq!(found(&f, id).await.status(), BatchStatus::Expanding);
        let batch = claimed(&f, "w").await;
        assert!(f.jobs.expand(&batch, &[], &after(None, 1)).await.expect("an answer"));
        f.jobs.look_after_batches().await.expect("a look");
        assert_eq!(found(&f, id).await.status(), BatchStatus::Completed);
    }

    async fn an_expansion_that_fails_ends_the_batch_as_failed_with_what_was_found(f: Arc<Fixture>) {
        let id = submitted(&f, submission(&f, 4)).await;
        let first = claimed(&f, "w").await;
        assert!(batch::settle(&f.db, &first, NotExpanded::Again { in_ms: 5000, counts: true }).await.expect("an answer"));
        assert!(batch::claim(&f.db, "w", HOLD).await.expect("an answer").is_none(), "not yet");
        f.seconds_later(5);
        let again = claimed(&f, "w").await;
        assert_eq!(again.attempts, 1);
        let end = NotExpanded::Ended { code: "jira.refused".into(), message: "no such field".into() };
        assert!(!batch::settle(&f.db, &first, end.clone()).await.expect("an answer"), "it is not in its hands any more");
        assert!(batch::settle(&f.db, &again, end).await.expect("an answer"));
        f.jobs.look_after_batches().await.expect("a look");
        let batch = found(&f, id).await;
        assert_eq!((batch.status(), batch.error_code.as_deref()), (BatchStatus::Failed, Some("jira.refused")));
    }

    async fn a_pause_takes_back_what_nobody_has_begun(f: Arc<Fixture>) {
        let id = expanded(&f, 10, 4).await;
        tops_up(&f).await;
        let released = in_status(&f, id, JobStatus::Queued).await;
        let running = f.worker("w").await.claims(released[0]).await;
        let seen = batch::waiting(&f.db).await.expect("batches");
        let batch = f.jobs.pause_batch(id, &f.person()).await.expect("a pause");
        assert_eq!(batch.status(), BatchStatus::Paused);
        assert_eq!((counts(&f, id).await.of(JobStatus::Held), counts(&f, id).await.of(JobStatus::Running)), (9, 1));
        assert!(!f.jobs.top_up(&seen[0]).await.expect("an answer"), "a relay that has looked before comes too late");
        tops_up(&f).await;
        assert_eq!(counts(&f, id).await.of(JobStatus::Queued), 0);
        held(f.jobs.settle_failure(&running, &Failure::fail("x", "x")).await);
        assert!(matches!(f.jobs.pause_batch(id, &f.person()).await, Err(JobError::WrongBatchStatus { code: "batch.not_running", .. })));
        let batch = f.jobs.resume_batch(id, &f.person()).await.expect("it goes on");
        assert_eq!(batch.status(), BatchStatus::Running);
        tops_up(&f).await;
        assert_eq!(in_status(&f, id, JobStatus::Queued).await[..3], released[1..4]);
        assert!(matches!(f.jobs.resume_batch(id, &f.person()).await, Err(JobError::WrongBatchStatus { code: "batch.not_paused", .. })));
        assert_eq!(f.audited(id).await, ["batch.submit", "batch.pause", "batch.resume"]);
    }

    async fn a_paused_batch_does_not_lose_the_time_of_its_jobs(f: Arc<Fixture>) {
        let id = expanded(&f, 1, 1).await;
        f.jobs.pause_batch(id, &f.person()).await.expect("a pause");
        f.later(f.jobs.limits().deadline_bulk * 2);
        f.jobs.resume_batch(id, &f.person()).await.expect("it goes on");
        tops_up(&f).await;
        let job = in_status(&f, id, JobStatus::Queued).await[0];
        assert!(f.row(job).await.deadline_at > f.clock.now_ms());
    }

    async fn a_cancelled_batch_ends_what_was_not_begun_and_asks_the_rest_to_stop(f: Arc<Fixture>) {
        let id = expanded(&f, 10, 3).await;
        tops_up(&f).await;
        let released = in_status(&f, id, JobStatus::Queued).await;
        let worker = f.worker("w").await;
        let running = worker.claims(released[0]).await;
        let snoozed = worker.claims(released[1]).await;
        held(f.jobs.settle_failure(&snoozed, &Failure::snooze(Duration::from_secs(60), "jira.rate_limited", "wait")).await);
        assert_eq!(f.jobs.cancel_batch(id, &f.person()).await.expect("a cancel").status(), BatchStatus::Cancelling);
        assert_eq!((counts(&f, id).await.of(JobStatus::Cancelled), counts(&f, id).await.of(JobStatus::Running)), (9, 1));
        let unbegun = in_status(&f, id, JobStatus::Cancelled).await;
        for job in &unbegun {
            assert_eq!(f.told(*job).await.last(), Some(&EventKind::Cancelled), "without a gap");
        }
        assert!(f.row(running.fence.job_id).await.cancel_requested_at.is_some());
        held(f.jobs.end_cancelled(&running).await);
        f.jobs.look_after_batches().await.expect("a look");
        assert_eq!(found(&f, id).await.status(), BatchStatus::Cancelled);
        assert!(matches!(f.jobs.cancel_batch(id, &f.person()).await, Err(JobError::WrongBatchStatus { code: "batch.already_ended", .. })));
        assert!(matches!(f.jobs.retry_failed(id, &f.person()).await, Err(JobError::WrongBatchStatus { .. })));
    }

    async fn nothing_is_found_any_more_once_a_batch_is_cancelled(f: Arc<Fixture>) {
        let id = submitted(&f, submission(&f, 4)).await;
        let batch = claimed(&f, "w").await;
        f.jobs.cancel_batch(id, &f.person()).await.expect("a cancel");
        assert!(!f.jobs.expand(&batch, &page(&f, 1..=3), &after(None, 3)).await.expect("an answer"));
        assert!(batch::claim(&f.db, "w", HOLD).await.expect("an answer").is_none());
        f.jobs.look_after_batches().await.expect("a look");
        assert_eq!((found(&f, id).await.status(), counts(&f, id).await.jobs), (BatchStatus::Cancelled, Vec::new()));
    }

    async fn those_that_failed_get_another_chance(f: Arc<Fixture>) {
        let id = expanded(&f, 4, 4).await;
        tops_up(&f).await;
        let jobs = in_status(&f, id, JobStatus::Queued).await;
        for job in &jobs[..3] {
            fails(&f, *job).await;
        }
        f.jobs.cancel(jobs[3], &f.person()).await.expect("a cancel");
        f.jobs.look_after_batches().await.expect("a look");
        assert_eq!(found(&f, id).await.status(), BatchStatus::Completed, "one bad story does not fail a batch");
        assert_eq!(f.jobs.retry_failed(id, &f.person()).await.expect("a retry").status(), BatchStatus::Running);
        assert_eq!(in_status(&f, id, JobStatus::Held).await, jobs[..3]);
        assert_eq!(f.told(jobs[0]).await, [EventKind::Queued, EventKind::Failed, EventKind::Queued]);
        tops_up(&f).await;
        for job in &jobs[..3] {
            fails(&f, *job).await;
        }
        f.jobs.look_after_batches().await.expect("a look");
        assert_eq!((found(&f, id).await.status(), f.count(ends()).await), (BatchStatus::Completed, 2));
    }

    async fn a_batch_that_has_cost_what_it_may_is_paused_and_says_so(f: Arc<Fixture>) {
        let id = submitted(&f, BatchSubmission { max_cost_nano_usd: Some(1000), ..submission(&f, 1) }).await;
        let batch = claimed(&f, "w").await;
        assert!(f.jobs.expand(&batch, &page(&f, 1..=3), &after(None, 3)).await.expect("an answer"));
        tops_up(&f).await;
        let job = in_status(&f, id, JobStatus::Queued).await[0];
        for (call, cost, reserved) in [(1_u128, Some(400_i64), 900_i64), (2, None, 600)] {
            let sql = Sql::new(
                "INSERT INTO llm_calls (id, job_id, stage, epoch, provider, model, state, reserved_tokens, cost_nano_usd, reserved_nano_usd, \
                 created_at) VALUES (?, ?, 'criteria', 1, 'p', 'm', 'settled', 0, ?, ?, 1)",
            );
            f.db.execute(sql.bind(Uuid::from_u128(call)).bind(job).bind(cost).bind(reserved)).await.expect("a call");
        }
        fails(&f, job).await;
        tops_up(&f).await;
        let batch = found(&f, id).await;
        assert_eq!((batch.status(), batch.pause_code.as_deref()), (BatchStatus::Paused, Some(COST_REACHED)));
        assert_eq!((counts(&f, id).await.cost_nano_usd, counts(&f, id).await.of(JobStatus::Held)), (1000, 2));
    }

    async fn the_same_request_sixteen_times_at_once_is_one_batch(f: Arc<Fixture>) {
        let key = NewKey {
            caller: f.person().user_id.expect("a person"),
            method: "POST",
            path: "/batches".into(),
            key: "k".into(),
            body_hash: "h".into(),
            status: 202,
            response: "{}".into(),
        };
        let all = (0..16).map(|_| f.jobs.submit_batch(BatchSubmission { key: Some(key.clone()), ..submission(&f, 1) }));
        let answers = join_all(all).await;
        let accepted = answers.iter().filter(|answer| matches!(answer, Ok(SubmittedBatch::Accepted(_)))).count();
        assert_eq!((accepted, f.count(Sql::new("SELECT COUNT(*) AS n FROM batches")).await), (1, 1), "{answers:?}");
    }

    async fn stories_without_a_job_say_why(f: Arc<Fixture>) {
        let id = submitted(&f, submission(&f, 4)).await;
        let batch = claimed(&f, "w").await;
        let mut items = page(&f, 1..=3);
        for (item, skip) in items.iter_mut().zip([Skip::Unchanged, Skip::NotFound]) {
            (item.job_id, item.request, item.skip, item.since) = (None, None, Some(skip), Some(17));
        }
        assert!(f.jobs.expand(&batch, &items, &after(None, 3)).await.expect("an answer"));
        let skipped = counts(&f, id).await;
        assert_eq!((skipped.skipped.len(), skipped.of(JobStatus::Held)), (2, 1));
        let unchanged = ItemFilter { skip: Some(Skip::Unchanged), ..ItemFilter::default() };
        let items = batch::items(&f.db, id, &unchanged, 0, 10).await.expect("items");
        assert_eq!((items.len(), items[0].issue_key.as_str(), items[0].since), (1, "SHOP-1", Some(17)));
        assert_eq!(batch::known(&f.db, id, &["3".into(), "4".into()]).await.expect("ids"), ["3"]);
    }

    async fn ten_thousand_stories_are_one_batch(f: Arc<Fixture>) {
        let id = submitted(&f, submission(&f, 8)).await;
        for n in 0..100 {
            let batch = claimed(&f, "w").await;
            let (first, last) = (n * 100 + 1, n * 100 + 100);
            let next = (n < 99).then(|| format!("p{n}"));
            assert!(f.jobs.expand(&batch, &page(&f, first..=last), &after(next.as_deref(), last)).await.expect("an answer"));
        }
        tops_up(&f).await;
        assert_eq!((counts(&f, id).await.of(JobStatus::Held), counts(&f, id).await.of(JobStatus::Queued)), (9_992, 8));
        assert_eq!(f.jobs.cancel_batch(id, &f.person()).await.expect("a cancel").status(), BatchStatus::Cancelled);
        assert_eq!(counts(&f, id).await.of(JobStatus::Cancelled), 10_000);
    }

    async fn an_old_batch_leaves_with_its_items_once_its_jobs_are_gone(f: Arc<Fixture>) {
        let id = expanded(&f, 2, 2).await;
        tops_up(&f).await;
        for job in in_status(&f, id, JobStatus::Queued).await {
            fails(&f, job).await;
        }
        f.jobs.look_after_batches().await.expect("a look");
        f.later(Retention::default().jobs + Duration::from_secs(1));
        let mut chunks = 0;
        while f.jobs.prune(&Retention::default()).await.expect("an answer") > 0 {
            chunks += 1;
            assert!(chunks < 100, "it never ends");
        }
        assert!(batch::find(&f.db, id).await.expect("an answer").is_none());
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM batch_items")).await, 0);
    }
}
