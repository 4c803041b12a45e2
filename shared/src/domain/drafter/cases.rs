//! Drafts the scenarios of accepted criteria: each criterion's own, then the variants that follow from its rule.

use super::lexicon::{self, Lexicon, fill};
use super::likeness::Gist;
use super::permission;
use super::plain::{Plain, is_whole};
use super::variants;
use super::wording::Titles;
use crate::domain::criterion::{CriteriaSet, Criterion, CriterionKind, Testable};
use crate::domain::evidence::Evidence;
use crate::domain::language::fold;
use crate::domain::reply::{ProposedScenario, ScenariosReply};
use crate::domain::scenario::{Priority, Relation, Step, Technique};
use crate::domain::story::Story;

/// More scenarios than this nobody reads for one story.
const MOST: usize = 150;

pub(super) fn draft(story: &Story, set: &CriteriaSet) -> ScenariosReply {
    // The questions stand beside the criteria already.
    let mut reply = ScenariosReply { scenarios: Vec::new(), questions: Vec::new(), warnings: Vec::new() };
    if set.testable == Testable::No {
        return reply;
    }
    let words = lexicon::of(set.language);
    let foreign = set.language != story.language;
    let mut titles = Titles::default();
    let mut known: Vec<String> = Vec::new();
    let mut left_out = 0_usize;
    let actions: Vec<(&str, Plain<'_>, Gist)> = set
        .criteria
        .iter()
        .filter_map(|criterion| criterion.when.first().map(|when| (criterion.id.as_str(), Plain::new(when), Gist::of(when))))
        .collect();
    for criterion in &set.criteria {
        // An outline over the values a criterion lists says all that the criterion says.
        let mut own = own(criterion, words);
        if let Some(outline) = variants::each(criterion, words) {
            own = ProposedScenario { priority: own.priority, ..outline };
        }
        let rule = variants::rule(criterion, foreign, words);
        let variants = variants::of(criterion, &rule, words);
        // The values on both sides of a limit say all that a criterion says that is nothing but that limit.
        let own = (!variants::replaced(criterion, &rule, &own, &variants, words)).then_some(own);
        for mut scenario in own.into_iter().chain(variants) {
            if scenario.when.is_empty() || scenario.then.is_empty() || is_told(&scenario, criterion, &actions) {
                continue;
            }
            let said = said(&scenario);
            let same = |(other, words): (&ProposedScenario, &String)| *words == said && other.examples == scenario.examples;
            if reply.scenarios.iter().zip(&known).any(same) {
                continue;
            }
            if reply.scenarios.len() >= MOST {
                left_out += 1;
                continue;
            }
            known.push(said);
            scenario.title = titles.unique(&scenario.title);
            scenario.steps = steps(&scenario);
            reply.scenarios.push(scenario);
        }
    }
    if left_out > 0 {
        reply.warnings.push(fill(words.phrases.warn_much, &[&left_out.to_string()]));
    }
    reply
}

/// Whether another criterion says what becomes of the value that a scenario tries outside its limit ("setting the quantity to 0").
fn is_told(scenario: &ProposedScenario, criterion: &Criterion, actions: &[(&str, Plain<'_>, Gist)]) -> bool {
    let value = scenario.steps.first().map(|step| fold(&step.data)).unwrap_or_default();
    let Some(when) = scenario.when.first().filter(|_| !value.is_empty() && scenario.then != criterion.then) else { return false };
    let tried = Gist::of(when);
    actions.iter().filter(|(id, ..)| *id != criterion.id).any(|(_, action, gist)| {
        let text = action.folded.as_str();
        let beside = |at: usize| text.get(..at).zip(text.get(at + value.len()..));
        let named = || text.match_indices(&value).filter_map(|(at, _)| beside(at)).any(|(before, after)| is_whole(before, after));
        tried.shares(gist) && named()
    })
}

/// The criterion itself as a scenario.
fn own(criterion: &Criterion, words: &Lexicon) -> ProposedScenario {
    ProposedScenario {
        title: criterion.title.clone(),
        technique: technique(criterion, words),
        priority: priority(criterion.kind),
        preconditions: criterion.given.clone(),
        steps: Vec::new(),
        given: criterion.given.clone(),
        when: criterion.when.clone(),
        then: criterion.then.clone(),
        examples: criterion.examples.clone(),
        covers: vec![criterion.id.clone()],
        origin: criterion.origin,
        evidence: evidence(criterion),
        relation: Relation::default(),
    }
}

/// The verified words of a criterion.
pub(super) fn evidence(criterion: &Criterion) -> Vec<Evidence> {
    criterion
        .evidence
        .iter()
        .filter(|words| words.verified)
        .map(|words| Evidence { source: words.source.clone(), quote: words.quote.clone() })
        .collect()
}

fn technique(criterion: &Criterion, words: &Lexicon) -> Technique {
    let denies = |then: &String| {
        let plain = Plain::new(then);
        [words.deeds.denial, words.edges.refusal].iter().any(|list| permission::denies(&plain, list, words))
    };
    match criterion.kind {
        CriterionKind::Behaviour | CriterionKind::Rule if criterion.then.iter().any(denies) => Technique::Negative,
        CriterionKind::Negative => Technique::Negative,
        CriterionKind::Permission => Technique::Permission,
        CriterionKind::State => Technique::State,
        CriterionKind::Data => Technique::Data,
        CriterionKind::Nonfunctional => Technique::Nonfunctional,
        CriterionKind::Behaviour | CriterionKind::Rule | CriterionKind::Limit => Technique::Happy,
    }
}

const fn priority(kind: CriterionKind) -> Priority {
    match kind {
        CriterionKind::Behaviour | CriterionKind::Rule | CriterionKind::Permission | CriterionKind::Negative => Priority::High,
        CriterionKind::Limit | CriterionKind::State | CriterionKind::Data => Priority::Medium,
        CriterionKind::Nonfunctional => Priority::Low,
    }
}

/// One step for each action; what must be seen stands at the last.
fn steps(scenario: &ProposedScenario) -> Vec<Step> {
    let last = scenario.when.len().saturating_sub(1);
    let value = scenario.steps.first().map(|step| step.data.clone()).filter(|value| !value.is_empty());
    let columns = scenario.examples.header.iter().enumerate().map(|(column, name)| {
        let cells: Vec<&str> = scenario.examples.rows.iter().filter_map(|row| row.get(column)).map(String::as_str).collect();
        format!("{name}: {}", cells.join(" | "))
    });
    let data: Vec<String> = value.into_iter().chain(columns).collect();
    scenario
        .when
        .iter()
        .enumerate()
        .map(|(index, action)| Step {
            action: action.clone(),
            data: if index == 0 { data.join("; ") } else { String::new() },
            expected: if index == last { scenario.then.join("; ") } else { String::new() },
        })
        .collect()
}

/// The steps of a scenario as they are compared.
fn said(scenario: &ProposedScenario) -> String {
    let steps: Vec<&str> = scenario.given.iter().chain(&scenario.when).chain(&scenario.then).map(String::as_str).collect();
    fold(&steps.join("\n"))
}
