//! The words of a publication, in each language.

mod dutch;
mod english;
mod french;
mod german;
mod portuguese;
mod spanish;

use super::super::language::Language;
use super::super::scenario::{Priority, RelationKind, Technique};
use super::super::story::PartKind;

/// What is said around the results, in one language.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) criteria: &'static str,
    pub(super) scenarios: &'static str,
    pub(super) coverage: &'static str,
    pub(super) covered_of: &'static str,
    pub(super) questions: &'static str,
    pub(super) why: &'static str,
    pub(super) out_of_scope: &'static str,
    pub(super) evidence: &'static str,
    pub(super) check: &'static str,
    pub(super) uncovered: &'static str,
    pub(super) left_out: &'static str,
    pub(super) extends: &'static str,
    pub(super) duplicate_of: &'static str,
    pub(super) skipped: &'static str,
    pub(super) not_testable: &'static str,
    pub(super) partly_testable: &'static str,
    pub(super) nothing: &'static str,
    pub(super) rule: &'static str,
    pub(super) not_found: &'static str,
    pub(super) derived: &'static str,
    pub(super) proposed: &'static str,
    pub(super) derived_means: &'static str,
    pub(super) proposed_means: &'static str,
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) technique: &'static str,
    pub(super) priority: &'static str,
    pub(super) covers: &'static str,
    pub(super) gherkin: &'static str,
    pub(super) preconditions: &'static str,
    pub(super) action: &'static str,
    pub(super) data: &'static str,
    pub(super) expected: &'static str,
    pub(super) footer: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    pub(super) acceptance_criteria: &'static str,
    pub(super) comment: &'static str,
    pub(super) parent: &'static str,
    pub(super) link: &'static str,
    pub(super) attachment: &'static str,
    /// In the order of [`Technique::ALL`].
    techniques: [&'static str; 7],
    /// In the order of [`Priority::ALL`].
    priorities: [&'static str; 3],
}

impl Words {
    /// The words of a language.
    pub(super) const fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &english::WORDS,
            Language::German => &german::WORDS,
            Language::French => &french::WORDS,
            Language::Spanish => &spanish::WORDS,
            Language::Dutch => &dutch::WORDS,
            Language::Portuguese => &portuguese::WORDS,
        }
    }

    pub(super) fn technique(&self, technique: Technique) -> &'static str {
        Technique::ALL
            .iter()
            .zip(self.techniques)
            .find(|(known, _)| **known == technique)
            .map_or(technique.as_str(), |(_, word)| word)
    }

    pub(super) fn priority(&self, priority: Priority) -> &'static str {
        Priority::ALL
            .iter()
            .zip(self.priorities)
            .find(|(known, _)| **known == priority)
            .map_or(priority.as_str(), |(_, word)| word)
    }

    /// What stands before the key of an existing test; nothing where there is none.
    pub(super) const fn relation(&self, kind: RelationKind) -> Option<&'static str> {
        match kind {
            RelationKind::New => None,
            RelationKind::Extends => Some(self.extends),
            RelationKind::Duplicate => Some(self.duplicate_of),
        }
    }

    /// What a part of a story is called.
    pub(super) const fn part(&self, kind: PartKind) -> &'static str {
        match kind {
            PartKind::Summary => self.summary,
            PartKind::Description => self.description,
            PartKind::AcceptanceCriteria => self.acceptance_criteria,
            PartKind::Comment => self.comment,
            PartKind::Parent => self.parent,
            PartKind::Link => self.link,
            PartKind::Attachment => self.attachment,
        }
    }
}
