//! What parsers say about a value, in words for the people who sent it.

use crate::problem::FieldError;

/// How an id looks.
const AN_ID: &str = "an id such as 01a20381-adbb-771e-9b37-8a6825610c57";

/// More of a wrong word is not repeated.
const SHOWN: usize = 60;

/// What is wrong with the field, by what a parser said about it. What our own types say is in such words already.
pub(super) fn complaint(field: &str, said: &str) -> FieldError {
    if let Some(missing) = said.strip_prefix("missing field ") {
        return FieldError::new(format!("{field}.{}", missing.trim_matches('`')), "missing", "must be given");
    }
    if said.starts_with("unknown field ") {
        return FieldError::new(field, "unknown", format!("is not known here; known are {}", listed(said)));
    }
    FieldError::invalid(field, plainly(said))
}

/// What a parser said, as a sentence without its subject.
pub(super) fn plainly(said: &str) -> String {
    if let Some(variant) = said.strip_prefix("unknown variant `") {
        let given = variant.rsplit_once("`, expected ").map_or(variant, |(given, _)| given);
        return format!("'{}' is not one of {}", given.chars().take(SHOWN).collect::<String>(), listed(said));
    }
    for form in ["invalid type: ", "invalid value: ", "invalid length "] {
        if let Some((given, expected)) = said.strip_prefix(form).and_then(|rest| rest.rsplit_once(", expected ")) {
            return mismatch(form, given, expected);
        }
    }
    // What the standard library says of numbers and truth values.
    match said {
        "provided string was not `true` or `false`" => "should be true or false".to_owned(),
        said if said.starts_with("number too ") => TOO_FAR.to_owned(),
        said if said.contains("digit found in string") || said.contains("parse integer") => "should be a whole number".to_owned(),
        said if said.starts_with("data did not match any variant") => UNKNOWN_KIND.to_owned(),
        said if said.starts_with("UUID parsing failed") => format!("should be {AN_ID}"),
        said => said.to_owned(),
    }
}

const TOO_FAR: &str = "is a larger or smaller number than can be used here";

const UNKNOWN_KIND: &str = "is not of a kind that can be used here; /docs shows which are";

/// A value of another kind than the one that is expected.
fn mismatch(form: &str, given: &str, expected: &str) -> String {
    let Some(wanted) = noun(expected) else { return UNKNOWN_KIND.to_owned() };
    if form == "invalid value: " && given.starts_with("integer") {
        return TOO_FAR.to_owned();
    }
    match kind(given) {
        Some(kind) if form == "invalid type: " => format!("should be {wanted}, not {kind}"),
        _ => format!("should be {wanted}"),
    }
}

/// What Rust calls a kind of value, as people call it.
fn noun(expected: &str) -> Option<&'static str> {
    let first = expected.trim_start_matches("a ").split(' ').next().unwrap_or_default();
    Some(match first {
        _ if expected.contains("UUID") => AN_ID,
        "string" | "str" | "borrowed" | "enum" => "text",
        "boolean" => "true or false",
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" | "isize" | "integer" => "a whole number",
        "f32" | "f64" => "a number",
        "sequence" | "tuple" | "array" => "a list",
        "struct" | "map" => "an object",
        _ => return None,
    })
}

/// What was given, as people call it; never the value itself.
fn kind(given: &str) -> Option<&'static str> {
    Some(match given.split([' ', '`']).next().unwrap_or_default() {
        "integer" => "a number",
        "floating" => "a fraction",
        "boolean" => "true or false",
        "string" => "text",
        "sequence" => "a list",
        "map" => "an object",
        "null" | "unit" => "nothing",
        _ => return None,
    })
}

/// The words that a parser would have understood.
fn listed(said: &str) -> String {
    let known = said.rsplit_once(", expected ").map_or("", |(_, known)| known);
    known.split('`').skip(1).step_by(2).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_parsers_say_is_said_in_plain_words() {
        for (said, told) in [
            ("invalid type: integer `1`, expected a string", "should be text, not a number"),
            ("invalid type: string \"no, expected yes\", expected a boolean", "should be true or false, not text"),
            ("invalid type: boolean `true`, expected string or map", "should be text, not true or false"),
            ("invalid type: sequence, expected struct LlmChoice", "should be an object, not a list"),
            ("invalid length 1, expected struct LlmChoice with 2 elements", "should be an object"),
            ("invalid type: map, expected a sequence", "should be a list, not an object"),
            ("invalid type: floating point `1.5`, expected i32", "should be a whole number, not a fraction"),
            ("invalid value: integer `99999999999`, expected i32", TOO_FAR),
            ("unknown variant `maybe`, expected `none` or `required`", "'maybe' is not one of none, required"),
            ("unknown variant `a`, expected `b`, expected one of `x`, `y`, `z`", "'a`, expected `b' is not one of x, y, z"),
            ("data did not match any variant of untagged enum Anything", UNKNOWN_KIND),
            ("invalid type: map, expected a secret handshake", UNKNOWN_KIND),
            ("invalid digit found in string", "should be a whole number"),
            ("number too large to fit in target type", TOO_FAR),
            ("provided string was not `true` or `false`", "should be true or false"),
            (
                "'x' is not a Jira issue key; it should look like SHOP-12",
                "'x' is not a Jira issue key; it should look like SHOP-12",
            ),
        ] {
            assert_eq!(plainly(said), told, "{said}");
        }
        for said in ["invalid type: null, expected a formatted UUID string", "UUID parsing failed: invalid length: found 2"] {
            assert!(plainly(said).starts_with("should be an id such as 01a20381-"), "{}", plainly(said));
        }
    }

    #[test]
    fn missing_and_unknown_fields_are_named() {
        let told = |said| {
            let FieldError { field, code, message } = complaint("llm", said);
            format!("{field} ({code}): {message}")
        };
        assert_eq!(told("missing field `provider`"), "llm.provider (missing): must be given");
        assert_eq!(
            told("unknown field `modle`, expected `provider` or `model`"),
            "llm (unknown): is not known here; known are provider, model"
        );
    }
}
