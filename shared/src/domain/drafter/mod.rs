//! A deterministic drafter that needs no model: what the story itself states becomes criteria and scenarios,
//! what it leaves open becomes a question, and nothing is made up.
//!
//! * reading: `outline` (Markdown into statements), `material` (what a story holds), `narrative`, `reference`, `gherkin_text`, `likeness`
//! * understanding a sentence: `sentence`, `clause`, `number`, `subject`, `values`, `permission`, over `plain` text
//! * writing: `criteria`, `rules`, `grid`, `doubts`, `cases`, `variants`, `boundary`, `wording`
//! * words of each language: `lexicon`
//! * what measures ask of the reading, without anything being written: `facts`

mod boundary;
mod cases;
mod clause;
mod criteria;
mod doubts;
mod facts;
mod gherkin_text;
mod grid;
mod lexicon;
mod likeness;
mod material;
mod narrative;
mod number;
mod outline;
mod permission;
mod plain;
mod reference;
mod rules;
mod sentence;
mod subject;
#[cfg(test)]
mod tests;
mod values;
mod variants;
mod wording;

pub(crate) use facts::{Facts, StatedLimit, facts, is_compound, is_frame};

use super::checks::relate;
use super::criterion::CriteriaSet;
use super::reply::{CriteriaReply, ScenariosReply};
use super::story::Story;

/// Drafts criteria from what the story states, in its own language: its words cannot be translated, and nothing is written around them
/// in another.
#[must_use]
pub fn criteria(story: &Story) -> CriteriaReply {
    criteria::draft(story)
}

/// Drafts scenarios from accepted criteria, and says of each how it stands to the tests that exist: the words alone decide it.
#[must_use]
pub fn scenarios(story: &Story, criteria: &CriteriaSet) -> ScenariosReply {
    let mut reply = cases::draft(story, criteria);
    relate(story, &mut reply.scenarios);
    reply
}
