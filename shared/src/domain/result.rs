//! The artifacts of the stages, and the hash that an approval is bound to.

use serde::{Deserialize, Serialize};

use super::criterion::CriteriaSet;
use super::publish::Published;
use super::scenario::Suite;
use super::story::sha256_hex;

/// Who wrote something, and at what cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Authorship {
    /// Provider, such as `offline`.
    pub provider: String,
    /// The model that answered; empty for `offline`.
    pub model: String,
    /// Version of the prompt, or of the drafter.
    pub prompt_version: String,
    /// Tokens in, cached ones included.
    pub input_tokens: i64,
    /// Tokens out, reasoning included.
    pub output_tokens: i64,
    /// Model calls made.
    pub calls: u32,
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

/// What the stage `publish` leaves behind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PublishArtifact {
    /// One for each target.
    pub published: Vec<Published>,
}

/// What an approval is bound to: another hash = another result.
#[must_use]
pub fn content_hash(criteria: Option<&CriteriaSet>, suite: Option<&Suite>) -> String {
    let json = serde_json::to_string(&(criteria, suite)).unwrap_or_default();
    sha256_hex(json.as_bytes())
}
