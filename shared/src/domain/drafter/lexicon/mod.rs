//! What the drafter knows of each language: words to read with and phrases to write with, one table a language.

mod de;
pub(super) mod deeds;
pub(super) mod edges;
mod en;
mod es;
mod fr;
pub(super) mod frames;
pub(super) mod headings;
pub(super) mod list;
mod nl;
mod phrases;
mod pt;

pub(super) use list::{List, list};
pub(super) use phrases::{Ask, Phrases, fill};

use crate::domain::language::Language;

/// Words of one language, lower case and without accents, as [`fold`](crate::domain::language::fold) leaves them.
#[derive(Clone, Copy)]
pub(super) struct Lexicon {
    /// What opens the role in "As a user, I want …".
    pub(super) role: &'static List,
    /// What opens the wish.
    pub(super) want: &'static List,
    /// What a wish may open with and means nothing more ("the ability to").
    pub(super) ability: &'static List,
    /// What a wish may end with and means nothing more ("können").
    pub(super) ability_end: &'static List,
    /// What opens the benefit.
    pub(super) so_that: &'static List,
    /// Endings of an infinitive; empty where a wish always opens with one.
    pub(super) infinitive: &'static List,
    /// Gherkin's `Scenario`, `Given`, `When`, `Then`, `And`, `But` in all their spellings.
    pub(super) gherkin: [&'static List; 6],
    /// Words that open a condition at the start of a sentence.
    pub(super) opening: &'static List,
    /// Words that open a condition within a sentence.
    pub(super) middle: &'static List,
    /// Words at the start that put an event before the outcome ("after").
    pub(super) after: &'static List,
    /// Words between condition and outcome.
    pub(super) then: &'static List,
    /// Conditions without which nothing happens.
    pub(super) only_if: &'static List,
    /// Those of them that turn the condition round ("unless").
    pub(super) unless: &'static List,
    /// Words that open the other side of the rule before ("otherwise").
    pub(super) otherwise: &'static List,
    /// Verbs that open a condition by standing first ("Wird die Lieferung …").
    pub(super) verb_first: &'static List,
    /// Openings that say that a criterion follows ("Ensure that").
    pub(super) ensure: &'static List,
    /// Words between a limit and what waits for it ("at least 15% before …").
    pub(super) until: &'static List,
    /// Verbs after which "if" asks instead of stating a condition.
    pub(super) asks: &'static List,
    /// Words that state a rule.
    pub(super) modal: &'static List,
    /// Those of them that state it beyond doubt.
    pub(super) strong: &'static List,
    /// Upper limits, before the number.
    pub(super) at_most: &'static List,
    /// Lower limits, before the number.
    pub(super) at_least: &'static List,
    /// Upper limits that exclude the number itself.
    pub(super) below: &'static List,
    /// Lower limits that exclude the number itself.
    pub(super) above: &'static List,
    /// Limits of time, before the number.
    pub(super) lasting: &'static List,
    /// Words after a span of time that make it an advance ("two days before").
    pub(super) ahead: &'static List,
    /// What joins the ends of a range: "between" and "and", "from" and "to".
    pub(super) range: &'static [(&'static str, &'static str)],
    /// Words that make a length of a number ("exactly 6 digits", "6 digits").
    pub(super) counted: &'static List,
    /// Units of time.
    pub(super) time: &'static List,
    /// Numbers in letters.
    pub(super) numbers: &'static [(&'static str, i64)],
    /// Words that join the last two of a list.
    pub(super) and: &'static List,
    /// Words between a role and what it may do.
    pub(super) may: &'static List,
    /// Words between a role and what it may not do.
    pub(super) may_not: &'static List,
    /// Words that make a rule a prohibition.
    pub(super) prohibition: &'static List,
    /// Openings of an instruction not to do something.
    pub(super) dont: &'static List,
    /// Words that make a statement a rule.
    pub(super) rule: &'static List,
    /// Words of what is stored, shown or exported.
    pub(super) stored: &'static List,
    /// Words of a period without its ends.
    pub(super) period: &'static List,
    /// Denials that follow the modal verb at a distance, as in German and Dutch.
    pub(super) not_within: &'static List,
    /// Words that limit a permission.
    pub(super) only: &'static List,
    /// Words that make a sentence one about permission.
    pub(super) authority: &'static List,
    /// Verbs a wish may open with.
    pub(super) acts: &'static List,
    /// Other words that open an instruction ("do not show").
    pub(super) imperative: &'static List,
    /// Small words that are written in lower case within a sentence, and are no unit of a number.
    pub(super) small: &'static List,
    /// Words nobody can measure.
    pub(super) vague: &'static List,
    /// Outcomes nobody can observe.
    pub(super) vague_result: &'static List,
    /// Words that leave a statement undecided.
    pub(super) unsure: &'static List,
    /// Openings of a task for the team.
    pub(super) task: &'static List,
    /// Openings of an instruction to the user, which is a step and no outcome.
    pub(super) click: &'static List,
    /// Openings of a statement about today.
    pub(super) today: &'static List,
    /// Titles of work that has no behaviour to test.
    pub(super) spike: &'static List,
    /// The same, anywhere in the title.
    pub(super) spike_anywhere: &'static List,
    /// Answers that say nothing of their own.
    pub(super) dismissive: &'static List,
    /// Words for people who are allowed to, without saying who they are.
    pub(super) unnamed: &'static List,
    /// Words that speak of a message without giving its text.
    pub(super) message: &'static List,
    /// Questions of the form "what happens when …".
    pub(super) what_if: &'static List,
    /// Words around limits, of cases and of references.
    pub(super) edges: &'static edges::Edges,
    /// Words about who does what and what is denied.
    pub(super) deeds: &'static deeds::Deeds,
    /// What we write.
    pub(super) phrases: Phrases,
}

/// The table of a language.
pub(super) const fn of(language: Language) -> &'static Lexicon {
    match language {
        Language::English => &en::LEXICON,
        Language::French => &fr::LEXICON,
        Language::German => &de::LEXICON,
        Language::Spanish => &es::LEXICON,
        Language::Dutch => &nl::LEXICON,
        Language::Portuguese => &pt::LEXICON,
    }
}
