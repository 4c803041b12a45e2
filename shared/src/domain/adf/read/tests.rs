use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn md(value: &Value) -> String {
    markdown(value).markdown
}

fn doc(content: &Value) -> Value {
    json!({"type": "doc", "version": 1, "content": content})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn p(s: &str) -> Value {
    json!({"type": "paragraph", "content": [text(s)]})
}

#[test]
fn fields_that_are_no_document_are_read_too() {
    assert_eq!(md(&Value::Null), "");
    assert_eq!(md(&json!("Plain\r\ntext")), "Plain\ntext");
    assert_eq!(md(&json!(["one", "", "two\nlines"])), "- one\n- two\n  lines");
    assert_eq!(md(&json!([{"value": "A", "child": {"value": "B"}}, {"name": "C", "checked": true}])), "- A / B\n- C");
    assert_eq!(md(&json!(3.5)), "3.5");
    assert_eq!(md(&json!([p("a"), p("b")])), "a\n\nb");
}

#[test]
fn blocks_become_markdown() {
    let adf = doc(&json!([
        {"type": "heading", "attrs": {"level": 2}, "content": [text("Title")]},
        {"type": "paragraph", "content": [
            text("a "), {"type": "text", "text": "bold ", "marks": [{"type": "strong"}]}, {"type": "text", "text": "more", "marks": [{"type": "strong"}]},
            {"type": "hardBreak"}, {"type": "text", "text": "x`y", "marks": [{"type": "code"}]},
            {"type": "text", "text": "here", "marks": [{"type": "link", "attrs": {"href": "https://a.b/c"}}]}]},
        {"type": "codeBlock", "attrs": {"language": "sql"}, "content": [text("a\n```\nb")]},
        {"type": "panel", "attrs": {"panelType": "info"}, "content": [p("note"), p("more")]},
        {"type": "expand", "attrs": {"title": "Open"}, "content": [p("inside")]},
        {"type": "blockquote", "content": [p("said")]},
        {"type": "rule"},
    ]));
    insta::assert_snapshot!(md(&adf), @"
    ## Title

    a **bold more**  
    `` x`y ``[here](https://a.b/c)

    ````sql
    a
    ```
    b
    ````

    > **[INFO]** note
    >
    > more

    **Open**

    inside

    > said

    ---
    ");
}

#[test]
fn lists_keep_their_nesting() {
    let adf = doc(&json!([{"type": "orderedList", "attrs": {"order": 9}, "content": [
        {"type": "listItem", "content": [p("nine")]},
        {"type": "listItem", "content": [p("ten"), {"type": "bulletList", "content": [{"type": "listItem", "content": [p("sub"), p("second")]}]}]}]},
        {"type": "taskList", "attrs": {"localId": "x"}, "content": [
            {"type": "taskItem", "attrs": {"localId": "y", "state": "DONE"}, "content": [text("did")]},
            {"type": "taskList", "attrs": {"localId": "z"}, "content": [{"type": "taskItem", "attrs": {"state": "TODO"}, "content": [text("do")]}]}]},
        {"type": "decisionList", "content": [{"type": "decisionItem", "content": [text("so be it")]}]}]));
    insta::assert_snapshot!(md(&adf), @r"
    9. nine
    10. ten
        - sub

          second

    - [x] did
      - [ ] do

    - [decision] so be it
    ");
}

#[test]
fn tables_survive_spans_pipes_and_lists() {
    let cell = |kind: &str, attrs: Value, content: Value| json!({"type": kind, "attrs": attrs, "content": content});
    let adf = doc(&json!([{"type": "table", "content": [
        {"type": "tableRow", "content": [cell("tableHeader", json!({}), json!([p("A|B")])), cell("tableHeader", json!({"colspan": 2}), json!([p("wide")]))]},
        {"type": "tableRow", "content": [cell("tableCell", json!({"rowspan": 2}), json!([p("tall")])), cell("tableCell", json!({}), json!([p("x"), p("y")])), cell("tableCell", json!({}), json!([]))]},
        {"type": "tableRow", "content": [cell("tableCell", json!({}), json!([{"type": "bulletList", "content": [{"type": "listItem", "content": [p("i")]}]}]))]}]}]));
    insta::assert_snapshot!(md(&adf), @r"
    | A\|B | wide |  |
    | --- | --- | --- |
    | tall | x<br>y |  |
    |  | - i |  |
    ");
}

#[test]
fn what_stands_in_a_line_is_read() {
    let adf = doc(&json!([{"type": "paragraph", "content": [
        {"type": "mention", "attrs": {"id": "1", "text": "@Ann"}}, text(" "), {"type": "emoji", "attrs": {"shortName": ":x:"}}, text(" "),
        {"type": "date", "attrs": {"timestamp": "1582152559000"}}, text(" "), {"type": "status", "attrs": {"text": "DONE", "color": "green"}}, text(" "),
        {"type": "inlineCard", "attrs": {"url": "https://x.y"}}, text(" H"), {"type": "text", "text": "2", "marks": [{"type": "subsup", "attrs": {"type": "sub"}}]}]}]));
    assert_eq!(md(&adf), "@Ann :x: 2020-02-19 [DONE] https://x.y H<sub>2</sub>");
}

#[test]
fn unknown_nodes_show_what_they_hold_and_are_named() {
    let read = markdown(&doc(&json!([
        {"type": "hologram", "content": [p("inside")]}, {"type": "hologram", "attrs": {"title": "T"}}, {"type": "hologram", "attrs": {"q": 1}},
        {"type": "extension", "attrs": {"extensionKey": "toc"}}, {"type": "mediaSingle", "content": [{"type": "media", "attrs": {"id": "u", "alt": "login.png"}}]},
    ])));
    assert_eq!(read.markdown, "inside\n\nT\n\n[unsupported: hologram]\n\n[macro toc]\n\n![login.png](attachment:u)");
    assert_eq!(read.lossy, ["an image or file, of which only the name is read", "macro toc", "unknown node hologram (3×)"]);
}

#[test]
fn a_document_nested_without_end_is_cut_and_says_so() {
    let mut node = p("deep");
    for _ in 0..100 {
        node = json!({"type": "blockquote", "content": [node]});
    }
    let read = markdown(&node);
    assert!(read.markdown.contains("[nested too deeply]"));
    assert_eq!(read.lossy, ["nodes nested too deeply"]);
}

/// Arbitrary JSON that often looks like ADF.
fn json_value() -> impl Strategy<Value = Value> {
    let kinds = prop::sample::select(vec![
        "doc",
        "paragraph",
        "text",
        "heading",
        "table",
        "tableRow",
        "tableCell",
        "tableHeader",
        "bulletList",
        "orderedList",
        "listItem",
        "taskItem",
        "media",
        "panel",
        "codeBlock",
        "extension",
        "date",
        "hardBreak",
        "wat",
        "expand",
        "decisionItem",
        "inlineCard",
        "status",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        any::<String>().prop_map(Value::from)
    ];
    leaf.prop_recursive(6, 80, 6, move |inner| {
        let key = prop::sample::select(vec!["type", "content", "attrs", "marks", "text", "order", "level", "colspan", "rowspan", "timestamp", "title"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map(key, inner.clone(), 0..5).prop_map(|map| map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Value>()),
            (kinds.clone(), prop::collection::vec(inner.clone(), 0..5), inner).prop_map(|(kind, content, odd)| json!({"type": kind, "content": content, "attrs": {"colspan": odd, "order": odd, "title": odd}, "text": odd})),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_read_without_a_panic(value in json_value()) {
        let read = markdown(&value);
        prop_assert!(!read.markdown.chars().any(crate::domain::adf::plain::is_invisible));
        let _ = crate::domain::adf::hash::content_hash(&value);
        let _ = crate::domain::adf::section::strip(&value, "jqa:");
        let _ = crate::domain::adf::marker::marker_in(&value);
    }
}
