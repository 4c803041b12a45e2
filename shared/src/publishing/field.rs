//! Which field of an issue our section stands in, and what that field holds.

use serde_json::Value;

use crate::domain::markup::Markup;
use crate::domain::publish::{PublishMode, PublishTarget, PublishWhat};
use crate::domain::reading::{ReadOptions, field};
use crate::ports::RawIssue;
use crate::store::connection::FieldOptions;

/// What a connection says of fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    /// Those that are published into.
    pub options: FieldOptions,
    /// Those that criteria are read from, which take them where nothing else is said.
    pub read: ReadOptions,
}

/// A field, and what stands in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field<'a> {
    /// `description`, `customfield_10042`.
    pub id: &'a str,
    /// Its text as the site gives it, or null.
    pub text: &'a Value,
}

impl Fields {
    /// The field of an issue that a target is written into.
    ///
    /// # Errors
    /// In words for a person: why there is none.
    pub fn field<'a>(&'a self, issue: &'a RawIssue, target: PublishTarget) -> Result<Field<'a>, String> {
        if target.mode != PublishMode::CustomField {
            return Ok(Field { id: "description", text: value(issue, "description") });
        }
        let ids = self.wanted(issue, target.what)?;
        let here: Vec<&str> = ids.iter().map(String::as_str).filter(|id| is_on(issue, id)).collect();
        let id = match (here.as_slice(), ids.as_slice()) {
            ([id], _) => issue_key(issue, id),
            ([], _) => {
                return Err(format!(
                    "the issue has no field {}; name one of its fields in the connection's options, custom_fields, by id or name",
                    quoted(&ids)
                ));
            }
            (several, _) => {
                return Err(format!("several fields have that name: {}; name one by its id", several.join(", ")));
            }
        };
        let Some(id) = id else { return Err("the field's id is not one of Jira".to_owned()) };
        takes_texts(issue, id)?;
        Ok(Field { id, text: value(issue, id) })
    }

    fn wanted(&self, issue: &RawIssue, what: PublishWhat) -> Result<Vec<String>, String> {
        let owned = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect();
        let project = issue.body.pointer("/fields/project/key").and_then(Value::as_str).unwrap_or_default();
        let named = self.options.of(project);
        match (what, named.criteria, named.scenarios) {
            (PublishWhat::Criteria, Some(name), _) | (PublishWhat::Scenarios, _, Some(name)) => {
                Ok(owned(field::wanted_field(&issue.body, name.trim())))
            }
            (PublishWhat::Criteria, None, _) => {
                let ids = field::criteria(&issue.body, &self.read);
                if ids.is_empty() { Ok(vec!["Acceptance Criteria".to_owned()]) } else { Ok(owned(ids)) }
            }
            (PublishWhat::Scenarios, _, None) => {
                Err("the connection does not say which field takes scenarios; set custom_fields.all.scenarios in its options"
                    .to_owned())
            }
            (PublishWhat::All, ..) => {
                Err("a custom field takes criteria or scenarios; publish each to a field of its own".to_owned())
            }
        }
    }
}

/// Jira's word for a field that was found by ours.
fn issue_key<'a>(issue: &'a RawIssue, id: &str) -> Option<&'a str> {
    issue.body.get("fields")?.as_object()?.get_key_value(id).map(|(id, _)| id.as_str())
}

fn is_on(issue: &RawIssue, id: &str) -> bool {
    issue.body.get("fields").is_some_and(|fields| fields.get(id).is_some())
}

fn value<'a>(issue: &'a RawIssue, id: &str) -> &'a Value {
    issue.body.get("fields").and_then(|fields| fields.get(id)).unwrap_or(&Value::Null)
}

/// A section needs a field of several lines: what Jira calls a paragraph, or a text area.
fn takes_texts(issue: &RawIssue, id: &str) -> Result<(), String> {
    let schema = issue.body.get("schema").and_then(|schema| schema.get(id));
    let kind = schema.and_then(|schema| schema.get("custom")).and_then(Value::as_str);
    let is_text = match (value(issue, id), issue.markup) {
        (Value::Null, _) | (Value::Object(_), Markup::Adf) | (Value::String(_), Markup::Wiki) => {
            kind.is_none_or(|kind| kind.ends_with(":textarea"))
        }
        _ => false,
    };
    if id.starts_with("customfield_") && is_text {
        return Ok(());
    }
    Err(format!("the field {id} is no custom field for texts of several lines (a paragraph, in Jira's words)"))
}

fn quoted(ids: &[String]) -> String {
    ids.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::connection::TextFields;

    fn issue(markup: Markup) -> RawIssue {
        let text = match markup {
            Markup::Adf => json!({ "type": "doc", "version": 1, "content": [] }),
            Markup::Wiki => json!("h2. Words"),
        };
        let body = json!({
            "key": "SHOP-1",
            "fields": {
                "project": { "key": "SHOP" },
                "description": text,
                "customfield_1": text,
                "customfield_2": null,
                "customfield_3": "a short text",
                "customfield_4": 3,
                "customfield_5": null,
                "customfield_6": null,
            },
            "names": {
                "description": "Description",
                "customfield_1": "Acceptance Criteria",
                "customfield_2": "Test notes",
                "customfield_3": "Release note",
                "customfield_4": "Points",
                "customfield_5": "Twice",
                "customfield_6": "Twice",
                "customfield_7": "Elsewhere",
            },
            "schema": {
                "customfield_1": { "type": "string", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:textarea" },
                "customfield_2": { "type": "string", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:textarea" },
                "customfield_3": { "type": "string", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:textfield" },
                "customfield_4": { "type": "number", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:float" },
            },
        });
        RawIssue { body, url: String::new(), markup }
    }

    fn target(what: PublishWhat) -> PublishTarget {
        PublishTarget { mode: PublishMode::CustomField, what }
    }

    fn scenarios_in(name: &str) -> Fields {
        let all = TextFields { criteria: None, scenarios: Some(name.to_owned()) };
        Fields { options: FieldOptions { all, ..FieldOptions::default() }, read: ReadOptions::default() }
    }

    #[test]
    fn criteria_go_to_the_field_they_are_read_from_unless_another_is_named() {
        for markup in [Markup::Adf, Markup::Wiki] {
            let issue = issue(markup);
            let fields = Fields::default();
            assert_eq!(fields.field(&issue, target(PublishWhat::Criteria)).map(|field| field.id), Ok("customfield_1"));
            let named = TextFields { criteria: Some("test NOTES".to_owned()), scenarios: None };
            let options = FieldOptions { all: named, ..FieldOptions::default() };
            let fields = Fields { options, read: ReadOptions::default() };
            assert_eq!(fields.field(&issue, target(PublishWhat::Criteria)).map(|field| field.id), Ok("customfield_2"));
            let description = PublishTarget { mode: PublishMode::Description, what: PublishWhat::All };
            assert_eq!(fields.field(&issue, description).map(|field| field.id), Ok("description"));
        }
    }

    #[test]
    fn a_field_is_named_by_id_or_by_name_and_for_one_project_or_for_all() {
        let issue = issue(Markup::Adf);
        for name in ["customfield_2", "Test notes", " test notes "] {
            let found = scenarios_in(name);
            assert_eq!(found.field(&issue, target(PublishWhat::Scenarios)).map(|field| field.id), Ok("customfield_2"), "{name}");
        }
        let own = TextFields { criteria: None, scenarios: Some("customfield_1".to_owned()) };
        let mut fields = scenarios_in("customfield_2");
        fields.options.projects.insert("SHOP".to_owned(), own);
        assert_eq!(fields.field(&issue, target(PublishWhat::Scenarios)).map(|field| field.id), Ok("customfield_1"));
    }

    #[test]
    fn what_takes_no_text_of_ours_is_refused_in_words() {
        let issue = issue(Markup::Adf);
        for (name, why) in [
            ("Release note", "no custom field for texts of several lines"),
            ("Points", "no custom field for texts of several lines"),
            ("summary", "has no field"),
            ("description", "no custom field for texts"),
            ("Elsewhere", "has no field"),
            ("Twice", "several fields have that name: customfield_5, customfield_6"),
        ] {
            let refused = scenarios_in(name).field(&issue, target(PublishWhat::Scenarios)).map(|field| field.id.to_owned());
            assert!(refused.as_ref().is_err_and(|told| told.contains(why)), "{name}: {refused:?}");
        }
        let refused = Fields::default().field(&issue, target(PublishWhat::Scenarios)).map(|field| field.id.to_owned());
        assert!(refused.as_ref().is_err_and(|told| told.contains("custom_fields.all.scenarios")), "{refused:?}");
        let refused = Fields::default().field(&issue, target(PublishWhat::All)).map(|field| field.id.to_owned());
        assert!(refused.as_ref().is_err_and(|told| told.contains("criteria or scenarios")), "{refused:?}");
    }
}
