//! Stories from text: JSON lines in two dialects, and Markdown files with a head.

use serde_json::Value;

use crate::story::{Story, StoryComment, StoryLink, Text};

/// Why stories could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The text is not JSON.
    #[error("line {line}: {cause}")]
    Json {
        /// Counted from one.
        line: usize,
        /// What the parser said.
        cause: serde_json::Error,
    },
    /// A story says too little to become an issue.
    #[error("story {number}: {reason}")]
    Story {
        /// Counted from one.
        number: usize,
        /// What is missing.
        reason: String,
    },
}

/// Reads JSON lines, or one JSON array.
///
/// A story with a `key` is taken as it is. One with only an `id` gets the next key of `project` and keeps its id as a
/// label; its acceptance criteria go to the custom field unless the description already says them.
///
/// # Errors
/// When the text is not JSON, or a story has no summary.
pub fn stories_from_jsonl(text: &str, project: &str) -> Result<Vec<Story>, LoadError> {
    let values = if text.trim_start().starts_with('[') {
        serde_json::from_str(text).map_err(|cause| LoadError::Json { line: 1, cause })?
    } else {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines
            .map(|(index, line)| serde_json::from_str(line).map_err(|cause| LoadError::Json { line: index + 1, cause }))
            .collect::<Result<Vec<Value>, _>>()?
    };
    stories_from_values(values, project)
}

/// The same for values that are parsed already.
pub(crate) fn stories_from_values(values: Vec<Value>, project: &str) -> Result<Vec<Story>, LoadError> {
    values.into_iter().enumerate().map(|(index, value)| story(value, index + 1, project)).collect()
}

fn story(mut value: Value, number: usize, project: &str) -> Result<Story, LoadError> {
    let fail = |reason: String| LoadError::Story { number, reason };
    let keyed = value["key"].is_string();
    let object = value.as_object_mut().ok_or_else(|| fail("not an object".to_owned()))?;
    if !keyed {
        object.insert("key".to_owned(), Value::String(format!("{project}-{number}")));
    }
    let id = object.remove("id");
    let mut story: Story = serde_json::from_value(value).map_err(|error| fail(error.to_string()))?;
    if story.summary.trim().is_empty() {
        return Err(fail("no summary".to_owned()));
    }
    if split_key(&story.key).is_none() {
        return Err(fail(format!("{} is not an issue key", story.key)));
    }
    story.summary = story.summary.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(255).collect();
    if !keyed {
        story.labels.extend(id.as_ref().and_then(Value::as_str).map(|id| id.replace(' ', "-")));
        if is_said(&story.acceptance_criteria, &story.description) {
            story.acceptance_criteria = Text::Empty;
        }
    }
    Ok(story)
}

/// `SHOP-12` as project and number.
pub(crate) fn split_key(key: &str) -> Option<(&str, u64)> {
    let (project, number) = key.rsplit_once('-')?;
    let good = project.starts_with(|c: char| c.is_ascii_uppercase())
        && project.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    good.then_some((project, number.parse().ok()?))
}

/// Whether the description holds every criterion, compared by their letters and digits.
fn is_said(criteria: &Text, description: &Text) -> bool {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let said = letters(&description.plain());
    criteria.plain().lines().all(|line| said.contains(&letters(line)))
}

/// Reads a story file: `key: value` lines between two `---`, then Markdown, then sections that begin with
/// `=== acceptance criteria` or `=== comment {author}`.
#[must_use]
pub fn story_from_markdown(file: &str) -> Story {
    let body = file.trim_start().strip_prefix("---\n").unwrap_or(file);
    let (head, text) = body.split_once("\n---\n").unwrap_or(("", body));
    let mut story = Story::default();
    head.lines().filter_map(|line| line.split_once(':')).for_each(|(name, value)| set(&mut story, name.trim(), value.trim()));
    let mut sections = text.split("\n=== ");
    story.description = source(sections.next().unwrap_or_default());
    for section in sections {
        let (title, words) = section.split_once('\n').unwrap_or((section, ""));
        match title.strip_prefix("comment ") {
            Some(author) => story.comments.push(StoryComment { author: author.to_owned(), body: source(words) }),
            None => story.acceptance_criteria = source(words),
        }
    }
    story
}

fn source(words: &str) -> Text {
    if words.trim().is_empty() { Text::Empty } else { Text::Source(words.trim().to_owned()) }
}

fn set(story: &mut Story, name: &str, value: &str) {
    let list = || value.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect::<Vec<String>>();
    match name {
        "key" => value.clone_into(&mut story.key),
        "summary" => value.clone_into(&mut story.summary),
        "language" => value.clone_into(&mut story.language),
        "type" => value.clone_into(&mut story.issue_type),
        "status" => value.clone_into(&mut story.status),
        "priority" => value.clone_into(&mut story.priority),
        "parent" => story.parent = Some(value.to_owned()),
        "labels" => story.labels = list(),
        "tags" => story.tags = list(),
        "components" => story.components = list(),
        "attachments" => story.attachments = list(),
        "links" => {
            let links = list();
            let pairs = links.iter().filter_map(|link| link.rsplit_once(' '));
            story.links = pairs.map(|(kind, key)| StoryLink { kind: kind.to_owned(), key: key.to_owned() }).collect();
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_dialects_load() {
        let text = r#"{"id": "ext 1", "summary": "S", "description": "- must A\n- must B", "acceptance_criteria": ["must A", "must B"], "language": "en", "tags": []}

{"key": "ABC-7", "summary": "T", "description": {"version": 1, "type": "doc", "content": []}, "acceptance_criteria": ["only here"]}"#;
        let stories = stories_from_jsonl(text, "REAL").unwrap();
        assert_eq!(stories[0].key, "REAL-1");
        assert_eq!(stories[0].labels, ["ext-1"]);
        assert_eq!(stories[0].acceptance_criteria, Text::Empty);
        assert_eq!(stories[1].key, "ABC-7");
        assert_eq!(stories[1].acceptance_criteria.plain(), "only here");
    }

    #[test]
    fn a_bad_line_is_named() {
        let error = stories_from_jsonl("{\"summary\": \"a\"}\n{", "X").unwrap_err();
        assert!(error.to_string().starts_with("line 2"), "{error}");
        assert!(stories_from_jsonl("{}", "X").is_err());
    }
}
