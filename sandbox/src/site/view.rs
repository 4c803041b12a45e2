//! How issues and comments look in answers.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Site;
use super::catalogue::{self, FIELDS, raven};
use super::issue::{Comment, Issue};
use super::people;
use crate::clock::stamp;

/// Which fields of an issue are wanted.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    all: bool,
    names: Vec<String>,
    without: Vec<String>,
}

impl Wanted {
    /// From a list as clients send it; `fallback` is what an empty list means.
    pub(crate) fn parse<'a>(names: impl Iterator<Item = &'a str>, fallback: &str) -> Self {
        let mut wanted = Self { all: false, names: Vec::new(), without: Vec::new() };
        let mut given: Vec<&str> = names.map(str::trim).filter(|name| !name.is_empty()).collect();
        if given.is_empty() && !fallback.is_empty() {
            given.push(fallback);
        }
        for name in &given {
            match name.strip_prefix('-') {
                Some(name) => wanted.without.push(name.to_owned()),
                None if matches!(*name, "*all" | "*navigable") => wanted.all = true,
                None => wanted.names.push((*name).to_owned()),
            }
        }
        wanted.all |= !given.is_empty() && wanted.names.is_empty() && !wanted.without.is_empty();
        wanted
    }

    fn has(&self, name: &str) -> bool {
        (self.all || self.names.iter().any(|known| known == name)) && !self.without.iter().any(|known| known == name)
    }

    /// Whether nothing but the id is wanted.
    pub(crate) fn is_id_only(&self) -> bool {
        !self.all && self.names.iter().all(|name| name == "id")
    }
}

/// What else to put into an issue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extras {
    pub(crate) names: bool,
    pub(crate) schema: bool,
    pub(crate) rendered: bool,
    pub(crate) properties: Vec<String>,
}

impl Site {
    /// An issue as `GET issue` shows it.
    pub(crate) fn issue_view(&self, issue: &Issue, wanted: &Wanted, extras: &Extras, inline_comments: usize) -> Value {
        let mut view = json!({
            "expand": "renderedFields,names,schema,operations,editmeta,changelog",
            "id": issue.id.to_string(),
            "self": format!("{}/rest/api/3/issue/{}", self.base, issue.id),
            "key": issue.key,
        });
        let mut fields = Map::new();
        for field in FIELDS.iter().chain(raven::FIELDS).filter(|field| wanted.has(field.id)) {
            fields.insert(field.id.to_owned(), self.field_view(issue, field.id, inline_comments));
        }
        if extras.rendered {
            let rich = FIELDS.iter().chain(raven::FIELDS).filter(|field| field.is_rich() && wanted.has(field.id));
            view["renderedFields"] = rich
                .map(|field| {
                    (field.id.to_owned(), json!(crate::adf::html::render(issue.fields.get(field.id).unwrap_or(&Value::Null))))
                })
                .collect();
        }
        view["fields"] = Value::Object(fields);
        if extras.names {
            view["names"] = names(wanted);
        }
        if extras.schema {
            view["schema"] = schemas(wanted);
        }
        if !extras.properties.is_empty() {
            let all = extras.properties.iter().any(|key| key == "*all");
            let chosen = issue.properties.iter().filter(|(key, _)| all || extras.properties.contains(key));
            view["properties"] = chosen.map(|(key, value)| (key.clone(), value.clone())).collect();
        }
        view
    }

    fn field_view(&self, issue: &Issue, field: &str, inline_comments: usize) -> Value {
        let base = &self.base;
        match field {
            "issuetype" => catalogue::type_view(issue.kind, base),
            "project" => {
                catalogue::project_view(issue.project(), self.projects.get(issue.project()).copied().unwrap_or_default(), base)
            }
            "status" => catalogue::status_view(issue.text("status"), base),
            "priority" => catalogue::priority_view(issue.text("priority"), base),
            "parent" => issue.parent.and_then(|id| self.issues.get(&id)).map_or(Value::Null, |parent| self.brief(parent)),
            "subtasks" => {
                let children = issue.children.iter().filter_map(|id| self.issues.get(id));
                children.filter(|child| catalogue::ISSUE_TYPES[child.kind].subtask).map(|child| self.brief(child)).collect()
            }
            "issuelinks" => issue.links.iter().filter_map(|id| self.link_view(*id, issue.id)).collect(),
            "comment" => self.comment_page(issue, 0, inline_comments, false, false),
            "attachment" => attachments(issue, base),
            "creator" | "reporter" => people::user(&issue.creator, base),
            "created" => json!(stamp(issue.created)),
            "updated" => json!(stamp(issue.updated)),
            "labels" | "components" | "fixVersions" => issue.fields.get(field).cloned().unwrap_or_else(|| json!([])),
            other => issue.fields.get(other).cloned().unwrap_or(Value::Null),
        }
    }

    /// An issue as embedded in another one.
    pub(crate) fn brief(&self, issue: &Issue) -> Value {
        json!({
            "id": issue.id.to_string(), "key": issue.key, "self": format!("{}/rest/api/3/issue/{}", self.base, issue.id),
            "fields": {
                "summary": issue.text("summary"),
                "status": catalogue::status_view(issue.text("status"), &self.base),
                "priority": catalogue::priority_view(issue.text("priority"), &self.base),
                "issuetype": catalogue::type_view(issue.kind, &self.base),
            },
        })
    }

    /// A link as the issue `seen_from` shows it: the source sees `outwardIssue`.
    pub(crate) fn link_view(&self, id: u64, seen_from: u64) -> Option<Value> {
        let link = self.links.get(&id)?;
        let mut view = json!({
            "id": id.to_string(), "self": format!("{}/rest/api/3/issueLink/{id}", self.base),
            "type": catalogue::link_view(link.kind, &self.base),
        });
        let (end, other) = if link.source == seen_from { ("outwardIssue", link.target) } else { ("inwardIssue", link.source) };
        view[end] = self.brief(self.issues.get(&other)?);
        Some(view)
    }

    /// A page of comments.
    pub(crate) fn comment_page(&self, issue: &Issue, start: usize, size: usize, newest_first: bool, properties: bool) -> Value {
        let view = |comment: &Comment| self.comment_view(issue.id, comment, properties);
        let comments: Vec<Value> = if newest_first {
            issue.comments.iter().rev().skip(start).take(size).map(view).collect()
        } else {
            issue.comments.iter().skip(start).take(size).map(view).collect()
        };
        json!({"comments": comments, "maxResults": size, "total": issue.comments.len(), "startAt": start})
    }

    /// A comment; its properties only when they were asked for.
    pub(crate) fn comment_view(&self, issue: u64, comment: &Comment, properties: bool) -> Value {
        let mut view = json!({
            "self": format!("{}/rest/api/3/issue/{issue}/comment/{}", self.base, comment.id),
            "id": comment.id.to_string(),
            "author": people::user(&comment.author, &self.base),
            "body": comment.body,
            "updateAuthor": people::user(&comment.editor, &self.base),
            "created": stamp(comment.created),
            "updated": stamp(comment.updated),
            "jsdPublic": true,
        });
        if let Some(visibility) = &comment.visibility {
            view["visibility"] = visibility.clone();
        }
        if properties {
            view["properties"] = entity_properties(&comment.properties);
        }
        view
    }
}

/// Properties as a list of `{key, value}`.
pub(crate) fn entity_properties(properties: &BTreeMap<String, Value>) -> Value {
    properties.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

/// Display names by field id.
pub(crate) fn names(wanted: &Wanted) -> Value {
    FIELDS
        .iter()
        .chain(raven::FIELDS)
        .filter(|field| wanted.has(field.id))
        .map(|field| (field.id.to_owned(), json!(field.name)))
        .collect()
}

/// Schemas by field id.
pub(crate) fn schemas(wanted: &Wanted) -> Value {
    FIELDS
        .iter()
        .chain(raven::FIELDS)
        .filter(|field| wanted.has(field.id))
        .map(|field| (field.id.to_owned(), field.schema()))
        .collect()
}

fn attachments(issue: &Issue, base: &str) -> Value {
    let files = issue.fields.get("attachment").and_then(Value::as_array).into_iter().flatten();
    files
        .map(|file| {
            let id = file["id"].as_str().unwrap_or_default();
            let mut view = file.clone();
            view["self"] = json!(format!("{base}/rest/api/3/attachment/{id}"));
            view["content"] = json!(format!("{base}/rest/api/3/attachment/content/{id}"));
            view["author"] = people::user(&issue.creator, base);
            view
        })
        .collect()
}
