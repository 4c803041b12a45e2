//! Questions and batches: each is asked, given away, answered and paid once, whoever does it at the same time.

use std::sync::Arc;

use futures::future::join_all;
use shared::domain::budget::{Budget, BudgetPeriod, BudgetScope, OverBudget};
use shared::domain::job::Stage;
use shared::domain::provider_batch::{BatchDecision, IN_BATCH, ProviderBatchState};
use shared::domain::verdict::Failure;
use shared::jobs::{Claimed, Concluded, JobError};
use shared::ports::{Clock, LlmError, Usage};
use shared::store::audit::Actor;
use shared::store::llm_call::{NewCall, Used};
use shared::store::llm_question::{self, Heard, NewQuestion, Outcome};
use shared::store::provider_batch::{self, ProviderBatch, Trouble};
use shared::store::{Sql, StoreError};
use tests::{Fixture, contract};
use uuid::Uuid;

const HOUR: std::time::Duration = std::time::Duration::from_secs(3600);

fn call(f: &Fixture) -> NewCall {
    NewCall {
        id: f.clock.new_id(),
        stage: Stage::Criteria,
        provider: "claude".into(),
        model: "sonnet".into(),
        reserved_tokens: 9,
        reserved_nano_usd: Some(100),
    }
}

fn question(words: &str) -> NewQuestion {
    NewQuestion { question: words.into(), connection: "claude".into(), model: "sonnet".into(), prompt: "{}".into() }
}

/// A job that asked, and waits.
async fn waiting(f: &Fixture, name: &str) -> (Claimed, Uuid) {
    let id = f.queued().await;
    let claimed = f.worker(name).await.claims(id).await;
    let call = call(f);
    f.jobs.ask_in_batch(&claimed, &call, &question("why?"), &[]).await.expect("an answer").expect("a lease").expect("no budget");
    let wait = Failure::snooze(HOUR, IN_BATCH, "waits");
    f.jobs.settle_failure(&claimed, &wait).await.expect("an answer").expect("a lease");
    (claimed, call.id)
}

/// So many jobs wait, and a worker holds the batch of their questions.
async fn batched(f: &Fixture, jobs: usize) -> (Vec<(Claimed, Uuid)>, ProviderBatch) {
    let mut all = Vec::new();
    for n in 0..jobs {
        all.push(waiting(f, &format!("w{n}")).await);
    }
    f.jobs.gather("claude", "sonnet", 100).await.expect("an answer").expect("a batch");
    f.worker("batcher").await.beats().await;
    let batch = provider_batch::claim(&f.db, "batcher").await.expect("an answer").expect("a batch");
    (all, batch)
}

async fn in_state(f: &Fixture, table: &str, state: &'static str) -> i64 {
    let text = if table == "calls" {
        "SELECT COUNT(*) AS n FROM llm_calls WHERE state = ?"
    } else {
        "SELECT COUNT(*) AS n FROM llm_questions WHERE state = ?"
    };
    f.count(Sql::new(text).bind(state)).await
}

fn answer(id: Uuid) -> Concluded {
    let used = Used::Known(Usage { input_tokens: 3, output_tokens: 4, cost_nano_usd: Some(7), ..Usage::default() });
    Concluded { id, outcome: Outcome::Answer { model: "sonnet-5".into(), text: "because".into() }, used }
}

contract! {
    async fn a_question_is_answered_once_paid_once_and_wakes_its_job(f: Arc<Fixture>) {
        let (jobs, batch) = batched(&f, 2).await;
        let (claimed, id) = &jobs[0];
        assert!(f.row(claimed.fence.job_id).await.due_at > f.clock.now_ms());
        assert!(f.jobs.conclude(&batch, &answer(*id)).await.expect("an answer"));
        assert!(!f.jobs.conclude(&batch, &answer(*id)).await.expect("an answer"), "kept before");
        let row = f.row(claimed.fence.job_id).await;
        assert!(row.due_at <= f.clock.now_ms() && row.woken);
        assert_eq!((in_state(&f, "calls", "settled").await, in_state(&f, "calls", "reserved").await), (1, 1));
        let asked = llm_question::open(&f.db, claimed.fence.job_id, Stage::Criteria).await.expect("rows").remove(0);
        assert!(matches!(asked.heard().expect("a state"), Heard::Answer { text, .. } if text == "because"));
        assert!(f.row(jobs[1].0.fence.job_id).await.due_at > f.clock.now_ms(), "the other still waits");
        assert!(!f.jobs.end_batch(&batch).await.expect("an answer"), "one has no answer yet");
        assert!(f.jobs.conclude(&batch, &answer(jobs[1].1)).await.expect("an answer"));
        assert!(f.jobs.end_batch(&batch).await.expect("an answer"));
    }

    async fn an_answer_that_comes_while_its_job_is_looked_at_makes_it_due_again_at_once(f: Arc<Fixture>) {
        let (jobs, batch) = batched(&f, 1).await;
        let (before, id) = &jobs[0];
        f.later(HOUR * 2);
        let again = f.worker("looks").await.claims(before.fence.job_id).await;
        assert!(f.jobs.conclude(&batch, &answer(*id)).await.expect("an answer"));
        f.jobs.settle_failure(&again, &Failure::snooze(HOUR, IN_BATCH, "waits")).await.expect("an answer").expect("a lease");
        assert!(f.row(before.fence.job_id).await.due_at <= f.clock.now_ms());
    }

    async fn sixteen_who_gather_at_once_give_each_question_away_once(f: Arc<Fixture>) {
        for n in 0..5 {
            waiting(&f, &format!("w{n}")).await;
        }
        let made = join_all((0..16).map(|_| f.jobs.gather("claude", "sonnet", 2))).await;
        let made: Vec<Uuid> = made.into_iter().filter_map(|made| made.expect("an answer")).collect();
        assert_eq!(in_state(&f, "questions", "sent").await, 5);
        let homes = f.count(Sql::new("SELECT COUNT(DISTINCT batch_id) AS n FROM llm_questions")).await;
        assert!(homes >= 3 && usize::try_from(homes).is_ok_and(|homes| homes <= made.len()), "{homes} of {}", made.len());
    }

    async fn a_batch_has_one_holder_and_the_next_takes_it_when_his_lease_is_over(f: Arc<Fixture>) {
        let (jobs, batch) = batched(&f, 1).await;
        f.worker("other").await.beats().await;
        assert_eq!(provider_batch::claim(&f.db, "other").await.expect("an answer"), None);
        f.seconds_later(60);
        f.worker("other").await.beats().await;
        let taken = provider_batch::claim(&f.db, "other").await.expect("an answer").expect("the batch");
        assert_eq!(taken.epoch, batch.epoch + 1);
        assert!(!f.jobs.conclude(&batch, &answer(jobs[0].1)).await.expect("an answer"), "whoever lost it keeps nothing");
        let stale = provider_batch::intend(&f.db, &batch, ProviderBatchState::Creating, 1).await.expect("an answer");
        assert_eq!(stale, None);
        assert!(f.jobs.conclude(&taken, &answer(jobs[0].1)).await.expect("an answer"));
    }

    async fn a_batch_that_was_not_made_fails_all_its_questions_and_frees_what_was_set_aside(f: Arc<Fixture>) {
        let (jobs, batch) = batched(&f, 3).await;
        assert!(f.jobs.conclude(&batch, &answer(jobs[0].1)).await.expect("an answer"));
        assert!(f.jobs.fail_batch(&batch, &LlmError::NotMade("no".into())).await.expect("an answer"));
        assert_eq!((in_state(&f, "questions", "failed").await, in_state(&f, "questions", "answered").await), (2, 1));
        assert_eq!((in_state(&f, "calls", "free").await, in_state(&f, "calls", "settled").await), (2, 1));
        for (claimed, _) in jobs {
            assert!(f.row(claimed.fence.job_id).await.due_at <= f.clock.now_ms());
        }
    }

    async fn the_calls_of_a_batch_that_failed_once_it_was_made_may_be_paid(f: Arc<Fixture>) {
        let (_, batch) = batched(&f, 2).await;
        assert!(f.jobs.fail_batch(&batch, &LlmError::NoAnswer("?".into())).await.expect("an answer"));
        assert_eq!((in_state(&f, "calls", "unknown").await, in_state(&f, "calls", "free").await), (2, 0));
    }

    async fn a_batch_of_another_is_not_adopted(f: Arc<Fixture>) {
        let (_, ours) = batched(&f, 1).await;
        let trouble = Trouble { code: "llm.batch_unknown", message: "?" };
        assert!(f.jobs.lose_batch(&ours, &[], trouble).await.expect("an answer"));
        assert!(f.jobs.decide(&ours, BatchDecision::Adopt, Some("b7"), &Actor::default()).await.expect("an answer"));
        let (_, another) = batched(&f, 1).await;
        assert!(f.jobs.lose_batch(&another, &[], trouble).await.expect("an answer"));
        assert!(!f.jobs.decide(&another, BatchDecision::Adopt, Some("b7"), &Actor::default()).await.expect("an answer"));
        assert!(f.jobs.decide(&another, BatchDecision::Adopt, Some("b8"), &Actor::default()).await.expect("an answer"));
    }

    async fn the_jobs_of_a_batch_that_is_left_to_a_person_say_so_at_once(f: Arc<Fixture>) {
        let (jobs, batch) = batched(&f, 1).await;
        assert!(f.row(jobs[0].0.fence.job_id).await.due_at > f.clock.now_ms());
        let trouble = Trouble { code: "llm.batch_unknown", message: "?" };
        assert!(f.jobs.lose_batch(&batch, &[], trouble).await.expect("an answer"));
        assert!(f.row(jobs[0].0.fence.job_id).await.due_at <= f.clock.now_ms());
    }

    async fn a_person_decides_once_about_a_batch_that_is_unknown(f: Arc<Fixture>) {
        for (decision, calls) in [(BatchDecision::SendAgain, "unknown"), (BatchDecision::GiveUp, "unknown"), (BatchDecision::Adopt, "reserved")] {
            let (jobs, batch) = batched(&f, 2).await;
            let before = in_state(&f, "calls", calls).await;
            assert!(!f.jobs.decide(&batch, decision, Some("b1"), &Actor::default()).await.expect("an answer"), "it is not unknown");
            let trouble = Trouble { code: "llm.batch_unknown", message: "?" };
            assert!(f.jobs.lose_batch(&batch, &["b1".into()], trouble).await.expect("an answer"));
            let demoted = f.jobs.decide(&batch, decision, Some("b1"), &f.person()).await;
            assert!(matches!(demoted, Err(JobError::Store(StoreError::NotAdministrator))), "{demoted:?}");
            assert!(f.jobs.decide(&batch, decision, Some("b1"), &Actor::default()).await.expect("an answer"));
            assert!(!f.jobs.decide(&batch, decision, Some("b1"), &Actor::default()).await.expect("an answer"), "once");
            let grown = in_state(&f, "calls", calls).await - before;
            assert_eq!(grown, if decision == BatchDecision::Adopt { 0 } else { 2 }, "{decision}");
            let row = provider_batch::find(&f.db, batch.id).await.expect("rows").expect("the batch").batch;
            let adopted = decision == BatchDecision::Adopt;
            assert_eq!(row.remote_id.as_deref(), adopted.then_some("b1"));
            assert_eq!(row.state().expect("a state"), if adopted { ProviderBatchState::Created } else { ProviderBatchState::Failed });
            assert_eq!(jobs.len(), 2);
        }
    }

    async fn a_budget_counts_questions_that_wait_and_neither_crash_nor_claim_frees_them(f: Arc<Fixture>) {
        let budget = Budget {
            scope: BudgetScope::Instance,
            user_id: None,
            project: None,
            period: BudgetPeriod::Day,
            max_nano_usd: None,
            max_calls: Some(1),
            allow_unknown_price: true,
        };
        let (first, second) = (f.queued().await, f.queued().await);
        let first = f.worker("a").await.claims(first).await;
        let second = f.worker("b").await.claims(second).await;
        let ask = async |claimed: &Claimed| {
            f.jobs.ask_in_batch(claimed, &call(&f), &question("why?"), &[&budget]).await.expect("an answer").expect("a lease")
        };
        assert_eq!(ask(&first).await, Ok(()));
        assert_eq!(ask(&second).await, Err(OverBudget::SetAside));
        f.jobs.release(&first.fence).await.expect("an answer");
        let again = f.worker("c").await.claims(first.fence.job_id).await;
        assert_eq!(f.jobs.reserve_call_within(&again, &call(&f), &[&budget]).await.expect("an answer").expect("a lease"), Err(OverBudget::SetAside));
        assert_eq!(in_state(&f, "calls", "reserved").await, 1, "it is with its question, not abandoned");
    }
}
