//! The text parts of a story, one function for each kind.

use serde_json::Value;

use super::super::adf::{marker, plain, read, section};
use super::super::story::{Part, PartKind};
use super::story::{ReadOptions, part_of};
use super::{existing, field, hidden};

/// All parts in reading order: the story's own first, then its surroundings.
pub(super) fn all(issue: &Value, fields: &Value, options: &ReadOptions, lossy: &mut Vec<String>) -> Vec<Part> {
    let mut parts = own(issue, fields, options, lossy);
    for (handle, field) in [("link", "issuelinks"), ("attachment", "attachment"), ("labels", "labels")] {
        hidden::note(handle, fields.get(field).unwrap_or(&Value::Null), lossy);
    }
    parts.extend(parent(fields, options, lossy));
    parts.extend(links(fields));
    if options.comments {
        parts.extend(comments(fields, options, lossy));
    }
    parts.extend(attachments(fields));
    parts
}

/// The story's own parts.
pub(super) fn own(issue: &Value, fields: &Value, options: &ReadOptions, lossy: &mut Vec<String>) -> Vec<Part> {
    hidden::note("summary", fields.get("summary").unwrap_or(&Value::Null), lossy);
    let mut parts = vec![Part::new("summary", PartKind::Summary, summary(fields))];
    parts.extend(description(fields, options, lossy));
    parts.extend(acceptance_criteria(issue, fields, options, lossy));
    parts
}

pub(super) fn summary(fields: &Value) -> String {
    text(fields, "summary")
}

fn description(fields: &Value, options: &ReadOptions, lossy: &mut Vec<String>) -> Option<Part> {
    let theirs = section::strip(fields.get("description")?, &options.marker_prefix);
    part_of(Part::new("description", PartKind::Description, read_part("description", &theirs, lossy)))
}

/// The configured field, else every field with one of the names that holds anything.
fn acceptance_criteria(issue: &Value, fields: &Value, options: &ReadOptions, lossy: &mut Vec<String>) -> Option<Part> {
    let mut texts = Vec::new();
    for id in field::criteria(issue, options) {
        match fields.get(id) {
            Some(value) => texts.push(read_part("acceptance_criteria", &section::strip(value, &options.marker_prefix), lossy)),
            None if options.criteria_field.is_some() => {
                lossy.push(format!("acceptance_criteria: the configured field {} is not on this issue", plain::line(id)));
            }
            None => {}
        }
    }
    texts.retain(|text| !text.is_empty());
    texts.dedup();
    part_of(Part::new("acceptance_criteria", PartKind::AcceptanceCriteria, texts.join("\n\n")))
}

/// Comments of people, oldest first.
fn comments(fields: &Value, options: &ReadOptions, lossy: &mut Vec<String>) -> Vec<Part> {
    let mut comments: Vec<&Value> =
        fields.get("comment").and_then(|page| page.get("comments")).and_then(Value::as_array).into_iter().flatten().collect();
    comments.sort_by_key(|comment| created(comment));
    let seen = comments.len() as u64;
    let mut parts = Vec::new();
    let mut restricted = 0_usize;
    for comment in comments {
        let Some(id) = id_of(comment) else { continue };
        let Some(body) = comment.get("body").filter(|body| !is_ours(comment, body, options)) else { continue };
        if !options.restricted_comments && is_restricted(comment) {
            restricted += 1;
            continue;
        }
        let handle = format!("comment:{id}");
        let text = read_part(&handle, body, lossy);
        parts.extend(part_of(Part::new(handle, PartKind::Comment, text)));
    }
    let said = fields.get("comment").map_or(&Value::Null, |page| page.get("total").unwrap_or(&Value::Null)).as_u64().unwrap_or(0);
    if said > seen {
        lossy.push(format!("{seen} of {said} comments were read"));
    }
    if restricted > 0 {
        lossy.push(format!("{restricted} comment(s) that not everybody may see were not read"));
    }
    parts
}

/// When a comment was written, to sort by; ids grow with time where the date is absent or unreadable.
fn created(comment: &Value) -> (i64, u64) {
    let time = comment.get("created").and_then(Value::as_str);
    let time = time.and_then(|time| chrono::DateTime::parse_from_str(time, "%Y-%m-%dT%H:%M:%S%.f%z").ok());
    let id = id_of(comment).and_then(|id| id.parse().ok()).unwrap_or(u64::MAX);
    (time.map_or(i64::MAX, |time| time.timestamp_millis()), id)
}

fn is_ours(comment: &Value, body: &Value, options: &ReadOptions) -> bool {
    let properties = comment.get("properties").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let has_property =
        properties.iter().any(|property| property.get("key").and_then(Value::as_str) == Some(options.property.as_str()));
    has_property || marker::marker_in(body).is_some_and(|marker| marker.starts_with(&options.marker_prefix))
}

fn is_restricted(comment: &Value) -> bool {
    let visibility = comment.get("visibility").is_some_and(|visibility| visibility.as_object().is_some_and(|v| !v.is_empty()));
    visibility || comment.get("jsdPublic").and_then(Value::as_bool) == Some(false)
}

fn parent(fields: &Value, options: &ReadOptions, lossy: &mut Vec<String>) -> Option<Part> {
    let parent = fields.get("parent")?;
    let theirs = parent.get("fields")?;
    let head = titled(parent, theirs);
    let description = section::strip(theirs.get("description").unwrap_or(&Value::Null), &options.marker_prefix);
    let description = read_part("parent", &description, lossy);
    part_of(Part::new("parent", PartKind::Parent, format!("{head}\n\n{description}").trim()))
}

/// One part for each linked issue that is no test, the link in words: `blocks SHOP-3: …`.
fn links(fields: &Value) -> Vec<Part> {
    let mut parts: Vec<(String, String)> = Vec::new();
    for link in fields.get("issuelinks").and_then(Value::as_array).into_iter().flatten() {
        let Some((other, words)) = far_end(link).filter(|(other, words)| !existing::is_test(other, words)) else { continue };
        let Some(key) = other.get("key").and_then(Value::as_str) else { continue };
        let line = format!("{words} {}", titled(other, other.get("fields").unwrap_or(&Value::Null)));
        let id = format!("link:{}", plain::line(key));
        match parts.iter_mut().find(|(known, _)| *known == id) {
            Some((_, text)) => text.push_str(&format!("\n{line}")),
            None => parts.push((id, line)),
        }
    }
    parts.into_iter().map(|(id, text)| Part::new(id, PartKind::Link, text)).collect()
}

/// The other issue of a link, and what this one says of it: "blocks".
pub(super) fn far_end(link: &Value) -> Option<(&Value, String)> {
    // What the answer calls outward issue stands at the far end of the outward words: this issue "blocks" it.
    let ends = [("outwardIssue", "outward"), ("inwardIssue", "inward")];
    let (other, words) = ends.iter().find_map(|(end, words)| Some((link.get(*end).filter(|end| end.is_object())?, *words)))?;
    let kind = link.get("type").unwrap_or(&Value::Null);
    let words = [text(kind, words), text(kind, "name")].into_iter().find(|words| !words.is_empty());
    Some((other, words.unwrap_or_else(|| "is linked to".to_owned())))
}

/// `SHOP-3: Summary (Story, In Progress)`.
fn titled(issue: &Value, fields: &Value) -> String {
    let about: Vec<String> =
        [name_of(fields, "issuetype"), name_of(fields, "status")].into_iter().filter(|name| !name.is_empty()).collect();
    let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
    let summary = text(fields, "summary");
    let colon = if summary.is_empty() { "" } else { ": " };
    format!("{}{colon}{summary}{about}", text(issue, "key"))
}

fn attachments(fields: &Value) -> Vec<Part> {
    let attachments = fields.get("attachment").and_then(Value::as_array).into_iter().flatten();
    attachments
        .filter_map(|attachment| {
            part_of(Part::new(format!("attachment:{}", id_of(attachment)?), PartKind::Attachment, text(attachment, "filename")))
        })
        .collect()
}

/// The name of what a field refers to.
pub(super) fn name_of(fields: &Value, field: &str) -> String {
    fields.get(field).map(|value| text(value, "name")).unwrap_or_default()
}

pub(super) fn text(value: &Value, name: &str) -> String {
    plain::line(value.get(name).and_then(Value::as_str).unwrap_or_default())
}

/// Ids are strings, but numbers are understood.
fn id_of(value: &Value) -> Option<String> {
    match value.get("id")? {
        Value::String(id) if !id.trim().is_empty() => Some(plain::line(id)),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// A field as Markdown; what was lost is noted under the part's handle.
pub(super) fn read_part(handle: &str, value: &Value, lossy: &mut Vec<String>) -> String {
    hidden::note(handle, value, lossy);
    let read = read::markdown(value);
    lossy.extend(read.lossy.into_iter().map(|what| format!("{handle}: {what}")));
    read.markdown
}
