//! How the checks say what they found.

use super::foreign;
use crate::domain::criterion::Criterion;
use crate::domain::finding::{Finding, FindingCode, Severity};
use crate::domain::foreign::secrets;
use crate::domain::gherkin::one_line;
use crate::domain::instructions;
use crate::domain::language::Language;
use crate::domain::reading::HIDDEN;
use crate::domain::story::Story;

/// How much of somebody's words a message repeats.
const CLIP: usize = 80;

/// The item may not stand as it is.
pub(super) fn error(code: FindingCode, message: impl Into<String>) -> Finding {
    Finding { code, severity: Severity::Error, item: String::new(), message: message.into() }
}

/// A reviewer should look.
pub(super) fn warning(code: FindingCode, message: impl Into<String>) -> Finding {
    Finding { severity: Severity::Warning, ..error(code, message) }
}

/// Worth knowing.
pub(super) fn info(code: FindingCode, message: impl Into<String>) -> Finding {
    Finding { severity: Severity::Info, ..error(code, message) }
}

/// The first words of a text, in quotation marks.
pub(super) fn clip(text: &str) -> String {
    format!("\"{}\"", cut(text, CLIP))
}

/// A text on one line, cut with a visible mark.
pub(super) fn cut(text: &str, limit: usize) -> String {
    let line = one_line(text);
    if line.len() <= limit || line.chars().count() <= limit {
        return line.into_owned();
    }
    let kept: String = line.chars().take(limit.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Whether one of the findings is an error.
pub(super) fn has_error(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// Nothing is worse than a warning any more: somebody or something decided that the item stays.
pub(super) fn soften(findings: &mut [Finding]) {
    for finding in findings.iter_mut().filter(|finding| finding.severity == Severity::Error) {
        finding.severity = Severity::Warning;
    }
}

/// Adds the findings that are not there yet.
pub(super) fn add_new(findings: &mut Vec<Finding>, more: impl IntoIterator<Item = Finding>) {
    for finding in more {
        if !findings.iter().any(|old| (old.code, &old.message, &old.item) == (finding.code, &finding.message, &finding.item)) {
            findings.push(finding);
        }
    }
}

/// What is to be known about the story before its result is trusted.
pub(super) fn about(story: &Story) -> Vec<Finding> {
    let said = story.lossy.iter().map(|lossy| cut(lossy, 200)).filter(|lossy| !lossy.is_empty()).take(20);
    let said = said.map(|lossy| {
        if lossy.contains(HIDDEN) {
            let message = format!("The story held what nobody sees: {lossy}. Look into Jira for who wrote it, and why.");
            return warning(FindingCode::StoryHidden, message);
        }
        let is_cut = lossy.contains(": cut at ") || lossy.contains(": left out");
        let code = if is_cut { FindingCode::StoryTruncated } else { FindingCode::StoryLossy };
        info(code, format!("Not all of the story was read: {lossy}. Look into Jira for what is missing."))
    });
    let told = instructions::in_story(story).take(20).map(|(place, words)| {
        let words = clip(&foreign::without_any(words));
        let message = format!("The story speaks to a language model ({place}): {words}. Nothing rests on it; see who wrote it.");
        warning(FindingCode::StoryInstructions, message)
    });
    let parts = story.parts.iter().map(|part| (&part.id, &part.text));
    let texts = parts.chain(story.tests.shown.iter().map(|test| (&test.key, &test.text)));
    let secrets = texts.filter(|(_, text)| !secrets(text).is_empty()).take(20).map(|(place, _)| {
        let message = format!("The story holds what looks like a key or a token ({place}); take it out and revoke it.");
        warning(FindingCode::StorySecret, message)
    });
    said.chain(told).chain(secrets).collect()
}

/// A result in another language than was asked for, and why.
#[must_use]
pub fn in_other_language(asked: Language, spoken: Language, why: &str) -> Finding {
    let (asked, spoken) = (asked.english_name(), spoken.english_name());
    warning(FindingCode::LanguageNotAsked, format!("{asked} was asked for, the result is in {spoken}: {why}."))
}

/// A criterion that nothing tests.
pub(super) fn uncovered(criterion: &Criterion) -> Finding {
    let message = format!("No scenario covers {} {}; add one or say why it is not tested.", criterion.id, clip(&criterion.title));
    Finding { item: criterion.id.clone(), ..warning(FindingCode::Uncovered, message) }
}
