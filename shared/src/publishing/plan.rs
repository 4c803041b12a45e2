//! What stands in Jira now, and the plan for a dry run.

use std::sync::Arc;

use serde_json::Value;

use super::decide::decide;
use super::field::{Field, Fields};
use super::items::{Farewell, UNNEEDED, decide_item, item_pieces, obsolete};
use super::leftover::{Fate, leftovers};
use super::pieces::{Subject, pieces, skipped};
use crate::adapters::connections::JiraConnection;
use crate::domain::publish::{OnConflict, PlannedAction, PublishMode, PublishPlan, PublishTarget};
use crate::domain::verdict::Failure;
use crate::jobs::Jobs;
use crate::ports::{Comment, Items, Jira, JiraError, RawIssue};
use crate::store::StoreError;

/// What stands in Jira now, as far as publishing is concerned.
#[derive(Debug, Clone)]
pub struct Site {
    /// The issue as read.
    pub issue: RawIssue,
    /// Its comments, oldest first, with their properties where Jira sent them.
    pub comments: Vec<Comment>,
    /// What the connection says of fields.
    pub fields: Arc<Fields>,
}

impl Site {
    /// The field that a target is written into.
    ///
    /// # Errors
    /// Why there is none, for a person.
    pub fn field(&self, target: PublishTarget) -> Result<Field<'_>, String> {
        self.fields.field(&self.issue, target)
    }

    /// Whether comments are visible to customers unless said otherwise.
    #[must_use]
    pub fn is_service_desk(&self) -> bool {
        self.issue.body.pointer("/fields/project/projectTypeKey").and_then(Value::as_str) == Some("service_desk")
    }
}

/// Reads the issue, and its comments when some target needs them. An issue of which nothing but comments matters, and which
/// was not touched since `as_of` (Jira's `updated`), is not read again.
pub async fn read_site(
    jira: &dyn Jira,
    fields: &Arc<Fields>,
    issue_id: &str,
    targets: &[PublishTarget],
    as_of: Option<&str>,
) -> Result<Site, JiraError> {
    let issue = match as_of.filter(|as_of| !as_of.is_empty() && targets.iter().all(|target| target.mode == PublishMode::Comment))
    {
        Some(as_of) => {
            let glance = jira.issue_glance(issue_id).await?;
            if updated(&glance) == Some(as_of) { glance } else { jira.issue_alone(issue_id).await? }
        }
        None => jira.issue_alone(issue_id).await?,
    };
    let has_comments =
        issue.body.pointer("/fields/comment/comments").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    let wanted = targets.iter().any(|target| target.mode == PublishMode::Comment);
    let comments = if wanted && has_comments { jira.comments(issue_id).await? } else { Vec::new() };
    Ok(Site { issue, comments, fields: fields.clone() })
}

/// When Jira says that an issue was last touched.
#[must_use]
pub fn updated(issue: &RawIssue) -> Option<&str> {
    issue.body.pointer("/fields/updated").and_then(Value::as_str).filter(|updated| !updated.is_empty())
}

/// What was asked for besides the targets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wishes {
    /// What to do with what a person changed.
    pub on_conflict: OnConflict,
    /// Whether objects of items that the result does not have any more are closed.
    pub close_obsolete: bool,
}

/// What would be done for every target; writes nothing.
pub async fn plan_all(
    jobs: &Jobs,
    connection: &JiraConnection,
    subject: &Subject<'_>,
    targets: &[PublishTarget],
    wishes: Wishes,
) -> Result<Vec<PublishPlan>, Failure> {
    let on_conflict = wishes.on_conflict;
    let site = read_site(connection.client()?.as_ref(), &connection.fields, subject.issue_id, targets, None).await?;
    let mut plans = Vec::new();
    for &target in targets {
        if let Some(place) = connection.items(target.mode)? {
            plans.extend(plan_items(jobs, place.as_ref(), subject, target, &site.issue, wishes).await?);
            continue;
        }
        let pieces = pieces(subject, target);
        let mut all_will_stand = true;
        for piece in &pieces {
            let record = jobs.publication(&piece.key).await.map_err(|error| unavailable(&error))?;
            let decision = decide(piece, record.as_ref(), &site, on_conflict);
            all_will_stand &= !matches!(decision.action, PlannedAction::Conflict | PlannedAction::Impossible);
            let duplicates = decision.duplicates.clone();
            let plan = PublishPlan {
                target,
                item: None,
                action: decision.action,
                remote_id: decision.comment.map(|comment| comment.id),
                reason: decision.reason,
                length: decision.body.length(),
                payload: decision.body.value(),
            };
            plans.push(plan.with(&skipped(subject, target)));
            let planned = duplicates.iter().filter_map(|duplicate| {
                removal(target, duplicate.fate(on_conflict), &duplicate.comment, "an older comment of ours holds the same")
            });
            plans.extend(planned);
        }
        for leftover in leftovers(&pieces, &site.comments).into_iter().filter(|_| all_will_stand) {
            let record = jobs.publication(&leftover.key).await.map_err(|error| unavailable(&error))?;
            let fate = leftover.fate(record.as_ref(), on_conflict);
            plans.extend(removal(target, fate, &leftover.comment, "the result does not need this comment any more"));
        }
    }
    Ok(plans)
}

fn unavailable(error: &StoreError) -> Failure {
    Failure::retry("store.unavailable", format!("the records of publications cannot be read: {error}"))
}

/// The same of a target whose items stand as objects of their own.
async fn plan_items(
    jobs: &Jobs,
    place: &dyn Items,
    subject: &Subject<'_>,
    target: PublishTarget,
    issue: &RawIssue,
    wishes: Wishes,
) -> Result<Vec<PublishPlan>, Failure> {
    let pieces = item_pieces(subject, target, place);
    let records = jobs.records(subject.connection, subject.issue_id, target.mode).await.map_err(|error| unavailable(&error))?;
    let survey = place.survey(issue, &records.remote_ids(), true).await?;
    let decided = pieces.iter().map(|piece| {
        let decision = decide_item(piece, records.of(&piece.key), &survey, wishes.on_conflict);
        let payload = match decision.action {
            PlannedAction::Create | PlannedAction::Update => piece.form.content.clone(),
            _ => Value::Null,
        };
        PublishPlan {
            target,
            item: Some(piece.id.clone()),
            action: decision.action,
            remote_id: decision.standing.map(|standing| standing.key),
            reason: decision.reason,
            length: if payload.is_null() { 0 } else { payload.to_string().len() },
            payload,
        }
    });
    let mut plans: Vec<PublishPlan> = decided.collect();
    for left in obsolete(subject, target, &pieces, &survey) {
        let (action, reason) = match left.farewell(place, subject, records.of(&left.key), wishes.close_obsolete).await? {
            Farewell::IsClosed => continue,
            Farewell::Closes(_) => (PlannedAction::Close, UNNEEDED.to_owned()),
            Farewell::Stays(why) => (PlannedAction::Obsolete, why),
        };
        let (item, remote_id) = (Some(left.id), Some(left.standing.key));
        plans.push(PublishPlan { target, item, action, remote_id, reason, length: 0, payload: Value::Null });
    }
    Ok(plans)
}

/// The plan for a comment of ours that is not needed.
fn removal(target: PublishTarget, fate: Fate, comment: &Comment, why: &str) -> Option<PublishPlan> {
    let (action, reason) = match fate {
        Fate::Goes => (PlannedAction::Remove, why.to_owned()),
        Fate::Conflict => (PlannedAction::Conflict, format!("{why}, but a person changed it")),
        Fate::Stays => return None,
    };
    Some(PublishPlan { target, item: None, action, remote_id: Some(comment.id.clone()), reason, length: 0, payload: Value::Null })
}
