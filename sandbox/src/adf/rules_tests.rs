//! The table of documents Jira takes and refuses, run against our rules and, when at hand, the official schema.

use serde_json::{Value, json};

use super::check;

fn doc(nodes: Value) -> Value {
    let content = if nodes.is_array() { nodes } else { Value::Array(vec![nodes]) };
    holding_version(content)
}

fn holding_version(content: Value) -> Value {
    let mut document = json!({"version": 1, "type": "doc"});
    document["content"] = content;
    document
}

fn text(words: &str) -> Value {
    json!({"type": "text", "text": words})
}

fn marked(marks: Value) -> Value {
    let mut word = text("x");
    word["marks"] = marks;
    doc(json!({"type": "paragraph", "content": [word]}))
}

fn p() -> Value {
    json!({"type": "paragraph", "content": [text("p")]})
}

fn holding(kind: &str, attrs: Value, content: Value) -> Value {
    let mut node = json!({"type": kind});
    if !attrs.is_null() {
        node["attrs"] = attrs;
    }
    if !content.is_null() {
        node["content"] = content;
    }
    node
}

fn heading() -> Value {
    holding("heading", json!({"level": 2}), json!([text("h")]))
}

fn code() -> Value {
    holding("codeBlock", json!({"language": "gherkin"}), json!([text("Given")]))
}

fn list(item: Value) -> Value {
    holding("bulletList", Value::Null, json!([holding("listItem", Value::Null, item)]))
}

fn panel(content: Value) -> Value {
    holding("panel", json!({"panelType": "info"}), content)
}

fn table(cell: Value) -> Value {
    holding("table", Value::Null, json!([{"type": "tableRow", "content": [holding("tableCell", json!({}), cell)]}]))
}

fn expand(content: Value) -> Value {
    holding("expand", json!({"title": "t"}), content)
}

fn nested() -> Value {
    holding("nestedExpand", json!({"title": "n"}), json!([p()]))
}

fn tasks(item: Value) -> Value {
    holding("taskList", json!({"localId": "l"}), json!([holding("taskItem", json!({"localId": "i", "state": "TODO"}), item)]))
}

fn inline(kind: &str, attrs: Value) -> Value {
    doc(json!({"type": "paragraph", "content": [holding(kind, attrs, Value::Null)]}))
}

fn columns(count: usize) -> Value {
    let column = holding("layoutColumn", json!({"width": 50}), json!([p()]));
    holding("layoutSection", Value::Null, Value::Array(vec![column; count]))
}

fn quote(content: Value) -> Value {
    holding("blockquote", Value::Null, content)
}

fn valid() -> Vec<(&'static str, Value)> {
    vec![
        ("empty doc", doc(json!([]))),
        ("empty paragraph", doc(json!({"type": "paragraph"}))),
        ("empty heading", doc(json!({"type": "heading", "attrs": {"level": 1}}))),
        ("codeBlock gherkin", doc(code())),
        ("codeBlock texts", doc(holding("codeBlock", Value::Null, json!([text("a"), text("b")])))),
        ("codeBlock empty", doc(json!({"type": "codeBlock"}))),
        ("code and link", marked(json!([{"type": "code"}, {"type": "link", "attrs": {"href": "https://x"}}]))),
        ("no marks", marked(json!([]))),
        ("item starts with code", doc(list(json!([code()])))),
        ("order 0", doc(holding("orderedList", json!({"order": 0}), json!([{"type": "listItem", "content": [p()]}])))),
        ("panel", doc(panel(json!([heading(), list(json!([p()])), code(), {"type": "rule"}])))),
        ("expand", doc(expand(json!([table(json!([p()])), panel(json!([p()])), heading(), code(), nested()])))),
        ("expand bare", doc(holding("expand", Value::Null, json!([p()])))),
        ("cell empty paragraph", doc(table(json!([{"type": "paragraph"}])))),
        ("cell mixed", doc(table(json!([panel(json!([p()])), heading(), code(), nested(), tasks(json!([text("t")]))])))),
        (
            "ragged table",
            doc(holding(
                "table",
                Value::Null,
                json!([
                    {"type": "tableRow", "content": [{"type": "tableCell", "content": [p()]}]},
                    {"type": "tableRow", "content": [{"type": "tableCell", "content": [p()]}, {"type": "tableHeader", "content": [p()]}]},
                ]),
            )),
        ),
        ("status hex", inline("status", json!({"text": "a", "color": "#ff00aa"}))),
        ("blockquote", doc(quote(json!([list(json!([p()])), code()])))),
        ("layout of two", doc(columns(2))),
        ("mention", inline("mention", json!({"id": "a"}))),
    ]
}

fn invalid() -> Vec<(&'static str, Value)> {
    vec![
        ("no content", json!({"version": 1, "type": "doc"})),
        ("version 2", json!({"version": 2, "type": "doc", "content": []})),
        ("empty text", doc(json!({"type": "paragraph", "content": [text("")]}))),
        ("text at top", doc(text("x"))),
        ("heading 7", doc(json!({"type": "heading", "attrs": {"level": 7}}))),
        ("heading without level", doc(json!({"type": "heading"}))),
        (
            "codeBlock marks",
            doc(json!({"type": "codeBlock", "content": [{"type": "text", "text": "x", "marks": [{"type": "strong"}]}]})),
        ),
        ("codeBlock break", doc(json!({"type": "codeBlock", "content": [{"type": "hardBreak"}]}))),
        ("code strong", marked(json!([{"type": "code"}, {"type": "strong"}]))),
        ("code colour", marked(json!([{"type": "code"}, {"type": "textColor", "attrs": {"color": "#112233"}}]))),
        ("colour name", marked(json!([{"type": "textColor", "attrs": {"color": "red"}}]))),
        ("short colour", marked(json!([{"type": "textColor", "attrs": {"color": "#f00"}}]))),
        ("unknown mark", marked(json!([{"type": "blink"}]))),
        ("item text", doc(list(json!([text("x")])))),
        ("item heading", doc(list(json!([heading()])))),
        ("item panel", doc(list(json!([panel(json!([p()]))])))),
        ("item blockquote", doc(list(json!([quote(json!([p()]))])))),
        ("item table", doc(list(json!([table(json!([p()]))])))),
        ("item rule", doc(list(json!([{"type": "rule"}])))),
        ("item expand", doc(list(json!([expand(json!([p()]))])))),
        ("item empty", doc(list(json!([])))),
        ("empty list", doc(holding("bulletList", Value::Null, json!([])))),
        ("order -1", doc(holding("orderedList", json!({"order": -1}), json!([{"type": "listItem", "content": [p()]}])))),
        ("panel danger", doc(holding("panel", json!({"panelType": "danger"}), json!([p()])))),
        ("panel table", doc(panel(json!([table(json!([p()]))])))),
        ("panel panel", doc(panel(json!([panel(json!([p()]))])))),
        ("panel blockquote", doc(panel(json!([quote(json!([p()]))])))),
        ("panel expand", doc(panel(json!([expand(json!([p()]))])))),
        ("panel empty", doc(panel(json!([])))),
        ("expand expand", doc(expand(json!([expand(json!([p()]))])))),
        ("expand empty", doc(expand(json!([])))),
        ("nestedExpand at top", doc(nested())),
        ("cell text", doc(table(json!([text("x")])))),
        ("cell empty", doc(table(json!([])))),
        ("cell table", doc(table(json!([table(json!([p()]))])))),
        ("cell expand", doc(table(json!([expand(json!([p()]))])))),
        ("table without rows", doc(holding("table", Value::Null, json!([])))),
        ("status empty", inline("status", json!({"text": "", "color": "red"}))),
        ("status orange", inline("status", json!({"text": "a", "color": "orange"}))),
        ("status at top", doc(holding("status", json!({"text": "a", "color": "red"}), Value::Null))),
        ("card without url", inline("inlineCard", json!({}))),
        ("mention without id", inline("mention", json!({"text": "@a"}))),
        ("date number", inline("date", json!({"timestamp": 1}))),
        (
            "taskList without id",
            doc(
                json!({"type": "taskList", "attrs": {}, "content": [{"type": "taskItem", "attrs": {"localId": "i", "state": "TODO"}}]}),
            ),
        ),
        ("taskItem paragraph", doc(tasks(json!([p()])))),
        ("blockquote heading", doc(quote(json!([heading()])))),
        ("blockquote panel", doc(quote(json!([panel(json!([p()]))])))),
        ("layout of one", doc(columns(1))),
        ("unknown attribute", doc(json!({"type": "paragraph", "attrs": {"colour": "x"}}))),
        ("extra key on text", doc(json!({"type": "paragraph", "content": [{"type": "text", "text": "x", "lang": "en"}]}))),
        ("unknown node", doc(json!({"type": "marquee"}))),
    ]
}

#[test]
fn takes_what_jira_takes() {
    for (name, document) in valid() {
        assert_eq!(check(&document), Ok(()), "{name}");
    }
}

#[test]
fn refuses_what_jira_refuses() {
    for (name, document) in invalid() {
        assert!(check(&document).is_err(), "{name}");
    }
}

#[test]
fn agrees_with_the_official_schema() {
    let Some(contract) = crate::contract::Contract::nearby() else {
        eprintln!("skipped: no contracts beside the workspace");
        return;
    };
    for (name, document) in valid() {
        assert_eq!(contract.adf(&document), None, "{name}");
    }
    for (name, document) in invalid() {
        assert!(contract.adf(&document).is_some(), "{name}");
    }
}
