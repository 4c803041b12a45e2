//! One story from Jira's answer to the feature file, and what came of it.

use gherkin::{Feature, GherkinEnv};
use sandbox::Story;
use shared::domain::checks::{self, Quality};
use shared::domain::criterion::{CriteriaSet, Testable};
use shared::domain::language::Language;
use shared::domain::scenario::Suite;
use shared::domain::{drafter, reading, render};

/// What came of a story.
pub(crate) struct Run {
    /// Key and label.
    pub(crate) name: String,
    /// The language it was read in.
    pub(crate) language: Language,
    /// Whether that is the language it says it is in.
    pub(crate) language_is_right: bool,
    /// Whether it can be tested.
    pub(crate) testable: Testable,
    /// The measures.
    pub(crate) quality: Quality,
    /// Whether the feature file parses.
    pub(crate) file: Result<(), String>,
    /// The Gherkin of each scenario.
    pub(crate) scenarios: Vec<String>,
    /// Titles of criteria and scenarios.
    pub(crate) titles: Vec<String>,
    /// Steps of criteria and scenarios.
    pub(crate) texts: Vec<String>,
}

/// What the drafter wrote for a story, after the checks.
pub(crate) struct Drafted {
    /// The story as it was read.
    pub(crate) story: shared::domain::story::Story,
    /// Its criteria.
    pub(crate) set: CriteriaSet,
    /// Its scenarios.
    pub(crate) suite: Suite,
}

/// Takes a story from Jira's answer to its scenarios.
pub(crate) fn draft(source: &Story) -> Drafted {
    let story = reading::story(&source.to_issue(), "https://jira.example.org/browse/X-1", &reading::ReadOptions::default())
        .expect("the double answers with an issue");
    let language = story.language;
    let set = checks::settle_criteria(&story, checks::criteria(&story, language, drafter::criteria(&story), None), None);
    let checked = checks::scenarios(&story, &set, drafter::scenarios(&story, &set), None);
    let suite = checks::settle_suite(&story, &set, checked, None);
    Drafted { story, set, suite }
}

/// Takes a story the whole way.
pub(crate) fn run(source: &Story) -> Run {
    let Drafted { story, set, suite } = draft(source);
    let language = story.language;
    let output = render::Output {
        story_key: &story.key,
        story_summary: &story.summary,
        story_url: &story.url,
        criteria: Some(&set),
        suite: Some(&suite),
    };
    let file = if suite.scenarios.is_empty() {
        Ok(())
    } else {
        // The language stands on the first line, where the parser looks for it.
        let environment = GherkinEnv::new(language.as_str()).map_err(|error| error.to_string());
        environment
            .and_then(|environment| Feature::parse(render::gherkin(&output), environment).map_err(|error| error.to_string()))
            .and_then(|feature| match feature.scenarios.len() {
                count if count == suite.scenarios.len() => Ok(()),
                count => Err(format!("{count} of {} scenarios were read", suite.scenarios.len())),
            })
    };
    let steps = set.criteria.iter().flat_map(|item| item.given.iter().chain(&item.when).chain(&item.then));
    let more = suite.scenarios.iter().flat_map(|item| item.given.iter().chain(&item.when).chain(&item.then));
    let titles = set.criteria.iter().map(|item| &item.title).chain(suite.scenarios.iter().map(|item| &item.title));
    Run {
        name: format!("{} {}", story.key, source.labels.last().map_or("", String::as_str)),
        language,
        language_is_right: source.language.is_empty() || source.language == language.as_str(),
        testable: set.testable,
        quality: checks::quality(&story, &set, Some(&suite)),
        file,
        scenarios: suite.scenarios.iter().map(|scenario| scenario.gherkin.clone()).collect(),
        titles: titles.cloned().collect(),
        texts: steps.chain(more).cloned().collect(),
    }
}

/// A line for each story.
pub(crate) fn print(runs: &[Run]) {
    println!(
        "{:<34} {:<4} {:<8} {:>8} {:>9} {:>8} {:>9} {:>8} {:>9} findings e/w/i",
        "story", "lang", "testable", "criteria", "scenarios", "coverage", "evidence", "gherkin", "questions"
    );
    for run in runs {
        let quality = &run.quality;
        let share = |share: &checks::Share| format!("{}/{}", share.count, share.total);
        println!(
            "{:<34} {:<4} {:<8} {:>8} {:>9} {:>8} {:>9} {:>8} {:>9} {}/{}/{}",
            run.name,
            run.language.as_str(),
            run.testable.as_str(),
            quality.criteria,
            quality.scenarios,
            share(&quality.coverage),
            share(&quality.evidence),
            share(&quality.gherkin),
            quality.questions,
            quality.errors,
            quality.warnings,
            quality.infos,
        );
    }
}
