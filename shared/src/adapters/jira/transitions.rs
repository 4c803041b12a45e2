//! Closing an issue: bringing it by a transition of its workflow into a status that counts as done.

use reqwest::Method;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::call::{Call, Kind, Wire};
use crate::ports::{Closing, JiraError, Standing};

/// How an issue is closed; `wanted` is the name of the status to bring it into. A workflow may end in several, and which of them
/// says that nobody needs an issue is for its people to say.
pub(in crate::adapters) async fn closing(wire: &Wire, standing: &Standing, wanted: Option<&str>) -> Result<Closing, JiraError> {
    let subject = format!("issue {}", standing.key);
    let now: Value = wire.send(&Call::get(&["issue", &standing.id], &[("fields", "status")], &subject)).await?;
    if now.pointer("/fields/status").is_some_and(is_done) {
        return Ok(Closing::Closed);
    }
    let (path, query) = (["issue", standing.id.as_str(), "transitions"], [("expand", "transitions.fields")]);
    let answer: Value = wire.send(&Call::get(&path, &query, &subject)).await?;
    let steps = answer.get("transitions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let steps = steps.iter().filter(|step| match wanted {
        Some(wanted) => to(step).to_lowercase() == wanted.to_lowercase(),
        None => step.get("to").is_some_and(is_done),
    });
    Ok(match (&steps.collect::<Vec<_>>()[..], wanted) {
        ([], Some(wanted)) => Closing::Impossible(format!(
            "its workflow leads nowhere to '{wanted}' from here, as close_status of the options asks"
        )),
        ([], None) => Closing::Impossible("its workflow leads to nothing that counts as done from here".to_owned()),
        ([step], _) | ([step, ..], Some(_)) => by(step),
        (several, None) => {
            let names: Vec<String> = several.iter().map(|step| format!("'{}'", to(step))).collect();
            let names = names.join(" and ");
            Closing::Impossible(format!(
                "its workflow ends in {names}; name one of them as close_status in the connection's options"
            ))
        }
    })
}

/// Closes an issue.
pub(in crate::adapters) async fn close(wire: &Wire, standing: &Standing, way: &Value) -> Result<(), JiraError> {
    let (id, subject) = (standing.id.as_str(), format!("issue {}", standing.key));
    let now: Value = wire.send(&Call::get(&["issue", id], &[("fields", "updated")], &subject)).await?;
    if now.pointer("/fields/updated").and_then(Value::as_str) != Some(standing.updated.as_str()) {
        return Err(JiraError::Touched);
    }
    let (path, body) = (["issue", id, "transitions"], json!({ "transition": { "id": way } }).to_string());
    let call = Call { kind: Kind::Write, method: Method::POST, path: &path, query: &[], body: Some(&body), subject: &subject };
    wire.send::<IgnoredAny>(&call).await.map(drop)
}

fn by(step: &Value) -> Closing {
    let flag = |field: &Value, name: &str| field.get(name).and_then(Value::as_bool).unwrap_or(false);
    let fields = step.get("fields").and_then(Value::as_object).into_iter().flatten();
    let missing = fields.filter(|(_, field)| flag(field, "required") && !flag(field, "hasDefaultValue"));
    let missing: Vec<&str> = missing.map(|(id, field)| field.get("name").and_then(Value::as_str).unwrap_or(id)).collect();
    match (missing.is_empty(), step.get("id")) {
        (true, Some(id)) => Closing::By(id.clone()),
        _ => Closing::Impossible(format!("its way to '{}' asks for more: {}", to(step), missing.join(", "))),
    }
}

fn to(step: &Value) -> &str {
    step.pointer("/to/name").and_then(Value::as_str).unwrap_or_default()
}

fn is_done(status: &Value) -> bool {
    status.pointer("/statusCategory/key").and_then(Value::as_str) == Some("done")
}
