//! Results that need several comments: numbered, in order, updated in place, and gone when they are not needed any more.

use serde_json::{Value, json};
use shared::domain::adf::plain;
use shared::domain::job::JobKind;
use shared::domain::markup::{self, Rich, fit};
use shared::domain::publish::{OnConflict, PublishMode, PublishOutcome};
use shared::store::publication::TargetKey;
use tests::app::{App, Setup, Site};
use tests::on_every_site;
use uuid::Uuid;

use crate::support::{id_of, long_story, made, ours, publish, words};

const KEY: &str = "SHELF-1";

async fn app(site: Site, rules: usize) -> App {
    Setup::default().at(site).stories(vec![long_story(KEY, rules)]).start().await
}

async fn outcome(app: &App, from: Uuid, on_conflict: OnConflict) -> PublishOutcome {
    let id = publish(app, from, KEY, PublishMode::Comment, on_conflict).await;
    app.succeeded(id).await;
    app.outcomes(id).await.remove(0)
}

/// The story says less; answers the job of the new result.
async fn shrunk(app: &App) -> Uuid {
    app.jira().edit(KEY, |fields| {
        fields.insert("description".to_owned(), "- A shelf holds at most 12 boxes.\n- More boxes are refused.".into());
    });
    made(app, KEY).await
}

fn markers(comments: &[Value]) -> Vec<String> {
    comments.iter().filter_map(|comment| markup::marker_in(&comment["body"])).collect()
}

async fn recorded(app: &App, job: Uuid, part: usize) -> bool {
    let target = app.published(job).await.remove(0).target;
    let issue_id =
        app.job(job).await.issue_id.unwrap_or(app.jira().issue(KEY).expect("an issue")["id"].as_str().expect("an id").to_owned());
    let key = TargetKey { connection: "default".into(), issue_id, target, part };
    app.jobs.publication(&key).await.expect("an answer").is_some()
}

async fn a_long_result_goes_on_in_numbered_comments(site: Site) {
    let app = app(site, 60).await;
    let job = app.asks(JobKind::FullPipeline, KEY).to(PublishMode::Comment).run().await;
    app.succeeded(job).await;
    let comments = ours(&app, KEY);
    assert!(comments.len() >= 3, "{}", comments.len());
    let markers = markers(&comments);
    for (n, marker) in markers.iter().enumerate().skip(1) {
        assert_eq!(*marker, format!("{}.{}", markers[0], n + 1));
    }
    assert!(app.writes().iter().all(|write| Rich::from(&write.body["body"]).length() <= fit::LIMIT));
    let all: String = comments.iter().map(|comment| words(&comment["body"])).collect();
    let titles: Vec<_> = app.criteria(job).await.set.criteria.into_iter().map(|one| one.title).collect();
    assert!(titles.iter().all(|title| all.contains(&plain::line(title))), "something was lost between the comments");

    app.jira().clear_journal();
    assert_eq!(outcome(&app, job, OnConflict::Keep).await, PublishOutcome::Unchanged);
    assert!(app.writes().is_empty());
}

async fn comments_that_are_not_needed_any_more_go_and_come_back(site: Site) {
    let app = app(site, 60).await;
    let long = made(&app, KEY).await;
    outcome(&app, long, OnConflict::Keep).await;
    let before = ours(&app, KEY);
    let short = shrunk(&app).await;

    let id = publish(&app, short, KEY, PublishMode::Comment, OnConflict::Keep).await;
    app.succeeded(id).await;
    assert_eq!(app.outcomes(id).await, [PublishOutcome::Updated]);
    let after = ours(&app, KEY);
    assert_eq!((after.len(), id_of(&after[0])), (1, id_of(&before[0])));
    let removed = app.audited(id).await.iter().filter(|action| *action == "jira.remove_surplus").count();
    assert_eq!(removed, before.len() - 1);
    assert!(recorded(&app, id, 1).await && !recorded(&app, id, 2).await);

    app.jira().clear_journal();
    assert_eq!(outcome(&app, short, OnConflict::Keep).await, PublishOutcome::Unchanged);
    assert!(app.writes().is_empty());
    let again = app.asks(JobKind::Publication, KEY).from(long).to(PublishMode::Comment).even_if_stale().run().await;
    app.succeeded(again).await;
    assert_eq!(markers(&ours(&app, KEY)), markers(&before));
}

async fn a_comment_that_is_not_needed_but_was_changed_by_a_person_stays(site: Site) {
    let app = app(site, 60).await;
    let long = made(&app, KEY).await;
    outcome(&app, long, OnConflict::Keep).await;
    let second = id_of(&ours(&app, KEY)[1]);
    app.jira().edit_comment(&second, &json!("Jonas: keep this."));
    let short = shrunk(&app).await;

    let id = publish(&app, short, KEY, PublishMode::Comment, OnConflict::Keep).await;
    app.succeeded(id).await;
    let published = app.published(id).await.remove(0);
    assert_eq!((published.outcome, published.code.as_str()), (PublishOutcome::Conflict, "publish.conflict"));
    assert_eq!(published.remote_id.as_deref(), Some(second.as_str()));
    let left = ours(&app, KEY);
    assert_eq!(left.iter().map(id_of).collect::<Vec<_>>()[1..], [second]);
    assert!(words(&left[0]["body"]).contains("12 boxes") && words(&left[1]["body"]).contains("keep this"));

    assert_eq!(outcome(&app, short, OnConflict::Merge).await, PublishOutcome::Unchanged, "theirs stands beside ours");
    assert_eq!(ours(&app, KEY).len(), 2);
    outcome(&app, short, OnConflict::Overwrite).await;
    assert_eq!(ours(&app, KEY).len(), 1);
}

async fn as_long_as_a_persons_change_is_kept_the_comments_it_goes_on_in_stay(site: Site) {
    let app = app(site, 60).await;
    let long = made(&app, KEY).await;
    outcome(&app, long, OnConflict::Keep).await;
    let before = ours(&app, KEY);
    let mut first = before[0]["body"].clone();
    match &mut first {
        Value::String(wiki) => wiki.insert_str(0, "Jonas: keep this.\n\n"),
        document => {
            document["content"].as_array_mut().expect("blocks").insert(0, site.text("Jonas: keep this.")["content"][0].clone());
        }
    }
    app.jira().edit_comment(&id_of(&before[0]), &first);
    let short = shrunk(&app).await;
    assert_eq!(outcome(&app, short, OnConflict::Keep).await, PublishOutcome::Conflict);
    assert_eq!(ours(&app, KEY).iter().map(id_of).collect::<Vec<_>>(), before.iter().map(id_of).collect::<Vec<_>>());

    assert_eq!(outcome(&app, short, OnConflict::Overwrite).await, PublishOutcome::Updated);
    assert_eq!(ours(&app, KEY).len(), 1, "what replaced it needs one comment");
}

async fn a_dry_run_names_the_comments_that_will_go(site: Site) {
    let app = app(site, 60).await;
    let long = made(&app, KEY).await;
    outcome(&app, long, OnConflict::Keep).await;
    let before = ours(&app, KEY);
    let short = shrunk(&app).await;
    app.jira().clear_journal();
    let plans = app.plans(short, PublishMode::Comment).await;
    let actions: Vec<_> = plans.iter().map(|plan| plan.action.as_str()).collect();
    assert_eq!(actions[0], "update");
    assert_eq!(actions[1..], vec!["remove"; before.len() - 1]);
    assert!(plans[1..].iter().zip(&before[1..]).all(|(plan, comment)| plan.remote_id == Some(id_of(comment))));
    assert!(app.writes().is_empty());
}

on_every_site! {
    a_long_result_goes_on_in_numbered_comments,
    comments_that_are_not_needed_any_more_go_and_come_back,
    a_comment_that_is_not_needed_but_was_changed_by_a_person_stays,
    as_long_as_a_persons_change_is_kept_the_comments_it_goes_on_in_stay,
    a_dry_run_names_the_comments_that_will_go,
}
