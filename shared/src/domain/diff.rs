//! What differs between two results of a story: which items came, went and changed, and how, line by line.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use similar::{Algorithm, ChangeTag};

use super::criterion::{CriteriaSet, Criterion, Question};
use super::evidence::CheckedEvidence;
use super::scenario::{Scenario, Suite};

super::words::words! {
    /// What became of something from one result to the next.
    Change {
        /// It was not there before.
        Added = "added",
        /// It is not there any more.
        Removed = "removed",
        /// It says something else.
        Changed = "changed",
    }
}

super::words::words! {
    /// What became of a line.
    LineChange {
        /// Both have it.
        Kept = "kept",
        /// Only the later result has it.
        Added = "added",
        /// Only the earlier result has it.
        Removed = "removed",
    }
}

/// What code derives from the rest of an item: it tells no change of its own.
const DERIVED: [&str; 3] = ["id", "gherkin", "findings"];

/// Two results, the earlier one first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ResultDiff {
    /// Parts of the story that are not what they were: `description`, `comment:10234`.
    pub story: Vec<PartDiff>,
    /// The criteria.
    pub criteria: ItemsDiff,
    /// The scenarios.
    pub scenarios: ItemsDiff,
    /// What is asked now and was not before, and the other way round.
    pub questions: Vec<QuestionDiff>,
}

/// A part of the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PartDiff {
    /// Its handle.
    pub part: String,
    /// What became of it.
    pub change: Change,
}

/// Criteria, or scenarios. They are the same ones by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ItemsDiff {
    /// Those that differ, in the order of the later result; what was removed stands last.
    pub items: Vec<ItemDiff>,
    /// Ids of those that say the same.
    pub unchanged: Vec<String>,
}

/// An item that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ItemDiff {
    /// `AC-2`, `TS-1`.
    pub id: String,
    /// Its title; the later one.
    pub title: String,
    /// What became of it.
    pub change: Change,
    /// The fields that differ, such as `then` or `priority`; of an item that `changed`.
    pub fields: Vec<String>,
    /// It as text, line by line.
    pub lines: Vec<DiffLine>,
}

/// A line of an item that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DiffLine {
    /// What became of it.
    pub change: LineChange,
    /// Without its end.
    pub text: String,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct QuestionDiff {
    /// Whether it is asked now, or was before.
    pub change: Change,
    /// The question.
    pub text: String,
}

/// A result, as far as it is compared.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Hashes of the parts of the story it was written for.
    pub parts: &'a BTreeMap<String, String>,
    /// Its criteria.
    pub criteria: Option<&'a CriteriaSet>,
    /// Its scenarios.
    pub suite: Option<&'a Suite>,
}

/// Compares two results of a story.
#[must_use]
pub fn between(before: Side<'_>, after: Side<'_>) -> ResultDiff {
    ResultDiff {
        story: parts(before.parts, after.parts),
        criteria: items(criteria(before.criteria), criteria(after.criteria)),
        scenarios: items(scenarios(before.suite), scenarios(after.suite)),
        questions: questions(before, after),
    }
}

impl ResultDiff {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.story.is_empty() && self.criteria.items.is_empty() && self.scenarios.items.is_empty() && self.questions.is_empty()
    }
}

/// Parts of a story that are not what they were, by their hashes.
#[must_use]
pub fn parts(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<PartDiff> {
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changes = all.into_iter().filter_map(|part| {
        let change = match (before.get(part), after.get(part)) {
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
            (Some(before), Some(after)) if before != after => Change::Changed,
            _ => return None,
        };
        Some(PartDiff { part: part.clone(), change })
    });
    changes.collect()
}

/// An item: what it is called, its fields, its text.
struct Item {
    id: String,
    title: String,
    fields: BTreeMap<String, Value>,
    text: Vec<String>,
}

fn criteria(set: Option<&CriteriaSet>) -> Vec<Item> {
    let all = set.map_or(&[][..], |set| &set.criteria);
    all.iter().map(|one| Item::of(&one.id, &one.title, one, of_criterion(one))).collect()
}

fn scenarios(suite: Option<&Suite>) -> Vec<Item> {
    let all = suite.map_or(&[][..], |suite| &suite.scenarios);
    all.iter().map(|one| Item::of(&one.id, &one.title, one, of_scenario(one))).collect()
}

impl Item {
    fn of(id: &str, title: &str, item: &impl Serialize, text: Vec<String>) -> Self {
        let fields = match serde_json::to_value(item) {
            Ok(Value::Object(fields)) => fields.into_iter().filter(|(name, _)| !DERIVED.contains(&name.as_str())).collect(),
            _ => BTreeMap::new(),
        };
        Self { id: id.to_owned(), title: title.to_owned(), fields, text }
    }

    fn whole(self, change: Change, of_lines: LineChange) -> ItemDiff {
        let lines = self.text.into_iter().map(|text| DiffLine { change: of_lines, text }).collect();
        ItemDiff { id: self.id, title: self.title, change, fields: Vec::new(), lines }
    }
}

fn of_criterion(criterion: &Criterion) -> Vec<String> {
    let gherkin = criterion.gherkin.lines().map(str::to_owned);
    gherkin.chain(quoted(&criterion.evidence)).collect()
}

fn of_scenario(scenario: &Scenario) -> Vec<String> {
    let gherkin = scenario.gherkin.lines().map(str::to_owned);
    let needed = scenario.preconditions.iter().map(|one| format!("! {one}"));
    let steps = scenario.steps.iter().zip(1..).map(|(step, n)| {
        let parts = [&step.action, &step.data, &step.expected].map(String::as_str);
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("{n}. {}", parts.join(" | "))
    });
    gherkin.chain(needed).chain(steps).chain(quoted(&scenario.evidence)).collect()
}

fn quoted(evidence: &[CheckedEvidence]) -> impl Iterator<Item = String> {
    evidence.iter().map(|one| format!("> {} ({})", one.quote.replace('\n', " "), one.source))
}

fn items(before: Vec<Item>, after: Vec<Item>) -> ItemsDiff {
    let mut before: BTreeMap<usize, Item> = before.into_iter().enumerate().collect();
    let mut diff = ItemsDiff::default();
    for now in after {
        let was = before.iter().find(|(_, was)| was.id == now.id).map(|(place, _)| *place);
        match was.and_then(|place| before.remove(&place)) {
            None => diff.items.push(now.whole(Change::Added, LineChange::Added)),
            Some(was) if was.fields == now.fields => diff.unchanged.push(now.id),
            Some(was) => diff.items.push(changed(&was, now)),
        }
    }
    diff.items.extend(before.into_values().map(|was| was.whole(Change::Removed, LineChange::Removed)));
    diff
}

fn changed(was: &Item, now: Item) -> ItemDiff {
    let names: BTreeSet<&String> = was.fields.keys().chain(now.fields.keys()).collect();
    let fields = names.into_iter().filter(|name| was.fields.get(*name) != now.fields.get(*name)).cloned().collect();
    let lines = lines(&was.text, &now.text);
    ItemDiff { id: now.id, title: now.title, change: Change::Changed, fields, lines }
}

fn lines(before: &[String], after: &[String]) -> Vec<DiffLine> {
    let ops = similar::capture_diff_slices(Algorithm::Patience, before, after);
    let changes = ops.iter().flat_map(|op| op.iter_changes(before, after));
    let line = |change: similar::Change<String>| DiffLine {
        change: match change.tag() {
            ChangeTag::Equal => LineChange::Kept,
            ChangeTag::Insert => LineChange::Added,
            ChangeTag::Delete => LineChange::Removed,
        },
        text: change.value(),
    };
    changes.map(line).collect()
}

fn questions(before: Side<'_>, after: Side<'_>) -> Vec<QuestionDiff> {
    fn asked(side: Side<'_>) -> Vec<&Question> {
        let of_criteria = side.criteria.map_or(&[][..], |set| &set.questions);
        let of_suite = side.suite.map_or(&[][..], |suite| &suite.questions);
        of_criteria.iter().chain(of_suite).collect()
    }
    fn only_in(these: &[&Question], not_in: &[&Question], change: Change) -> Vec<QuestionDiff> {
        let only = these.iter().filter(|one| !not_in.iter().any(|other| other.text == one.text));
        only.map(|one| QuestionDiff { change, text: one.text.clone() }).collect()
    }
    let (was, is) = (asked(before), asked(after));
    [only_in(&is, &was, Change::Added), only_in(&was, &is, Change::Removed)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &[DiffLine]) -> Vec<String> {
        lines.iter().map(|line| format!("{} {}", line.change, line.text)).collect()
    }

    fn item(id: &str, then: &str) -> Item {
        let text = vec!["When it is sent".to_owned(), format!("Then {then}")];
        Item::of(id, "Sending", &serde_json::json!({ "id": id, "then": [then], "findings": [then] }), text)
    }

    #[test]
    fn items_are_told_apart_by_their_ids_and_not_by_their_places() {
        let before = vec![item("AC-1", "it is there"), item("AC-2", "it is shown"), item("AC-3", "it is gone")];
        let after = vec![item("AC-4", "it is new"), item("AC-2", "it is hidden"), item("AC-1", "it is there")];
        let diff = items(before, after);
        assert_eq!(diff.unchanged, ["AC-1"]);
        let told: Vec<_> = diff.items.iter().map(|item| (item.id.as_str(), item.change)).collect();
        assert_eq!(told, [("AC-4", Change::Added), ("AC-2", Change::Changed), ("AC-3", Change::Removed)]);
        assert_eq!(diff.items[1].fields, ["then"], "findings tell no change of their own");
        assert_eq!(texts(&diff.items[1].lines), ["kept When it is sent", "removed Then it is shown", "added Then it is hidden"]);
        assert_eq!(texts(&diff.items[2].lines), ["removed When it is sent", "removed Then it is gone"]);
    }

    #[test]
    fn a_result_does_not_differ_from_itself() {
        let parts = BTreeMap::from([("summary".to_owned(), "a".to_owned())]);
        let side = Side { parts: &parts, criteria: None, suite: None };
        assert!(between(side, side).is_empty());
    }

    #[test]
    fn parts_of_a_story_come_go_and_change() {
        let of = |parts: &[(&str, &str)]| parts.iter().map(|(part, hash)| ((*part).to_owned(), (*hash).to_owned())).collect();
        let before = of(&[("summary", "a"), ("description", "b"), ("comment:1", "c")]);
        let after = of(&[("summary", "a"), ("description", "x"), ("comment:2", "d")]);
        let told: Vec<_> = parts(&before, &after).into_iter().map(|diff| (diff.part, diff.change)).collect();
        assert_eq!(
            told,
            [
                ("comment:1".to_owned(), Change::Removed),
                ("comment:2".to_owned(), Change::Added),
                ("description".to_owned(), Change::Changed)
            ]
        );
    }
}
