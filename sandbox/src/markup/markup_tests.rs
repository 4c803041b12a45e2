//! What the two markups become, and that it is always a valid document.

use serde_json::Value;

use super::to_adf;
use crate::adf::{rules, text};

fn kinds(source: &str) -> Vec<String> {
    let document = to_adf(source);
    assert_eq!(rules::check(&document), Ok(()), "{source}\n{document:#}");
    let nodes = document["content"].as_array().cloned().unwrap_or_default();
    nodes.iter().map(|node| node["type"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn markdown_blocks() {
    let source = "## Head\n\ntext **bold** `code`\nsecond line\n\n- a\n  - b\n- c\n\n1. x\n2. y\n\n- [ ] open\n- [x] done\n\n> quoted\n\n| a | b |\n|---|---|\n| 1 |\n\n```gherkin\nGiven\n```\n---\n:::warning\nCare\n:::\n:::expand More\n## in\n:::";
    let expected = [
        "heading",
        "paragraph",
        "bulletList",
        "orderedList",
        "taskList",
        "blockquote",
        "table",
        "codeBlock",
        "rule",
        "panel",
        "expand",
    ];
    assert_eq!(kinds(source), expected);
}

#[test]
fn wiki_blocks() {
    let source = "h3. Head\n* a\n** b\n# one\n## two\n||h||i||\n|1|2|\n{code:java}\nx;\n{code}\n(!) {{mono}} *bold* [site|https://example.org]";
    assert_eq!(kinds(source), ["heading", "bulletList", "orderedList", "table", "codeBlock", "paragraph"]);
    let document = to_adf(source);
    assert_eq!(document["content"][3]["content"][0]["content"][0]["type"], "tableHeader");
    assert_eq!(document["content"][5]["content"][1]["marks"][0]["type"], "code");
}

#[test]
fn signs_of_jira_tell_wiki_markup_and_its_struck_words_stay_struck() {
    let source = "Uses -one deviation- 10% of it\n# First rule - with a dash\n# A well-known -2 and -3\n(!) Notes";
    assert_eq!(kinds(source), ["paragraph", "orderedList", "paragraph"]);
    let document = to_adf(source);
    let words = &document["content"][0]["content"][1];
    assert_eq!((words["text"].as_str(), words["marks"][0]["type"].as_str()), (Some("one deviation"), Some("strike")));
    assert!(text::plain(&document).contains("A well-known -2 and -3"));
}

#[test]
fn inline_nodes() {
    let document = to_adf(
        "Hello @[Anna Schmidt], {status:green|DONE} on {date:2026-11-03}: **a *b* c** and [t](https://example.org) _x_ snake_case_name",
    );
    assert_eq!(rules::check(&document), Ok(()));
    let kinds: Vec<&str> =
        document["content"][0]["content"].as_array().into_iter().flatten().filter_map(|node| node["type"].as_str()).collect();
    assert!(["mention", "status", "date"].iter().all(|kind| kinds.contains(kind)));
    assert!(text::plain(&document).ends_with("snake_case_name"));
}

#[test]
fn tasks_with_lists_below_them_become_bullets() {
    assert_eq!(kinds("- [ ] **Scenario**\n  - Given a\n  - When b\n"), ["bulletList"]);
}

#[test]
fn html_tables_become_paragraphs() {
    assert_eq!(kinds("<table><tr><th>A</th></tr>\n<tr><td rowspan=\"5\">words</td></tr>\n</table>"), ["paragraph", "paragraph"]);
}

#[test]
fn odd_input_stays_valid() {
    for source in [
        "- ",
        "1. \n2. ",
        "**",
        "> \n> # h",
        "|a|",
        "||",
        "```",
        ":::info",
        "- # h\n  > q\n  | a | b |",
        "[x](",
        "* *a",
        "\\",
        "{status:x}",
        "-\n-\n",
        ":::expand t\n:::\n",
        "é`",
        "- a\n\u{a0}b\n\u{2003}\u{2003}c",
        "**é*\u{a0}[x|http",
        "> - a\n>   ---",
    ] {
        kinds(source);
    }
    assert_eq!(to_adf("")["content"], Value::Array(vec![]));
}
