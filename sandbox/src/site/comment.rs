//! Writing comments.

use axum::http::StatusCode;
use serde_json::Value;

use super::Site;
use super::edit::{properties, too_long};
use super::issue::Comment;
use super::problem::{Answer, Problem};
use crate::adf::normalise::normalise;
use crate::adf::{rules, text};
use crate::options::Deployment;

use super::edit::LONGEST;

impl Site {
    /// Adds a comment and returns its id.
    pub(crate) fn add_comment(&mut self, issue: u64, body: &Value, author: &str, limit: usize) -> Answer<u64> {
        let document = self.comment_body(body)?;
        let properties = properties(body)?;
        let full = self.issues.get(&issue).ok_or_else(Problem::no_issue)?.comments.len() >= limit;
        if full {
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The issue has reached its limit of comments."));
        }
        let (id, now) = (self.new_id(), self.clock.tick());
        let visibility = body.get("visibility").filter(|visibility| visibility.is_object()).cloned();
        let comment = Comment {
            id,
            author: author.to_owned(),
            editor: author.to_owned(),
            body: document,
            visibility,
            properties,
            created: now,
            updated: now,
        };
        self.comment_homes.insert(id, issue);
        if let Some(issue) = self.issues.get_mut(&issue) {
            issue.comments.push(comment);
            issue.updated = now;
        }
        Ok(id)
    }

    /// Replaces what a comment says.
    pub(crate) fn edit_comment(&mut self, id: u64, body: &Value, editor: &str) -> Answer<()> {
        let document = self.comment_body(body)?;
        let properties = properties(body)?;
        let now = self.clock.tick();
        let comment = self.comment_mut(id)?;
        comment.body = document;
        comment.visibility = body.get("visibility").filter(|visibility| visibility.is_object()).cloned();
        comment.properties.extend(properties);
        editor.clone_into(&mut comment.editor);
        comment.updated = now;
        self.touch(id, now);
        Ok(())
    }

    /// Takes a comment away.
    pub(crate) fn remove_comment(&mut self, id: u64) -> Answer<()> {
        let now = self.clock.tick();
        self.comment(id)?;
        self.touch(id, now);
        let home = self.comment_homes.remove(&id);
        if let Some(issue) = home.and_then(|home| self.issues.get_mut(&home)) {
            issue.comments.retain(|comment| comment.id != id);
        }
        Ok(())
    }

    /// A comment by its id.
    pub(crate) fn comment(&self, id: u64) -> Answer<&Comment> {
        let issue = self.comment_homes.get(&id).and_then(|home| self.issues.get(home));
        let comment = issue.and_then(|issue| issue.comments.iter().find(|comment| comment.id == id));
        comment.ok_or_else(|| no_comment(id))
    }

    /// The same, to change it.
    pub(crate) fn comment_mut(&mut self, id: u64) -> Answer<&mut Comment> {
        let issue = self.comment_homes.get(&id).and_then(|home| self.issues.get_mut(home));
        let comment = issue.and_then(|issue| issue.comments.iter_mut().find(|comment| comment.id == id));
        comment.ok_or_else(|| no_comment(id))
    }

    fn touch(&mut self, comment: u64, now: i64) {
        if let Some(issue) = self.comment_homes.get(&comment).and_then(|home| self.issues.get_mut(home)) {
            issue.updated = now;
        }
    }

    fn comment_body(&mut self, request: &Value) -> Answer<Value> {
        let body = &request["body"];
        if self.deployment == Deployment::DataCenter {
            return wiki_body(body);
        }
        if !body.is_object() {
            return Err(Problem::field("comment", "Comment body is not valid!"));
        }
        if rules::check(body).is_err() {
            return Err(Problem::invalid_input());
        }
        let length = text::length(body);
        if length == 0 {
            return Err(Problem::field("comment", "Comment body can not be empty!"));
        }
        if length > LONGEST {
            return Err(Problem::field("comment", too_long()));
        }
        let mut stored = body.clone();
        normalise(&mut stored, &mut self.next_local_id);
        Ok(stored)
    }
}

fn wiki_body(body: &Value) -> Answer<Value> {
    let Some(words) = body.as_str() else {
        return Err(Problem::bad("Can not deserialize instance of java.lang.String out of START_OBJECT token"));
    };
    match words.encode_utf16().count() {
        _ if words.trim().is_empty() => Err(Problem::field("comment", "Comment body can not be empty!")),
        length if length > LONGEST => Err(Problem::field("comment", too_long())),
        _ => Ok(body.clone()),
    }
}

fn no_comment(id: u64) -> Problem {
    Problem::missing(format!("Can not find a comment for the id: {id}."))
}
