//! A text for Jira: ADF as JSON, written once and shared.

use std::sync::Arc;

use serde_json::Value;
use serde_json::value::RawValue;

use super::node::Node;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adf(Arc<str>);

impl Adf {
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
}

impl From<&Value> for Adf {
    fn from(value: &Value) -> Self {
        Self(value.to_string().into())
    }
}

impl From<Box<RawValue>> for Adf {
    fn from(text: Box<RawValue>) -> Self {
        Self(text.get().into())
    }
}

impl From<&Node<'_>> for Adf {
    fn from(node: &Node<'_>) -> Self {
        Self(node.json().into())
    }
}
