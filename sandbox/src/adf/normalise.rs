//! What Jira does to a document when it stores it: every block gets a `localId`.

use serde_json::{Map, Value};

const IDENTIFIED: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "listItem",
    "codeBlock",
    "blockquote",
    "panel",
    "expand",
    "nestedExpand",
    "table",
    "tableRow",
    "tableCell",
    "tableHeader",
    "rule",
    "taskList",
    "taskItem",
    "decisionList",
    "decisionItem",
    "status",
    "inlineCard",
    "mention",
    "date",
    "emoji",
];

/// Adds the `localId`s that are missing; `next` gives the number the next one is made from.
pub(crate) fn normalise(document: &mut Value, next: &mut u64) {
    let Some(node) = document.as_object_mut() else { return };
    if node.get("type").and_then(Value::as_str).is_some_and(|kind| IDENTIFIED.contains(&kind)) {
        identify(node, next);
    }
    for child in node.get_mut("content").and_then(Value::as_array_mut).into_iter().flatten() {
        normalise(child, next);
    }
}

fn identify(node: &mut Map<String, Value>, next: &mut u64) {
    let attributes = node.entry("attrs").or_insert_with(|| Value::Object(Map::new()));
    let Some(attributes) = attributes.as_object_mut() else { return };
    if attributes.contains_key("localId") {
        return;
    }
    *next += 1;
    attributes.insert("localId".to_owned(), Value::String(local_id(*next)));
}

fn local_id(number: u64) -> String {
    format!("{:012x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn blocks_get_a_local_id_and_keep_it() {
        let mut document = json!({"version": 1, "type": "doc", "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": "a"}]},
            {"type": "heading", "attrs": {"level": 2, "localId": "mine"}},
        ]});
        let mut next = 0;
        normalise(&mut document, &mut next);
        assert!(document["content"][0]["attrs"]["localId"].is_string());
        assert_eq!(document["content"][1]["attrs"]["localId"], "mine");
        let once = document.clone();
        normalise(&mut document, &mut next);
        assert_eq!(document, once);
    }
}
