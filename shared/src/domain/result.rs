//! The artifacts of the stages, and the hash that an approval is bound to.

use serde::{Deserialize, Serialize};

use super::criterion::CriteriaSet;
use super::json::to_json;
use super::publish::Published;
use super::scenario::Suite;
use super::story::sha256_hex;
use crate::ports::Usage;

/// Who wrote something, and at what cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Authorship {
    /// Provider, such as `offline`.
    pub provider: String,
    /// The model that answered; empty for `offline`.
    pub model: String,
    /// Version of the prompt, or of the drafter.
    pub prompt_version: String,
    /// What it used.
    #[serde(flatten)]
    pub usage: Usage,
    /// Model calls made.
    pub calls: u32,
    /// Questions that had been answered before, so that nobody was asked.
    #[serde(default)]
    pub reused: u32,
}

/// What making a result used, as it is kept with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Used {
    /// Tokens and cost.
    #[serde(flatten)]
    pub usage: Usage,
    /// Model calls made.
    pub calls: u32,
    /// Questions that had been answered before.
    pub reused: u32,
}

/// What the stage `criteria` leaves behind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CriteriaArtifact {
    /// The criteria.
    pub set: CriteriaSet,
    /// Who wrote them.
    pub by: Authorship,
}

/// What the stage `scenarios` leaves behind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuiteArtifact {
    /// The suite.
    pub suite: Suite,
    /// The criteria it was written for, when they came from elsewhere than this job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criteria: Option<CriteriaSet>,
    /// Who wrote it.
    pub by: Authorship,
}

impl SuiteArtifact {
    /// The artifact as JSON, from the suite's.
    #[must_use]
    pub fn to_json(&self, suite: &str) -> String {
        let criteria = self.criteria.as_ref().map_or_else(String::new, |set| format!(r#","criteria":{}"#, to_json(set)));
        format!(r#"{{"suite":{suite}{criteria},"by":{}}}"#, to_json(&self.by))
    }
}

/// What the stage `publish` leaves behind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PublishArtifact {
    /// One for each target.
    pub published: Vec<Published>,
}

/// What an approval is bound to: another hash = another result.
#[must_use]
pub fn content_hash(criteria: Option<&CriteriaSet>, suite: Option<&Suite>) -> String {
    content_hash_of_json(criteria.map(to_json).as_deref(), suite.map(to_json).as_deref())
}

/// The same of a result that is JSON already.
#[must_use]
pub fn content_hash_of_json(criteria: Option<&str>, suite: Option<&str>) -> String {
    sha256_hex(format!("[{},{}]", criteria.unwrap_or("null"), suite.unwrap_or("null")).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::criterion::Testable;
    use crate::domain::language::Language;
    use crate::domain::scenario::Coverage;

    fn set() -> CriteriaSet {
        let empty = CriteriaSet::without_criteria(Language::French);
        CriteriaSet { testable: Testable::No, reasons: vec!["\"é\"".to_owned()], ..empty }
    }

    fn suite() -> Suite {
        Suite {
            language: Language::French,
            scenarios: Vec::new(),
            coverage: Coverage::default(),
            questions: Vec::new(),
            warnings: vec!["x".to_owned()],
            findings: Vec::new(),
            dropped: Vec::new(),
        }
    }

    #[test]
    fn a_hash_is_that_of_both_parts_as_one_json() {
        let (set, suite) = (set(), suite());
        for (criteria, suite) in [(Some(&set), Some(&suite)), (Some(&set), None), (None, Some(&suite)), (None, None)] {
            assert_eq!(content_hash(criteria, suite), sha256_hex(to_json(&(criteria, suite)).as_bytes()));
        }
    }

    #[test]
    fn an_artifact_put_together_is_the_artifact_serialised() {
        for criteria in [None, Some(set())] {
            let artifact = SuiteArtifact { suite: suite(), criteria, by: Authorship::default() };
            assert_eq!(artifact.to_json(&to_json(&artifact.suite)), to_json(&artifact));
        }
    }
}
