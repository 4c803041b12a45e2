//! What came out of a job, in one row or one page.

use shared::domain::criterion::CriteriaSet;
use shared::domain::finding::Severity;
use shared::domain::job::JobStatus;
use shared::domain::publish::{Published, PublishedItem};
use shared::domain::scenario::{RelationKind, Suite};

use super::{count, plain, style, table};
use crate::client::views::{JobView, ResultView};

/// The head of [`row`].
pub(crate) const HEAD: [&str; 7] = ["story", "status", "language", "criteria", "scenarios", "coverage", "questions"];

/// A job and its result, when there is one, as a row.
pub(crate) fn row(key: &str, job: Option<&JobView>, result: Option<&ResultView>) -> Vec<String> {
    let number = |number: Option<usize>| number.map_or_else(|| "–".to_owned(), |number| number.to_string());
    let criteria = result.and_then(|result| result.criteria.as_ref());
    let suite = result.and_then(|result| result.suite.as_ref());
    vec![
        key.to_owned(),
        job.map_or("not followed", |job| job.status.as_str()).to_owned(),
        result.map_or_else(|| "–".to_owned(), |result| plain(&result.story.language)),
        number(criteria.map(|set| set.criteria.len())),
        number(suite.map(|suite| suite.scenarios.len())),
        suite.map_or_else(|| "–".to_owned(), coverage),
        number(result.map(|result| questions(result).len())),
    ]
}

/// `3/4`: criteria with a scenario, of all.
pub(crate) fn coverage(suite: &Suite) -> String {
    format!("{}/{}", suite.coverage.covered, suite.coverage.total)
}

/// ` (1 extending and 2 duplicating existing tests)`; nothing where all scenarios are new.
fn related(suite: &Suite) -> String {
    let of = |kind: RelationKind| suite.scenarios.iter().filter(|scenario| scenario.relation.kind == kind).count();
    let kinds = [(of(RelationKind::Extends), "extending"), (of(RelationKind::Duplicate), "duplicating")];
    let words: Vec<String> = kinds.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if words.is_empty() { String::new() } else { format!(" ({} existing tests)", words.join(" and ")) }
}

/// The open questions of criteria and scenarios, each once.
pub(crate) fn questions(result: &ResultView) -> Vec<String> {
    let of_criteria = result.criteria.iter().flat_map(|set| &set.questions);
    let of_suite = result.suite.iter().flat_map(|suite| &suite.questions);
    let mut texts: Vec<String> = Vec::new();
    for question in of_criteria.chain(of_suite) {
        let text = plain(&question.text);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

/// Criteria with the words they rest on.
pub(crate) fn criteria(set: &CriteriaSet) -> String {
    let mut lines = Vec::new();
    for criterion in &set.criteria {
        let origin = style::faint(&format!("[{}]", criterion.origin));
        lines.push(format!("  {} {} {origin}", style::bold(&criterion.id), plain(&criterion.title)));
        for evidence in &criterion.evidence {
            let mark = if evidence.verified { style::good("✓") } else { style::bad("✗") };
            lines.push(format!("       {mark} {} “{}”", style::faint(&plain(&evidence.source)), table::cut(&evidence.quote, 96)));
        }
    }
    lines.join("\n")
}

/// What was written to Jira.
pub(crate) fn published(published: &[Published]) -> String {
    let lines = published.iter().map(|item| {
        let place =
            item.url.as_deref().or(item.remote_id.as_deref()).map(|place| format!(" {}", plain(place))).unwrap_or_default();
        let line = format!("  {} {}{place}{}", item.target.mode, item.outcome, reason(&item.message, &item.code));
        [line].into_iter().chain(item.items.iter().map(one)).collect::<Vec<_>>().join("\n")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What became of a criterion or scenario.
fn one(item: &PublishedItem) -> String {
    let place = item.url.as_deref().or(item.key.as_deref()).map(|place| format!(" {}", plain(place))).unwrap_or_default();
    format!("    {} {}{place}{}", plain(&item.id), item.outcome, reason(&item.message, &item.code))
}

/// Why, after a colon, with its code; empty when there is nothing to say.
fn reason(message: &str, code: &str) -> String {
    let code = if code.is_empty() { String::new() } else { format!(" [{}]", plain(code)) };
    if message.is_empty() { String::new() } else { format!(": {}{code}", plain(message)) }
}

/// A job on a few lines.
pub(crate) fn job(job: &JobView) -> String {
    let stages: Vec<String> = job.stages.iter().map(|stage| format!("{} {}", stage.stage, stage.state)).collect();
    let mut lines = vec![
        format!("{} {} of {}", style::bold(&job.id.to_string()), job.kind, job.issue_key),
        format!("  status    {}{}", job.status, if job.cancel_requested { ", is being cancelled" } else { "" }),
        format!("  stages    {}", stages.join(", ")),
        format!("  attempts  {} of {}", job.attempt, job.max_attempts),
        format!("  created   {}", job.created_at.format("%F %T UTC")),
    ];
    lines.extend(job.ended_at.map(|at| format!("  ended     {}", at.format("%F %T UTC"))));
    lines.extend(job.error.as_ref().map(|error| format!("  error     {} [{}]", plain(&error.message), plain(&error.code))));
    lines.extend(job.content_hash.as_ref().map(|hash| format!("  result    {hash}")));
    if !job.published.is_empty() {
        lines.push(format!("  published\n{}", published(&job.published)));
    }
    if let Some(next) = next_step(job) {
        lines.push(format!("  next      {next}"));
    }
    lines.join("\n")
}

fn next_step(job: &JobView) -> Option<String> {
    let id = job.id;
    match job.status {
        JobStatus::Held | JobStatus::Queued | JobStatus::Running => Some(format!("jqa jobs watch {id}")),
        JobStatus::AwaitingReview => Some(job.how_to_approve().replace('`', "")),
        JobStatus::Failed | JobStatus::Cancelled => Some(format!("jqa jobs retry {id}")),
        JobStatus::Succeeded => Some(format!("jqa result {id}")),
    }
}

/// What is to be known of a result as a whole before it is trusted.
pub(crate) fn warnings(result: &ResultView) -> Vec<String> {
    let criteria = result.criteria.iter().flat_map(|set| &set.findings);
    let findings = criteria.chain(result.suite.iter().flat_map(|suite| &suite.findings));
    let mut lines: Vec<String> =
        findings.filter(|finding| finding.severity == Severity::Warning).map(|finding| plain(&finding.message)).collect();
    lines.dedup();
    lines
}

/// What a result holds, in a sentence.
pub(crate) fn sentence(result: &ResultView) -> String {
    let criteria = result.criteria.as_ref().map(|set| count(set.criteria.len(), "criterion", "criteria"));
    let scenarios = result.suite.as_ref().map(|suite| {
        let scenarios = count(suite.scenarios.len(), "scenario", "scenarios");
        format!("{scenarios}{} covering {} criteria", related(suite), coverage(suite))
    });
    let questions = count(questions(result).len(), "open question", "open questions");
    criteria.into_iter().chain(scenarios).chain([questions]).collect::<Vec<_>>().join(", ")
}
