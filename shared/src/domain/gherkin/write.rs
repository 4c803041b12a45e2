//! Writes scenarios and features.

use super::line::{Section, one_line, step_text};
use crate::domain::criterion::Examples;
use crate::domain::language::Language;

/// A scenario, or an outline when there are examples, in the language's own keywords and ending in a line break.
#[must_use]
pub fn scenario_text(
    language: Language,
    tags: &[String],
    title: &str,
    given: &[String],
    when: &[String],
    then: &[String],
    examples: &Examples,
) -> String {
    let words = language.keywords();
    let table = table_rows(examples);
    let mut text = String::with_capacity(256);
    for tag in tags.iter().map(|tag| safe_tag(tag)).filter(|tag| tag.len() > 1) {
        text.push_str(if text.is_empty() { "" } else { " " });
        text.push_str(&tag);
    }
    text.push_str(if text.is_empty() { "" } else { "\n" });
    named(&mut text, if table.is_empty() { words.scenario } else { words.scenario_outline }, title);
    for (section, keyword, steps) in
        [(Section::Given, words.given, given), (Section::When, words.when, when), (Section::Then, words.then, then)]
    {
        let steps = steps.iter().map(|step| step_text(language, section, step)).filter(|step| !step.is_empty());
        for (number, step) in steps.enumerate() {
            let keyword = if number == 0 { keyword } else { words.and };
            for piece in ["  ", keyword, " ", &step, "\n"] {
                text.push_str(piece);
            }
        }
    }
    if !table.is_empty() {
        text.push('\n');
        line(&mut text, 1, &format!("{}:", words.examples));
        for row in table {
            line(&mut text, 2, &row);
        }
    }
    text
}

/// A feature file with its language on the first line.
#[must_use]
pub fn feature_text(language: Language, name: &str, description: &str, scenarios: &[String]) -> String {
    let mut text = format!("# language: {language}\n");
    named(&mut text, language.keywords().feature, name);
    for said in description.lines().map(one_line).filter(|said| !said.is_empty()) {
        // A description ends where a line looks like anything else, so every line but an address is an item of a list.
        let is_address = said.starts_with("https://") || said.starts_with("http://");
        line(&mut text, 1, &if is_address { said } else { format!("- {said}").into() });
    }
    for scenario in scenarios {
        text.push('\n');
        for said in scenario.lines() {
            line(&mut text, usize::from(!said.is_empty()), said);
        }
    }
    text
}

fn line(text: &mut String, depth: usize, said: &str) {
    (0..depth).for_each(|_| text.push_str("  "));
    text.push_str(said);
    text.push('\n');
}

/// The line that opens a scenario or a feature.
fn named(text: &mut String, keyword: &str, name: &str) {
    let name = one_line(name);
    text.push_str(keyword);
    text.push_str(if name.is_empty() { ":" } else { ": " });
    text.push_str(&name);
    text.push('\n');
}

/// A tag is one word after its `@`; anything else in it becomes a dash.
fn safe_tag(tag: &str) -> String {
    let name = tag.trim().trim_start_matches('@');
    let name: String = name.chars().map(|c| if c.is_alphanumeric() || "-_.:".contains(c) { c } else { '-' }).collect();
    format!("@{}", name.trim_matches('-'))
}

/// The rows of a table, header first and all as wide as it; none when there is nothing to fill in.
fn table_rows(examples: &Examples) -> Vec<String> {
    if examples.header.is_empty() || examples.rows.is_empty() {
        return Vec::new();
    }
    let width = examples.header.len();
    std::iter::once(&examples.header)
        .chain(&examples.rows)
        .map(|row| {
            let cells: Vec<String> = (0..width).map(|at| row.get(at).map(|cell| safe_cell(cell)).unwrap_or_default()).collect();
            format!("| {} |", cells.join(" | "))
        })
        .collect()
}

fn safe_cell(cell: &str) -> String {
    one_line(cell).replace('\\', "\\\\").replace('|', "\\|")
}
