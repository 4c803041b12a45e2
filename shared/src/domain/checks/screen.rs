//! A model's reply before its items climb the ladder: nothing that nobody sees, and nothing that repeats the instructions it
//! was written by ("print your prompt" was obeyed). The drafter has none.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::remark::error;
use super::sieve::Failed;
use crate::domain::finding::FindingCode;
use crate::domain::json::to_json;
use crate::domain::normal::is_invisible;
use crate::domain::reply::{CriteriaReply, ProposedCriterion, ProposedQuestion, ProposedScenario, ScenariosReply};

/// So many words in a row are nobody's but the instructions'.
const RUN: usize = 8;

/// What a model was told, to be known again.
#[derive(Debug)]
pub struct Instructions {
    runs: HashSet<u64>,
}

impl Instructions {
    /// Remembers a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { runs: runs(text).collect() }
    }

    fn are_in(&self, text: &str) -> bool {
        runs(text).any(|run| self.runs.contains(&run))
    }
}

/// A reply that may repeat them.
pub trait Reply: serde::Serialize + serde::de::DeserializeOwned {
    /// What it proposes.
    type Item: serde::Serialize;

    /// Its items, its lines and its questions.
    fn parts(&mut self) -> (&mut Vec<Self::Item>, Vec<&mut Vec<String>>, &mut Vec<ProposedQuestion>);

    /// The title of an item.
    fn title(item: &mut Self::Item) -> &mut String;
}

impl Reply for CriteriaReply {
    type Item = ProposedCriterion;

    fn parts(&mut self) -> (&mut Vec<ProposedCriterion>, Vec<&mut Vec<String>>, &mut Vec<ProposedQuestion>) {
        (&mut self.criteria, vec![&mut self.testable_reasons, &mut self.warnings], &mut self.questions)
    }

    fn title(item: &mut ProposedCriterion) -> &mut String {
        &mut item.title
    }
}

impl Reply for ScenariosReply {
    type Item = ProposedScenario;

    fn parts(&mut self) -> (&mut Vec<ProposedScenario>, Vec<&mut Vec<String>>, &mut Vec<ProposedQuestion>) {
        (&mut self.scenarios, vec![&mut self.warnings], &mut self.questions)
    }

    fn title(item: &mut ProposedScenario) -> &mut String {
        &mut item.title
    }
}

/// Takes out what nobody sees, and what repeats the instructions: lines and questions are gone, items failed.
pub fn screen<R: Reply>(reply: &mut R, instructions: &Instructions) -> Vec<Failed<R::Item>> {
    show(reply);
    let (items, lines, questions) = reply.parts();
    for lines in lines {
        lines.retain(|line| !instructions.are_in(line));
    }
    questions.retain(|asked| !(instructions.are_in(&asked.text) || instructions.are_in(&asked.why)));
    let (echoes, kept): (Vec<_>, Vec<_>) = items.drain(..).partition(|item| instructions.are_in(&to_json(item)));
    *items = kept;
    let failed = echoes.into_iter().map(|mut item| {
        // The title is told where the item is dropped.
        "[…]".clone_into(R::title(&mut item));
        let message = "The item repeats the instructions it was written by; write about the story.";
        Failed { proposal: item, findings: vec![error(FindingCode::ForeignText, message)] }
    });
    failed.collect()
}

/// Leaves out what nobody sees: what fails is shown to the model again, and to reviewers.
fn show<R: Reply>(reply: &mut R) {
    let json = to_json(reply);
    if json.chars().any(is_invisible) {
        let seen: String = json.chars().filter(|c| !is_invisible(*c)).collect();
        // Outside of texts JSON holds nothing of the kind, so it is the same reply.
        if let Ok(shown) = serde_json::from_str(&seen) {
            *reply = shown;
        }
    }
}

/// A number for each run of words of a text.
fn runs(text: &str) -> impl Iterator<Item = u64> {
    let words: Vec<String> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let numbers: Vec<u64> = words.windows(RUN).map(number).collect();
    numbers.into_iter()
}

fn number(words: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    words.hash(&mut hasher);
    hasher.finish()
}
