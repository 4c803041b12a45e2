//! A run as it is kept.

use serde::{Deserialize, Serialize};

use super::{Effort, Measures, total};

/// The form of what is kept.
const VERSION: u32 = 1;

/// What came of some stories, by one or two authors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The form this is written in.
    pub version: u32,
    /// The program that made it, with its version.
    pub made_by: String,
    /// When, in UTC (RFC 3339).
    pub made_at: String,
    /// One for each author: the one that was asked for first, the baseline last.
    pub rows: Vec<Row>,
}

/// What came of the stories by one author.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Provider, such as `offline`.
    pub provider: String,
    /// The model that answered; empty where there is none.
    pub model: String,
    /// Version of the prompts, or of the drafter.
    pub prompt_version: String,
    /// The measures of all stories, each weighing as much as it has to count.
    pub total: Measures,
    /// What all of them took.
    pub effort: Effort,
    /// One for each story.
    pub stories: Vec<StoryRow>,
}

/// What came of a story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryRow {
    /// What it is known by from run to run.
    pub name: String,
    /// Where its job ended: `succeeded`, `failed` and the like.
    pub status: String,
    /// Why it did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The language of the result.
    #[serde(default)]
    pub language: String,
    /// How many criteria there are.
    pub criteria: usize,
    /// How many scenarios.
    pub scenarios: usize,
    /// How many open questions.
    pub questions: usize,
    /// Its measures.
    pub measures: Measures,
    /// What it took.
    pub effort: Effort,
}

/// Why a kept run cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It is no run.
    #[error("it is no saved run: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It was written by another version.
    #[error("it is of form {0}, and this program reads form {VERSION}; save the run again")]
    Version(u64),
}

impl Run {
    /// A run of this version.
    #[must_use]
    pub fn new(made_by: String, made_at: String, rows: Vec<Row>) -> Self {
        Self { version: VERSION, made_by, made_at, rows }
    }

    /// Reads a kept run.
    ///
    /// # Errors
    /// When it is none, or of another form.
    pub fn read(text: &str) -> Result<Self, RunError> {
        let value: serde_json::Value = serde_json::from_str(text)?;
        match value["version"].as_u64() {
            Some(version) if version != u64::from(VERSION) => Err(RunError::Version(version)),
            _ => Ok(serde_json::from_value(value)?),
        }
    }
}

impl Row {
    /// A row, added up.
    #[must_use]
    pub fn new(provider: String, model: String, prompt_version: String, stories: Vec<StoryRow>) -> Self {
        let mut effort = Effort::NOTHING;
        stories.iter().for_each(|story| effort += story.effort);
        let total = total(stories.iter().map(|story| &story.measures));
        Self { provider, model, prompt_version, total, effort, stories }
    }

    /// Its name for people: the provider, and the model where there is one.
    #[must_use]
    pub fn name(&self) -> String {
        if self.model.is_empty() { self.provider.clone() } else { format!("{}/{}", self.provider, self.model) }
    }

    /// How long a story took in the middle, and how long all but the slowest twentieth took, in milliseconds.
    #[must_use]
    pub fn millis(&self) -> Option<(u64, u64)> {
        let mut all: Vec<u64> = self.stories.iter().map(|story| story.effort.millis).collect();
        all.sort_unstable();
        let at = |share: usize| all.get((all.len() * share).div_ceil(100).saturating_sub(1)).copied();
        at(50).zip(at(95))
    }
}
