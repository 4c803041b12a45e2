//! The form of a JSON text, looked at before it is read: what nests deeply or has endless lists costs more than its bytes.

/// Objects and lists within each other.
const DEEPEST: usize = 32;

/// Items of one list, or fields of one object.
const MOST_ITEMS: usize = 10_000;

/// What is wrong with the form. A text that is no JSON is left to the parser.
pub(super) fn complaint(text: &[u8]) -> Option<&'static str> {
    let mut items = Vec::with_capacity(DEEPEST);
    let (mut in_text, mut escaped) = (false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'[' | b'{' => {
                items.push(1_usize);
                if items.len() > DEEPEST {
                    return Some("The body nests objects and lists deeper than 32.");
                }
            }
            b']' | b'}' => drop(items.pop()),
            b',' => {
                let Some(count) = items.last_mut() else { continue };
                *count += 1;
                if *count > MOST_ITEMS {
                    return Some("The body has a list of more than 10,000 items.");
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

    fn nested(depth: usize) -> String {
        format!("{}1{}", "[".repeat(depth), "]".repeat(depth))
    }

    #[test]
    fn deep_and_endless_texts_are_refused_and_brackets_in_words_are_not() {
        assert_eq!(complaint(nested(DEEPEST).as_bytes()), None);
        assert!(complaint(nested(DEEPEST + 1).as_bytes()).unwrap().contains("32"));
        let words = serde_json::json!({ "text": format!("\\\"{}", "[,".repeat(20_000)) }).to_string();
        assert_eq!(complaint(words.as_bytes()), None);
        let list = |items: usize| serde_json::to_string(&vec![[1]; items]).unwrap();
        assert_eq!(complaint(list(MOST_ITEMS).as_bytes()), None);
        assert!(complaint(list(MOST_ITEMS + 1).as_bytes()).unwrap().contains("10,000"));
        assert_eq!(complaint(b"]]]],,,,"), None);
    }
}
