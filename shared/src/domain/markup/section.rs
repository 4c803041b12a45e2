//! Our own section in a description, in the text that the site speaks.

use std::borrow::Cow;

use serde_json::Value;

use super::super::adf::section as adf;
use super::super::wiki::section as wiki;
use super::content_hash;

/// The hash of our section as it stands there.
#[must_use]
pub fn hash(description: &Value, marker: &str) -> Option<String> {
    find(description, marker).map(|section| content_hash(&section))
}

/// Our section as it stands there.
#[must_use]
pub fn find<'a>(description: &'a Value, marker: &str) -> Option<Cow<'a, Value>> {
    match description {
        Value::String(text) => wiki::find(text, marker).map(|section| Cow::Owned(section.into())),
        adf => adf::find(adf, marker).map(|section| Cow::Owned(section.node)),
    }
}

/// The description with our section replaced in place, or appended when it is not there. Nothing else changes.
#[must_use]
pub fn replace(description: &Value, marker: &str, ours: Value) -> Value {
    match ours {
        Value::String(ours) => wiki::replace(description.as_str().unwrap_or_default(), marker, &ours).into(),
        node => adf::replace(description, marker, node),
    }
}

/// The description with our section appended, the one that stands there being a person's from now on.
#[must_use]
pub fn beside(description: &Value, marker: &str, ours: Value) -> Value {
    let theirs = match find(description, marker).map(Cow::into_owned) {
        Some(Value::String(section)) => replace(description, marker, wiki::disowned(&section, marker).into()),
        Some(node) => adf::replace(description, marker, adf::disowned(node, marker)),
        None => description.clone(),
    };
    match ours {
        Value::String(ours) => wiki::append(theirs.as_str().unwrap_or_default(), &ours).into(),
        node => adf::append(&theirs, node),
    }
}
