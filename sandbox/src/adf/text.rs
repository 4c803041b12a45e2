//! The bare words of a document.

use serde_json::Value;

const BLOCKS: &[&str] =
    &["paragraph", "heading", "listItem", "codeBlock", "tableRow", "taskItem", "decisionItem", "panel", "blockquote", "rule"];

/// All text of a document, one block a line.
pub(crate) fn plain(document: &Value) -> String {
    let mut out = String::new();
    collect(document, &mut out);
    out.trim().to_owned()
}

/// How many characters Jira would count.
pub(crate) fn length(document: &Value) -> usize {
    plain(document).chars().count()
}

fn collect(node: &Value, out: &mut String) {
    if let Some(wiki) = node.as_str() {
        out.push_str(wiki);
        return;
    }
    let kind = node["type"].as_str().unwrap_or_default();
    match kind {
        "text" => out.push_str(node["text"].as_str().unwrap_or_default()),
        "hardBreak" => out.push('\n'),
        "mention" | "status" | "emoji" => out.push_str(node["attrs"]["text"].as_str().unwrap_or_default()),
        "inlineCard" | "blockCard" => out.push_str(node["attrs"]["url"].as_str().unwrap_or_default()),
        "expand" | "nestedExpand" => {
            out.push_str(node["attrs"]["title"].as_str().unwrap_or_default());
            out.push('\n');
        }
        _ => {}
    }
    for child in node["content"].as_array().into_iter().flatten() {
        collect(child, out);
    }
    if matches!(kind, "tableCell" | "tableHeader") {
        out.truncate(out.trim_end().len());
        out.push(' ');
    } else if BLOCKS.contains(&kind) && !out.ends_with('\n') {
        out.push('\n');
    }
}
