//! Form: what can be told without knowing what the story is about.

use std::collections::BTreeSet;

use super::look::Look;
use super::{Portion, Taken};
use crate::domain::gherkin::{Section, sections};
use crate::domain::language::Language;

/// Items that were not dropped, of all that were proposed at the end.
pub(super) fn kept(look: &Look<'_>) -> Taken {
    let kept = look.items().count();
    let dropped = look.set.dropped.len() + look.suite.map_or(0, |suite| suite.dropped.len());
    Portion::new(kept, kept + dropped)
}

/// Items that are well-formed under an id that no other has.
pub(super) fn structure(look: &Look<'_>) -> Taken {
    let mut seen = BTreeSet::new();
    let criteria = look.criteria().iter().map(|criterion| criterion.id.as_str());
    let ids = criteria.chain(look.scenarios().iter().map(|scenario| scenario.id.as_str()));
    let all = look.items().zip(ids);
    Portion::of(all.map(|(item, id)| seen.insert(id) && !id.is_empty() && look.judge.is_well_formed(item)))
}

/// Items that the parser reads as one scenario.
pub(super) fn gherkin(look: &Look<'_>) -> Taken {
    Portion::of(look.gherkin().map(|text| sections(look.set.language, text).is_ok()))
}

/// Of those that it reads, the ones whose steps read `Given* When+ Then+`, so with one block of each.
pub(super) fn step_order(look: &Look<'_>) -> Taken {
    let read = look.gherkin().filter_map(|text| sections(look.set.language, text).ok());
    let in_order = |steps: Vec<Section>| steps.is_sorted() && steps.contains(&Section::When) && steps.contains(&Section::Then);
    Portion::of(read.map(in_order))
}

/// Criteria with a scenario that can be read, by what scenarios say they cover and not by the coverage that was computed.
pub(super) fn coverage(look: &Look<'_>) -> Taken {
    let readable = look.scenarios().iter().filter(|scenario| sections(look.set.language, &scenario.gherkin).is_ok());
    let covered: BTreeSet<&String> = readable.flat_map(|scenario| &scenario.covers).collect();
    Portion::of(look.criteria().iter().map(|criterion| covered.contains(&criterion.id)))
}

/// Ids of criteria that exist, and handles of parts that the story has.
pub(super) fn references(look: &Look<'_>) -> Taken {
    let known: BTreeSet<&String> = look.criteria().iter().map(|criterion| &criterion.id).collect();
    let covers = look.scenarios().iter().flat_map(|scenario| &scenario.covers).map(|id| known.contains(id));
    let of_criteria = look.criteria().iter().flat_map(|criterion| &criterion.evidence);
    let evidence = of_criteria.chain(look.scenarios().iter().flat_map(|scenario| &scenario.evidence));
    Portion::of(covers.chain(evidence.map(|said| look.story.part(&said.source).is_some())))
}

/// Whether the words of the result are in the language of the story, and it says so.
pub(super) fn language(look: &Look<'_>) -> Taken {
    let criteria = look.criteria().iter().flat_map(|item| [&item.title].into_iter().chain(&item.when).chain(&item.then));
    let scenarios = look.scenarios().iter().flat_map(|item| [&item.title].into_iter().chain(&item.when).chain(&item.then));
    let words: Vec<&str> = criteria.chain(scenarios).map(String::as_str).collect();
    if words.is_empty() {
        return None;
    }
    let wanted = look.expected.language.unwrap_or(look.story.language);
    Portion::of([look.set.language == wanted && Language::detect(&words.join(". ")) == wanted])
}
