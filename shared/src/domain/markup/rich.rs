//! A text for Jira as JSON, written once and shared.

use std::sync::Arc;

use serde_json::Value;
use serde_json::value::RawValue;

use super::super::adf::node::Node;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rich(Arc<str>);

impl Rich {
    /// No text: `null`.
    #[must_use]
    pub fn nothing() -> Self {
        Self("null".into())
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.0
    }

    /// As a value, to be taken apart.
    #[must_use]
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// How long it is, as far as Jira's limit goes.
    #[must_use]
    pub fn length(&self) -> usize {
        // A long document is not taken apart to be measured.
        if self.0.starts_with('"') { self.value().as_str().map_or(0, super::units) } else { self.0.len() }
    }
}

impl From<&Value> for Rich {
    fn from(value: &Value) -> Self {
        Self(value.to_string().into())
    }
}

impl From<Box<RawValue>> for Rich {
    fn from(text: Box<RawValue>) -> Self {
        Self(text.get().into())
    }
}

impl From<&Node<'_>> for Rich {
    fn from(node: &Node<'_>) -> Self {
        Self(node.json().into())
    }
}
