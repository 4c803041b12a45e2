//! What is wrong with a setting.

use std::fmt;

/// Names the variable and says what it should be; never shows the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The setting.
    pub name: String,
    /// What it should be.
    pub should_be: String,
}

impl ConfigProblem {
    /// A problem with `name`.
    pub fn new(name: impl Into<String>, should_be: impl Into<String>) -> Self {
        Self { name: name.into(), should_be: should_be.into() }
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.should_be)
    }
}

impl std::error::Error for ConfigProblem {}
