//! Reads a part's Markdown into statements: what a line says, where it stands, and the words as they were written.

use super::lexicon::headings::{Section, is_label, is_placeholder, section};
use super::plain::{unfilled, unmarked, unmarked_quote, without_markup};
use crate::domain::language::fold;
use crate::domain::story::{Part, PartKind};

/// One statement of a story.
#[derive(Clone, Debug)]
pub(super) struct Statement<'a> {
    /// The part it stands in.
    pub(super) part: &'a str,
    /// The words, verbatim.
    pub(super) quote: &'a str,
    /// The words without markup.
    pub(super) text: String,
    /// The line in bold letters that stands over it; empty when there is none.
    pub(super) caption: String,
    /// The section it stands in.
    pub(super) section: Section,
    /// Whether it is an item of a list or a cell of a table.
    pub(super) listed: bool,
    /// Whether it is quoted from elsewhere.
    pub(super) cited: bool,
    /// How deep the list is.
    pub(super) depth: usize,
    /// The paragraph or list item it is part of; statements of one have the same number.
    pub(super) block: usize,
}

/// A table within a story.
#[derive(Clone, Debug)]
pub(super) struct Table<'a> {
    /// The part it stands in.
    pub(super) part: &'a str,
    /// The section it stands in.
    pub(super) section: Section,
    /// The lines of it, verbatim, without the rule below the header.
    pub(super) lines: Vec<&'a str>,
    /// The cells of each line, without markup.
    pub(super) rows: Vec<Vec<String>>,
}

/// What was read of a part.
#[derive(Default)]
pub(super) struct Outline<'a> {
    /// The statements in reading order.
    pub(super) statements: Vec<Statement<'a>>,
    /// The tables.
    pub(super) tables: Vec<Table<'a>>,
    /// Whether a criteria section held nothing but the template's own text.
    pub(super) template: bool,
    /// Lines of the form `label: value` about the ticket.
    pub(super) labels: Vec<(String, &'a str)>,
}

/// Reads a part.
pub(super) fn read(part: &Part) -> Outline<'_> {
    let start = if part.kind == PartKind::AcceptanceCriteria { Section::Criteria } else { Section::Story };
    let mut reader = Reader {
        part: &part.id,
        section: start,
        start,
        level: 0,
        block: 0,
        cited: false,
        caption: String::new(),
        outline: Outline::default(),
    };
    let mut fence: Option<bool> = None;
    let mut table: Vec<&str> = Vec::new();
    for line in part.text.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            // A block of Gherkin is read, any other code is not.
            fence = fence.map_or_else(|| Some(is_gherkin(trimmed)), |_| None);
            reader.table(std::mem::take(&mut table));
            reader.cited = false;
            continue;
        }
        if fence == Some(true) && !(trimmed.is_empty() || is_aside(trimmed)) {
            reader.block += 1;
            reader.say(trimmed, true, 1);
        }
        if fence.is_some() {
            continue;
        }
        if trimmed.starts_with('|') {
            table.push(trimmed);
            continue;
        }
        reader.table(std::mem::take(&mut table));
        reader.line(line);
    }
    reader.table(table);
    reader.outline
}

struct Reader<'a> {
    part: &'a str,
    section: Section,
    start: Section,
    /// Level of the heading that opened the section; deeper ones that we do not know stay in it.
    level: usize,
    block: usize,
    /// Whether the line stands in a quotation.
    cited: bool,
    /// The last line in bold letters since the last heading.
    caption: String,
    outline: Outline<'a>,
}

impl<'a> Reader<'a> {
    fn line(&mut self, line: &'a str) {
        let indent = line.len() - line.trim_start().len();
        let text = line.trim().trim_start_matches("> ").trim_start_matches('>').trim();
        self.cited = line.trim_start().starts_with('>');
        if text.is_empty() || text.chars().all(|letter| "-=_*".contains(letter)) {
            self.block += 1;
            return;
        }
        if text.starts_with('#') && text.trim_start_matches('#').starts_with(' ') {
            let level = text.len() - text.trim_start_matches('#').len();
            self.heading(text.trim_start_matches('#').trim(), level);
            return;
        }
        let (marker, content) = bullet(text);
        if marker.is_none() && self.inline_heading(content) {
            return;
        }
        if marker.is_some() {
            self.block += 1;
        }
        let depth = if marker.is_some() { 1 + indent / 2 } else { 0 };
        self.say(content, marker.is_some(), depth);
    }

    fn heading(&mut self, text: &str, level: usize) {
        self.block += 1;
        self.caption.clear();
        let known = section(&fold(&without_markup(text)));
        if let Some(known) = known {
            self.section = known;
            self.level = level;
        } else if level <= self.level || self.level == 0 {
            self.section = self.start;
            self.level = level;
        }
    }

    /// A line of its own that announces a section ("Acceptance criteria:"), or opens one and goes on ("AC: the total is shown").
    fn inline_heading(&mut self, content: &'a str) -> bool {
        let plain = without_markup(content);
        let folded = fold(&plain);
        let stripped = folded.trim_matches(|letter: char| !letter.is_alphanumeric());
        let bold = content.starts_with("**") && (content.ends_with("**") || content.ends_with("**:"));
        let short = stripped.split_whitespace().count() <= 6;
        if let Some((head, tail)) = content.split_once(':') {
            let head_folded = fold(&without_markup(head));
            let label = head_folded.trim();
            let tail = tail.trim_matches(|letter: char| letter == '*' || letter.is_whitespace());
            if let Some(known) = exact(label)
                && !(known == Section::Aside && is_label(label) && !tail.is_empty())
                && !matches!(label, "example" | "scenario" | "note")
            {
                self.heading(head, 6);
                if !tail.is_empty() {
                    self.say(tail, false, 0);
                }
                return true;
            }
            if is_label(label) && !tail.is_empty() {
                self.outline.labels.push((label.to_owned(), tail));
                return true;
            }
        }
        if short && (bold || !plain.ends_with('.')) && (exact(stripped).is_some() || (bold && section(stripped).is_some())) {
            self.heading(content, 6);
            return true;
        }
        // A short line all in bold letters is the title of what follows it, and states nothing.
        let whole = content.matches("**").count() == 2 && content.ends_with("**") && !plain.ends_with(['.', ':', '!', '?']);
        if bold && short && whole && !plain.starts_with('[') {
            self.block += 1;
            self.caption = plain.into_owned();
            return true;
        }
        false
    }

    fn say(&mut self, content: &'a str, listed: bool, depth: usize) {
        if content.len() < 200 && is_placeholder(&fold(&without_markup(content))) {
            self.outline.template |= self.section == Section::Criteria;
            return;
        }
        for quote in sentences(unmarked_quote(content)) {
            let text = unfilled(unmarked(&without_markup(quote))).to_owned();
            if !text.chars().any(char::is_alphabetic) || is_url(&text) {
                continue;
            }
            let (part, section, block, caption) = (self.part, self.section, self.block, self.caption.clone());
            let cited = self.cited;
            self.outline.statements.push(Statement { part, quote, text, caption, section, listed, cited, depth, block });
        }
    }

    /// A table whose header names a section's column gives that column's cells as items; any other is kept as a table.
    fn table(&mut self, lines: Vec<&'a str>) {
        let lines: Vec<&str> = lines.into_iter().filter(|line| !line.chars().all(|letter| "|:- ".contains(letter))).collect();
        let rows: Vec<Vec<&str>> = lines.iter().map(|line| cells(line)).collect();
        let Some(header) = rows.first() else {
            return;
        };
        let kinds: Vec<Option<Section>> = header.iter().map(|cell| exact(&fold(&without_markup(cell)))).collect();
        if rows.len() > 1 && kinds.contains(&Some(Section::Criteria)) {
            let (section, level) = (self.section, self.level);
            for (column, kind) in kinds.iter().enumerate() {
                self.section = kind.unwrap_or(Section::Aside);
                for cell in rows.iter().skip(1).filter_map(|row| row.get(column).copied()).flat_map(|cell| cell.split("<br>")) {
                    self.block += 1;
                    let (marker, content) = bullet(cell.trim());
                    self.say(content, true, 1 + usize::from(marker.is_some()));
                }
            }
            (self.section, self.level) = (section, level);
            return;
        }
        // The lines of a cell stay apart.
        let line =
            |cell: &&str| cell.split("<br>").map(without_markup).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
        let rows = rows.iter().map(|row| row.iter().map(line).collect()).collect();
        self.block += 1;
        self.outline.tables.push(Table { part: self.part, section: self.section, lines, rows });
    }
}

/// Whether the line that opens a block of code says that it is Gherkin.
fn is_gherkin(line: &str) -> bool {
    let language = line.trim_start_matches(['`', '~']).trim();
    ["gherkin", "cucumber", "feature"].iter().any(|name| language.eq_ignore_ascii_case(name))
}

/// Tags, comments, names and rows of a block of Gherkin: no step.
fn is_aside(line: &str) -> bool {
    const NAMES: &[&str] = &["feature", "background", "rule", "examples", "scenarios"];
    let name = line.split_once(':').map(|(name, _)| fold(name));
    line.starts_with(['@', '#', '|']) || name.is_some_and(|name| NAMES.contains(&name.as_str()))
}

/// A heading that says nothing but what it announces.
fn exact(folded: &str) -> Option<Section> {
    let known = section(folded)?;
    (folded.split_whitespace().count() <= 5).then_some(known)
}

/// The cells of a table's line.
fn cells(line: &str) -> Vec<&str> {
    line.trim().trim_start_matches('|').trim_end_matches('|').split('|').map(str::trim).collect()
}

/// A list item's marker and what follows it, without the box of a task.
fn bullet(text: &str) -> (Option<&str>, &str) {
    let dash = ["- ", "* ", "+ ", "• ", "– ", "— "].iter().find_map(|mark| text.strip_prefix(mark));
    let number = || {
        let digits = text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
        let rest = text.get(digits..)?;
        (1..=3).contains(&digits).then(|| rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") ")))?
    };
    match dash.or_else(number) {
        Some(rest) => {
            let rest = rest.trim_start();
            let inner =
                ["[ ]", "[x]", "[X]", "\\[ \\]", "\\[x\\]"].iter().find_map(|task| rest.strip_prefix(task)).unwrap_or(rest);
            (Some(text), inner.trim())
        }
        None => (None, text),
    }
}

fn is_url(text: &str) -> bool {
    text.starts_with("http") && !text.contains(' ')
}

/// The sentences of a line, verbatim.
fn sentences(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut open = 0_i32;
    let letters: Vec<(usize, char)> = line.char_indices().collect();
    for (index, (at, letter)) in letters.iter().enumerate() {
        match letter {
            '(' | '[' => open += 1,
            ')' | ']' => open = (open - 1).max(0),
            '.' | '!' | '?' if open == 0 => {
                let end = at + letter.len_utf8();
                let space = letters.get(index + 1).is_some_and(|(_, next)| next.is_whitespace());
                let capital = letters.get(index + 2).is_some_and(|(_, next)| next.is_uppercase() || "¿¡\"«“*(".contains(*next));
                // Only now: a row of dots would be read over and over.
                let short = || {
                    let word = line.get(start..*at).and_then(|text| text.split_whitespace().next_back()).unwrap_or_default();
                    word.chars().count() <= 1 || ABBREVIATIONS.contains(&fold(word).trim_start_matches('('))
                };
                if space && capital && !(*letter == '.' && short()) {
                    found.extend(line.get(start..end).map(str::trim));
                    start = end;
                }
            }
            _ => {}
        }
    }
    found.extend(line.get(start..).map(str::trim));
    found.retain(|sentence| !sentence.is_empty());
    found
}

/// Words that end with a full stop within a sentence.
const ABBREVIATIONS: &[&str] = &[
    "e.g", "i.e", "etc", "cf", "art", "z.b", "d.h", "bzw", "ca", "vgl", "p.ex", "ex", "bijv", "bv", "o.a", "p.ej", "ej", "max",
    "min", "no", "nr", "n", "vs", "approx", "inkl", "incl", "evtl", "ggf", "usw",
];
