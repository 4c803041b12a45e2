//! `edit`, `approve`, `retry`: what a person decides is bound to what that person saw.

use std::sync::Arc;

use shared::domain::criterion::CriteriaSet;
use shared::domain::event::EventKind;
use shared::domain::job::{JobKind, Stage};
use shared::domain::language::Language;
use shared::domain::result::{Authorship, CriteriaArtifact};
use shared::domain::verdict::Failure;
use shared::jobs::{Approval, Edit, JobError};
use shared::ports::Clock;
use shared::store::{artifact, history};
use tests::{Fixture, contract, held, made, result_of};
use uuid::Uuid;

/// A job of criteria that waits for review with the hash `h1`.
async fn waiting(f: &Fixture, published: bool) -> Uuid {
    let asked = f.asks(JobKind::AcceptanceCriteria).reviewed().calling_back("https://example.com/hook");
    let id = if published { asked.published() } else { asked }.submit().await;
    let claimed = f.worker("w").await.claims(id).await;
    held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await);
    held(f.jobs.advance(&claimed, &[result_of(Stage::Criteria, f.clock.new_id(), "h1")], Stage::Review).await);
    id
}

/// Criteria that differ by a remark.
fn criteria(remark: &str) -> CriteriaSet {
    CriteriaSet { warnings: vec![remark.to_owned()], ..CriteriaSet::without_criteria(Language::English) }
}

fn edit(seen: &str, hash: &str) -> Edit {
    let criteria = CriteriaArtifact { set: criteria(hash), by: Authorship::default() };
    Edit { seen: seen.into(), content_hash: hash.into(), criteria: Some(criteria), suite: None }
}

contract! {
    async fn an_edit_replaces_the_result_that_was_seen_and_no_other(f: Arc<Fixture>) {
        let id = waiting(&f, false).await;
        assert_eq!(f.jobs.edit(id, &edit("h1", "h2"), &f.person()).await.expect("an edit").job.content_hash.as_deref(), Some("h2"));
        let rows = f.rows().await;
        assert!(matches!(f.jobs.edit(id, &edit("h1", "h3"), &f.person()).await, Err(JobError::ContentChanged)));
        assert_eq!(f.rows().await, rows);
        let kept = history::of_job(&f.db, id).await.expect("an answer").expect("a result");
        let set: CriteriaSet = serde_json::from_str(&kept.acceptance_criteria_json.expect("criteria")).expect("a set");
        assert_eq!((kept.content_hash.as_str(), set), ("h2", criteria("h2")));
        let stored = artifact::find(&f.db, id, Stage::Criteria).await.expect("an answer").expect("an artifact");
        let stored: CriteriaArtifact = serde_json::from_str(&stored.data).expect("an artifact");
        assert_eq!(stored.set, criteria("h2"));
        assert_eq!(f.told(id).await.last(), Some(&EventKind::Edited));
        assert_eq!(f.audited(id).await, ["job.submit", "job.edit"]);
    }

    async fn of_many_edits_of_one_result_at_once_one_is_made(f: Arc<Fixture>) {
        let id = waiting(&f, false).await;
        let edits: Vec<_> = (0..8)
            .map(|n| {
                let f = f.clone();
                tokio::spawn(async move { f.jobs.edit(id, &edit("h1", &format!("by-{n}")), &f.person()).await })
            })
            .collect();
        let mut made = 0;
        for edit in edits {
            match edit.await.expect("a task") {
                Ok(_) => made += 1,
                Err(JobError::ContentChanged) => {}
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(made, 1);
    }

    async fn an_approval_is_of_what_was_seen(f: Arc<Fixture>) {
        let id = waiting(&f, false).await;
        f.jobs.edit(id, &edit("h1", "h2"), &f.person()).await.expect("an edit");
        assert!(matches!(f.jobs.approve(id, &Approval::of("h1"), &f.person()).await, Err(JobError::ContentChanged)));
        let row = f.jobs.approve(id, &Approval::of("h2"), &f.person()).await.expect("an approval");
        assert_eq!((row.status.as_str(), row.approved_hash.as_deref()), ("succeeded", Some("h2")));
        assert_eq!(row.approved_by, f.person().user_id);
        assert!(history::of_job(&f.db, id).await.expect("an answer").expect("a result").accepted);
        assert_eq!(f.told(id).await.last(), Some(&EventKind::Succeeded));
        assert_eq!(shared::store::delivery::of_job(&f.db, id).await.expect("an answer").len(), 1);
        assert!(matches!(
            f.jobs.approve(id, &Approval::of("h2"), &f.person()).await,
            Err(JobError::WrongStatus { code: "job.not_in_review", .. })
        ));
    }

    async fn an_approved_job_goes_on_to_publish_with_the_time_it_had_left(f: Arc<Fixture>) {
        let id = waiting(&f, true).await;
        let left = f.row(id).await.deadline_left.expect("time left");
        f.seconds_later(30 * 24 * 3600);
        f.heard();
        let row = f.jobs.approve(id, &Approval::of("h1"), &f.person()).await.expect("an approval");
        assert_eq!((row.status.as_str(), row.stage.as_str(), row.deadline_left), ("queued", "publish", None));
        assert_eq!(row.deadline_at, f.clock.now_ms() + left, "waiting for a person does not count");
        assert_eq!(f.heard(), [id]);
        assert_eq!(f.worker("w2").await.claims(id).await.stage, Stage::Publish);
        assert_eq!(f.audited(id).await, ["job.submit", "job.approve"]);
    }

    async fn what_is_not_in_review_is_neither_edited_nor_approved(f: Arc<Fixture>) {
        let id = f.queued().await;
        for answer in [f.jobs.edit(id, &edit("h1", "h2"), &f.person()).await.map(|_| ()), f.jobs.approve(id, &Approval::of("h1"), &f.person()).await.map(|_| ())] {
            assert!(matches!(answer, Err(JobError::WrongStatus { code: "job.not_in_review", .. })), "{answer:?}");
        }
        let nothing = f.clock.new_id();
        assert!(matches!(f.jobs.approve(nothing, &Approval::of("h1"), &f.person()).await, Err(JobError::NotFound)));
    }

    async fn a_job_that_a_person_starts_again_keeps_what_was_made(f: Arc<Fixture>) {
        let id = f.asks(JobKind::FullPipeline).submit().await;
        let worker = f.worker("w").await;
        let claimed = worker.claims(id).await;
        held(f.jobs.advance(&claimed, &[made(Stage::Fetch)], Stage::Criteria).await);
        held(f.jobs.advance(&claimed, &[made(Stage::Criteria)], Stage::Scenarios).await);
        held(f.jobs.settle_failure(&claimed, &Failure::fail("llm.refused", "refused")).await);
        f.seconds_later(3600);
        f.heard();

        let row = f.jobs.retry(id, &f.person()).await.expect("a retry");

        assert_eq!((row.status.as_str(), row.stage.as_str(), row.attempt), ("queued", "scenarios", 0));
        assert_eq!((row.error_code.as_deref(), row.ended_at), (None, None));
        assert_eq!(row.deadline_at - f.clock.now_ms(), i64::try_from(f.jobs.limits().deadline.as_millis()).expect("a number"));
        assert_eq!(f.heard(), [id]);
        assert_eq!(artifact::of_job(&f.db, id).await.expect("an answer").len(), 2);
        let again = worker.claims(id).await;
        assert_eq!((again.stage, again.fence.epoch), (Stage::Scenarios, 2));
        assert_eq!(f.audited(id).await, ["job.submit", "job.failed", "job.retry"]);
    }

    async fn a_job_whose_result_was_edited_after_its_approval_waits_for_review_again_when_it_is_retried(f: Arc<Fixture>) {
        let id = waiting(&f, true).await;
        f.jobs.approve(id, &Approval::of("h1"), &f.person()).await.expect("an approval");
        let claimed = f.worker("w").await.claims(id).await;
        held(f.jobs.stop_for_review(&claimed, "story.changed", "it changed").await);
        f.jobs.edit(id, &edit("h1", "h2"), &f.person()).await.expect("an edit");
        f.jobs.cancel(id, &f.person()).await.expect("a cancel");
        let again = f.jobs.retry(id, &f.person()).await.expect("a retry");
        assert_eq!((again.status.as_str(), again.content_hash.as_deref()), ("awaiting_review", Some("h2")));
        f.jobs.approve(id, &Approval::of("h2"), &f.person()).await.expect("an approval");
        assert_eq!(f.row(id).await.status, "queued");
    }

    async fn only_what_failed_or_was_cancelled_is_started_again(f: Arc<Fixture>) {
        let id = f.queued().await;
        assert!(matches!(f.jobs.retry(id, &f.person()).await, Err(JobError::WrongStatus { code: "job.not_ended", .. })));
        let claimed = f.worker("w").await.claims(id).await;
        held(f.jobs.finish(&claimed, &[made(Stage::Fetch)], &[]).await);
        assert!(matches!(f.jobs.retry(id, &f.person()).await, Err(JobError::WrongStatus { .. })));
        assert!(matches!(f.jobs.retry(f.clock.new_id(), &f.person()).await, Err(JobError::NotFound)));
    }
}
