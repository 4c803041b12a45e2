//! A place where each criterion and scenario stands as an object of its own: sub-tasks, tests of a test management tool.

use async_trait::async_trait;
use serde_json::Value;

use super::jira::{Ability, JiraError, RawIssue};
use crate::domain::document::Document;
use crate::domain::issue_key::project_of;
use crate::domain::markup::Markup;
use crate::domain::scenario::Scenario;

/// What is to stand for one criterion or scenario, before a place gives it its form.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemText<'a> {
    /// `AC-2`, `TS-1`.
    pub id: &'a str,
    /// Its story.
    pub story: ItemStory<'a>,
    /// Id and title in one line of at most 255 characters.
    pub summary: String,
    /// All of it, as a person reads it, with our marker below.
    pub body: Document,
    /// Which kind of text the story's site speaks.
    pub markup: Markup,
    /// The scenario, for places that know steps; `None` = a criterion.
    pub scenario: Option<&'a Scenario>,
}

/// The story of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemStory<'a> {
    /// Jira's numeric id.
    pub id: &'a str,
    /// Its key.
    pub key: &'a str,
    /// Its summary.
    pub summary: &'a str,
    /// Its page.
    pub url: &'a str,
}

impl ItemStory<'_> {
    /// The key of its project; places are told how to keep things of each.
    #[must_use]
    pub fn project(&self) -> &str {
        project_of(self.key)
    }
}

/// The form that an item has in a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// What is sent, without what says whose it is.
    pub content: Value,
    /// Hash of what it says; that of what stands there, as long as nobody changes it.
    pub hash: String,
}

/// What says whose an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// `jqa:3f2a9c1b.2`: the same item has the same for ever.
    pub marker: String,
    /// [`Form::hash`] of what was written.
    pub hash: String,
    /// Where it comes from; kept beside the hash where a place can, and not read again.
    pub origin: Value,
}

/// An object of ours that stands there.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The id it is written to by.
    pub id: String,
    /// The key that people know it by.
    pub key: String,
    /// The page a person would open.
    pub url: String,
    /// What it says of itself.
    pub mark: Mark,
    /// Hash of what stands there now.
    pub hash: String,
    /// When it was last touched, as the place says it; empty where it does not.
    pub updated: String,
}

/// What stands in a place for one story.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Survey {
    /// Objects of ours, the oldest first.
    pub standing: Vec<Standing>,
    /// Why nothing new can be created there, in words for a person; `None` = it can.
    pub obstacle: Option<String>,
    /// What [`Items::create`] needs to know of the place.
    pub ground: Value,
}

/// How an object that nobody needs any more is closed.
#[derive(Debug, Clone, PartialEq)]
pub enum Closing {
    /// It is closed already.
    Closed,
    /// In this way, which only the place itself understands.
    By(Value),
    /// It cannot be, in words for a person.
    Impossible(String),
}

/// One place. Every call is made once; what is repeated, and when, is for the job to decide.
#[async_trait]
pub trait Items: Send + Sync {
    /// Whether the place is there and lets us in; `None` = there is nothing to ask.
    async fn ability(&self) -> Option<Ability>;

    /// The form of an item there.
    fn form(&self, item: &ItemText<'_>) -> Form;

    /// What stands there for a story. Objects are read directly, never by a search, whose index lags. `known` are ids that we
    /// remember; `creates` says that something new is to be created, so that it is worth asking whether it can.
    async fn survey(&self, story: &RawIssue, known: &[&str], creates: bool) -> Result<Survey, JiraError>;

    /// Creates an object that carries our mark from its first moment on.
    async fn create(&self, ground: &Value, form: &Form, mark: &Mark) -> Result<Standing, JiraError>;

    /// Brings an object up to date, unless somebody touched it since it was surveyed ([`JiraError::Touched`]).
    async fn update(&self, standing: &Standing, form: &Form, mark: &Mark) -> Result<Standing, JiraError>;

    /// How an object of a story in the project of this key is closed; writes nothing.
    async fn closing(&self, project: &str, standing: &Standing) -> Result<Closing, JiraError>;

    /// Closes an object in this way, unless somebody touched it since it was surveyed ([`JiraError::Touched`]).
    async fn close(&self, standing: &Standing, way: &Value) -> Result<(), JiraError>;
}
