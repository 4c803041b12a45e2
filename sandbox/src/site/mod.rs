//! The Jira site: issues, comments, links and what may be asked about them.

pub(crate) mod catalogue;
pub(crate) mod comment;
pub(crate) mod edit;
pub(crate) mod history;
pub(crate) mod issue;
pub(crate) mod jql;
pub(crate) mod people;
pub(crate) mod problem;
pub(crate) mod search;
mod seed;
pub(crate) mod tokens;
pub(crate) mod view;

use std::collections::{BTreeMap, HashMap};

use crate::clock::Clock;
use crate::loader::split_key;
use crate::options::Deployment;
use history::News;
use issue::{Issue, Link};

/// Everything the site remembers.
#[derive(Default)]
pub(crate) struct Site {
    pub(crate) base: String,
    pub(crate) clock: Clock,
    pub(crate) issues: BTreeMap<u64, Issue>,
    pub(crate) links: BTreeMap<u64, Link>,
    /// Where each comment is.
    pub(crate) comment_homes: HashMap<u64, u64>,
    /// Project keys and their ids.
    pub(crate) projects: BTreeMap<String, u64>,
    keys: HashMap<String, u64>,
    next_number: HashMap<String, u64>,
    next_id: u64,
    pub(crate) next_local_id: u64,
    /// Which kind of text it keeps.
    pub(crate) deployment: Deployment,
    /// What webhooks have not told yet.
    pub(crate) news: Vec<News>,
}

impl Site {
    pub(crate) fn new(base: String, deployment: Deployment) -> Self {
        Self { base, deployment, next_id: 10_000, ..Self::default() }
    }

    /// The issue with this key (present or former) or id.
    pub(crate) fn find(&self, key_or_id: &str) -> Option<&Issue> {
        self.issues.get(&self.id_of(key_or_id)?)
    }

    /// The same, to change it.
    pub(crate) fn find_mut(&mut self, key_or_id: &str) -> Option<&mut Issue> {
        let id = self.id_of(key_or_id)?;
        self.issues.get_mut(&id)
    }

    /// The id behind a key, a former key or an id.
    pub(crate) fn id_of(&self, key_or_id: &str) -> Option<u64> {
        let known = self.keys.get(key_or_id).or_else(|| self.keys.get(&key_or_id.to_ascii_uppercase())).copied();
        known.or_else(|| key_or_id.parse().ok().filter(|id| self.issues.contains_key(id)))
    }

    /// A number nothing else has.
    pub(crate) fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Makes a key known; its project comes into being with it.
    pub(crate) fn take_key(&mut self, key: &str, id: u64) {
        self.keys.insert(key.to_owned(), id);
        if let Some((project, number)) = split_key(key) {
            let next = self.next_number.entry(project.to_owned()).or_default();
            *next = (*next).max(number);
            if !self.projects.contains_key(project) {
                let project_id = self.new_id();
                self.projects.insert(project.to_owned(), project_id);
            }
        }
    }

    /// The next key of a project.
    pub(crate) fn next_key(&self, project: &str) -> String {
        format!("{project}-{}", self.next_number.get(project).copied().unwrap_or_default() + 1)
    }

    /// Gives an issue another key; the old one goes on leading to it.
    pub(crate) fn rename(&mut self, old: &str, new: &str) -> bool {
        let Some(id) = self.id_of(old) else { return false };
        if self.id_of(new).is_some_and(|other| other != id) || split_key(new).is_none() {
            return false;
        }
        self.take_key(new, id);
        let now = self.clock.tick();
        if let Some(issue) = self.issues.get_mut(&id) {
            new.clone_into(&mut issue.key);
            issue.updated = now;
        }
        true
    }

    /// Takes an issue away with its comments and links.
    pub(crate) fn remove(&mut self, id: u64) {
        let Some(issue) = self.issues.remove(&id) else { return };
        self.keys.retain(|_, known| *known != id);
        self.comment_homes.retain(|_, home| *home != id);
        for link in issue.links {
            self.unlink(link);
        }
        if let Some(parent) = issue.parent.and_then(|parent| self.issues.get_mut(&parent)) {
            parent.children.retain(|child| *child != id);
        }
    }

    /// Ties two issues: `source` blocks `target`, say.
    pub(crate) fn link(&mut self, kind: usize, source: u64, target: u64) -> u64 {
        let same = self.links.iter().find(|(_, link)| link.kind == kind && link.source == source && link.target == target);
        if let Some((id, _)) = same {
            return *id;
        }
        let id = self.new_id();
        self.links.insert(id, Link { kind, source, target });
        for end in [source, target] {
            if let Some(issue) = self.issues.get_mut(&end) {
                issue.links.push(id);
            }
        }
        id
    }

    /// Unties them.
    pub(crate) fn unlink(&mut self, id: u64) -> bool {
        let Some(link) = self.links.remove(&id) else { return false };
        for end in [link.source, link.target] {
            if let Some(issue) = self.issues.get_mut(&end) {
                issue.links.retain(|known| *known != id);
            }
        }
        true
    }
}
