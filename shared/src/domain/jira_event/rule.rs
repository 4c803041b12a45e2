//! What an administrator wants to be started by what happens in Jira.

use serde::{Deserialize, Serialize};

use super::super::job::JobKind;
use super::super::json::to_json;
use super::super::publish::{PublishTarget, PublishWhat};
use super::super::request::Review;
use super::super::story::{Story, sha256_hex};
use super::super::user::Permission;
use super::told::{CREATED, Change};

/// Starts a generation when an issue enters a status or gets a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// When.
    pub when: When,
    /// Only in this project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// What is made; a publication cannot be.
    pub kind: JobKind,
    /// Where it is published.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub publish: Vec<PublishTarget>,
    /// Whether a person must approve before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
}

/// What must happen to an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum When {
    /// It enters the status of this name.
    #[schema(example = "Ready for QA")]
    Status(String),
    /// It gets this label.
    #[schema(example = "jqa")]
    Label(String),
}

/// Asks Jira what was changed, for those whom Jira cannot call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// Which issues; without an order.
    #[schema(example = "project = SHOP AND issuetype = Story")]
    pub jql: String,
    /// How often: 60 seconds at least.
    #[schema(minimum = 60, maximum = 86400)]
    pub every_seconds: u64,
}

impl Rule {
    /// Whether a change is what it waits for; of an issue that was created, what the story has is new.
    #[must_use]
    pub fn is_met_by(&self, change: &Change, story: &Story) -> bool {
        if self.project.as_deref().is_some_and(|project| project != story.project()) {
            return false;
        }
        let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
        match (&self.when, change.field.to_ascii_lowercase().as_str()) {
            (When::Status(status), "status") => change.gained.iter().any(|gained| same(gained, status)),
            (When::Status(status), CREATED) => same(&story.status, status),
            (When::Label(label), "labels") => change.gained.contains(label),
            (When::Label(label), CREATED) => story.labels.contains(label),
            _ => false,
        }
    }

    /// Whether it could be met, as far as can be told without the story.
    #[must_use]
    pub fn may_be_met_by(&self, change: &Change) -> bool {
        match (&self.when, change.field.to_ascii_lowercase().as_str()) {
            (_, CREATED) => true,
            (When::Status(_), "status") | (When::Label(_), "labels") => !change.gained.is_empty(),
            _ => false,
        }
    }

    /// What somebody must hold for whom it starts jobs.
    pub fn needs(&self) -> impl Iterator<Item = Permission> {
        let generate = match self.kind {
            JobKind::AcceptanceCriteria => Permission::GenerateCriteria,
            _ => Permission::GenerateScenarios,
        };
        let publish = self.publish.iter().map(|target| match (target.what, self.kind) {
            (PublishWhat::Criteria, _) | (PublishWhat::All, JobKind::AcceptanceCriteria) => Permission::PublishCriteria,
            _ => Permission::PublishScenarios,
        });
        std::iter::once(generate).chain(publish)
    }

    /// What tells it from others, wherever it stands in their list.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        sha256_hex(to_json(self).as_bytes()).chars().take(16).collect()
    }
}

impl std::fmt::Display for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(name) => write!(f, "status: {name}"),
            Self::Label(name) => write!(f, "label: {name}"),
        }
    }
}

impl Poll {
    /// Why a query cannot be one that is asked again and again; `None` = it can.
    #[must_use]
    pub fn complaint(jql: &str) -> Option<&'static str> {
        let bare = without_quoted(jql);
        let words: Vec<String> = bare.split_whitespace().map(str::to_lowercase).collect();
        let depth = bare.chars().try_fold(0_i32, |depth, c| match c {
            '(' => Some(depth + 1),
            ')' if depth == 0 => None,
            ')' => Some(depth - 1),
            _ => Some(depth),
        });
        if words.is_empty() {
            Some("should restrict the issues, such as 'project = SHOP'")
        } else if words.windows(2).any(|pair| pair[0].ends_with("order") && pair[1] == "by") {
            Some("should have no ORDER BY: the order is ours")
        } else if depth != Some(0) {
            Some("has brackets that do not match")
        } else {
            None
        }
    }
}

/// A query without what stands in quotation marks.
fn without_quoted(jql: &str) -> String {
    let (mut bare, mut within, mut escaped) = (String::new(), None, false);
    for c in jql.chars() {
        match within {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(mark) if c == mark => within = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => {
                within = Some(c);
                bare.push('x');
            }
            None => bare.push(c),
        }
    }
    // A mark that is never closed takes the rest of ours with it.
    if within.is_some() { format!("{bare})") } else { bare }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(json: serde_json::Value) -> Rule {
        serde_json::from_value(json).unwrap()
    }

    fn change(field: &str, gained: &[&str]) -> Change {
        let gained = gained.iter().map(|&one| one.to_owned()).collect();
        Change { id: "1".into(), field: field.into(), author: None, gained }
    }

    fn story() -> Story {
        let issue =
            json!({ "id": "1", "key": "SHOP-1", "fields": { "summary": "S", "labels": ["jqa"], "status": { "name": "To Do" } } });
        super::super::super::reading::story(&issue, "u", &super::super::super::reading::ReadOptions::default()).unwrap()
    }

    #[test]
    fn a_rule_is_met_by_what_an_issue_enters_or_gets() {
        let status = rule(json!({ "when": { "status": "Ready for QA" }, "kind": "full-pipeline" }));
        let label = rule(json!({ "when": { "label": "jqa" }, "kind": "acceptance-criteria", "project": "SHOP" }));
        assert!(status.is_met_by(&change("status", &["ready for qa"]), &story()));
        assert!(!status.is_met_by(&change("status", &["Done"]), &story()));
        assert!(!status.is_met_by(&change("created", &[]), &story()), "it was created in another one");
        assert!(label.is_met_by(&change("labels", &["x", "jqa"]), &story()));
        assert!(label.is_met_by(&change("created", &[]), &story()));
        assert!(!label.is_met_by(&change("description", &[]), &story()), "it had the label before");
        let elsewhere = Rule { project: Some("PAY".into()), ..label };
        assert!(!elsewhere.is_met_by(&change("labels", &["jqa"]), &story()));
    }

    #[test]
    fn another_rule_has_another_fingerprint_and_its_place_has_none() {
        let first = rule(json!({ "when": { "label": "jqa" }, "kind": "full-pipeline" }));
        let second = Rule { kind: JobKind::AcceptanceCriteria, ..first.clone() };
        assert_ne!(first.fingerprint(), second.fingerprint());
        assert_eq!(first.fingerprint(), first.clone().fingerprint());
    }

    #[test]
    fn a_query_that_is_asked_again_and_again_has_no_order_and_matches_its_brackets() {
        for good in ["project = SHOP", "(project = A OR project in (B, C)) AND text ~ \"order by ) mail\""] {
            assert_eq!(Poll::complaint(good), None, "{good}");
        }
        for bad in ["", " ", "project = A ORDER  BY key", "project = A) OR (project = B", "(a = 1", "a = \"1", "a = 1)"] {
            assert!(Poll::complaint(bad).is_some(), "{bad}");
        }
    }
}
