//! Ours below a rule and what a person wrote, in one comment. What stands above is told by its number of blocks: nodes of ADF, or
//! lines of wiki markup.

use serde_json::{Value, json};

use super::content_hash;

/// Where ours begins below a rule, and its hash, when it stands there as we know it.
#[must_use]
pub fn find(body: &Value, known: impl Fn(&str) -> bool) -> Option<(usize, String)> {
    let rules: Vec<usize> = match body {
        Value::String(text) => text.lines().enumerate().filter(|(_, line)| line.trim() == RULE).map(|(at, _)| at).collect(),
        adf => blocks(adf).iter().enumerate().filter(|(_, node)| node["type"] == "rule").map(|(at, _)| at).collect(),
    };
    rules.into_iter().map(|at| (at + 1, hash(body, at + 1))).find(|(_, hash)| known(hash))
}

/// The hash of what stands below so many blocks.
#[must_use]
pub fn hash(body: &Value, theirs: usize) -> String {
    match body {
        _ if theirs == 0 => content_hash(body),
        Value::String(text) => content_hash(&text.lines().skip(theirs).collect::<Vec<_>>().join("\n").into()),
        adf => content_hash(&document(blocks(adf).get(theirs..).unwrap_or_default().to_vec())),
    }
}

/// The first so many blocks of a body, and ours below them.
#[must_use]
pub fn replace(body: &Value, theirs: usize, ours: &Value) -> Value {
    match (body, ours) {
        (Value::String(text), Value::String(ours)) => {
            let above: String = text.split_inclusive('\n').take(theirs).collect();
            let gap = if above.ends_with('\n') { "" } else { "\n" };
            format!("{above}{gap}{ours}").into()
        }
        _ => document(blocks(body).iter().take(theirs).chain(blocks(ours)).cloned().collect()),
    }
}

/// A body with a rule below it, and how many blocks that are.
#[must_use]
pub fn ruled(body: &Value) -> (Value, usize) {
    match body {
        Value::String(text) => {
            let text = format!("{}\n\n{RULE}\n", text.trim_end());
            let lines = text.lines().count();
            (text.into(), lines)
        }
        adf => {
            let all: Vec<Value> = blocks(adf).iter().cloned().chain([json!({ "type": "rule" })]).collect();
            let count = all.len();
            (document(all), count)
        }
    }
}

/// A line across in wiki markup.
const RULE: &str = "----";

fn blocks(body: &Value) -> &[Value] {
    body.get("content").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn document(blocks: Vec<Value>) -> Value {
    json!({ "type": "doc", "version": 1, "content": Value::Array(blocks) })
}
