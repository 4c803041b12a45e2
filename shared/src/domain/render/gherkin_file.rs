//! A `.feature` file.

use std::fmt::Write;

use super::super::gherkin::feature_text;
use super::{Output, item};

/// The suite as a feature file, or the criteria where there is no suite; the language stands on its first line.
#[must_use]
pub fn gherkin(output: &Output<'_>) -> String {
    let criteria = output.criteria.map_or(&[][..], |set| &set.criteria);
    let mut scenarios: Vec<String> =
        output.suite.into_iter().flat_map(|suite| suite.scenarios.iter().map(|scenario| scenario.gherkin.clone())).collect();
    let mut description = item::one_line(output.story_url);
    if scenarios.is_empty() {
        scenarios = criteria.iter().map(|criterion| criterion.gherkin.clone()).collect();
    } else {
        // The tags of the scenarios name the criteria; say once what they are.
        for criterion in criteria {
            let _ = write!(description, "\n{} {}", criterion.id, item::one_line(&criterion.title));
        }
    }
    feature_text(output.language(), &format!("{} {}", output.story_key, output.story_summary), &description, &scenarios)
}
