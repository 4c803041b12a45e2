//! What a connection's account can be used for, in words: asked when a connection is tried, so that nobody has to find out by a
//! publication that fails.

use futures::future::join;
use serde_json::{Map, Value, json};

use super::call::{Call, Wire};
use crate::domain::reading::{self, ReadOptions};
use crate::ports::{Ability, JiraError};

/// What each way of publishing needs of the account, somewhere in the site.
const NEEDS: [(&str, &[&str]); 4] = [
    ("read", &["BROWSE_PROJECTS"]),
    ("comment", &["ADD_COMMENTS", "EDIT_OWN_COMMENTS"]),
    ("description", &["EDIT_ISSUES"]),
    ("create", &["CREATE_ISSUES", "LINK_ISSUES"]),
];

/// Everything there is to say.
pub(super) async fn all(wire: &Wire, options: &ReadOptions) -> Vec<Ability> {
    let ((permissions, fields), types) = join(join(permissions(wire), fields(wire)), types(wire)).await;
    let mut all = match permissions {
        Ok(held) => NEEDS.map(|(name, needs)| may(name, needs, &held)).into_iter().collect(),
        Err(error) => vec![unknown("permissions", &error)],
    };
    all.push(fields.map_or_else(|error| unknown("criteria_field", &error), |fields| criteria(&fields, options)));
    all.push(types.map_or_else(|error| unknown("subtask", &error), |types| subtasks(&types)));
    all
}

fn unknown(name: &'static str, error: &JiraError) -> Ability {
    Ability { name, ok: false, detail: format!("it could not be found out: {error}") }
}

/// The permissions that the account has somewhere.
async fn permissions(wire: &Wire) -> Result<Map<String, Value>, JiraError> {
    let asked = NEEDS.iter().flat_map(|(_, needs)| needs.iter().copied()).collect::<Vec<_>>().join(",");
    let query = [("permissions", asked.as_str())];
    let mut answer: Value = wire.send(&Call::get(&["mypermissions"], &query, "the account's permissions")).await?;
    match answer.get_mut("permissions").map(Value::take) {
        Some(Value::Object(held)) => Ok(held),
        _ => Err(super::wire::unlike("permissions without a list")),
    }
}

fn may(name: &'static str, needs: &[&str], held: &Map<String, Value>) -> Ability {
    let has = |permission: &&&str| {
        held.get(**permission).and_then(|held| held.get("havePermission")).and_then(Value::as_bool).unwrap_or(false)
    };
    let missing: Vec<&str> = needs.iter().filter(|permission| !has(permission)).copied().collect();
    let detail = match missing.as_slice() {
        [] => "the account may, in some project at least".to_owned(),
        missing => format!("the account lacks {} in every project; a Jira administrator grants it", missing.join(" and ")),
    };
    Ability { name, ok: missing.is_empty(), detail }
}

async fn fields(wire: &Wire) -> Result<Vec<Value>, JiraError> {
    wire.send(&Call::get(&["field"], &[], "the fields")).await
}

/// Which fields acceptance criteria are read from.
fn criteria(fields: &[Value], options: &ReadOptions) -> Ability {
    let text = |field: &Value, name: &str| field.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let custom = fields.iter().filter(|field| field.get("custom").and_then(Value::as_bool) == Some(true));
    let names: Map<String, Value> = custom.map(|field| (text(field, "id"), json!(text(field, "name")))).collect();
    let issue = json!({ "names": names });
    let found = reading::field::criteria(&issue, options);
    let shown: Vec<String> = found.iter().filter_map(|id| Some(format!("'{}' ({id})", names.get(*id)?.as_str()?))).collect();
    let (ok, detail) = match (&options.criteria_field, shown.as_slice()) {
        (Some(wanted), []) => (false, format!("no custom field is called '{wanted}'; `jqa fields PROJECT` lists them")),
        (None, []) => {
            (true, "no custom field has a known name for acceptance criteria; they are read from the description".to_owned())
        }
        (_, shown) => (true, format!("acceptance criteria are read from {}", shown.join(", "))),
    };
    Ability { name: "criteria_field", ok, detail }
}

async fn types(wire: &Wire) -> Result<Vec<Value>, JiraError> {
    wire.send(&Call::get(&["issuetype"], &[], "the issue types")).await
}

fn subtasks(types: &[Value]) -> Ability {
    let is_subtask = |kind: &&Value| kind.get("subtask").and_then(Value::as_bool) == Some(true);
    let mut names: Vec<&str> = types.iter().filter(is_subtask).filter_map(|kind| kind.get("name")?.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let detail = match names.as_slice() {
        [] => "no issue type for sub-tasks is to be seen; a Jira administrator switches them on".to_owned(),
        names => format!("types of sub-tasks: {}", names.join(", ")),
    };
    Ability { name: "subtask", ok: !names.is_empty(), detail }
}
