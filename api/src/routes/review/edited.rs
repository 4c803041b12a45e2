//! An edit as it comes in. What is computed anyway (Gherkin, findings, whether a quotation was found) may be left out.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use shared::domain::checks::MOST_ITEMS;
use shared::domain::criterion::Criterion;
use shared::domain::scenario::Scenario;
use utoipa::ToSchema;

use super::described::{EditedCriterion, EditedScenario};
use crate::extract::{Fields, FromFields};

/// More than any item needs.
const MOST_QUOTATIONS: usize = 50;

/// Whole lists that replace the old ones.
#[derive(Debug, Default, ToSchema)]
#[schema(as = Edit)]
pub(in crate::routes) struct EditBody {
    /// The criteria of the result.
    #[schema(required = false, value_type = Option<EditedCriteria>)]
    pub(super) criteria: Option<Vec<Criterion>>,
    /// The scenarios of the result.
    #[schema(required = false, value_type = Option<EditedSuite>)]
    #[schema(rename = "suite")]
    pub(super) scenarios: Option<Vec<Scenario>>,
}

/// All criteria.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditedCriteria {
    /// The whole list.
    #[schema(value_type = Vec<EditedCriterion>)]
    criteria: Vec<Value>,
}

/// All scenarios.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditedSuite {
    /// The whole list.
    #[schema(value_type = Vec<EditedScenario>)]
    scenarios: Vec<Value>,
}

impl FromFields for EditBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let criteria =
            fields.optional::<EditedCriteria>("criteria").map(|edited| items(fields, "criteria.criteria", edited.criteria));
        let scenarios = fields.optional::<EditedSuite>("suite").map(|edited| items(fields, "suite.scenarios", edited.scenarios));
        Some(Self { criteria, scenarios })
    }
}

fn items<T: DeserializeOwned + serde::Serialize>(fields: &mut Fields, path: &str, items: Vec<Value>) -> Vec<T> {
    if items.len() > MOST_ITEMS {
        fields.refuse(path, format!("holds {} items, at most {MOST_ITEMS} are allowed", items.len()));
        return Vec::new();
    }
    let mut read = Vec::with_capacity(items.len());
    for (n, mut item) in items.into_iter().enumerate() {
        if let Value::Object(object) = &mut item {
            complete(object);
        }
        let quotations = item.get("evidence").and_then(Value::as_array).map_or(0, Vec::len);
        if quotations > MOST_QUOTATIONS {
            let message = format!("holds {quotations} quotations, at most {MOST_QUOTATIONS} are allowed");
            fields.refuse(format!("{path}[{n}].evidence"), message);
            continue;
        }
        let at = format!("{path}[{n}]");
        if let Some(value) = fields.value::<T, _>(&at, &item) {
            // What was read, written again, shows which fields nobody knows.
            let known = serde_json::to_value(&value).unwrap_or_default();
            refuse_unknown(fields, &at, &item, &known);
            read.push(value);
        }
    }
    read
}

/// What the checks compute, or what a new item does not have yet.
fn complete(item: &mut Map<String, Value>) {
    for (name, value) in [
        ("id", json!("")),
        ("gherkin", json!("")),
        ("findings", json!([])),
        ("evidence", json!([])),
        ("origin", json!("proposed")),
    ] {
        item.entry(name).or_insert(value);
    }
    // A scenario that is new names no test, and is not written with one.
    let is_new = |relation: &Map<String, Value>| relation.get("kind").is_none_or(|kind| kind == "new");
    if item.get("relation").and_then(Value::as_object).is_some_and(is_new) {
        item.remove("relation");
    }
    for quoted in item.get_mut("evidence").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut) {
        quoted.entry("verified").or_insert(json!(false));
    }
}

fn refuse_unknown(fields: &mut Fields, path: &str, given: &Value, known: &Value) {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => {
            for (name, value) in given {
                match known.get(name) {
                    Some(known) => refuse_unknown(fields, &format!("{path}.{name}"), value, known),
                    None => fields.refuse(format!("{path}.{}", name.chars().take(60).collect::<String>()), "is not known here"),
                }
            }
        }
        (Value::Array(given), Value::Array(known)) => {
            for (n, (given, known)) in given.iter().zip(known).enumerate() {
                refuse_unknown(fields, &format!("{path}[{n}]"), given, known);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::FieldError;

    fn read(body: Value) -> Result<EditBody, Vec<FieldError>> {
        let Value::Object(object) = body else { return Err(Vec::new()) };
        Fields::read(object)
    }

    #[test]
    fn a_new_criterion_needs_only_what_a_person_writes() {
        let item = json!({ "title": "A", "kind": "rule", "given": [], "when": ["x"], "then": ["y"], "evidence": [{ "source": "summary", "quote": "q" }] });
        let body = read(json!({ "criteria": { "criteria": [item] } })).unwrap();
        let criteria = body.criteria.unwrap();
        assert_eq!((criteria[0].id.as_str(), criteria[0].evidence[0].verified), ("", false));
        assert!(body.scenarios.is_none());
    }

    #[test]
    fn more_than_anybody_reviews_is_refused_before_it_is_read() {
        let many = vec![json!({ "title": "A" }); MOST_ITEMS + 1];
        let quoting =
            json!({ "title": "A", "evidence": vec![json!({ "source": "summary", "quote": "q" }); MOST_QUOTATIONS + 1] });
        let errors = read(json!({ "criteria": { "criteria": many }, "suite": { "scenarios": [quoting] } })).unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["criteria.criteria", "suite.scenarios[0].evidence"]);
    }

    #[test]
    fn typos_are_found_in_every_item() {
        let item = json!({ "title": "A", "kind": "rule", "given": [], "wen": ["x"], "when": [], "then": ["y"] });
        let errors = read(json!({ "criteria": { "criteria": [item, { "title": 1 }] }, "suite": { "tests": [] } })).unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["criteria.criteria[0].wen", "criteria.criteria[1].title", "suite.tests"]);
    }
}
