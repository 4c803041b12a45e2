//! Rung 3: nothing that acts or leads elsewhere where the result is read, unless the story itself says it; and no orders to
//! whatever model reads the result next.
//!
//! What is found is never repeated: not to the reviewer, whose page it would reach after all, and not in what was dropped.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::checked::Item;
use super::remark::{error, warning};
use crate::domain::finding::{Finding, FindingCode};
use crate::domain::foreign::{Foreign, Kind, find, readable};
use crate::domain::instructions::speaks_to_a_model;
use crate::domain::normal::Haystack;
use crate::domain::reply::ProposedQuestion;

/// Stands where something was cut out.
const CUT: &str = "[…]";

/// Looks at everything an item says.
pub(super) fn check(item: &Item<'_>, story: &Haystack) -> Vec<Finding> {
    let names = &item.examples.header;
    let own = item.texts().flat_map(|text| kinds(text, names, |thing| story.says_itself(thing)));
    let quoted = item.evidence.iter().flat_map(|said| [said.quote.as_str(), &said.source]);
    let quoted = quoted.flat_map(|text| kinds(text, &[], |thing| story.says(thing)));
    let kinds: BTreeSet<Kind> = own.chain(quoted).collect();
    let findings = kinds.into_iter().map(|kind| {
        let message = format!("The item holds {} that the story itself does not hold; leave it out.", named(kind));
        error(FindingCode::ForeignText, message)
    });
    let speaks = item.texts().any(speaks_to_a_model).then(|| {
        let message = "The item speaks to a language model; write about the product.";
        error(FindingCode::ForeignText, message)
    });
    findings.chain(speaks).collect()
}

/// Whether an item fell from this rung: it is asked for again, and never kept.
pub(super) fn is_foreign(finding: &Finding) -> bool {
    finding.code == FindingCode::ForeignText
}

/// Lines without what is not the story's own, and what there is to say about it.
pub(super) fn lines(texts: &[String], what: &str, story: &Haystack, findings: &mut Vec<Finding>) -> Vec<String> {
    texts.iter().map(|text| line(text, what, story, findings)).collect()
}

/// Questions without it.
pub(super) fn questions(
    questions: Vec<ProposedQuestion>,
    story: &Haystack,
    findings: &mut Vec<Finding>,
) -> Vec<ProposedQuestion> {
    let all = questions.into_iter();
    all.map(|asked| ProposedQuestion {
        text: line(&asked.text, "question", story, findings),
        why: line(&asked.why, "question", story, findings),
    })
    .collect()
}

fn line(text: &str, what: &str, story: &Haystack, findings: &mut Vec<Finding>) -> String {
    for kind in kinds(text, &[], |thing| story.says_itself(thing)) {
        let message = format!("A {what} held {} that the story itself does not hold; it was cut out.", named(kind));
        super::remark::add_new(findings, [warning(FindingCode::ForeignText, message)]);
    }
    cut(text, &[], |thing| story.says_itself(thing)).into_owned()
}

/// Whether a text holds nothing but what the story itself holds.
pub(super) fn is_clean(text: &str, story: &Haystack) -> bool {
    kinds(text, &[], |thing| story.says_itself(thing)).is_empty()
}

/// A text without anything that the story does not say itself.
pub(super) fn without<'a>(text: &'a str, names: &[String], story: &Haystack) -> Cow<'a, str> {
    cut(text, names, |thing| story.says_itself(thing))
}

/// A text without anything of the kind.
pub(super) fn without_any(text: &str) -> Cow<'_, str> {
    cut(text, &[], |_| false)
}

fn cut<'a>(text: &'a str, names: &[String], may_stay: impl Fn(&str) -> bool) -> Cow<'a, str> {
    let looked_at = readable(text);
    let mut kept = String::new();
    let mut from = 0;
    for Foreign { place, .. } in foreign(&looked_at, names, may_stay) {
        kept.push_str(looked_at.get(from..place.start).unwrap_or_default());
        kept.push_str(CUT);
        from = place.end;
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    kept.push_str(looked_at.get(from..).unwrap_or_default());
    Cow::Owned(kept)
}

fn kinds(text: &str, names: &[String], may_stay: impl Fn(&str) -> bool) -> Vec<Kind> {
    foreign(&readable(text), names, may_stay).into_iter().map(|foreign| foreign.kind).collect()
}

fn foreign(looked_at: &str, names: &[String], may_stay: impl Fn(&str) -> bool) -> Vec<Foreign> {
    let mut found = find(looked_at, names);
    found.retain(|foreign| !looked_at.get(foreign.place.clone()).is_some_and(&may_stay));
    found
}

/// What is told of it.
const fn named(kind: Kind) -> &'static str {
    match kind {
        Kind::Url => "a web address",
        Kind::Email => "an e-mail address",
        Kind::Html => "an HTML tag",
        Kind::Link => "a link or an image",
        Kind::Mention => "a mention",
        Kind::Macro => "a wiki macro",
        Kind::Secret => "a key, a token or encoded data",
    }
}
