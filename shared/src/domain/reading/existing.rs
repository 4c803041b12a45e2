//! The tests that exist for a story: linked issues and sub-tasks that are tests by their type, or by the words of the link.

use serde_json::Value;

use super::super::adf::{marker, section};
use super::super::story::{ExistingTest, ExistingTests};
use super::limit::{self, USEFUL};
use super::part::{far_end, name_of, read_part, text};
use super::story::ReadOptions;
use super::{TRUNCATED, hidden};

/// Names of issue types that are tests, in lower case: those of Xray and Zephyr, and what teams call their own. Sets, plans and
/// executions of tests are none.
const TEST_TYPES: &[&str] = &[
    "test",
    "test case",
    "testcase",
    "test-case",
    "xray test",
    "zephyr test",
    "manual test",
    "automated test",
    "test scenario",
    "sub-test",
    "testfall",
    "cas de test",
    "caso de prueba",
    "testgeval",
    "caso de teste",
];

/// What a story says of a link at whose other end a test stands, in lower case: Xray's words first.
const TESTED_BY: &[&str] = &[
    "is tested by",
    "tested by",
    "wird getestet durch",
    "wird getestet von",
    "est testé par",
    "es probado por",
    "wordt getest door",
    "é testado por",
];

/// More tests than this are not read: Jira answers so many in one go.
pub const MOST_TESTS: usize = 100;

/// Longer summaries are cut; Jira takes 255 characters.
const SUMMARY: usize = 255;

/// The keys of an issue's tests, each once, at most [`MOST_TESTS`].
#[must_use]
pub fn test_keys(issue: &Value) -> Vec<String> {
    let fields = issue.get("fields").unwrap_or(&Value::Null);
    let mut keys: Vec<String> = Vec::new();
    for key in tests(fields).filter_map(|test| test.get("key").and_then(Value::as_str)) {
        if keys.len() < MOST_TESTS && !keys.iter().any(|known| known == key) {
            keys.push(key.to_owned());
        }
    }
    keys
}

/// Whether the issue at the far end of a link is a test.
pub(super) fn is_test(other: &Value, words: &str) -> bool {
    let folded = |text: &str| text.trim().to_lowercase();
    let kind = name_of(other.get("fields").unwrap_or(&Value::Null), "issuetype");
    TEST_TYPES.contains(&folded(&kind).as_str()) || TESTED_BY.contains(&folded(words).as_str())
}

/// The tests that there is room for: summaries first, then texts, in Jira's order. What was cut or left out is named.
pub(super) fn all(fields: &Value, options: &ReadOptions, lossy: &mut Vec<String>) -> ExistingTests {
    let mut read: Vec<ExistingTest> = Vec::new();
    for test in tests(fields).filter(|test| !is_ours(test, options)) {
        let one = one(test, options, lossy);
        if !one.key.is_empty() && !read.iter().any(|known| known.key == one.key) {
            read.push(one);
        }
    }
    let total = read.len();
    let mut left = options.tests_chars;
    let mut shown: Vec<ExistingTest> = Vec::new();
    for test in read.into_iter().take(MOST_TESTS) {
        let size = length(&test.key) + length(&test.summary) + length(&test.status);
        let Some(rest) = left.checked_sub(size) else { break };
        left = rest;
        shown.push(test);
    }
    let mut cut: Vec<String> = Vec::new();
    for test in &mut shown {
        let (room, size) = (left.min(options.test_chars), length(&test.text));
        if size > room {
            test.text = if room >= USEFUL { limit::cut(&test.text, room) } else { TRUNCATED.to_owned() };
            cut.push(test.key.clone());
        }
        left = left.saturating_sub(size.min(room));
    }
    if shown.len() < total {
        lossy.push(format!("existing tests: left out all but {} of {total}", shown.len()));
    }
    if !cut.is_empty() {
        lossy.push(format!("existing tests: cut at {} characters each, or less: {}", options.test_chars, cut.join(", ")));
    }
    ExistingTests { shown, total }
}

/// The issues that are tests, as they came.
fn tests(fields: &Value) -> impl Iterator<Item = &Value> {
    let list = |name: &str| fields.get(name).and_then(Value::as_array).into_iter().flatten();
    let linked = list("issuelinks").filter_map(far_end).filter(|(other, words)| is_test(other, words)).map(|(other, _)| other);
    linked.chain(list("subtasks").filter(|task| is_test(task, "")))
}

/// Whether we published it: what is written again is no test that existed before.
fn is_ours(test: &Value, options: &ReadOptions) -> bool {
    let has_property = test.get("properties").is_some_and(|properties| properties.get(&options.property).is_some());
    let body = test.pointer("/fields/description").unwrap_or(&Value::Null);
    has_property || marker::marker_in(body).is_some_and(|marker| marker.starts_with(&options.marker_prefix))
}

fn one(test: &Value, options: &ReadOptions, lossy: &mut Vec<String>) -> ExistingTest {
    let fields = test.get("fields").unwrap_or(&Value::Null);
    let key = text(test, "key");
    let handle = format!("test:{key}");
    hidden::note(&handle, fields.get("summary").unwrap_or(&Value::Null), lossy);
    let theirs = section::strip(fields.get("description").unwrap_or(&Value::Null), &options.marker_prefix);
    ExistingTest {
        summary: text(fields, "summary").chars().take(SUMMARY).collect(),
        status: name_of(fields, "status"),
        text: read_part(&handle, &theirs, lossy),
        key,
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}
