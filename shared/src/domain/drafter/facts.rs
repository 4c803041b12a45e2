//! What measures ask about a story and about a step: the reading of the drafter, without anything being written.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::lexicon::headings::Section;
use super::lexicon::{self, Lexicon, List};
use super::likeness::evidence;
use super::material::{self, Material};
use super::number::{Limit, Side};
use super::outline::Statement;
use super::plain::{Plain, without_markup, words as split_words};
use super::sentence::Sentence;
use crate::domain::evidence::Evidence;
use crate::domain::language::{Language, fold, stop_words};
use crate::domain::normal::quoted_strings;
use crate::domain::story::Story;

/// What a story states.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Limits that have two sides, each once.
    pub(crate) limits: Vec<StatedLimit>,
    /// Sentences and cells that say something about the product, without markup.
    pub(crate) texts: Vec<String>,
    /// Whether anything is required, forbidden or limited.
    pub(crate) states_rule: bool,
    /// What a section of the story puts out of scope.
    pub(crate) excluded: Vec<Evidence>,
}

/// A limit, by its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StatedLimit {
    bound: Bound,
    /// In millionths.
    value: i128,
    /// As written, with its unit.
    pub(crate) written: String,
}

/// On which side of a limit a value is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    AtMost,
    AtLeast,
    Below,
    Above,
    Exactly,
}

impl StatedLimit {
    /// The limit that a reading found; `None` where it has one side alone: a deadline is measured, what lasts need not end.
    fn of(limit: &Limit) -> Option<Self> {
        let bound = match limit.side {
            Side::AtMost | Side::Ahead => Bound::AtMost,
            Side::AtLeast | Side::AheadAtLeast => Bound::AtLeast,
            Side::Below => Bound::Below,
            Side::Above => Bound::Above,
            Side::Exactly => Bound::Exactly,
            Side::Lasting | Side::Deadline => return None,
        };
        let has_outside = limit.has_below() || !matches!(bound, Bound::AtLeast | Bound::Below);
        let value = i128::from(limit.value) * 10_i128.pow(6_u32.checked_sub(limit.decimals)?);
        has_outside.then(|| Self { bound, value, written: limit.written.trim().to_owned() })
    }

    /// Whether this is the number of the limit.
    pub(crate) fn is_at(&self, value: i128) -> bool {
        self.value == value
    }

    /// Whether a value, in millionths, is right.
    pub(crate) fn allows(&self, value: i128) -> bool {
        match self.bound {
            Bound::AtMost => value <= self.value,
            Bound::AtLeast => value >= self.value,
            Bound::Below => value < self.value,
            Bound::Above => value > self.value,
            Bound::Exactly => value == self.value,
        }
    }
}

/// Reads what a story states.
pub(crate) fn facts(story: &Story) -> Facts {
    let words = lexicon::of(story.language);
    let material = material::sort(story, words);
    let texts = said(&material);
    let sentences: Vec<Sentence<'_>> = texts.iter().map(|text| Sentence::new(text, words)).collect();
    let mut limits: Vec<StatedLimit> = Vec::new();
    for limit in sentences.iter().flat_map(Sentence::limits).filter_map(StatedLimit::of) {
        if !limits.iter().any(|known| (known.bound, known.value) == (limit.bound, limit.value)) {
            limits.push(limit);
        }
    }
    let states_rule = sentences.iter().any(|sentence| is_rule(sentence, words));
    let excluded = material.statements.iter().filter(|said| said.section == Section::OutOfScope).map(evidence).collect();
    Facts { limits, states_rule, excluded, texts }
}

/// What is said about the product: neither what is out of scope, nor how it will be built, nor what is cited from elsewhere.
fn said(material: &Material<'_>) -> Vec<String> {
    let counts = |said: &&Statement<'_>| !said.cited && is_product(said.section);
    let answers = material.answers.iter().flat_map(|answer| &answer.answer);
    let statements = material.statements.iter().chain(answers).filter(counts).map(|said| said.text.clone());
    let narratives = material.narratives.iter().map(|narrative| without_markup(&narrative.wish).into_owned());
    let tables = material.tables.iter().filter(|table| is_product(table.section));
    let cells = tables.flat_map(|table| table.rows.iter().skip(1).flatten()).cloned();
    statements.chain(narratives).chain(cells).collect()
}

fn is_product(section: Section) -> bool {
    !matches!(section, Section::OutOfScope | Section::Aside)
}

fn is_rule(sentence: &Sentence<'_>, words: &Lexicon) -> bool {
    let stating = [words.strong, words.may_not, words.prohibition, words.only];
    stating.iter().any(|list| sentence.has(list)) || !sentence.limits().is_empty()
}

/// Whether a step holds several actions or several assertions: sentences, or clauses that each have a verb of their own, joined
/// by "and".
pub(crate) fn is_compound(step: &str, language: Language) -> bool {
    let words = lexicon::of(language);
    let mut bare = step.to_owned();
    for quoted in quoted_strings(step) {
        bare = bare.replace(&quoted, "#");
    }
    let pieces = bare.split(';').flat_map(sentences).filter(|piece| piece.split_whitespace().nth(2).is_some());
    let said = |piece| joined(piece, words).into_iter().filter(|piece| is_clause(piece, words)).count().max(1);
    pieces.map(said).sum::<usize>() > 1
}

/// A text at its full stops; one before a small letter is that of an abbreviation.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let ends = |(at, _): &(usize, &str)| text.get(at + 2..).is_some_and(|next| next.starts_with(char::is_uppercase));
        let cut = text.match_indices(". ").find(ends).map(|(at, _)| at);
        rest = cut.and_then(|at| text.get(at + 2..));
        text.get(..cut.unwrap_or(text.len()))
    })
}

/// The pieces of a text between words that join.
fn joined<'a>(text: &'a str, words: &Lexicon) -> Vec<&'a str> {
    let plain = Plain::new(text);
    let (mut pieces, mut start, mut from) = (Vec::new(), 0, 0);
    while let Some(hit) = plain.find_from(words.and, from) {
        // A letter that folds to several holds a hit without an end of its own.
        from = hit.end.max(from + 1);
        let or = text.get(hit.clone()).is_some_and(|word| words.deeds.or.holds(&fold(word)));
        // "Erfassung und -auswertung" are two nouns.
        let shares_word = text.get(hit.end..).is_some_and(|rest| rest.starts_with(" -"));
        if !or && !shares_word {
            pieces.extend(text.get(start..hit.start));
            start = hit.end;
        }
    }
    pieces.extend(text.get(start..));
    pieces
}

/// Whether somebody does something in it, or something is said of a thing.
fn is_clause(piece: &str, words: &Lexicon) -> bool {
    let plain = Plain::new(piece.trim());
    let verbs = [words.edges.predicate, words.edges.stating, words.edges.doing, words.modal];
    plain.words().nth(1).is_some() && (verbs.iter().any(|list| plain.has(list)) || plain.after(words.acts).is_some())
}

/// Whether a folded word only frames what is said in a criterion or a scenario, in whatever story.
pub(crate) fn is_frame(word: &str, language: Language) -> bool {
    FRAMES.get(&language).is_some_and(|frames| frames.contains(word))
}

static FRAMES: LazyLock<HashMap<Language, HashSet<&'static str>>> =
    LazyLock::new(|| Language::ALL.iter().map(|language| (*language, frames(*language))).collect());

fn frames(language: Language) -> HashSet<&'static str> {
    let words = lexicon::of(language);
    let edges = words.edges;
    let lists: [&List; 15] = [
        words.small,
        words.modal,
        words.may,
        words.may_not,
        words.acts,
        words.imperative,
        words.click,
        words.stored,
        words.message,
        edges.refusal,
        edges.acceptance,
        edges.stating,
        edges.predicate,
        edges.doing,
        edges.lasting_after,
    ];
    let phrases = lists.into_iter().flat_map(|list| list.iter().copied());
    phrases.flat_map(split_words).chain(stop_words(language).iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::story::{Part, PartKind};

    fn story(text: &str) -> Story {
        let parts = vec![Part::new("description", PartKind::Description, text)];
        Story {
            key: "SHOP-1".into(),
            id: "1".into(),
            url: String::new(),
            summary: String::new(),
            issue_type: "Story".into(),
            status: String::new(),
            labels: vec![],
            language: Language::English,
            hash: Story::hash_of(&parts),
            parts,
            updated: String::new(),
            lossy: vec![],
            tests: Default::default(),
        }
    }

    #[test]
    fn a_limit_is_read_once_with_its_side_and_a_deadline_is_none() {
        let facts = facts(&story(
            "## Rules\n\n* A cart holds at most 50 items.\n* At most 50 items fit.\n* The page answers within 3 seconds.\n\
             * A code has exactly 6 digits.\n\n## Out of scope\n\n* Carts with more than 90 items",
        ));
        let written: Vec<&str> = facts.limits.iter().map(|limit| limit.written.as_str()).collect();
        assert_eq!(written, ["50 items", "6 digits"]);
        let most = &facts.limits[0];
        assert!(most.is_at(50_000_000) && most.allows(50_000_000) && !most.allows(50_000_001));
        assert!(facts.states_rule);
        assert_eq!(facts.excluded.len(), 1, "{:?}", facts.excluded);
        assert!(!facts.texts.iter().any(|text| text.contains("90")), "{:?}", facts.texts);
    }

    #[test]
    fn a_story_without_must_and_limit_states_no_rule() {
        assert!(!facts(&story("The list shows the name of each customer.")).states_rule);
    }

    #[test]
    fn two_clauses_with_verbs_of_their_own_are_compound_and_two_nouns_are_not() {
        for (step, compound) in [
            ("the account is locked and a mail is sent", true),
            ("the account is locked; the user sees a message", true),
            ("name and password are shown", false),
            ("the message \"The cart is full and the item was not added\" is shown", false),
            ("the status is open or the order is new", false),
            ("the order is paid, e.g. by card, once it is sent", false),
            ("The order is paid. The mail is sent", true),
        ] {
            assert_eq!(is_compound(step, Language::English), compound, "{step}");
        }
        assert!(is_compound("das Konto ist gesperrt und die Meldung wird angezeigt", Language::German));
        assert!(!is_compound("es ist offen, ob Erfassung und -auswertung erlaubt sind", Language::German));
    }

    #[test]
    fn words_of_every_story_frame_and_words_of_one_do_not() {
        assert!(is_frame("refused", Language::English) && is_frame("when", Language::English));
        assert!(!is_frame("voucher", Language::English));
    }
}
