//! Texts as no editor writes them: real ones whose bytes were changed, cut, doubled and swapped, and bytes of no sense at all.
//! `PROPTEST_CASES=1000000 cargo test -p shared markup::bytes` goes on for as long as one likes.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{content_hash, marker_in, nodes};
use crate::domain::adf;

const WIKI: &str = "h2. Rules {anchor:x}\n||Size||Price||\n|S|{color:red}3 €{color}|\n* one\n** two\n# three\n{code:java}int a = 1;{code}\n\
                    {panel:title=Note}bq. said{panel}\n[~mara] sees !shot.png|thumbnail! at [the page|https://a.example/x?y=1]\n\
                    {quote}*bold* _em_ +ins+ -del- ^up^ ~down~ {{mono}}{quote}\n----\n\\\\ \\{not a macro\\} &auml; (/)\n\u{25b2} jqa:3f2a9c1b\n";

fn document() -> Value {
    json!({ "type": "doc", "version": 1, "content": [
        { "type": "heading", "attrs": { "level": 2 }, "content": [{ "type": "text", "text": "Rules" }] },
        { "type": "table", "content": [{ "type": "tableRow", "content": [
            { "type": "tableHeader", "attrs": { "colspan": 2 }, "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": "Size" }] }] },
            { "type": "tableCell", "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": "3 €", "marks": [{ "type": "textColor", "attrs": { "color": "#f00" } }] }] }] }] }] },
        { "type": "taskList", "attrs": { "localId": "1" }, "content": [{ "type": "taskItem", "attrs": { "localId": "2", "state": "DONE" }, "content": [{ "type": "text", "text": "done" }] }] },
        { "type": "expand", "attrs": { "title": "jqa:3f2a9c1b" }, "content": [{ "type": "codeBlock", "attrs": { "language": "sql" }, "content": [{ "type": "text", "text": "select 1" }] }] },
        { "type": "paragraph", "content": [{ "type": "mention", "attrs": { "id": "5", "text": "@Mara" } }, { "type": "date", "attrs": { "timestamp": "1700000000000" } },
            { "type": "inlineCard", "attrs": { "url": "https://a.example/x" } }, { "type": "emoji", "attrs": { "shortName": ":ok:" } }] }] })
}

/// A change of bytes.
#[derive(Debug, Clone)]
enum Edit {
    Put(usize, u8),
    Cut(usize, usize),
    Again(usize, usize),
    Swap(usize, usize),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let place = || 0..4096_usize;
    let edit = prop_oneof![
        (place(), any::<u8>()).prop_map(|(at, byte)| Edit::Put(at, byte)),
        (place(), 0..40_usize).prop_map(|(at, len)| Edit::Cut(at, len)),
        (place(), 0..200_usize).prop_map(|(at, len)| Edit::Again(at, len)),
        (place(), place()).prop_map(|(one, other)| Edit::Swap(one, other)),
    ];
    prop::collection::vec(edit, 0..24)
}

fn edited(text: &str, edits: &[Edit]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for edit in edits {
        let len = bytes.len().max(1);
        let range = |at: usize, some: usize, bytes: &[u8]| (at % len).min(bytes.len())..(at % len + some).min(bytes.len());
        match *edit {
            Edit::Put(at, byte) => bytes.insert((at % len).min(bytes.len()), byte),
            Edit::Cut(at, some) => drop(bytes.drain(range(at, some, &bytes))),
            Edit::Again(at, some) => {
                let piece = bytes[range(at, some, &bytes)].to_vec();
                bytes.extend(piece);
            }
            Edit::Swap(one, other) if !bytes.is_empty() => bytes.swap(one % len, other % len),
            Edit::Swap(..) => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// All that is ever done with a text of Jira's.
fn read(text: &Value) -> String {
    let _ = (content_hash(text), marker_in(text));
    adf::read::markdown(&nodes(text)).markdown
}

proptest! {
    #[test]
    fn wiki_markup_with_any_bytes_changed_is_read(edits in edits()) {
        read(&Value::from(edited(WIKI, &edits)));
    }

    #[test]
    fn bytes_of_no_sense_are_read(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&Value::from(String::from_utf8_lossy(&bytes).into_owned()));
    }

    #[test]
    fn a_document_with_any_bytes_changed_is_read_as_far_as_it_is_json(edits in edits()) {
        if let Ok(value) = serde_json::from_str(&edited(&document().to_string(), &edits)) {
            read(&value);
        }
    }

    #[test]
    fn a_word_that_is_put_anywhere_into_a_text_is_read(at in 0..4096_usize) {
        let whole: Vec<char> = WIKI.chars().collect();
        let (before, after) = whole.split_at(at % whole.len());
        let text = format!("{} Zyxwvut {}", before.iter().collect::<String>(), after.iter().collect::<String>());
        let shown = read(&Value::from(text.clone()));
        // Within a colour, an address or the name of a macro it is no text.
        let is_said = shown.contains("Zyxwvut");
        let inside = |open: char, close: char| before.iter().rev().find(|c| **c == open || **c == close) == Some(&open);
        prop_assert!(is_said || inside('{', '}') || inside('[', ']') || inside('!', '\n'), "{text}\n---\n{shown}");
    }
}
