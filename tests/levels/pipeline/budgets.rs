//! Budgets at work: what they do not allow is not asked.

use futures::future::join_all;
use shared::domain::budget::{Budget, BudgetPeriod, BudgetScope};
use shared::domain::job::JobKind;
use shared::spending::Spending;
use shared::store::audit::Actor;
use tests::app::App;

use crate::support::STORY;

async fn limited(app: &App, max_nano_usd: Option<i64>, max_calls: Option<i64>) {
    let budget = Budget {
        scope: BudgetScope::Project,
        user_id: None,
        project: Some("SHOP".into()),
        period: BudgetPeriod::Month,
        max_nano_usd,
        max_calls,
        allow_unknown_price: false,
    };
    Spending::new(app.jobs.db().clone()).create(&budget, &Actor::default()).await.expect("a budget");
    app.connections.look_again();
}

#[tokio::test]
async fn fifty_jobs_on_a_budget_for_ten_calls_make_ten() {
    let app = App::with_model("sandbox").await;
    limited(&app, None, Some(10)).await;
    let mut jobs = Vec::new();
    for _ in 0..50 {
        jobs.push(app.asks(JobKind::AcceptanceCriteria, STORY).submit().await);
    }
    let workers: Vec<_> = (0..50).map(|n| app.worker(&format!("w{n}"))).collect();
    join_all(jobs.iter().zip(&workers).map(|(id, worker)| worker.run(*id))).await;
    assert_eq!(app.jira().llm_counts().total, 10);

    // Those that found the rest set aside look again, and find that it was spent.
    for id in &jobs {
        while app.job(*id).await.ended_at.is_none() {
            app.run_when_due(*id).await;
        }
    }
    assert_eq!(app.jira().llm_counts().total, 10);
    let mut ends = Vec::new();
    for id in jobs {
        ends.push(app.status(id).await);
    }
    let failed = ("failed".to_owned(), "budget.exhausted".to_owned());
    assert_eq!(ends.iter().filter(|end| **end == failed).count(), 40, "{ends:?}");
    assert_eq!(ends.iter().filter(|(status, _)| status == "succeeded").count(), 10);
}

#[tokio::test]
async fn a_budget_that_is_used_up_keeps_what_the_stages_before_made() {
    let app = App::with_model("sandbox").await;
    limited(&app, None, Some(1)).await;
    let id = app.asks(JobKind::FullPipeline, STORY).run().await;
    assert_eq!(app.status(id).await, ("failed".to_owned(), "budget.exhausted".to_owned()));
    assert!(!app.criteria(id).await.set.criteria.is_empty());
    assert_eq!(app.jira().llm_counts().total, 1);
}

#[tokio::test]
async fn a_model_whose_price_nobody_knows_is_not_asked_under_a_sum_of_money() {
    let app = App::with_model("sandbox").await;
    limited(&app, Some(1_000_000_000), None).await;
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    assert_eq!(app.status(id).await, ("failed".to_owned(), "budget.price_unknown".to_owned()));
    assert_eq!((app.jira().llm_counts().total, app.ledger(id).await.len()), (0, 0));
}

#[tokio::test]
async fn a_story_that_was_moved_counts_against_the_budget_of_the_project_where_it_is() {
    let app = App::with_model("sandbox").await;
    let budget = |project: &str, max_calls| Budget {
        scope: BudgetScope::Project,
        user_id: None,
        project: Some(project.to_owned()),
        period: BudgetPeriod::Month,
        max_nano_usd: None,
        max_calls: Some(max_calls),
        allow_unknown_price: false,
    };
    let spending = Spending::new(app.jobs.db().clone());
    spending.create(&budget("NEW", 1), &Actor::default()).await.expect("a budget");
    app.connections.look_again();
    assert!(app.jira().move_issue(STORY, "NEW-7"));
    // Asked for by its old key, of a project without any.
    let first = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    app.succeeded(first).await;
    let second = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    assert_eq!(app.status(second).await, ("failed".to_owned(), "budget.exhausted".to_owned()));
    assert_eq!(app.jira().llm_counts().total, 1);
    assert_eq!(app.job(first).await.issue_key, "NEW-7");
}
