//! Commonness: steps that stand in one story as in another say little about either.

use std::collections::{HashMap, HashSet};

use super::Portion;
use super::look::Look;
use crate::domain::normal::{quoted_strings, text};

/// With fewer stories a fifth of the others is not even one.
const FEWEST: usize = 6;

/// For each story the steps of its scenarios that do not recur in a fifth of the others; nothing where there are too few stories.
pub(super) fn specific_steps(looks: &[Look<'_>]) -> Vec<Option<Portion>> {
    let steps: Vec<Vec<String>> = looks.iter().map(masked_steps).collect();
    let with_steps = steps.iter().filter(|steps| !steps.is_empty()).count();
    if with_steps < FEWEST {
        return vec![None; looks.len()];
    }
    let mut stories: HashMap<&str, usize> = HashMap::new();
    for steps in &steps {
        let distinct: HashSet<&str> = steps.iter().map(String::as_str).collect();
        distinct.into_iter().for_each(|step| *stories.entry(step).or_default() += 1);
    }
    let recurs = |step: &String| {
        let others = stories.get(step.as_str()).map_or(0, |count| count - 1);
        others * 5 >= with_steps - 1
    };
    steps.iter().map(|steps| Portion::of(steps.iter().map(|step| !recurs(step)))).collect()
}

fn masked_steps(look: &Look<'_>) -> Vec<String> {
    let steps = look.scenarios().iter().flat_map(|item| item.given.iter().chain(&item.when).chain(&item.then));
    steps.map(|step| masked(step)).collect()
}

/// A step without its values.
pub(super) fn masked(step: &str) -> String {
    let mut bare = step.to_owned();
    for quoted in quoted_strings(step) {
        bare = bare.replace(&quoted, "#");
    }
    let mut out = String::with_capacity(bare.len());
    for c in text(&bare).chars() {
        let c = if c.is_ascii_digit() { '#' } else { c };
        if !(c == '#' && out.ends_with('#')) {
            out.push(c);
        }
    }
    out
}
