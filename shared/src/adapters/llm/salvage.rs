//! The JSON object in a reply that holds more than that.

use serde::de::IgnoredAny;
use serde_json::Value;

/// The first top-level object of the text that is strictly JSON, as it stands. A byte order mark, a thinking block, a code
/// fence and prose around it are passed over. Nothing is ever repaired: a cut object is no object.
#[must_use]
pub fn salvage(text: &str) -> Option<&str> {
    let mut rest = without_thoughts(text.trim_start_matches('\u{FEFF}'));
    while let Some(start) = rest.find('{') {
        let candidate = rest.get(start..)?;
        let end = balanced(candidate)?;
        let (object, after) = candidate.split_at_checked(end)?;
        if is_json(object) {
            return Some(object);
        }
        rest = after;
    }
    None
}

/// Whether a text is JSON. Only what a reader without values lets pass is read as one: escapes of half a letter, numbers that are none.
fn is_json(text: &str) -> bool {
    let odd = text.as_bytes().windows(2).any(|pair| pair == b"\\u" || matches!(pair, [b'0'..=b'9', b'e' | b'E']));
    if odd { serde_json::from_str::<Value>(text).is_ok() } else { serde_json::from_str::<IgnoredAny>(text).is_ok() }
}

/// Some servers leave the model's thoughts in the text.
fn without_thoughts(text: &str) -> &str {
    let trimmed = text.trim_start();
    if !trimmed.starts_with("<think>") {
        return text;
    }
    trimmed.split_once("</think>").map_or(text, |(_, reply)| reply)
}

/// The length of the balanced object that the text begins with.
fn balanced(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fences_prose_marks_and_thoughts_are_passed_over() {
        let object = r#"{"a":"}{ \" ","b":{"c":[]}}"#;
        for text in [
            object.to_owned(),
            format!("\u{FEFF} {object}\n"),
            format!("```json\n{object}\n```"),
            format!("Here it is {{as asked}}: {object} Enjoy! {{}}"),
            format!("<think>perhaps {{\"a\":1}}</think>{object}"),
        ] {
            assert_eq!(salvage(&text), Some(object), "{text}");
        }
    }

    #[test]
    fn what_is_cut_or_no_object_is_not_repaired() {
        for text in ["", "no", "[1,2]", r#"{"a":"#, r#"{"a":{"b":1}"#, "{'a': 1}", "{\"a\": \"raw\nnewline\"}", r#"{"a":1,}"#] {
            assert_eq!(salvage(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_out_is_json(text in any::<String>(), noise in "[{}\"a\\\\ ]{0,60}") {
            for text in [text, noise] {
                if let Some(object) = salvage(&text) {
                    prop_assert!(serde_json::from_str::<Value>(object).is_ok_and(|value| value.is_object()));
                }
            }
        }

        #[test]
        fn an_object_is_found_behind_any_prose_without_braces(prose in "[^{}<\u{FEFF}]{0,40}", key in any::<String>()) {
            let object = serde_json::json!({ key: "x" }).to_string();
            let text = format!("{prose}{object}{prose}");
            prop_assert_eq!(salvage(&text), Some(object.as_str()));
        }
    }
}
