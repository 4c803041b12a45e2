//! What may be said about Xray, and need not be.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::is_default;

crate::domain::words::words! {
    /// What a scenario becomes in Xray. Types are chosen by what they hold; what they are called is up to each project.
    XrayType {
        /// Steps for a tester.
        Manual = "manual",
        /// Gherkin.
        Cucumber = "cucumber",
        /// A text.
        Generic = "generic",
    }
}

#[expect(clippy::derivable_impls, reason = "the enum is declared by a macro that derives no default")]
impl Default for XrayType {
    fn default() -> Self {
        Self::Manual
    }
}

/// How tests are created in Xray.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct XrayOptions {
    /// Where the API of Xray Cloud begins; absent = `https://xray.cloud.getxray.app/api/v2`. In a data centre Xray is a part of
    /// Jira, and this is not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Client id of the API key of Xray Cloud; its secret is kept apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// In all projects.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schema(required = false)]
    pub all: XrayPlace,
    /// In single projects, by key; what they say comes before what is said for all.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub projects: BTreeMap<String, XrayPlace>,
}

/// How tests are created in the projects of stories.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct XrayPlace {
    /// Key of the project that tests are created in; absent = that of the story.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// What a scenario becomes; absent = `manual`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_type: Option<XrayType>,
    /// Name or id of the issue type of tests; absent = that which Xray brings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue_type: Option<String>,
    /// Folder of the test repository, as `/Checkout/Cart`; it is created where it is missing; absent = none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Keys of test sets that new tests are added to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_sets: Option<Vec<String>>,
    /// Keys of test plans that new tests are added to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_plans: Option<Vec<String>>,
    /// Keys of preconditions that new tests get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preconditions: Option<Vec<String>>,
    /// Name of the status that those are brought into which nobody needs any more; absent = the only one that counts as done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close_status: Option<String>,
    /// Values of fields that the project requires, by field id, in the form in which Jira takes them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub fields: BTreeMap<String, Value>,
}

impl XrayOptions {
    /// What holds for stories of a project.
    #[must_use]
    pub fn of(&self, project: &str) -> XrayPlace {
        let own = self.projects.get(project).cloned().unwrap_or_default();
        let all = self.all.clone();
        let mut fields = all.fields;
        fields.extend(own.fields);
        XrayPlace {
            project: own.project.or(all.project),
            test_type: own.test_type.or(all.test_type),
            issue_type: own.issue_type.or(all.issue_type),
            folder: own.folder.or(all.folder),
            test_sets: own.test_sets.or(all.test_sets),
            test_plans: own.test_plans.or(all.test_plans),
            preconditions: own.preconditions.or(all.preconditions),
            close_status: own.close_status.or(all.close_status),
            fields,
        }
    }
}
