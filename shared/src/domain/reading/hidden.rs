//! Characters that nobody sees. Reading leaves them all out; those that can carry or turn a text are told.

use serde_json::Value;

use crate::domain::normal::is_invisible;

/// How such a note goes on after its number.
pub const HIDDEN: &str = "characters that nobody sees were left out";

/// So many in a row may be an accident of copying.
const ACCIDENT: usize = 3;

/// Notes what stands hidden in a value.
pub(super) fn note(handle: &str, value: &Value, lossy: &mut Vec<String>) {
    let count = count(value);
    if count > 0 {
        lossy.push(format!("{handle}: {count} {HIDDEN}"));
    }
}

fn count(value: &Value) -> usize {
    match value {
        Value::String(text) => in_text(text),
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

fn in_text(text: &str) -> usize {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t' | b'\r')) {
        return 0;
    }
    let (mut sum, mut run, mut is_flag) = (0, 0, false);
    for c in text.chars() {
        match c {
            // Flags of regions are spelled in tags.
            '\u{1f3f4}' => (run, is_flag) = (0, true),
            '\u{e0020}'..='\u{e007f}' if is_flag => is_flag = c != '\u{e007f}',
            c if is_invisible(c) => {
                is_flag = false;
                run += 1;
                sum += match run {
                    _ if carries(c) => 1,
                    ..=ACCIDENT => 0,
                    // The first ones were none, it turns out.
                    4 => ACCIDENT + 1,
                    _ => 1,
                };
            }
            _ => (run, is_flag) = (0, false),
        }
    }
    sum
}

/// Whether one such character is too many: tags, turned text, variations that no letter has, annotations, controls.
fn carries(c: char) -> bool {
    matches!(c, '\u{e0000}'..='\u{e0fff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fe00}'..='\u{fe0d}' | '\u{fff9}'..='\u{fffb}')
        || c.is_control()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn noted(text: &str) -> Vec<String> {
        let mut lossy = Vec::new();
        note("description", &json!({ "content": [{ "text": text }] }), &mut lossy);
        lossy
    }

    #[test]
    fn what_carries_or_turns_a_text_is_counted() {
        let tags: String = "drop".chars().filter_map(|c| char::from_u32(0xe0000 + c as u32)).collect();
        for (text, count) in [
            (format!("a{tags}b"), 4),
            ("a\u{202e}b\u{202c}".to_owned(), 2),
            ("a\u{fe01}\u{e0101}".to_owned(), 2),
            ("a\u{200b}\u{200c}\u{200b}\u{200d}\u{200b}".to_owned(), 5),
            ("a\0b".to_owned(), 1),
        ] {
            assert_eq!(noted(&text), [format!("description: {count} {HIDDEN}")], "{text:?}");
        }
    }

    #[test]
    fn what_people_write_is_not() {
        let scotland = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";
        for text in [
            "☑\u{fe0f} done",
            "👩\u{200d}🔧",
            "copied\u{200b} text\u{feff}",
            "Donau\u{ad}dampfer",
            "\u{200f}עברית",
            scotland,
            "a\tb\r\n",
        ] {
            assert_eq!(noted(text), Vec::<String>::new(), "{text:?}");
        }
    }
}
