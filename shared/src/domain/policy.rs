//! What an organisation and its projects say about generation: instructions, examples, and what may leave the house.

use serde::{Deserialize, Serialize};

use super::verdict::Failure;

/// One version of what the organisation, or one project, says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The key of the project; `None` = the organisation.
    pub project: Option<String>,
    /// Counts from 1.
    pub version: i64,
    /// What it says.
    pub terms: Terms,
}

/// What a policy says. What it leaves open, the organisation's decides, then the usual.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Instructions for the model, in Markdown.
    #[serde(default)]
    pub instructions: String,
    /// Example scenarios whose style is to be followed, in Gherkin.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Whether stories may be sent to a model; usually they may.
    #[serde(default)]
    pub send_to_model: Option<bool>,
    /// Whether secrets and personal data are replaced before a story is sent; usually they are not.
    #[serde(default)]
    pub redact: Option<bool>,
}

/// What one layer adds to the instructions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The key of the project; `None` = the organisation.
    pub project: Option<String>,
    /// The version of the policy that says it.
    pub version: i64,
    /// Instructions; may be empty.
    pub instructions: String,
    /// Example scenarios.
    pub examples: Vec<String>,
}

impl Layer {
    /// What results name it: `organization@3`, `SHOP@2`.
    #[must_use]
    pub fn tag(&self) -> String {
        format!("{}@{}", self.project.as_deref().unwrap_or("organization"), self.version)
    }
}

/// What holds for one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// The organisation's layer, then the project's; those that add nothing are left out.
    pub layers: Vec<Layer>,
    /// Whether stories may be sent to a model.
    pub may_send: bool,
    /// Whether secrets and personal data are replaced before.
    pub redact: bool,
}

impl InForce {
    /// What holds for a project when these policies are the latest.
    #[must_use]
    pub fn of(policies: &[Policy], project: &str) -> Self {
        let find = |wanted: Option<&str>| policies.iter().find(|policy| policy.project.as_deref() == wanted);
        let (ours, theirs) = (find(None), find(Some(project)));
        let decided = |what: fn(&Terms) -> Option<bool>| {
            theirs.and_then(|policy| what(&policy.terms)).or_else(|| ours.and_then(|policy| what(&policy.terms)))
        };
        Self {
            layers: ours.into_iter().chain(theirs).filter_map(Policy::layer).collect(),
            may_send: decided(|terms| terms.send_to_model).unwrap_or(true),
            redact: decided(|terms| terms.redact).unwrap_or(false),
        }
    }

    /// What holds for what may be of any project.
    #[must_use]
    pub fn strictest(policies: &[Policy]) -> Self {
        Self {
            layers: Vec::new(),
            may_send: policies.iter().all(|policy| policy.terms.send_to_model != Some(false)),
            redact: policies.iter().any(|policy| policy.terms.redact == Some(true)),
        }
    }
}

impl Policy {
    fn layer(&self) -> Option<Layer> {
        let Terms { instructions, examples, .. } = &self.terms;
        (!instructions.trim().is_empty() || !examples.is_empty()).then(|| Layer {
            project: self.project.clone(),
            version: self.version,
            instructions: instructions.trim().to_owned(),
            examples: examples.clone(),
        })
    }
}

/// Why a story is not sent.
#[must_use]
pub fn not_allowed(project: &str) -> Failure {
    let why = format!(
        "the policy of {project} does not let its stories be sent to a model; ask for llm.provider 'offline', or an administrator \
         can allow it (PUT /policies/{project})"
    );
    Failure::fail("policy.not_allowed", why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(project: Option<&str>, terms: Terms) -> Policy {
        Policy { project: project.map(str::to_owned), version: 3, terms }
    }

    fn says(instructions: &str) -> Terms {
        Terms { instructions: instructions.to_owned(), ..Terms::default() }
    }

    #[test]
    fn without_policies_stories_are_sent_as_they_are() {
        assert_eq!(InForce::of(&[], "SHOP"), InForce { layers: Vec::new(), may_send: true, redact: false });
    }

    #[test]
    fn the_project_adds_to_the_organisation_and_decides_what_it_speaks_of() {
        let policies = [
            policy(Some("SHOP"), Terms { send_to_model: Some(true), ..says("Prices in EUR.") }),
            policy(None, Terms { send_to_model: Some(false), redact: Some(true), ..says("British spelling.") }),
            policy(Some("PAY"), Terms { redact: Some(false), ..Terms::default() }),
        ];
        let tags = |project: &str| InForce::of(&policies, project).layers.iter().map(Layer::tag).collect::<Vec<_>>();
        assert_eq!(tags("SHOP"), ["organization@3", "SHOP@3"]);
        assert_eq!(tags("PAY"), ["organization@3"], "a policy without words is no layer");
        let decides = |project: &str| (InForce::of(&policies, project).may_send, InForce::of(&policies, project).redact);
        assert_eq!((decides("SHOP"), decides("PAY"), decides("NEW")), ((true, true), (false, false), (false, true)));
    }
}
