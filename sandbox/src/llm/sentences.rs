//! Cuts a text into the statements it makes, word for word.

const STEPS: &[&str] = &[
    "given ",
    "when ",
    "then ",
    "and ",
    "but ",
    "angenommen ",
    "wenn ",
    "dann ",
    "und ",
    "étant donné ",
    "quand ",
    "alors ",
    "et ",
    "dado ",
    "cuando ",
    "entonces ",
    "gegeven ",
    "als ",
    "dan ",
    "quando ",
    "então ",
];

/// Fewer letters than this say nothing that could be checked.
const FEWEST: usize = 10;

/// One statement: a sentence, a bullet, a row, or a whole Given-When-Then.
#[derive(Debug, PartialEq)]
pub(super) struct Statement {
    /// The words as they stand in the text.
    pub(super) quotes: Vec<String>,
    /// Given, when and then, when the text itself says so.
    pub(super) steps: Option<[Vec<String>; 3]>,
}

impl Statement {
    /// The statement as one line.
    pub(super) fn text(&self) -> String {
        self.quotes.join(" ")
    }
}

/// The statements of a Markdown text.
pub(super) fn split(text: &str) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut steps: Vec<(usize, String)> = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        let words = bare(line);
        let keyword = step(words);
        if let Some(place) = keyword.filter(|place| *place < 3 || !steps.is_empty()) {
            let place = if place == 3 { steps.last().map_or(0, |(place, _)| *place) } else { place };
            if place < steps.last().map_or(0, |(place, _)| *place) {
                flush(&mut steps, &mut statements);
            }
            steps.push((place, words.to_owned()));
            continue;
        }
        flush(&mut steps, &mut statements);
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && says_something(line, words) {
            sentences(words, &mut statements);
        }
    }
    flush(&mut steps, &mut statements);
    statements
}

fn flush(steps: &mut Vec<(usize, String)>, statements: &mut Vec<Statement>) {
    if steps.is_empty() {
        return;
    }
    let mut places = [Vec::new(), Vec::new(), Vec::new()];
    for (place, words) in steps.iter() {
        places[*place].push(words.split_once(' ').map_or(words.as_str(), |(_, rest)| rest).trim().to_owned());
    }
    let quotes: Vec<String> = steps.drain(..).map(|(_, words)| words).collect();
    let whole = places.iter().skip(1).all(|place| !place.is_empty());
    if whole {
        statements.push(Statement { quotes, steps: Some(places) });
    } else {
        statements.extend(quotes.into_iter().map(|quote| Statement { quotes: vec![quote], steps: None }));
    }
}

fn step(words: &str) -> Option<usize> {
    let lower = words.to_lowercase();
    let keyword = STEPS.iter().find(|keyword| lower.starts_with(**keyword))?;
    Some(match keyword.trim_end() {
        "given" | "angenommen" | "étant donné" | "dado" | "gegeven" => 0,
        "when" | "wenn" | "quand" | "cuando" | "als" | "quando" => 1,
        "then" | "dann" | "alors" | "entonces" | "dan" | "então" => 2,
        _ => 3,
    })
}

/// A line without its list marker, quotation mark or checkbox.
fn bare(line: &str) -> &str {
    let mut rest = line.trim().trim_start_matches('>').trim_start();
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && rest[digits..].starts_with(['.', ')']) && rest[digits + 1..].starts_with(' ') {
        rest = rest[digits + 1..].trim_start();
    } else if let Some(item) = ["- ", "* ", "+ ", "• "].iter().find_map(|marker| rest.strip_prefix(marker)) {
        rest = item.trim_start();
    }
    for checkbox in ["[ ] ", "[x] ", "[X] "] {
        rest = rest.strip_prefix(checkbox).unwrap_or(rest);
    }
    rest.trim()
}

fn says_something(line: &str, words: &str) -> bool {
    let letters = words.chars().filter(|c| c.is_alphabetic()).count();
    let heading =
        line.trim_start().starts_with('#') || (words.starts_with("**") && words.ends_with("**")) || words.ends_with(':');
    let row = words.starts_with('|') && words.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '));
    letters >= FEWEST && !heading && !row
}

fn sentences(words: &str, statements: &mut Vec<Statement>) {
    let mut start = 0;
    for (at, _) in words.match_indices(['.', '!', '?']) {
        let next = &words[at + 1..];
        let ends = next.starts_with(' ') && next.trim_start().starts_with(|c: char| c.is_uppercase() || c == '¿' || c == '¡');
        let abbreviation = words[..at].chars().rev().take_while(|c| c.is_alphanumeric()).count() < 3;
        if ends && !abbreviation && !words.starts_with('|') {
            push(&words[start..=at], statements);
            start = at + 1;
        }
    }
    push(&words[start..], statements);
}

fn push(sentence: &str, statements: &mut Vec<Statement>) {
    let sentence = sentence.trim();
    if sentence.chars().filter(|c| c.is_alphabetic()).count() >= FEWEST {
        statements.push(Statement { quotes: vec![sentence.to_owned()], steps: None });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bullets_sentences_and_steps() {
        let text = "## Rules\n- A cart holds at most 20 items. More are refused, e.g. By mistake.\n1. Guests see prices\n\n- Given a guest\n- And an empty cart\n- When they open it\n- Then a hint is shown\n\n| a | b |\n|---|---|\n| Standard shipping | 4.90 |";
        let found = split(text);
        let texts: Vec<String> = found.iter().map(Statement::text).collect();
        assert_eq!(texts[0], "A cart holds at most 20 items.");
        assert_eq!(texts[2], "Guests see prices");
        let steps = found[3].steps.as_ref().unwrap();
        assert_eq!(steps[0], ["a guest", "an empty cart"]);
        assert!(found.iter().flat_map(|statement| &statement.quotes).all(|quote| text.contains(quote.as_str())));
    }
}
