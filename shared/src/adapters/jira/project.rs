//! What the issues of a project are made of.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use super::call::{Call, Wire};
use crate::ports::{FieldInfo, JiraError, ProjectFields, TypeFields};

/// No project has more types that anybody looks at.
const MOST_TYPES: usize = 50;

/// Types that are asked for at the same time.
const SIDE_BY_SIDE: usize = 4;

/// Longer lists are cut: they are for people to choose from.
const MOST_VALUES: usize = 100;

impl Wire {
    /// A project and the fields of its types of issues.
    pub(super) async fn project_fields(&self, key: &str) -> Result<ProjectFields, JiraError> {
        let subject = format!("project {key}");
        let project: Value = self.send(&Call::get(&["project", key], &[], &subject)).await?;
        let text = |name: &str| project.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let types = project.get("issueTypes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let id = text("id");
        let types = stream::iter(types.iter().take(MOST_TYPES).cloned().map(|kind| self.type_fields(&id, kind)));
        let issue_types = types.buffered(SIDE_BY_SIDE).try_collect().await?;
        Ok(ProjectFields { key: text("key"), name: text("name"), issue_types })
    }

    async fn type_fields(&self, project: &str, kind: Value) -> Result<TypeFields, JiraError> {
        let text = |name: &str| kind.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let fields = self.create_fields(project, &text("id")).await?;
        Ok(TypeFields {
            id: text("id"),
            name: text("name"),
            subtask: flag(&kind, "subtask"),
            fields: fields.iter().filter_map(field).collect(),
        })
    }
}

fn field(field: &Value) -> Option<FieldInfo> {
    let id = field.get("fieldId").or_else(|| field.get("key"))?.as_str()?.to_owned();
    let schema = |name: &str| field.get("schema").and_then(|schema| schema.get(name)).and_then(Value::as_str);
    let kind = match (schema("type").unwrap_or_default(), schema("items")) {
        (kind, Some(items)) => format!("{kind} of {items}"),
        (kind, None) => kind.to_owned(),
    };
    let values = field.get("allowedValues").and_then(Value::as_array);
    Some(FieldInfo {
        name: field.get("name").and_then(Value::as_str).unwrap_or(&id).to_owned(),
        kind,
        required: flag(field, "required") && !flag(field, "hasDefaultValue"),
        takes_text: id == "description" || schema("custom").is_some_and(|custom| custom.ends_with(":textarea")),
        allowed_values: values.into_iter().flatten().take(MOST_VALUES).map(allowed).collect(),
        id,
    })
}

/// What names a value to Jira, and to people: the rest of it are addresses and pictures.
fn allowed(value: &Value) -> Value {
    let Some(object) = value.as_object() else { return value.clone() };
    let named = ["id", "value", "name", "key"].into_iter().filter_map(|name| Some((name.to_owned(), object.get(name)?.clone())));
    Value::Object(named.collect())
}

fn flag(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or(false)
}
