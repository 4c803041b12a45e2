//! What follows from an event of Jira: a result is out of date, or a rule starts a job.

use serde_json::json;
use uuid::Uuid;

use super::Jobs;
use super::submit::Submission;
use crate::domain::diff::PartDiff;
use crate::domain::issue_key::IssueKey;
use crate::domain::jira_event::{Change, Rule};
use crate::domain::job::Lane;
use crate::domain::json::to_json;
use crate::domain::request::{JobRequest, Review};
use crate::domain::story::Story;
use crate::domain::webhook::WebhookEvent;
use crate::store::audit::Actor;
use crate::store::delivery::{self, About};
use crate::store::history::{self, History};
use crate::store::jira_event::{self, JiraEvent};
use crate::store::{StoreError, Verb, audit};

/// A change that met a rule.
#[derive(Debug, Clone, Copy)]
pub struct ByRule<'a> {
    /// The event it was told by.
    pub event: &'a JiraEvent,
    /// The change.
    pub change: &'a Change,
    /// The rule.
    pub rule: &'a Rule,
    /// Who answers for it.
    pub owner_id: Uuid,
}

impl ByRule<'_> {
    /// What tells the change from others of the issue: Jira's id, by which a webhook and the changelog agree.
    fn change_id(&self) -> String {
        if self.change.id.is_empty() { self.event.id.to_string() } else { self.change.id.clone() }
    }
}

impl Jobs {
    /// Submits what a rule wants for a change. `None` = it was submitted before, by whoever came this far.
    pub async fn submit_by_rule(&self, by: ByRule<'_>, story: &Story) -> Result<Option<Uuid>, StoreError> {
        let Ok(issue_key) = IssueKey::parse(&story.key) else {
            return Err(StoreError::Bug("the key of a story that was read is none".into()));
        };
        let request = JobRequest {
            issue_key,
            connection: by.event.connection.clone(),
            llm: None,
            language: None,
            review: by.rule.review.unwrap_or(Review::None),
            publish: by.rule.publish.clone(),
            on_conflict: Default::default(),
            close_obsolete: false,
            publish_stale: false,
            from: None,
            content_hash: None,
            callback_url: None,
            fresh: false,
            economy: false,
            delta: false,
        };
        let submission = Submission {
            id: self.clock().new_id(),
            kind: by.rule.kind,
            request,
            issue_id: Some(story.id.clone()),
            actor: Actor { user_id: Some(by.owner_id), ..Actor::default() },
            owner_id: by.owner_id,
            // Somebody may label thousands of stories at once, and nobody waits for one.
            lane: Lane::Bulk,
            priority: 0,
            key: None,
        };
        let (change_id, fingerprint) = (by.change_id(), by.rule.fingerprint());
        let details = json!({
            "kind": submission.kind, "issue_key": story.key, "lane": submission.lane,
            "event": by.event.id, "change": change_id, "rule": by.rule.when.to_string(), "rule_id": fingerprint,
        });
        let gate = jira_event::take_for_rule(by.event, &change_id, &fingerprint, submission.id);
        Ok(self.accept(&submission, Some(gate), &details).await?.map(|job| job.id))
    }

    /// Records which parts of its story a result does not rest on any more; none = it is up to date. `false` = a younger story
    /// said something meanwhile.
    pub async fn judge(&self, result: &History, parts: &[PartDiff], judged_at: i64) -> Result<bool, StoreError> {
        let suspect = (!parts.is_empty()).then(|| to_json(&parts));
        let action = if suspect.is_some() { "result.suspect" } else { "result.cleared" };
        let details = json!({ "issue_key": result.issue_key, "version": result.version, "parts": parts });
        let told = audit::about_held(self.clock().new_id(), &Actor::default(), action, "history", result.id, &details);
        let guard = history::judge(result.id, suspect.as_deref(), judged_at);
        let mut verb = Verb::new("generation_history", result.id, guard).then(told);
        if suspect.is_some() && result.suspect_at.is_none() {
            let data = json!({ "history_id": result.id, "issue_key": result.issue_key, "connection": result.connection,
                "kind": result.kind, "version": result.version, "parts": parts });
            verb = verb.then(delivery::tell_endpoints(&self.db, WebhookEvent::StorySuspect, About::Result(data.to_string())));
        }
        verb.took(&self.db).await
    }
}
