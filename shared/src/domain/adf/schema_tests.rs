//! What we write against Atlassian's own schema, where it is at hand.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::document::{Block, Body, Colour, Document, Flow, Footer, Inline, Item, Level, PanelKind, Table};
use super::super::language::Language;
use super::super::markup::{Markup, fit};
use super::{hash, read, section, write};

static SCHEMA: LazyLock<Option<jsonschema::Validator>> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/contracts/adf/full.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: no ADF schema beside the workspace");
        return None;
    };
    let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    Some(jsonschema::draft4::new(&schema).expect("the schema is a schema"))
});

pub(crate) fn valid(adf: &Value) -> bool {
    SCHEMA.as_ref().is_none_or(|schema| schema.is_valid(adf))
}

pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z]{1,6}( [a-z]{1,6}){0,3}", 1 => any::<String>(), 1 => "[\\x00-\\x20\u{200b}\u{202e}]{0,4}"]
}

fn inline() -> impl Strategy<Value = Inline> {
    prop_oneof![
        text().prop_map(Inline::Text),
        text().prop_map(Inline::Strong),
        text().prop_map(Inline::Em),
        text().prop_map(Inline::Code),
        (text(), prop_oneof![Just("https://a.b/c".to_owned()), Just("javascript:alert(1)".to_owned()), text()])
            .prop_map(|(text, url)| Inline::Link { text, url }),
        (text(), prop::sample::select(Colour::ALL)).prop_map(|(text, colour)| Inline::Status { text, colour }),
        Just(Inline::Break),
    ]
}

fn inlines() -> impl Strategy<Value = Vec<Inline>> {
    prop::collection::vec(inline(), 0..4)
}

fn flow() -> impl Strategy<Value = Flow> {
    let leaf = prop_oneof![
        inlines().prop_map(Flow::Paragraph),
        (text(), text()).prop_map(|(language, text)| Flow::CodeBlock { language, text })
    ];
    leaf.prop_recursive(9, 40, 3, |inner| {
        let items = prop::collection::vec(
            (inlines(), prop::collection::vec(inner, 0..3)).prop_map(|(text, body)| Item { text, body }),
            0..3,
        );
        (any::<bool>(), items)
            .prop_map(|(numbered, items)| if numbered { Flow::OrderedList(items) } else { Flow::BulletList(items) })
    })
}

fn body() -> impl Strategy<Value = Body> {
    let level = prop::sample::select(vec![Level::One, Level::Three, Level::Six]);
    let row = prop::collection::vec(inlines(), 0..4);
    prop_oneof![
        (level, inlines()).prop_map(|(level, text)| Body::Heading { level, text }),
        (prop::sample::select(PanelKind::ALL), prop::collection::vec(flow(), 0..3))
            .prop_map(|(kind, body)| Body::Panel { kind, body }),
        (any::<bool>(), prop::collection::vec(text(), 0..4), prop::collection::vec(row, 0..3))
            .prop_map(|(numbered, header, rows)| Body::Table(Table { numbered, header, rows })),
        Just(Body::Rule),
        flow().prop_map(Body::Flow),
    ]
}

pub(crate) fn document() -> impl Strategy<Value = Document> {
    let block = prop_oneof![3 => body().prop_map(Block::Body), 1 => (text(), prop::collection::vec(body(), 0..3)).prop_map(|(title, body)| Block::Expand { title, body })];
    let footer = prop::option::of((text(), Just("jqa:3f2a9c1b".to_owned())).prop_map(|(text, marker)| Footer { text, marker }));
    (prop::collection::vec(block, 0..5), footer).prop_map(|(blocks, footer)| Document { blocks, footer })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_document_is_valid_adf(document in document()) {
        let adf = write::adf(&document);
        prop_assert!(valid(&adf), "{}", adf);
        let inside = section::append(&Value::Null, write::section("Ours · jqa:3f2a9c1b", &document));
        prop_assert!(valid(&inside), "{}", inside);
        prop_assert_eq!(hash::content_hash(&adf), hash::content_hash(&stored(&adf)));
        let tree = write::tree(&document);
        prop_assert_eq!((tree.hash(), tree.json()), (hash::content_hash(&adf), adf.to_string()));
    }

    #[test]
    fn every_part_of_any_document_is_valid(document in document()) {
        for part in fit::fit(&document, Markup::Adf, 1_500, Language::Dutch) {
            prop_assert!(valid(&write::adf(&part)));
        }
    }

    #[test]
    fn every_word_of_a_document_is_read_back(document in document()) {
        let adf = write::adf(&document);
        let read = read::markdown(&adf);
        let bare = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let mut texts = Vec::new();
        collect(&adf, &mut texts);
        let markdown = bare(&read.markdown);
        let mut rest = markdown.as_str();
        for text in texts {
            let text = bare(&text);
            let at = rest.find(&text);
            prop_assert!(at.is_some(), "{text} is missing in {}", read.markdown);
            rest = rest.get(at.unwrap_or(0) + text.len()..).unwrap_or_default();
        }
        prop_assert!(read.lossy.is_empty());
    }
}

/// A document as Jira gives it back: ids everywhere, keys in another order.
fn stored(node: &Value) -> Value {
    let Some(object) = node.as_object() else { return node.clone() };
    let mut out = serde_json::Map::new();
    for (key, value) in object.iter().rev() {
        let value = value.as_array().map_or_else(|| value.clone(), |children| children.iter().map(stored).collect());
        out.insert(key.clone(), value);
    }
    if node["type"] != "text" {
        let attrs = out.entry("attrs").or_insert_with(|| json!({}));
        attrs["localId"] = json!("0b6e");
    }
    Value::Object(out)
}

/// Every text of a document in reading order.
fn collect(node: &Value, into: &mut Vec<String>) {
    let attr = |name: &str| node["attrs"][name].as_str().map(str::to_owned);
    into.extend(node["text"].as_str().map(str::to_owned));
    match node["type"].as_str() {
        Some("expand") => into.extend(attr("title")),
        Some("status") => into.extend(attr("text")),
        _ => {}
    }
    for child in node["content"].as_array().into_iter().flatten() {
        collect(child, into);
    }
}

#[test]
fn the_schema_judges_as_the_table_of_checks_says() {
    if SCHEMA.is_none() {
        return;
    }
    let t = json!({"type": "text", "text": "x"});
    let p = json!({"type": "paragraph", "content": [t]});
    let cell = |content: Value| json!({"type": "table", "content": [{"type": "tableRow", "content": [{"type": "tableCell", "content": content}]}]});
    let item = |content: Value| json!({"type": "bulletList", "content": [{"type": "listItem", "content": content}]});
    let panel = |content: Value| json!({"type": "panel", "attrs": {"panelType": "info"}, "content": content});
    let expand = |content: Value| json!({"type": "expand", "attrs": {"title": "t"}, "content": content});
    let code = json!({"type": "codeBlock", "attrs": {"language": "gherkin"}, "content": [t]});
    let rule = json!({"type": "rule"});
    let heading = json!({"type": "heading", "attrs": {"level": 6}});
    let nested = json!({"type": "nestedExpand", "attrs": {"title": "t"}, "content": [p]});
    let good = [
        p.clone(),
        json!({"type": "paragraph"}),
        heading.clone(),
        code.clone(),
        item(json!([p])),
        item(json!([code])),
        panel(json!([p, rule])),
        panel(json!([code])),
        expand(json!([cell(json!([p])), panel(json!([p])), heading, code, nested])),
        cell(json!([{"type": "paragraph"}])),
    ];
    let bad = [
        json!({"type": "paragraph", "content": [{"type": "text", "text": ""}]}),
        t.clone(),
        json!({"type": "heading", "attrs": {"level": 7}}),
        json!({"type": "paragraph", "content": [{"type": "text", "text": "x", "marks": [{"type": "code"}, {"type": "strong"}]}]}),
        item(json!([t])),
        item(json!([heading])),
        item(json!([panel(json!([p]))])),
        item(json!([])),
        json!({"type": "bulletList", "content": []}),
        panel(json!([])),
        panel(json!([cell(json!([p]))])),
        panel(json!([panel(json!([p]))])),
        panel(json!([expand(json!([p]))])),
        expand(json!([])),
        expand(json!([expand(json!([p]))])),
        nested.clone(),
        cell(json!([t])),
        cell(json!([])),
        cell(json!([expand(json!([p]))])),
        json!({"type": "table", "content": []}),
        json!({"type": "status", "attrs": {"text": "x", "color": "neutral"}}),
    ];
    let doc = |node: &Value| json!({"type": "doc", "version": 1, "content": [node]});
    for node in &good {
        assert!(valid(&doc(node)), "{node}");
    }
    for node in &bad {
        assert!(!valid(&doc(node)), "{node}");
    }
}
