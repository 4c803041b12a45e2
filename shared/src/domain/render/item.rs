//! What criteria and scenarios have in common: badge, evidence, findings, questions.

use super::super::criterion::{Dropped, Question};
use super::super::document::{Block, Body, Colour, Flow, Inline, Item, Level, PanelKind};
use super::super::evidence::{CheckedEvidence, Origin};
use super::super::finding::{Finding, FindingCode, Severity};
use super::super::scenario::Relation;
use super::super::story::PartKind;
use super::Output;
use super::words::Words;

pub(super) fn heading(level: Level, text: Vec<Inline>) -> Body {
    Body::Heading { level, text }
}

pub(super) fn gherkin(text: &str) -> Body {
    Flow::CodeBlock { language: "gherkin".to_owned(), text: text.to_owned() }.into()
}

/// The badge of what the story does not literally say.
pub(super) fn badge(words: &Words, origin: Origin) -> Vec<Inline> {
    match origin {
        Origin::Stated => vec![],
        Origin::Derived => vec![Inline::text(" "), Inline::status(words.derived.to_uppercase(), Colour::Blue)],
        Origin::Proposed => vec![Inline::text(" "), Inline::status(words.proposed.to_uppercase(), Colour::Yellow)],
    }
}

/// The existing test that a scenario extends or duplicates, and why; nothing for a new one.
pub(super) fn relation(output: &Output<'_>, words: &Words, relation: &Relation) -> Vec<Inline> {
    let Some(said) = words.relation(relation.kind) else { return vec![] };
    let test = match output.link_to(&format!("link:{}", relation.of)) {
        Some(url) => Inline::Link { text: relation.of.clone(), url },
        None => Inline::text(&relation.of),
    };
    let why = one_line(&relation.why);
    let why = if why.is_empty() { why } else { format!(": {why}") };
    vec![Inline::text(format!("{said} ")), test, Inline::text(why)]
}

/// What the badges mean, when there are any.
pub(super) fn legend(words: &Words, origins: &[Origin]) -> Option<Block> {
    let mut line = Vec::new();
    for (origin, means) in [(Origin::Derived, words.derived_means), (Origin::Proposed, words.proposed_means)] {
        if origins.contains(&origin) {
            line.extend((!line.is_empty()).then_some(Inline::Break));
            line.extend(badge(words, origin).into_iter().skip(1));
            line.push(Inline::text(format!(" {means}")));
        }
    }
    (!line.is_empty()).then(|| Flow::Paragraph(line).into())
}

/// The words an item rests on, each with where it stands.
pub(super) fn evidence(output: &Output<'_>, words: &Words, evidence: &[CheckedEvidence], rule: &str) -> Option<Body> {
    let mut line = quotes(output, words, evidence);
    if !rule.trim().is_empty() {
        line.extend((!line.is_empty()).then_some(Inline::Break));
        line.push(Inline::em(format!("{}: {}", words.rule, one_line(rule))));
    }
    (!line.is_empty()).then(|| Flow::Paragraph(line).into())
}

/// Quotations as one line of small print.
pub(super) fn quotes(output: &Output<'_>, words: &Words, evidence: &[CheckedEvidence]) -> Vec<Inline> {
    let mut line: Vec<Inline> = Vec::new();
    let mut said = format!("{}: ", words.evidence);
    for (number, quoted) in evidence.iter().enumerate() {
        said.push_str(if number > 0 { " · “" } else { "“" });
        said.push_str(&one_line(&quoted.quote));
        said.push_str("” – ");
        match source(output, words, &quoted.source) {
            Inline::Text(text) => said.push_str(&text),
            link => line.extend([Inline::Em(std::mem::take(&mut said)), link]),
        }
        if !quoted.verified {
            said.push(' ');
            line.push(Inline::Em(std::mem::take(&mut said)));
            line.push(Inline::status(words.not_found.to_uppercase(), Colour::Red));
        }
    }
    line.extend((!evidence.is_empty() && !said.is_empty()).then_some(Inline::Em(said)));
    line
}

/// Where words stand, linked when there is a page for it.
pub(super) fn source(output: &Output<'_>, words: &Words, source: &str) -> Inline {
    let (kind, id) = source.split_once(':').unwrap_or((source, ""));
    let kind = kind.parse::<PartKind>().map_or_else(|_| kind.to_owned(), |kind| words.part(kind).to_owned());
    let text = if id.is_empty() { kind } else { format!("{kind} {id}") };
    match output.link_to(source) {
        Some(url) => Inline::Link { text, url },
        None => Inline::Text(text),
    }
}

/// What a reviewer should look at in an item.
pub(super) fn checks(words: &Words, findings: &[Finding]) -> Option<Body> {
    let line = remarks(words, findings);
    (!line.is_empty()).then(|| Flow::Paragraph(line).into())
}

/// The same as a line.
pub(super) fn remarks(words: &Words, findings: &[Finding]) -> Vec<Inline> {
    let mut line: Vec<Inline> = Vec::new();
    for message in messages(findings) {
        line.push(if line.is_empty() { Inline::status(words.check.to_uppercase(), Colour::Red) } else { Inline::Break });
        line.push(Inline::text(format!(" {message}")));
    }
    line
}

/// Messages that matter, each once. Coverage has a panel of its own.
pub(super) fn messages(findings: &[Finding]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.severity != Severity::Info && finding.code != FindingCode::Uncovered)
    {
        let message = one_line(&finding.message);
        if !message.is_empty() && !out.contains(&message) {
            out.push(message);
        }
    }
    out
}

/// A box with a title and a list; none when the list is empty.
pub(super) fn panel(kind: PanelKind, title: &str, items: Vec<Item>) -> Option<Block> {
    if items.is_empty() {
        return None;
    }
    let body = vec![Flow::Paragraph(vec![Inline::strong(title)]), Flow::BulletList(items)];
    Some(Block::Body(Body::Panel { kind, body }))
}

/// Open questions, numbered so that a product owner can answer "2".
pub(super) fn questions(words: &Words, questions: &[&Question]) -> Option<Block> {
    let (mut seen, mut reasons): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut items = Vec::new();
    for question in questions {
        let text = one_line(&question.text);
        if text.is_empty() || seen.contains(&text.to_lowercase()) {
            continue;
        }
        seen.push(text.to_lowercase());
        let mut line = vec![Inline::text(text)];
        let why = one_line(&question.why);
        // Many questions of one kind have one reason.
        if !why.is_empty() && !reasons.contains(&why) {
            line.push(Inline::Break);
            line.push(Inline::em(format!("{}: {why}", words.why)));
            reasons.push(why);
        }
        items.push(Item::line(line));
    }
    if items.is_empty() {
        return None;
    }
    let body = vec![Flow::Paragraph(vec![Inline::strong(words.questions)]), Flow::OrderedList(items)];
    Some(Block::Body(Body::Panel { kind: PanelKind::Note, body }))
}

/// What was proposed and did not pass, for who wonders: folded away.
pub(super) fn left_out(words: &Words, dropped: &[Dropped]) -> Option<Block> {
    let items: Vec<Item> = dropped
        .iter()
        .map(|item| {
            let reasons = messages(&item.findings).join(" ");
            let reasons = if reasons.is_empty() { String::new() } else { format!(": {reasons}") };
            Item::line(vec![Inline::strong(one_line(&item.title)), Inline::text(reasons)])
        })
        .collect();
    let title = format!("{} ({})", words.left_out, dropped.len());
    (!items.is_empty()).then(|| Block::Expand { title, body: vec![Flow::BulletList(items).into()] })
}

pub(super) fn one_line(text: &str) -> String {
    super::super::adf::plain::line(text)
}
