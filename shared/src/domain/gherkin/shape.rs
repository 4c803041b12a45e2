//! What the parser has read before: scenarios of one shape differ in their words alone.
//!
//! Our writer puts a keyword before each text and each text on one line. So whether the parser reads a scenario depends on its
//! shape, as long as its words are plain; what is not plain is always shown to the parser.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::line::{Section, step_text};
use crate::domain::criterion::Examples;
use crate::domain::language::Language;

/// More shapes than results have.
const MOST: usize = 4_096;

/// Shapes that the parser has read as one scenario with its steps in order.
static READ: LazyLock<Mutex<HashSet<Shape>>> = LazyLock::new(Mutex::default);

/// How many of what a scenario has, in which language.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    language: Language,
    steps: [usize; 3],
    columns: usize,
    rows: usize,
}

impl Shape {
    /// The shape of a scenario whose words are plain; `None` when the parser has to see them.
    #[must_use]
    pub fn of(language: Language, title: &str, steps: [&[String]; 3], examples: &Examples) -> Option<Self> {
        let sections = [Section::Given, Section::When, Section::Then];
        let written = |(section, steps): (Section, &[String])| steps.iter().all(|step| is_as_written(language, section, step));
        let cells = [&examples.header].into_iter().chain(&examples.rows).flatten();
        let plain = is_plain(title)
            && sections.into_iter().zip(steps).all(written)
            && cells.into_iter().all(|cell| !cell.contains(['|', '\\', '\n', '\r']));
        let (columns, rows) = (examples.header.len(), examples.rows.len());
        plain.then(|| Self { language, steps: steps.map(<[String]>::len), columns, rows })
    }

    /// Whether the parser has read this shape.
    #[must_use]
    pub fn is_known(&self) -> bool {
        READ.lock().unwrap_or_else(PoisonError::into_inner).contains(self)
    }

    /// Remembers that the parser has read this shape.
    pub fn remember(self) {
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if read.len() < MOST {
            read.insert(self);
        }
    }
}

/// Whether a step is written as it is.
fn is_as_written(language: Language, section: Section, step: &str) -> bool {
    is_plain(step) && step_text(language, section, step) == step
}

/// Words on one line that begin with a letter, a digit or a quotation mark before one.
fn is_plain(text: &str) -> bool {
    let text = text.strip_prefix(['"', '<', '«', '“', '„', '\'']).unwrap_or(text);
    text.starts_with(char::is_alphanumeric) && !text.contains(['\n', '\r'])
}
