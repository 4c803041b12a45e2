//! One criterion or scenario alone, for an object of its own.

use super::super::criterion::Criterion;
use super::super::document::{Block, Body, Document, Flow, Footer, Inline};
use super::super::scenario::Scenario;
use super::words::Words;
use super::{Output, criteria, item, suite};

/// Jira's limit of a summary.
const SUMMARY: usize = 255;

/// One of a story's criteria or scenarios.
#[derive(Debug, Clone, Copy)]
pub enum Single<'a> {
    /// A criterion.
    Criterion(&'a Criterion),
    /// A scenario.
    Scenario(&'a Scenario),
}

impl<'a> Single<'a> {
    /// `AC-2`, `TS-1`.
    #[must_use]
    pub fn id(&self) -> &'a str {
        match self {
            Self::Criterion(criterion) => &criterion.id,
            Self::Scenario(scenario) => &scenario.id,
        }
    }

    /// Id and title in one line that fits into a summary.
    #[must_use]
    pub fn summary(&self) -> String {
        let title = match self {
            Self::Criterion(criterion) => &criterion.title,
            Self::Scenario(scenario) => &scenario.title,
        };
        let whole = format!("{} {}", self.id(), item::one_line(title)).trim_end().to_owned();
        if whole.chars().count() <= SUMMARY {
            return whole;
        }
        let cut: String = whole.chars().take(SUMMARY - 1).collect();
        format!("{}…", cut.trim_end())
    }
}

/// All of it as a document that leads back to the story; `marker` is what we know it by when we come back.
#[must_use]
pub fn single(output: &Output<'_>, single: Single<'_>, marker: &str) -> Document {
    let words = Words::of(output.language());
    let body = match single {
        Single::Criterion(criterion) => {
            let badge = item::badge(words, criterion.origin);
            let badge = (!badge.is_empty()).then(|| Body::from(Flow::Paragraph(badge)));
            badge.into_iter().chain(criteria::body(output, words, criterion)).collect()
        }
        Single::Scenario(scenario) => suite::body(output, words, scenario),
    };
    let mut blocks: Vec<Block> = story(output).into_iter().collect();
    blocks.extend(body.into_iter().map(Block::Body));
    Document { blocks, footer: Some(Footer { text: words.footer.to_owned(), marker: marker.to_owned() }) }
}

/// Which story it is of.
fn story(output: &Output<'_>) -> Option<Block> {
    let summary = item::one_line(output.story_summary);
    let key = match output.story_url {
        "" => Inline::strong(output.story_key),
        url => Inline::Link { text: output.story_key.to_owned(), url: url.to_owned() },
    };
    let line = if summary.is_empty() { vec![key] } else { vec![key, Inline::text(format!(" {summary}"))] };
    (!output.story_key.is_empty()).then(|| Body::from(Flow::Paragraph(line)).into())
}
