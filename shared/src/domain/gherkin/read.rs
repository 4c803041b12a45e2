//! Reads Gherkin with the parser that test tools use.

use ::gherkin::{Feature, GherkinEnv, StepType};

use super::line::Section;
use super::write::feature_text;
use crate::domain::language::Language;

/// Whether the text is exactly one scenario of the form `Given* When+ Then+`; the error says what is wrong.
///
/// # Errors
/// A sentence for a person: that the parser refuses it, or which step is missing or out of order.
pub fn check(language: Language, scenario_text: &str) -> Result<(), String> {
    let kinds = sections(language, scenario_text)?;
    if !kinds.contains(&Section::When) {
        return Err("there is no When step".to_owned());
    }
    if !kinds.contains(&Section::Then) {
        return Err("there is no Then step".to_owned());
    }
    if !kinds.is_sorted() {
        return Err("the steps are not in the order Given, When, Then".to_owned());
    }
    Ok(())
}

/// The sections of the steps of a text that is exactly one scenario, one for each step and in their order.
///
/// # Errors
/// A sentence for a person: that the parser refuses it, or reads something else.
pub fn sections(language: Language, scenario_text: &str) -> Result<Vec<Section>, String> {
    let env = GherkinEnv::new(language.as_str()).map_err(|error| error.to_string())?;
    let text = feature_text(language, "check", "", &[scenario_text.to_owned()]);
    let feature = Feature::parse(&text, env).map_err(|_| format!("the parser does not read it as a scenario in '{language}'"))?;
    let ([scenario], None, true) = (feature.scenarios.as_slice(), &feature.background, feature.rules.is_empty()) else {
        return Err(format!("one scenario is expected, {} are there", feature.scenarios.len()));
    };
    let section = |kind: StepType| match kind {
        StepType::Given => Section::Given,
        StepType::When => Section::When,
        StepType::Then => Section::Then,
    };
    Ok(scenario.steps.iter().map(|step| section(step.ty)).collect())
}
