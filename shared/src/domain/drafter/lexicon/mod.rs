//! What the drafter knows of each language: words to read with and phrases to write with, one table a language.

mod de;
pub(super) mod edges;
mod en;
mod es;
mod fr;
pub(super) mod frames;
pub(super) mod headings;
mod nl;
mod phrases;
mod pt;

pub(super) use phrases::{Ask, Phrases, fill};

use crate::domain::language::Language;

/// Words of one language, lower case and without accents, as [`fold`](crate::domain::language::fold) leaves them.
#[derive(Clone, Copy)]
pub(super) struct Lexicon {
    /// What opens the role in "As a user, I want …".
    pub(super) role: &'static [&'static str],
    /// What opens the wish.
    pub(super) want: &'static [&'static str],
    /// What a wish may open with and means nothing more ("the ability to").
    pub(super) ability: &'static [&'static str],
    /// What a wish may end with and means nothing more ("können").
    pub(super) ability_end: &'static [&'static str],
    /// What opens the benefit.
    pub(super) so_that: &'static [&'static str],
    /// Endings of an infinitive; empty where a wish always opens with one.
    pub(super) infinitive: &'static [&'static str],
    /// Gherkin's `Scenario`, `Given`, `When`, `Then`, `And`, `But` in all their spellings.
    pub(super) gherkin: [&'static [&'static str]; 6],
    /// Words that open a condition at the start of a sentence.
    pub(super) opening: &'static [&'static str],
    /// Words that open a condition within a sentence.
    pub(super) middle: &'static [&'static str],
    /// Words at the start that put an event before the outcome ("after").
    pub(super) after: &'static [&'static str],
    /// Words between condition and outcome.
    pub(super) then: &'static [&'static str],
    /// Conditions without which nothing happens.
    pub(super) only_if: &'static [&'static str],
    /// Those of them that turn the condition round ("unless").
    pub(super) unless: &'static [&'static str],
    /// Words that open the other side of the rule before ("otherwise").
    pub(super) otherwise: &'static [&'static str],
    /// Verbs that open a condition by standing first ("Wird die Lieferung …").
    pub(super) verb_first: &'static [&'static str],
    /// Openings that say that a criterion follows ("Ensure that").
    pub(super) ensure: &'static [&'static str],
    /// Words between a limit and what waits for it ("at least 15% before …").
    pub(super) until: &'static [&'static str],
    /// Verbs after which "if" asks instead of stating a condition.
    pub(super) asks: &'static [&'static str],
    /// Words that state a rule.
    pub(super) modal: &'static [&'static str],
    /// Those of them that state it beyond doubt.
    pub(super) strong: &'static [&'static str],
    /// Upper limits, before the number.
    pub(super) at_most: &'static [&'static str],
    /// Lower limits, before the number.
    pub(super) at_least: &'static [&'static str],
    /// Upper limits that exclude the number itself.
    pub(super) below: &'static [&'static str],
    /// Lower limits that exclude the number itself.
    pub(super) above: &'static [&'static str],
    /// Limits of time, before the number.
    pub(super) lasting: &'static [&'static str],
    /// Words after a span of time that make it an advance ("two days before").
    pub(super) ahead: &'static [&'static str],
    /// What joins the ends of a range: "between" and "and", "from" and "to".
    pub(super) range: &'static [(&'static str, &'static str)],
    /// Words that make a length of a number ("exactly 6 digits", "6 digits").
    pub(super) counted: &'static [&'static str],
    /// Units of time.
    pub(super) time: &'static [&'static str],
    /// Numbers in letters.
    pub(super) numbers: &'static [(&'static str, i64)],
    /// Words that join the last two of a list.
    pub(super) and: &'static [&'static str],
    /// Words between a role and what it may do.
    pub(super) may: &'static [&'static str],
    /// Words between a role and what it may not do.
    pub(super) may_not: &'static [&'static str],
    /// Words that make a rule a prohibition.
    pub(super) prohibition: &'static [&'static str],
    /// Openings of an instruction not to do something.
    pub(super) dont: &'static [&'static str],
    /// Words that make a statement a rule.
    pub(super) rule: &'static [&'static str],
    /// Words of what is stored, shown or exported.
    pub(super) stored: &'static [&'static str],
    /// Words of a period without its ends.
    pub(super) period: &'static [&'static str],
    /// Denials that follow the modal verb at a distance, as in German and Dutch.
    pub(super) not_within: &'static [&'static str],
    /// Words that limit a permission.
    pub(super) only: &'static [&'static str],
    /// Words that make a sentence one about permission.
    pub(super) authority: &'static [&'static str],
    /// Verbs a wish may open with.
    pub(super) acts: &'static [&'static str],
    /// Other words that open an instruction ("do not show").
    pub(super) imperative: &'static [&'static str],
    /// Small words that are written in lower case within a sentence, and are no unit of a number.
    pub(super) small: &'static [&'static str],
    /// Words nobody can measure.
    pub(super) vague: &'static [&'static str],
    /// Outcomes nobody can observe.
    pub(super) vague_result: &'static [&'static str],
    /// Words that leave a statement undecided.
    pub(super) unsure: &'static [&'static str],
    /// Openings of a task for the team.
    pub(super) task: &'static [&'static str],
    /// Openings of an instruction to the user, which is a step and no outcome.
    pub(super) click: &'static [&'static str],
    /// Openings of a statement about today.
    pub(super) today: &'static [&'static str],
    /// Titles of work that has no behaviour to test.
    pub(super) spike: &'static [&'static str],
    /// The same, anywhere in the title.
    pub(super) spike_anywhere: &'static [&'static str],
    /// Answers that say nothing of their own.
    pub(super) dismissive: &'static [&'static str],
    /// Words for people who are allowed to, without saying who they are.
    pub(super) unnamed: &'static [&'static str],
    /// Words that speak of a message without giving its text.
    pub(super) message: &'static [&'static str],
    /// Questions of the form "what happens when …".
    pub(super) what_if: &'static [&'static str],
    /// Words around limits, of cases and of references.
    pub(super) edges: &'static edges::Edges,
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

/// The table to read a story in one language and to write in another.
pub(super) const fn reading_and_writing(story: Language, output: Language) -> Lexicon {
    Lexicon { phrases: of(output).phrases, ..*of(story) }
}
