//! Batches of the providers that take them.
//!
//! * [`openai`], [`claude`], [`gemini`]: what each is sent, and how its answers are read; pure functions
//! * [`join`]: many calls made one body, within the provider's limits
//! * [`client`]: what the port asks for, step by step; [`results`]: reading the results line by line

pub mod claude;
mod client;
pub mod gemini;
mod join;
pub mod openai;
mod results;

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::wire::{Ask, HttpBody};
use crate::ports::{BatchInput, BatchLimits, BatchState};

pub(super) use claude::ClaudeBatches;
pub(super) use client::BatchClient;
pub(super) use gemini::GeminiBatches;
pub(super) use openai::OpenAiBatches;

/// Path segments below the base URL.
pub type Path = Vec<Cow<'static, str>>;

/// How a provider's batches are written and read.
pub trait BatchWire: fmt::Debug + Send + Sync + 'static {
    /// What one batch may hold.
    fn limits(&self) -> BatchLimits;

    /// Whether it keeps our own id with a batch.
    fn finds_own(&self) -> bool;

    /// Whether the calls are a file that is uploaded before the batch is created.
    fn uploads(&self) -> bool;

    /// What stands around the calls.
    fn frame(&self, own_id: &str) -> Frame;

    /// A call, as it stands among the others.
    fn call(&self, custom_id: &str, body: &HttpBody) -> String;

    /// The request that creates a batch.
    fn create(&self, own_id: &str, input: &BatchInput, ask: &Ask) -> HttpBody;

    /// Where a batch is read.
    fn path(&self, id: &str) -> Path;

    /// Where its cancelling is asked for.
    fn cancel(&self, id: &str) -> Path;

    /// Where a page of a list is read; `None` where there is no such list.
    fn list(&self, shelf: Shelf, after: Option<&str>) -> Option<Listing>;

    /// A page of a list.
    fn page(&self, listed: &Value) -> Option<Page>;

    /// What a batch, or a file, says of itself.
    fn entry(&self, told: &Value) -> Option<Entry>;

    /// Where a batch is.
    fn state(&self, told: &Value) -> Option<BatchState>;

    /// Where the results of a batch that has ended are.
    fn results(&self, id: &str, told: Value) -> Results;

    /// What is deleted so that nothing is kept of a batch.
    fn kept(&self, id: &str, told: &Value) -> Vec<Path>;

    /// What a line of the results says.
    fn line(&self, line: Value) -> Option<Line>;
}

/// What stands around the calls of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    open: String,
    between: &'static str,
    close: &'static str,
}

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// Batches.
    Batches,
    /// Uploaded files.
    Files,
}

/// A request for a page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    path: Path,
    query: Vec<(&'static str, String)>,
    /// Whether the provider says that the newest come first.
    newest_first: bool,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    entries: Vec<Entry>,
    /// What the next page is asked for with.
    next: Option<String>,
}

/// What a batch, or a file, says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    id: String,
    own_id: Option<String>,
    created: Option<DateTime<Utc>>,
}

/// Where results are.
#[derive(Clone, Debug, PartialEq)]
pub enum Results {
    /// In files of a line each, below the base URL.
    Files(Vec<Path>),
    /// In the batch itself.
    Inline(Vec<Value>),
    /// Where we do not read them.
    Elsewhere,
}

/// A line of the results.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub(super) custom_id: String,
    pub(super) outcome: Outcome,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// An answer as to a single call, with the status that it would have had.
    Answered {
        /// HTTP status.
        status: u16,
        /// The body.
        body: Value,
    },
    /// The time ran out before.
    Expired,
    /// It was cancelled before.
    Cancelled,
}

/// An id that may stand in a path and in our database.
fn sound(id: &str) -> Option<String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (!id.is_empty() && id.len() <= 200 && id.bytes().all(fits)).then(|| id.to_owned())
}

/// The whole list in a field.
fn taken(told: &mut Value, path: &str) -> Option<Vec<Value>> {
    match told.pointer_mut(path).map(Value::take) {
        Some(Value::Array(items)) => Some(items),
        _ => None,
    }
}
