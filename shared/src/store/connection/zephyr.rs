//! What may be said about Zephyr Scale, and need not be.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::is_default;

crate::domain::words::words! {
    /// What a test case holds.
    ZephyrScript {
        /// Steps for a tester.
        Steps = "steps",
        /// Gherkin.
        Bdd = "bdd",
    }
}

#[expect(clippy::derivable_impls, reason = "the enum is declared by a macro that derives no default")]
impl Default for ZephyrScript {
    fn default() -> Self {
        Self::Steps
    }
}

/// How test cases are created in Zephyr Scale.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ZephyrOptions {
    /// Where the API of Zephyr Scale Cloud begins; absent = `https://api.zephyrscale.smartbear.com/v2`. In a data centre Zephyr is
    /// a part of Jira, and this is not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// In all projects.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schema(required = false)]
    pub all: ZephyrPlace,
    /// In single projects, by key; what they say comes before what is said for all.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub projects: BTreeMap<String, ZephyrPlace>,
}

/// How test cases are created in the projects of stories.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ZephyrPlace {
    /// Key of the project that test cases are created in; absent = that of the story.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// What a test case holds; absent = `steps`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<ZephyrScript>,
    /// Folder of test cases, as `/Checkout/Cart`; it is created where it is missing; absent = `/jqa`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Name of the status of new test cases; absent = the project's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Names of the project's priorities by ours, as `{"high": "High"}`; what is missing gets the project's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub priorities: BTreeMap<String, String>,
    /// Labels that new test cases get besides ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    /// Name of the status that those are brought into which nobody needs any more; absent = `Deprecated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close_status: Option<String>,
    /// Values of custom fields that the project requires, by name, in the form in which Zephyr takes them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub fields: BTreeMap<String, Value>,
}

impl ZephyrOptions {
    /// What holds for stories of a project.
    #[must_use]
    pub fn of(&self, project: &str) -> ZephyrPlace {
        let own = self.projects.get(project).cloned().unwrap_or_default();
        let all = self.all.clone();
        let (mut fields, mut priorities) = (all.fields, all.priorities);
        fields.extend(own.fields);
        priorities.extend(own.priorities);
        ZephyrPlace {
            project: own.project.or(all.project),
            script: own.script.or(all.script),
            folder: own.folder.or(all.folder),
            status: own.status.or(all.status),
            labels: own.labels.or(all.labels),
            close_status: own.close_status.or(all.close_status),
            priorities,
            fields,
        }
    }
}
