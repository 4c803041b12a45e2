//! Reads Gherkin with the parser that test tools use.

use ::gherkin::{Feature, GherkinEnv, StepType};

use super::write::feature_text;
use crate::domain::language::Language;

/// Whether the text is exactly one scenario of the form `Given* When+ Then+`; the error says what is wrong.
///
/// # Errors
/// A sentence for a person: that the parser refuses it, or which step is missing or out of order.
pub fn check(language: Language, scenario_text: &str) -> Result<(), String> {
    let env = GherkinEnv::new(language.as_str()).map_err(|error| error.to_string())?;
    let text = feature_text(language, "check", "", &[scenario_text.to_owned()]);
    let feature = Feature::parse(&text, env).map_err(|_| format!("the parser does not read it as a scenario in '{language}'"))?;
    let ([scenario], None, true) = (feature.scenarios.as_slice(), &feature.background, feature.rules.is_empty()) else {
        return Err(format!("one scenario is expected, {} are there", feature.scenarios.len()));
    };
    let kinds: Vec<StepType> = scenario.steps.iter().map(|step| step.ty).collect();
    if !kinds.contains(&StepType::When) {
        return Err("there is no When step".to_owned());
    }
    if !kinds.contains(&StepType::Then) {
        return Err("there is no Then step".to_owned());
    }
    if !kinds.is_sorted_by_key(|kind| match kind {
        StepType::Given => 0,
        StepType::When => 1,
        StepType::Then => 2,
    }) {
        return Err("the steps are not in the order Given, When, Then".to_owned());
    }
    Ok(())
}
