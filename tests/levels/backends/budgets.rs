//! Budgets: however many workers ask at once, no more is spent than they allow.

use std::sync::Arc;

use futures::future::join_all;
use shared::domain::budget::{Budget, BudgetPeriod, BudgetScope, OverBudget};
use shared::domain::job::Stage;
use shared::jobs::{Claimed, Jobs};
use shared::ports::{Clock, Usage};
use shared::spending::{BudgetError, Limits, Spending};
use shared::store::audit::Actor;
use shared::store::llm_call::{NewCall, Settled, Used};
use shared::store::{Sql, budget};
use tests::{Fixture, contract};
use uuid::Uuid;

const CENT: i64 = 10_000_000;

fn of(scope: BudgetScope) -> Budget {
    Budget {
        scope,
        user_id: None,
        project: None,
        period: BudgetPeriod::Day,
        max_nano_usd: None,
        max_calls: None,
        allow_unknown_price: false,
    }
}

fn call(f: &Fixture, most: Option<i64>) -> NewCall {
    NewCall {
        id: f.clock.new_id(),
        stage: Stage::Criteria,
        provider: "claude".into(),
        model: "sonnet".into(),
        reserved_tokens: 9,
        reserved_nano_usd: most,
    }
}

/// As many jobs as this, each claimed by a worker of its own.
async fn claimed(f: &Fixture, jobs: usize) -> Vec<Claimed> {
    let mut all = Vec::new();
    for n in 0..jobs {
        let id = f.queued().await;
        all.push(f.worker(&format!("w{n}")).await.claims(id).await);
    }
    all
}

async fn asks(jobs: &Jobs, claimed: &Claimed, call: &NewCall, budgets: &[&Budget]) -> Result<(), OverBudget> {
    jobs.reserve_call_within(claimed, call, budgets).await.expect("an answer").expect("a lease")
}

async fn reserved(f: &Fixture) -> i64 {
    f.count(Sql::new("SELECT COUNT(*) AS n FROM llm_calls WHERE state = 'reserved'")).await
}

contract! {
    async fn fifty_workers_on_a_budget_for_ten_calls_make_ten(f: Arc<Fixture>) {
        let claimed = claimed(&f, 50).await;
        for budget in [
            Budget { max_nano_usd: Some(10 * CENT), ..of(BudgetScope::Instance) },
            Budget { max_calls: Some(20), ..of(BudgetScope::User) },
            Budget { max_nano_usd: Some(30 * CENT + CENT / 2), period: BudgetPeriod::Month, ..of(BudgetScope::Project) },
        ] {
            let calls: Vec<NewCall> = claimed.iter().map(|_| call(&f, Some(CENT))).collect();
            let (before, applying) = (reserved(&f).await, &[&budget][..]);
            let at_once = claimed.iter().zip(&calls).map(|(claimed, call)| asks(&f.jobs, claimed, call, applying));
            let answers = join_all(at_once).await;
            assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10, "{budget:?}");
            assert!(answers.iter().flat_map(|answer| answer.as_ref().err()).all(|over| *over == OverBudget::SetAside));
            assert_eq!(reserved(&f).await - before, 10);
        }
    }

    async fn a_call_that_cost_less_than_was_set_aside_makes_room_for_others(f: Arc<Fixture>) {
        let claimed = &claimed(&f, 1).await[0];
        let budget = Budget { max_nano_usd: Some(3 * CENT), ..of(BudgetScope::User) };
        let (first, second, third) = (call(&f, Some(2 * CENT)), call(&f, Some(2 * CENT)), call(&f, Some(2 * CENT)));
        assert_eq!(asks(&f.jobs, claimed, &first, &[&budget]).await, Ok(()));
        assert_eq!(asks(&f.jobs, claimed, &second, &[&budget]).await, Err(OverBudget::SetAside));
        let cost = Usage { cost_nano_usd: Some(CENT), ..Usage::default() };
        f.jobs.settle_call(&Settled::new(first.id, Used::Known(cost))).await.expect("an answer");
        assert_eq!(asks(&f.jobs, claimed, &second, &[&budget]).await, Ok(()));
        f.jobs.settle_call(&Settled::new(second.id, Used::Known(cost))).await.expect("an answer");

        let over = asks(&f.jobs, claimed, &third, &[&budget]).await.expect_err("a refusal");
        let until = budget.period.around(f.clock.now()).1;
        assert_eq!(over, OverBudget::Exhausted { budget: budget.name(), until });
        f.seconds_later(24 * 3600);
        assert_eq!(asks(&f.jobs, claimed, &third, &[&budget]).await, Ok(()), "another day");
    }

    async fn what_nobody_knows_of_a_call_counts_as_the_most_it_may_have_cost(f: Arc<Fixture>) {
        let claimed = &claimed(&f, 1).await[0];
        let budget = Budget { max_nano_usd: Some(3 * CENT), max_calls: Some(2), ..of(BudgetScope::Instance) };
        let (lost, refused, last) = (call(&f, Some(2 * CENT)), call(&f, Some(CENT)), call(&f, Some(CENT)));
        assert_eq!(asks(&f.jobs, claimed, &lost, &[&budget]).await, Ok(()));
        f.jobs.settle_call(&Settled::new(lost.id, Used::Unknown)).await.expect("an answer");
        assert_eq!(asks(&f.jobs, claimed, &refused, &[&budget]).await, Ok(()));
        f.jobs.settle_call(&Settled::new(refused.id, Used::Nothing)).await.expect("an answer");
        assert_eq!(asks(&f.jobs, claimed, &last, &[&budget]).await, Ok(()), "a call that the provider refused took nothing");
        let taken = budget::taken(&f.db, &budget, Uuid::nil(), "", f.clock.now()).await.expect("sums");
        assert_eq!((taken.spent, taken.set_aside, taken.calls, taken.open), (2 * CENT, CENT, 2, 1));
    }

    async fn a_call_that_a_crash_left_open_counts_and_blocks_nobody_for_ever(f: Arc<Fixture>) {
        let before = claimed(&f, 1).await.remove(0);
        let budget = Budget { max_calls: Some(2), ..of(BudgetScope::Instance) };
        assert_eq!(asks(&f.jobs, &before, &call(&f, None), &[&budget]).await, Ok(()));
        f.jobs.release(&before.fence).await.expect("an answer");
        let after = f.worker("other").await.claims(before.fence.job_id).await;
        assert_eq!(asks(&f.jobs, &after, &call(&f, None), &[&budget]).await, Ok(()));
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM llm_calls WHERE state = 'unknown'")).await, 1);
        assert!(f.jobs.reserve_call_within(&before, &call(&f, None), &[&budget]).await.expect("an answer").is_err(), "the lease is lost");
    }

    async fn a_call_of_unknown_price_is_refused_under_a_sum_of_money_unless_allowed(f: Arc<Fixture>) {
        let claimed = &claimed(&f, 1).await[0];
        let strict = Budget { max_nano_usd: Some(CENT), ..of(BudgetScope::Project) };
        let over = asks(&f.jobs, claimed, &call(&f, None), &[&strict]).await.expect_err("a refusal");
        assert_eq!(over, OverBudget::PriceUnknown { budget: strict.name(), model: "sonnet".into() });
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM llm_calls")).await, 0);
        let lenient = Budget { allow_unknown_price: true, ..strict };
        assert_eq!(asks(&f.jobs, claimed, &call(&f, None), &[&lenient]).await, Ok(()));
    }

    async fn one_budget_without_room_is_enough_to_refuse_and_the_others_lose_nothing(f: Arc<Fixture>) {
        let claimed = &claimed(&f, 1).await[0];
        let wide = Budget { max_calls: Some(100), ..of(BudgetScope::Instance) };
        let none = Budget { max_calls: Some(0), period: BudgetPeriod::Month, ..of(BudgetScope::User) };
        let over = asks(&f.jobs, claimed, &call(&f, None), &[&wide, &none]).await;
        assert!(matches!(over, Err(OverBudget::Exhausted { budget, .. }) if budget == none.name()));
        assert_eq!(budget::taken(&f.db, &wide, Uuid::nil(), "", f.clock.now()).await.expect("sums").calls, 0);
    }

    async fn there_is_one_budget_of_each_scope_subject_and_period(f: Arc<Fixture>) {
        let spending = Spending::new(f.db.clone());
        let new = Budget { max_calls: Some(5), ..of(BudgetScope::Project) };
        let row = spending.create(&new, &Actor::default()).await.expect("a budget");
        assert!(matches!(spending.create(&new, &Actor::default()).await, Err(BudgetError::Taken)));
        spending.create(&Budget { project: Some("SHOP".into()), ..new.clone() }, &Actor::default()).await.expect("another subject");
        let more = Limits { max_nano_usd: None, max_calls: Some(6), allow_unknown_price: false };
        let changed = spending.change(&row, more, &Actor::default()).await.expect("a change");
        assert_eq!((changed.version, changed.budget().expect("a budget").max_calls), (2, Some(6)));
        assert!(matches!(spending.change(&row, more, &Actor::default()).await, Err(BudgetError::Changed)));
        spending.remove(row.id, &Actor::default()).await.expect("a removal");
        assert!(matches!(spending.remove(row.id, &Actor::default()).await, Err(BudgetError::NotFound)));
        let audited = Sql::new("SELECT COUNT(*) AS n FROM audit_logs WHERE resource_id = ? AND action LIKE 'budget.%'");
        assert_eq!(f.count(audited.bind(row.id.to_string())).await, 3);
    }
}
