//! What the site remembers of one issue.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// An issue; `fields` holds what can be written, in the form in which it is read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Issue {
    pub(crate) id: u64,
    pub(crate) key: String,
    /// Index into the catalogue's issue types.
    pub(crate) kind: usize,
    pub(crate) fields: Map<String, Value>,
    pub(crate) parent: Option<u64>,
    pub(crate) children: Vec<u64>,
    pub(crate) links: Vec<u64>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) properties: BTreeMap<String, Value>,
    pub(crate) remote_links: Vec<RemoteLink>,
    pub(crate) creator: String,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) histories: Vec<History>,
}

/// An entry of the changelog.
#[derive(Clone, Debug)]
pub(crate) struct History {
    pub(crate) id: u64,
    pub(crate) author: String,
    pub(crate) created: i64,
    /// `{field, fromString, toString}`.
    pub(crate) items: Vec<Value>,
}

/// A comment.
#[derive(Clone, Debug)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) author: String,
    pub(crate) editor: String,
    pub(crate) body: Value,
    pub(crate) visibility: Option<Value>,
    pub(crate) properties: BTreeMap<String, Value>,
    pub(crate) created: i64,
    pub(crate) updated: i64,
}

/// A tie between two issues; `source` is what requests call `inwardIssue`.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) kind: usize,
    pub(crate) source: u64,
    pub(crate) target: u64,
}

/// A link to something outside of the site.
#[derive(Clone, Debug)]
pub(crate) struct RemoteLink {
    pub(crate) id: u64,
    pub(crate) global_id: Option<String>,
    pub(crate) body: Value,
}

impl Issue {
    /// The project the key names.
    pub(crate) fn project(&self) -> &str {
        self.key.rsplit_once('-').map_or("", |(project, _)| project)
    }

    /// A field as text, empty when it is not one.
    pub(crate) fn text(&self, field: &str) -> &str {
        self.fields.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// The labels.
    pub(crate) fn labels(&self) -> impl Iterator<Item = &str> {
        self.fields.get("labels").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }
}
