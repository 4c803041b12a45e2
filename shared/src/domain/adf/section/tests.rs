use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::adf::{marker, read};

const OURS: &str = "jqa:3f2a9c1b";

fn ours(text: &str) -> Value {
    json!({"type": "expand", "attrs": {"title": format!("Acceptance criteria · {OURS}")},
           "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]})
}

fn theirs() -> Value {
    json!({"version": 1, "type": "doc", "content": [
        {"type": "paragraph", "attrs": {"localId": "z"}, "content": [{"text": "before", "type": "text"}]},
        {"type": "expand", "attrs": {"title": "Notes"}, "content": [{"type": "paragraph"}]},
        {"type": "newNode2027", "attrs": {"x": [1, 2.50]}},
    ]})
}

#[test]
fn replacing_what_is_not_there_appends_it() {
    let out = replace(&theirs(), OURS, ours("v1"));
    assert_eq!(out["content"].as_array().map(Vec::len), Some(4));
    assert_eq!(find(&out, OURS).map(|section| section.node), Some(ours("v1")));
}

#[test]
fn replacing_again_changes_only_ours() {
    let mut moved = replace(&theirs(), OURS, ours("v1"));
    moved["content"].as_array_mut().expect("content").swap(0, 3);
    let out = replace(&moved, OURS, ours("v2"));
    assert_eq!(out["content"][0], ours("v2"));
    assert_eq!(strip(&out, marker::PREFIX).to_string(), strip(&moved, marker::PREFIX).to_string());
}

#[test]
fn an_empty_or_plain_description_becomes_a_document() {
    assert_eq!(replace(&Value::Null, OURS, ours("v1")), json!({"type": "doc", "version": 1, "content": [ours("v1")]}));
    let out = append(&json!("kept\ntext"), ours("v1"));
    assert_eq!(read::markdown(&strip(&out, marker::PREFIX)).markdown, "kept\n\ntext");
}

#[test]
fn a_section_moved_into_a_column_is_found_there() {
    let columns = json!({"type": "doc", "version": 1, "content": [{"type": "layoutSection", "content": [
        {"type": "layoutColumn", "attrs": {"width": 50}, "content": [ours("v1")]}]}]});
    assert!(find(&columns, OURS).is_some());
    let out = replace(&columns, OURS, ours("v2"));
    assert_eq!(out["content"][0]["content"][0]["content"][0], ours("v2"));
    assert!(!read::markdown(&strip(&out, marker::PREFIX)).markdown.contains("v2"));
}

#[test]
fn another_marker_is_another_section() {
    let out = replace(&replace(&theirs(), OURS, ours("v1")), "jqa:00000000", ours("other"));
    assert_eq!(out["content"].as_array().map(Vec::len), Some(5));
    assert!(find(&theirs(), OURS).is_none());
}

proptest! {
    #[test]
    fn other_nodes_stay_byte_for_byte(texts in prop::collection::vec(".{0,20}", 0..6), at in 0_usize..6) {
        let mut nodes: Vec<Value> = texts.iter().map(|text| json!({"content": [{"text": text, "type": "text"}], "type": "paragraph"})).collect();
        let at = at.min(nodes.len());
        nodes.insert(at, ours("v1"));
        let before = json!({"type": "doc", "version": 1, "content": nodes});
        let after = replace(&before, OURS, ours("v2"));
        for (n, (old, new)) in before["content"].as_array().expect("old").iter().zip(after["content"].as_array().expect("new")).enumerate() {
            if n != at { prop_assert_eq!(old.to_string(), new.to_string()); }
        }
        prop_assert_eq!(find(&after, OURS).map(|section| section.node), Some(ours("v2")));
    }
}
