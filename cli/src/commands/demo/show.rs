//! What the demo prints.

use super::stage::Stage;
use crate::client::Client;
use crate::commands::generate::order::Outcome;
use crate::output::{plain, print, style, summary, table};

/// What is about to happen.
pub(crate) fn opening(stage: &Stage) {
    print(&format!(
        "Jira double on {}, server on {}. One story, then five more; each is published as a comment.\n",
        stage.jira_url(),
        stage.login().url
    ));
}

/// One story at length: criteria with their evidence, the feature file, coverage, questions, the comment.
pub(crate) async fn first(client: &Client, outcome: &Outcome, comment: Option<&str>) {
    let (Some(result), Some(id)) = (&outcome.result, outcome.id) else { return };
    let story = &result.story;
    heading(&format!("{} {}", story.key, plain(&story.summary)));
    print(&summary::sentence(result));
    if let Some(set) = &result.criteria {
        heading("Acceptance criteria, with the words of the story they rest on");
        print(&summary::criteria(set));
    }
    if let Ok(feature) = client.result_text(id, "gherkin").await {
        heading("Feature file");
        print(&indented(&plain(feature.trim_end())));
    }
    if let Some(suite) = &result.suite {
        heading(&format!("Coverage {}", summary::coverage(suite)));
        for row in &suite.coverage.rows {
            print(&format!(
                "  {} ← {}",
                row.criterion,
                if row.scenarios.is_empty() { "–".to_owned() } else { row.scenarios.join(", ") }
            ));
        }
    }
    let questions = summary::questions(result);
    if !questions.is_empty() {
        heading("Open questions");
        questions.iter().for_each(|question| print(&format!("  • {question}")));
    }
    if let Some(comment) = comment {
        heading(&format!("The comment on {} as it now stands in Jira", story.key));
        print(&indented(&plain(comment.trim_end())));
        print(&summary::published(&result.published));
    }
}

/// The other stories, a row each.
pub(crate) fn others(outcomes: &[Outcome]) {
    heading("The other stories");
    let rows: Vec<_> =
        outcomes.iter().map(|outcome| summary::row(&outcome.key, outcome.job.as_ref(), outcome.result.as_ref())).collect();
    print(&table::table(&summary::HEAD, &rows));
}

/// How it went and where to look.
pub(crate) fn closing(stage: &Stage, faults: &[String]) {
    heading("Look at it");
    let login = stage.login();
    print(&format!("  API           {}/docs", login.url));
    print(&format!("  Jira double   {}/browse/{}", stage.jira_url(), super::FIRST));
    print(&format!("  login         {}  {}", login.email, login.password));
    if let Some(folder) = stage.kept_data() {
        print(&format!("  data          {}", folder.display()));
    }
    print("");
    if faults.is_empty() {
        print(&style::good("✓ every job succeeded and every comment is there exactly once"));
    }
    for fault in faults {
        print(&style::bad(&format!("✗ {}", plain(fault))));
    }
}

fn heading(text: &str) {
    print(&format!("\n{}", style::bold(text)));
}

fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { String::new() } else { format!("  {line}") }).collect::<Vec<_>>().join("\n")
}
