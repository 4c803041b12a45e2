//! Stories become issues.

use serde_json::{Map, Value, json};

use super::Site;
use super::catalogue::{self, CRITERIA_FIELD};
use super::issue::Comment;
use crate::adf::normalise::normalise;
use crate::clock::stamp;
use crate::options::Deployment;
use crate::story::{Story, Text};

impl Site {
    /// Adds stories; one whose key is known replaces what could be written of that issue.
    pub(crate) fn load(&mut self, stories: &[Story]) {
        for story in stories {
            self.load_one(story);
        }
        for story in stories {
            self.tie(story);
        }
    }

    fn load_one(&mut self, story: &Story) {
        let known = self.id_of(&story.key);
        let id = known.unwrap_or_else(|| self.new_id());
        let now = self.clock.tick();
        let mut issue = self.issues.remove(&id).unwrap_or_default();
        issue.id = id;
        story.key.clone_into(&mut issue.key);
        issue.kind = catalogue::type_index(&story.issue_type).unwrap_or(1);
        issue.fields = self.fields(story, now);
        "Mara Voss".clone_into(&mut issue.creator);
        issue.created = if known.is_some() { issue.created } else { now };
        issue.updated = now;
        if known.is_none() {
            issue.comments = story
                .comments
                .iter()
                .map(|comment| {
                    let body = self.written(&comment.body);
                    self.seed_comment(&comment.author, body, id)
                })
                .collect();
        }
        self.issues.insert(id, issue);
        self.take_key(&story.key, id);
    }

    fn fields(&mut self, story: &Story, now: i64) -> Map<String, Value> {
        let mut document = |text: &crate::story::Text| self.written(text);
        let attachments: Vec<Value> = story.attachments.iter().map(|name| attachment(name, now)).collect();
        let mut fields = Map::new();
        fields.insert("summary".to_owned(), json!(story.summary));
        fields.insert("description".to_owned(), document(&story.description));
        fields.insert(CRITERIA_FIELD.to_owned(), document(&story.acceptance_criteria));
        fields.insert("labels".to_owned(), json!(story.labels));
        fields.insert("status".to_owned(), json!(if story.status.is_empty() { "To Do" } else { &story.status }));
        fields.insert("priority".to_owned(), json!(if story.priority.is_empty() { "Medium" } else { &story.priority }));
        fields.insert("components".to_owned(), story.components.iter().map(|name| component(name)).collect());
        fields.insert("attachment".to_owned(), Value::Array(attachments));
        fields
    }

    /// What was written, as this site keeps it.
    pub(crate) fn written(&mut self, text: &Text) -> Value {
        match self.deployment {
            Deployment::Cloud => {
                let mut document = text.to_adf();
                normalise(&mut document, &mut self.next_local_id);
                document
            }
            Deployment::DataCenter => text.to_wiki(),
        }
    }

    fn seed_comment(&mut self, author: &str, body: Value, issue: u64) -> Comment {
        let (id, now) = (self.new_id(), self.clock.tick());
        self.comment_homes.insert(id, issue);
        Comment {
            id,
            author: author.to_owned(),
            editor: author.to_owned(),
            body,
            visibility: None,
            properties: Default::default(),
            created: now,
            updated: now,
        }
    }

    fn tie(&mut self, story: &Story) {
        let Some(id) = self.id_of(&story.key) else { return };
        if let Some(parent) = story.parent.as_ref().and_then(|parent| self.id_of(parent)) {
            self.adopt(id, Some(parent));
        }
        for link in &story.links {
            if let (Some(kind), Some(target)) = (catalogue::link_index(&link.kind), self.id_of(&link.key)) {
                self.link(kind, id, target);
            }
        }
    }

    /// Puts an issue below another, or below none.
    pub(crate) fn adopt(&mut self, child: u64, parent: Option<u64>) {
        let before = self.issues.get_mut(&child).and_then(|issue| std::mem::replace(&mut issue.parent, parent));
        if let Some(issue) = before.and_then(|before| self.issues.get_mut(&before)) {
            issue.children.retain(|known| *known != child);
        }
        if let Some(issue) = parent.and_then(|parent| self.issues.get_mut(&parent)) {
            issue.children.push(child);
        }
    }
}

fn component(name: &str) -> Value {
    let id = name.bytes().fold(10_300_u64, |sum, byte| sum + u64::from(byte));
    json!({"id": id.to_string(), "name": name})
}

fn attachment(name: &str, now: i64) -> Value {
    let mime = match name.rsplit('.').next() {
        Some("png") => "image/png",
        Some("pdf") => "application/pdf",
        Some("csv") => "text/csv",
        _ => "application/octet-stream",
    };
    let id = name.bytes().fold(20_000_u64, |sum, byte| sum * 31 % 89_999 + u64::from(byte));
    json!({"id": id.to_string(), "filename": name, "mimeType": mime, "size": 1024 + id, "created": stamp(now)})
}
