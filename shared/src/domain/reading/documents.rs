//! An issue whose texts are wiki markup, with the nodes of ADF in their place: reading is one for both from here on.

use serde_json::Value;

use super::super::wiki;
use super::story::ReadOptions;

/// The issue with documents in place of wiki markup, without our own sections.
pub(super) fn of(issue: &Value, options: &ReadOptions) -> Value {
    let mut issue = issue.clone();
    let Some(fields) = issue.get_mut("fields") else { return issue };
    own(fields, options);
    for path in ["/parent/fields/description", "/environment"] {
        fields.pointer_mut(path).into_iter().for_each(|text| convert(text, options));
    }
    for comment in list(fields.pointer_mut("/comment/comments")) {
        comment.get_mut("body").into_iter().for_each(|text| convert(text, options));
    }
    for link in list(fields.get_mut("issuelinks")) {
        for end in ["/outwardIssue/fields/description", "/inwardIssue/fields/description"] {
            link.pointer_mut(end).into_iter().for_each(|text| convert(text, options));
        }
    }
    for task in list(fields.get_mut("subtasks")) {
        task.pointer_mut("/fields/description").into_iter().for_each(|text| convert(text, options));
    }
    issue
}

/// The description and fields that an administrator has added.
fn own(fields: &mut Value, options: &ReadOptions) {
    let all = fields.as_object_mut().into_iter().flatten();
    let texts = all.filter(|(name, _)| *name == "description" || name.starts_with("customfield_"));
    texts.for_each(|(_, text)| convert(text, options));
}

fn convert(text: &mut Value, options: &ReadOptions) {
    if let Value::String(wiki) = text {
        *text = wiki::read::document(&wiki::section::strip(wiki, &options.marker_prefix));
    }
}

fn list(value: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    value.and_then(Value::as_array_mut).into_iter().flatten()
}
