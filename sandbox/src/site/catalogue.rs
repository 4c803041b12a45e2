//! What every project of the site has: issue types, statuses, link types, fields.

use serde_json::{Value, json};

/// The field acceptance criteria are kept in.
pub(crate) const CRITERIA_FIELD: &str = "customfield_10100";

/// A kind of issue.
pub(crate) struct IssueType {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) subtask: bool,
    pub(crate) level: i64,
}

const fn issue_type(id: &'static str, name: &'static str, level: i64) -> IssueType {
    IssueType { id, name, subtask: level < 0, level }
}

/// All kinds of issues.
pub(crate) const ISSUE_TYPES: &[IssueType] = &[
    issue_type("10000", "Epic", 1),
    issue_type("10001", "Story", 0),
    issue_type("10002", "Task", 0),
    issue_type("10003", "Sub-task", -1),
    issue_type("10004", "Bug", 0),
    issue_type("10005", "Spike", 0),
    issue_type("10006", "Test", 0),
    issue_type("10007", "Test Set", 0),
    issue_type("10008", "Test Plan", 0),
    issue_type("10009", "Test Execution", 0),
    issue_type("10010", "Precondition", 0),
];

/// Statuses: id, name, category key, category name, category id, colour.
pub(crate) const STATUSES: &[(&str, &str, &str, &str, u64, &str)] = &[
    ("10010", "To Do", "new", "To Do", 2, "blue-gray"),
    ("10011", "In Progress", "indeterminate", "In Progress", 4, "yellow"),
    ("10012", "In Review", "indeterminate", "In Progress", 4, "yellow"),
    ("10013", "Done", "done", "Done", 3, "green"),
    ("10014", "Won't Do", "done", "Done", 3, "green"),
];

/// Priorities, highest first.
pub(crate) const PRIORITIES: &[&str] = &["Highest", "High", "Medium", "Low", "Lowest"];

/// Link types: id, name, inward, outward.
pub(crate) const LINK_TYPES: &[(&str, &str, &str, &str)] = &[
    ("10200", "Blocks", "is blocked by", "blocks"),
    ("10201", "Relates", "relates to", "relates to"),
    ("10202", "Duplicate", "is duplicated by", "duplicates"),
    ("10203", "Test", "is tested by", "tests"),
];

/// A field of the site.
pub(crate) struct Field {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) items: &'static str,
    pub(crate) custom: &'static str,
    pub(crate) writable: bool,
}

const fn system(id: &'static str, name: &'static str, kind: &'static str, items: &'static str, writable: bool) -> Field {
    Field { id, name, kind, items, custom: "", writable }
}

const fn custom(id: &'static str, name: &'static str, kind: &'static str, custom: &'static str) -> Field {
    Field { id, name, kind, items: "", custom, writable: true }
}

/// All fields.
pub(crate) const FIELDS: &[Field] = &[
    system("summary", "Summary", "string", "", true),
    system("description", "Description", "string", "", true),
    system("environment", "Environment", "string", "", true),
    system("issuetype", "Issue Type", "issuetype", "", true),
    system("project", "Project", "project", "", true),
    system("status", "Status", "status", "", false),
    system("priority", "Priority", "priority", "", true),
    system("labels", "Labels", "array", "string", true),
    system("components", "Components", "array", "component", true),
    system("fixVersions", "Fix versions", "array", "version", true),
    system("parent", "Parent", "issuelink", "", true),
    system("assignee", "Assignee", "user", "", true),
    system("reporter", "Reporter", "user", "", true),
    system("duedate", "Due date", "date", "", true),
    system("subtasks", "Sub-tasks", "array", "issuelinks", false),
    system("issuelinks", "Linked Issues", "array", "issuelinks", false),
    system("attachment", "Attachment", "array", "attachment", false),
    system("comment", "Comment", "comments-page", "", false),
    system("creator", "Creator", "user", "", false),
    system("created", "Created", "datetime", "", false),
    system("updated", "Updated", "datetime", "", false),
    custom(CRITERIA_FIELD, "Acceptance Criteria", "string", "textarea"),
    custom("customfield_10016", "Story point estimate", "number", "float"),
    custom("customfield_10101", "Test suite link", "string", "url"),
    custom("customfield_10102", "Release note", "string", "textfield"),
];

/// What Xray for Data Center keeps in custom fields. They can be written on any issue and are listed by no Cloud site.
pub(crate) mod raven {
    use super::{Field, custom};

    /// `{"value": "Manual"}`.
    pub(crate) const TEST_TYPE: &str = "customfield_10210";
    /// `{"steps": [{"index": 1, "fields": {"Action": "…"}}]}`.
    pub(crate) const STEPS: &str = "customfield_10211";
    /// `{"value": "Scenario"}`.
    pub(crate) const SCENARIO_TYPE: &str = "customfield_10212";
    /// Gherkin.
    pub(crate) const SCENARIO: &str = "customfield_10213";
    /// Free text.
    pub(crate) const GENERIC: &str = "customfield_10214";

    /// All of them.
    pub(crate) const FIELDS: &[Field] = &[
        custom(TEST_TYPE, "Test Type", "option", "com.xpandit.plugins.xray:test-type-custom-field"),
        custom(STEPS, "Manual Test Steps", "any", "com.xpandit.plugins.xray:manual-test-steps-custom-field"),
        custom(SCENARIO_TYPE, "Cucumber Test Type", "option", "com.xpandit.plugins.xray:automated-test-type-custom-field"),
        custom(SCENARIO, "Cucumber Scenario", "string", "com.xpandit.plugins.xray:steps-editor-custom-field"),
        custom(GENERIC, "Generic Test Definition", "string", "com.xpandit.plugins.xray:path-editor-custom-field"),
    ];
}

impl Field {
    /// The field's `schema`, as in `/field` and `expand=schema`.
    pub(crate) fn schema(&self) -> Value {
        let mut schema = json!({"type": self.kind});
        if !self.items.is_empty() {
            schema["items"] = json!(self.items);
        }
        if self.custom.is_empty() {
            schema["system"] = json!(self.id);
        } else {
            let whole = if self.custom.contains(':') { "" } else { "com.atlassian.jira.plugin.system.customfieldtypes:" };
            schema["custom"] = json!(format!("{whole}{}", self.custom));
            schema["customId"] = json!(self.id.trim_start_matches("customfield_").parse::<u64>().unwrap_or_default());
        }
        schema
    }

    /// Whether the field holds a document.
    pub(crate) fn is_rich(&self) -> bool {
        self.custom == "textarea" || matches!(self.id, "description" | "environment")
    }
}

/// The field with this id.
pub(crate) fn field(id: &str) -> Option<&'static Field> {
    FIELDS.iter().chain(raven::FIELDS).find(|field| field.id == id)
}

/// The position of an issue type, by id or name.
pub(crate) fn type_index(wanted: &str) -> Option<usize> {
    ISSUE_TYPES.iter().position(|kind| kind.id == wanted || kind.name.eq_ignore_ascii_case(wanted))
}

/// The position of a link type, by id, name or one of its phrases.
pub(crate) fn link_index(wanted: &str) -> Option<usize> {
    LINK_TYPES.iter().position(|kind| [kind.0, kind.1, kind.2, kind.3].iter().any(|name| name.eq_ignore_ascii_case(wanted)))
}

/// An issue type as Jira shows it.
pub(crate) fn type_view(index: usize, base: &str) -> Value {
    let kind = &ISSUE_TYPES[index];
    json!({
        "self": format!("{base}/rest/api/3/issuetype/{}", kind.id),
        "id": kind.id, "name": kind.name, "description": "", "iconUrl": "", "subtask": kind.subtask, "hierarchyLevel": kind.level,
    })
}

/// A status as Jira shows it; an unknown name is the first status.
pub(crate) fn status_view(name: &str, base: &str) -> Value {
    let known = STATUSES.iter().find(|status| status.1.eq_ignore_ascii_case(name) || status.0 == name);
    let (id, name, key, category, category_id, color) = known.unwrap_or(&STATUSES[0]);
    json!({
        "self": format!("{base}/rest/api/3/status/{id}"), "id": id, "name": name, "description": "", "iconUrl": "",
        "statusCategory": {
            "self": format!("{base}/rest/api/3/statuscategory/{category_id}"),
            "id": category_id, "key": key, "colorName": color, "name": category,
        },
    })
}

/// A priority as Jira shows it; an unknown name is `Medium`.
pub(crate) fn priority_view(name: &str, base: &str) -> Value {
    let index = PRIORITIES.iter().position(|known| known.eq_ignore_ascii_case(name)).unwrap_or(2);
    json!({"self": format!("{base}/rest/api/3/priority/{}", index + 1), "id": (index + 1).to_string(), "name": PRIORITIES[index], "iconUrl": ""})
}

/// A link type as Jira shows it.
pub(crate) fn link_view(index: usize, base: &str) -> Value {
    let (id, name, inward, outward) = LINK_TYPES[index];
    json!({"id": id, "name": name, "inward": inward, "outward": outward, "self": format!("{base}/rest/api/3/issueLinkType/{id}")})
}

/// A project as embedded in issues.
pub(crate) fn project_view(key: &str, id: u64, base: &str) -> Value {
    json!({
        "self": format!("{base}/rest/api/3/project/{id}"), "id": id.to_string(), "key": key,
        "name": project_name(key), "projectTypeKey": "software", "simplified": false,
    })
}

fn project_name(key: &str) -> String {
    match key {
        "SHOP" => "Web Shop".to_owned(),
        _ => format!("{key} project"),
    }
}
