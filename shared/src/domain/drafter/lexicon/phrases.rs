//! What the drafter writes, and how its blanks are filled.

/// A question and why it matters.
pub(in crate::domain::drafter) type Ask = (&'static str, &'static str);

/// The phrases of one language. `{0}` and `{1}` are filled with words of the story.
#[derive(Clone, Copy)]
pub(in crate::domain::drafter) struct Phrases {
    /// Phrases about limits, spans and cases.
    pub(in crate::domain::drafter) frames: &'static super::frames::Frames,
    /// A role as a precondition.
    pub(in crate::domain::drafter) role: &'static str,
    /// A wish that is an infinitive, as an action.
    pub(in crate::domain::drafter) act: &'static str,
    /// A wish as an outcome.
    pub(in crate::domain::drafter) can: &'static str,
    /// A wish that is a thing, as an outcome.
    pub(in crate::domain::drafter) has: &'static str,
    /// How a wish in the passive opens, and the outcome it becomes; empty where grammar forbids it.
    pub(in crate::domain::drafter) passive: (&'static str, &'static str),
    /// A named role as a precondition.
    pub(in crate::domain::drafter) role_is: &'static str,
    /// None of the roles as a precondition.
    pub(in crate::domain::drafter) role_is_not: &'static str,
    /// The feature as a precondition, when the story names no role.
    pub(in crate::domain::drafter) feature: &'static str,
    /// Its use as an action.
    pub(in crate::domain::drafter) use_it: &'static str,
    /// The function as an action, when only the wish is known.
    pub(in crate::domain::drafter) use_function: &'static str,
    /// What somebody does to see whether a rule holds that names no event.
    pub(in crate::domain::drafter) check_rule: &'static str,
    /// An event as an action.
    pub(in crate::domain::drafter) event: &'static str,
    /// A statement without a verb of its own, as an outcome.
    pub(in crate::domain::drafter) holds: &'static str,
    /// A condition that does not hold.
    pub(in crate::domain::drafter) unmet: &'static str,
    /// An outcome that does not come.
    pub(in crate::domain::drafter) absent: &'static str,
    /// A value as an action.
    pub(in crate::domain::drafter) value: &'static str,
    /// Time that has passed, as an action.
    pub(in crate::domain::drafter) elapsed: &'static str,
    /// A moment, as an action.
    pub(in crate::domain::drafter) ahead: &'static str,
    /// An attempt, as an action.
    pub(in crate::domain::drafter) attempt: &'static str,
    /// An attempt that goes beyond what "only" allows.
    pub(in crate::domain::drafter) attempt_beyond: &'static str,
    /// What lies beyond "only", as something to be refused.
    pub(in crate::domain::drafter) more_than: &'static str,
    /// A cell of a table, as a step.
    pub(in crate::domain::drafter) cell: &'static str,
    /// A refusal, as an outcome.
    pub(in crate::domain::drafter) refused: &'static str,
    /// Name of a column of values.
    pub(in crate::domain::drafter) column: &'static str,
    /// Name of a column of roles.
    pub(in crate::domain::drafter) role_column: &'static str,
    /// Title of a contrary.
    pub(in crate::domain::drafter) title_contrary: &'static str,
    /// Title of a refusal.
    pub(in crate::domain::drafter) title_refused: &'static str,
    /// Title of an outline.
    pub(in crate::domain::drafter) title_each: &'static str,
    /// No criterion is stated.
    pub(in crate::domain::drafter) ask_criteria: Ask,
    /// A word nobody can measure.
    pub(in crate::domain::drafter) ask_vague: Ask,
    /// An undecided statement.
    pub(in crate::domain::drafter) ask_unsure: Ask,
    /// An outcome nobody can observe.
    pub(in crate::domain::drafter) ask_result: Ask,
    /// A task among criteria.
    pub(in crate::domain::drafter) ask_task: Ask,
    /// A number without a unit.
    pub(in crate::domain::drafter) ask_unit: Ask,
    /// Units that differ.
    pub(in crate::domain::drafter) ask_units: Ask,
    /// What happens outside a limit.
    pub(in crate::domain::drafter) ask_outside: Ask,
    /// The text of a message.
    pub(in crate::domain::drafter) ask_message: Ask,
    /// A question without an answer.
    pub(in crate::domain::drafter) ask_answer: Ask,
    /// A period without rules for its ends.
    pub(in crate::domain::drafter) ask_period: Ask,
    /// A section that is not about acceptance, with rules in it.
    pub(in crate::domain::drafter) ask_aside: Ask,
    /// An assumption.
    pub(in crate::domain::drafter) ask_assumption: Ask,
    /// A permission without a name for those who have it.
    pub(in crate::domain::drafter) ask_who: Ask,
    /// A role that the story does not name.
    pub(in crate::domain::drafter) ask_role: Ask,
    /// Nothing to test yet.
    pub(in crate::domain::drafter) ask_spike: Ask,
    /// Why a spike cannot be tested.
    pub(in crate::domain::drafter) reason_spike: &'static str,
    /// Why an empty story cannot be tested.
    pub(in crate::domain::drafter) reason_empty: &'static str,
    /// Why an empty template cannot be tested.
    pub(in crate::domain::drafter) reason_template: &'static str,
    /// Why a wish alone can be tested in part.
    pub(in crate::domain::drafter) reason_thin: &'static str,
    /// Why a story with undecided statements can be tested in part.
    pub(in crate::domain::drafter) reason_open: &'static str,
    /// Why a story without a statement of behaviour can be tested in part.
    pub(in crate::domain::drafter) reason_unclear: &'static str,
    /// More statements than a result holds: how many were left out.
    pub(in crate::domain::drafter) warn_much: &'static str,
}

/// Fills the blanks of a phrase.
pub(in crate::domain::drafter) fn fill(phrase: &str, words: &[&str]) -> String {
    let mut text = String::with_capacity(phrase.len() + words.iter().map(|word| word.len()).sum::<usize>());
    let mut rest = phrase;
    // Left to right in one pass: braces within the story's own words stay what they are.
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((blank, tail)) = after.split_once('}') else {
            text.push('{');
            rest = after;
            continue;
        };
        text.push_str(blank.parse::<usize>().ok().and_then(|n| words.get(n)).unwrap_or(&""));
        rest = tail;
    }
    text.push_str(rest);
    elided(&text)
}

/// French elision where our own `que`, `de` met the story's vowel: we write them with the mark `~`.
fn elided(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '~' {
            out.push(letter);
            continue;
        }
        let vowel = letters.peek().is_some_and(|next| "aeiouyhàâéèêîôû".contains(next.to_lowercase().next().unwrap_or('x')));
        if vowel && out.ends_with('e') {
            out.pop();
            out.push('\'');
        } else {
            out.push(' ');
        }
    }
    out
}
