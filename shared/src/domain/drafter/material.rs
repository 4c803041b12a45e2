//! What a story holds, sorted by what it is good for.

use std::ops::Range;

use super::lexicon::headings::Section;
use super::lexicon::{Lexicon, List, list};
use super::narrative::{self, Narrative};
use super::outline::{self, Statement, Table};
use super::sentence::Sentence;
use super::wording::is_balanced;
use crate::domain::instructions::passages;
use crate::domain::language::fold;
use crate::domain::story::{PartKind, Story};

/// The story's own words, sorted.
#[derive(Default)]
pub(super) struct Material<'a> {
    /// Statements in reading order; narratives and what addresses a model are not among them.
    pub(super) statements: Vec<Statement<'a>>,
    /// Tables.
    pub(super) tables: Vec<Table<'a>>,
    /// Who wants what, each once.
    pub(super) narratives: Vec<Narrative>,
    /// Questions with their answers.
    pub(super) answers: Vec<Answer<'a>>,
    /// What people remarked and may be a rule.
    pub(super) remarks: Vec<Statement<'a>>,
    /// Statements beyond those that are compared with each other.
    pub(super) left_out: usize,
    /// Whether a criteria section held only the template's text.
    pub(super) template: bool,
    /// The summary, where it is no narrative.
    pub(super) title: Option<&'a str>,
}

/// A question of the team and its answer.
pub(super) struct Answer<'a> {
    /// The question.
    pub(super) question: Statement<'a>,
    /// The sentences of the answer.
    pub(super) answer: Vec<Statement<'a>>,
}

/// More statements than this are no story, and comparing them with each other takes time.
const MOST: usize = 600;

/// Sorts a story.
pub(super) fn sort<'a>(story: &'a Story, words: &Lexicon) -> Material<'a> {
    let mut material = Material::default();
    for part in story.own_parts() {
        let mut outline = outline::read(part);
        let told = passages(&part.text);
        outline.tables.retain_mut(|table| leave_out(table, &part.text, &told));
        material.template |= outline.template;
        material.tables.append(&mut outline.tables);
        let said: Vec<Statement<'a>> = outline.statements;
        let said = without_passages(said, &part.text, &told);
        let said = material.without_narratives(&part.text, &said, words);
        let said = material.without_answers(said);
        let said: Vec<Statement<'a>> = said.into_iter().flat_map(|statement| halves(statement, words)).collect();
        if part.kind == PartKind::Summary {
            let title = said.first().filter(|_| told.is_empty()).map(|_| part.text.trim());
            material.title = title.filter(|title| !title.is_empty());
        } else {
            let room = MOST.saturating_sub(material.statements.len());
            material.left_out += said.len().saturating_sub(room);
            material.statements.extend(said.into_iter().take(room));
        }
    }
    let remarks = story.parts.iter().filter(|part| part.kind == PartKind::Comment);
    let said = remarks.flat_map(|part| without_passages(outline::read(part).statements, &part.text, &passages(&part.text)));
    let remarks: Vec<Statement<'_>> = said.collect();
    material.left_out += remarks.len().saturating_sub(MOST);
    material.remarks.extend(remarks.into_iter().take(MOST).filter(|said| is_remark(said, words)));
    material
}

/// The statements outside what speaks to a model.
fn without_passages<'a>(statements: Vec<Statement<'a>>, whole: &str, told: &[Range<usize>]) -> Vec<Statement<'a>> {
    statements.into_iter().filter(|statement| !is_told(statement.quote, whole, told)).collect()
}

/// Leaves rows that speak to a model out of a table; whether anything is left.
fn leave_out(table: &mut Table<'_>, whole: &str, told: &[Range<usize>]) -> bool {
    let kept: Vec<bool> = table.lines.iter().map(|line| !is_told(line, whole, told)).collect();
    let (mut lines, mut rows) = (kept.iter(), kept.iter());
    table.lines.retain(|_| lines.next().is_none_or(|kept| *kept));
    table.rows.retain(|_| rows.next().is_none_or(|kept| *kept));
    !table.rows.is_empty()
}

/// Whether words, a slice of the whole, reach into a passage.
fn is_told(words: &str, whole: &str, told: &[Range<usize>]) -> bool {
    let Some(start) = (words.as_ptr() as usize).checked_sub(whole.as_ptr() as usize) else { return false };
    told.iter().any(|passage| start < passage.end && passage.start < start + words.len())
}

/// Whether a comment's sentence may be a rule: it states one, or gives the words of a message.
fn is_remark(said: &Statement<'_>, words: &Lexicon) -> bool {
    let sentence = Sentence::new(&said.text, words);
    let worded = said.text.contains(['"', '“', '„', '«']);
    let rule = sentence.has(words.strong) || sentence.is_conditional() || !sentence.limits().is_empty();
    (worded || rule) && !said.text.ends_with('?')
}

/// Two rules in one sentence ("The refund starts by itself; amounts above 500 EUR need a second person"), where the second does not
/// go on with the first.
fn halves<'a>(statement: Statement<'a>, words: &Lexicon) -> Vec<Statement<'a>> {
    let cut = |text: &str| {
        let mut at = text.match_indices("; ");
        at.next().map(|(place, _)| place).filter(|_| at.next().is_none())
    };
    let parted = cut(&statement.text).zip(cut(statement.quote)).and_then(|(text, quote)| {
        let (first, second) = (statement.text.get(..text)?, statement.text.get(text + 2..)?);
        let quotes = (statement.quote.get(..quote)?.trim_end(), statement.quote.get(quote + 2..)?);
        let [one, two] = [first, second].map(|text| Sentence::new(text, words));
        let decides = [words.edges.refusal, words.may_not, words.only].iter().any(|list| one.has(list)) || one.is_conditional();
        let goes_on =
            [words.edges.pronouns, words.deeds.beyond, words.otherwise, words.and].iter().any(|list| two.after(list).is_some());
        let opens = !two.limits().is_empty() || two.after(words.edges.articles).is_some();
        // Not within brackets or quoted words.
        let closed = is_balanced(first)
            && ["“", "„", "«"].iter().all(|mark| first.rsplit_once(mark).is_none_or(|(_, rest)| rest.contains(['”', '“', '»'])));
        let whole = closed && [first, second].iter().all(|text| text.split_whitespace().count() > 3);
        (whole && opens && !decides && !goes_on).then(|| [(first.trim_end().to_owned(), quotes.0), (second.to_owned(), quotes.1)])
    });
    match parted {
        Some(halves) => halves.map(|(text, quote)| Statement { text, quote, ..statement.clone() }).into(),
        None => vec![statement],
    }
}

impl<'a> Material<'a> {
    /// Whether acceptance criteria are stated as such.
    pub(super) fn has_criteria(&self) -> bool {
        self.statements.iter().any(|statement| statement.section == Section::Criteria)
            || self.tables.iter().any(|table| table.section == Section::Criteria)
    }

    /// Takes out the narratives: a line, or the lines of a paragraph together.
    fn without_narratives(&mut self, whole: &'a str, statements: &[Statement<'a>], words: &Lexicon) -> Vec<Statement<'a>> {
        let mut rest = Vec::new();
        let mut at = 0;
        while let Some(first) = statements.get(at) {
            let alone = matches!(first.section, Section::Story) && (!first.listed || first.depth == 1);
            let most = if alone { 4 } else { 0 };
            let read = (1..=most).rev().find_map(|count| {
                let group = statements.get(at..at + count)?;
                let last = group.last()?;
                if last.block != first.block || last.part != first.part {
                    return None;
                }
                let quote = span(whole, first.quote, last.quote)?;
                let text = group.iter().map(|statement| statement.text.as_str()).collect::<Vec<_>>().join(" ");
                // A paragraph of several narratives is read one by one.
                let again =
                    group.iter().skip(1).any(|statement| super::plain::Plain::new(&statement.text).after(words.role).is_some());
                let full = group.iter().take(count - 1).all(|statement| !statement.text.ends_with('.'));
                (!again && full).then(|| narrative::read(first.part, quote, &text, words))?.map(|narrative| (narrative, count))
            });
            match read {
                Some((narrative, count)) => {
                    // A summary is cut off where the description goes on.
                    let begins = |long: &Narrative, short: &Narrative| fold(&long.wish).starts_with(&fold(&short.wish));
                    if let Some(known) = self.narratives.iter_mut().find(|known| begins(&narrative, known)) {
                        *known = narrative;
                    } else if !self.narratives.iter().any(|known| begins(known, &narrative)) {
                        self.narratives.push(narrative);
                    }
                    at += count;
                }
                None => {
                    rest.push(first.clone());
                    at += 1;
                }
            }
        }
        rest
    }

    /// Takes out "Q: …" and "A: …".
    fn without_answers(&mut self, statements: Vec<Statement<'a>>) -> Vec<Statement<'a>> {
        let mut rest = Vec::new();
        let mut open = None;
        let mut asking = false;
        for mut statement in statements {
            let label = statement.text.split_once(": ").map(|(label, text)| (fold(label), text.to_owned()));
            match label {
                Some((label, text)) if QUESTION.holds(&label) => {
                    statement.text = text;
                    open = Some(statement.block);
                    asking = true;
                    self.answers.push(Answer { question: statement, answer: Vec::new() });
                }
                Some((label, text)) if ANSWER.holds(&label) && open.is_some() => {
                    statement.text = text;
                    open = Some(statement.block);
                    asking = false;
                    self.answers.extend_last(statement);
                }
                _ if open == Some(statement.block) && !asking && !statement.listed => self.answers.extend_last(statement),
                _ if open == Some(statement.block) && asking => {
                    if let Some(answer) = self.answers.last_mut() {
                        answer.question.text = format!("{} {}", answer.question.text, statement.text);
                    }
                }
                _ => {
                    open = None;
                    rest.push(statement);
                }
            }
        }
        rest
    }
}

trait ExtendLast<'a> {
    fn extend_last(&mut self, statement: Statement<'a>);
}

impl<'a> ExtendLast<'a> for Vec<Answer<'a>> {
    fn extend_last(&mut self, statement: Statement<'a>) {
        if let Some(answer) = self.last_mut() {
            answer.answer.push(statement);
        }
    }
}

/// From the beginning of one quote to the end of another, both slices of the same text.
fn span<'a>(whole: &'a str, first: &'a str, last: &'a str) -> Option<&'a str> {
    let start = (first.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    let end = (last.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)? + last.len();
    whole.get(start..end)
}

const QUESTION: &List = list!["q", "question", "frage", "f", "p", "pregunta", "pergunta", "v", "vraag"];
const ANSWER: &List = list!["a", "answer", "antwort", "r", "reponse", "respuesta", "resposta", "antwoord"];
