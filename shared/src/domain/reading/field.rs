//! Fields of an issue, by id or by name.

use serde_json::Value;

use super::super::adf::plain;
use super::story::ReadOptions;

/// Ids of the fields that acceptance criteria are read from: the configured one, else every one with a known name.
#[must_use]
pub fn criteria<'a>(issue: &'a Value, options: &'a ReadOptions) -> Vec<&'a str> {
    match options.criteria_field.as_deref().map(str::trim).filter(|wanted| !wanted.is_empty()) {
        Some(wanted) => wanted_field(issue, wanted),
        None => named(issue, &options.criteria_names),
    }
}

/// Ids of the field that is asked for by id, or of all that have this name; the word itself where there are none.
#[must_use]
pub fn wanted_field<'a>(issue: &'a Value, wanted: &'a str) -> Vec<&'a str> {
    let has = |place: &str| issue.get(place).is_some_and(|fields| fields.get(wanted).is_some());
    let named = if has("fields") || has("names") { Vec::new() } else { named(issue, &[wanted.to_owned()]) };
    if named.is_empty() { vec![wanted] } else { named }
}

/// Ids of the fields that carry one of these names.
fn named<'a>(issue: &'a Value, wanted: &[String]) -> Vec<&'a str> {
    let wanted: Vec<String> = wanted.iter().map(|name| folded(name)).collect();
    let names = issue.get("names").and_then(Value::as_object);
    // A site has hundreds of fields, and hardly one of them begins like one of these.
    let begins = |name: &str| name.chars().find(|c| c.is_alphanumeric()).map(|c| c.to_lowercase().next());
    let openings: Vec<_> = wanted.iter().map(|name| begins(name)).collect();
    names
        .into_iter()
        .flatten()
        .filter(|(_, name)| {
            name.as_str()
                .is_some_and(|name| (!name.is_ascii() || openings.contains(&begins(name))) && wanted.contains(&folded(name)))
        })
        .map(|(id, _)| id.as_str())
        .collect()
}

/// A field's name as people mean it.
fn folded(name: &str) -> String {
    plain::line(name).to_lowercase().replace('’', "'").trim_end_matches([':', ' ']).to_owned()
}
