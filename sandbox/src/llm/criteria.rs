//! The answer to "write criteria": one for each statement, resting on its own words.

use serde_json::{Value, json};

use super::phrases::{self, Phrases};
use super::prompt::{Part, Prompt};
use super::sentences::{self, Statement};

const MOST: usize = 20;
const TITLES: &[&str] = &["summary", "title", "key"];
const CONTEXT: &[&str] = &["comment", "parent", "link", "epic", "context", "attachment", "subtask"];
const REFUSALS: &[&str] = &[
    " not ", "cannot", "reject", "refus", "error", "nicht", "kein", "fehler", "ne peut", " pas ", "erreur", " no ", "niet",
    "geen", "fout", "não", "erro",
];

/// The answer; with `invent` two criteria that the story does not support are added.
pub(super) fn answer(prompt: &Prompt, invent: bool) -> Value {
    let parts = prompt.parts();
    let story = prompt.story();
    let all: String = parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("\n");
    let summary = story["summary"].as_str().unwrap_or_default();
    let language = story["language"]
        .as_str()
        .filter(|language| !language.is_empty())
        .unwrap_or_else(|| phrases::detect(&format!("{summary}\n{all}")));
    let phrases = phrases::of(language);
    let mut criteria: Vec<Value> =
        statements(&parts).iter().map(|(part, statement)| criterion(part, statement, &phrases)).collect();
    if criteria.is_empty() {
        criteria.extend(one_liner(&parts, &phrases));
    }
    let testable = match criteria.len() {
        0 => "no",
        1 => "partly",
        _ => "yes",
    };
    let complete = testable == "yes";
    if invent {
        criteria.extend(inventions(&parts, &phrases));
    }
    let questions = if complete { json!([]) } else { json!([{"text": phrases.question, "why": phrases.why}]) };
    json!({
        "language": language,
        "testable": testable,
        "testable_reasons": if complete { json!([]) } else { json!([phrases.thin]) },
        "criteria": criteria,
        "out_of_scope": [],
        "questions": questions,
        "warnings": [],
    })
}

fn statements(parts: &[Part]) -> Vec<(&Part, Statement)> {
    let kind_is = |part: &Part, kinds: &[&str]| kinds.iter().any(|kind| part.kind.contains(kind));
    let speaking = parts.iter().filter(|part| !kind_is(part, TITLES) && !kind_is(part, CONTEXT));
    let mut seen = Vec::new();
    let mut found = Vec::new();
    for (part, statement) in
        speaking.flat_map(|part| sentences::split(&part.text).into_iter().map(move |statement| (part, statement)))
    {
        let text = statement.text();
        if !seen.contains(&text) && found.len() < MOST {
            seen.push(text);
            found.push((part, statement));
        }
    }
    found
}

/// A story of nothing but a title: the title itself, when it says what is wanted.
fn one_liner(parts: &[Part], phrases: &Phrases) -> Option<Value> {
    let part = parts.iter().find(|part| TITLES.contains(&part.kind.as_str()) && part.text.split_whitespace().count() >= 8)?;
    let statement = Statement { quotes: vec![part.text.trim().to_owned()], steps: None };
    Some(criterion(part, &statement, phrases))
}

fn criterion(part: &Part, statement: &Statement, phrases: &Phrases) -> Value {
    let text = statement.text();
    let [given, when, then] = steps(statement, phrases);
    let evidence: Vec<Value> = statement.quotes.iter().map(|quote| json!({"source": part.id, "quote": quote})).collect();
    json!({
        "title": title(&text),
        "kind": kind(&text),
        "given": given, "when": when, "then": then,
        "origin": "stated",
        "evidence": evidence,
        "rule": "",
    })
}

fn steps(statement: &Statement, phrases: &Phrases) -> [Vec<String>; 3] {
    if let Some([given, when, then]) = &statement.steps {
        let given = if given.is_empty() { vec![phrases.given.to_owned()] } else { given.clone() };
        return [given, when.clone(), then.clone()];
    }
    let text = plain(&statement.text());
    let given = vec![phrases.given.to_owned()];
    let lower = text.to_lowercase();
    let conditional = ["if ", "when ", "wenn ", "falls ", "si ", "als ", "indien ", "se ", "quando "]
        .iter()
        .find(|word| lower.starts_with(**word));
    if let Some((word, (condition, result))) = conditional.and_then(|word| Some((word, text.split_once(", ")?))) {
        let condition = condition.get(word.len()..).unwrap_or(condition);
        return [given, vec![condition.to_owned()], vec![result.to_owned()]];
    }
    [given, vec![phrases.when.to_owned()], vec![text]]
}

/// The statement without Markdown marks and its full stop.
fn plain(text: &str) -> String {
    let text = text.trim_matches('|').replace(" | ", ": ").replace("**", "").replace('`', "");
    text.trim().trim_end_matches('.').to_owned()
}

fn title(text: &str) -> String {
    let plain = plain(text);
    let words: Vec<&str> = plain.split_whitespace().collect();
    let short = words.iter().take(10).copied().collect::<Vec<_>>().join(" ");
    short.trim_end_matches([',', ';', ':']).chars().take(100).collect()
}

fn kind(text: &str) -> &'static str {
    let lower = format!(" {} ", text.to_lowercase());
    if REFUSALS.iter().any(|word| lower.contains(word)) {
        "negative"
    } else if text.chars().any(|c| c.is_ascii_digit()) {
        "boundary"
    } else {
        "functional"
    }
}

/// Two criteria a careful reader must notice: a quote nobody wrote, and a number nobody gave.
fn inventions(parts: &[Part], phrases: &Phrases) -> Vec<Value> {
    let part = parts.iter().rev().find(|part| !part.text.trim().is_empty());
    let source = part.map_or("description", |part| part.id.as_str());
    let real = part.and_then(|part| sentences::split(&part.text).into_iter().next()).map(|statement| statement.quotes[0].clone());
    let quoted = real.unwrap_or_else(|| part.map(|part| part.text.trim().to_owned()).unwrap_or_default());
    let made = |title: &str, then: &str, quote: &str| {
        json!({
            "title": title, "kind": "functional", "given": [phrases.given], "when": [phrases.when], "then": [then],
            "origin": "stated", "evidence": [{"source": source, "quote": quote}], "rule": "",
        })
    };
    vec![
        made(
            "A carrier pigeon confirms the delivery",
            "a carrier pigeon confirms the delivery",
            "A carrier pigeon confirms every delivery.",
        ),
        made("An answer within a fixed time", "the answer arrives within 7319 milliseconds", &quoted),
    ]
}
