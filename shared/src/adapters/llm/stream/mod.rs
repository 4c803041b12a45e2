//! Answers that come as streams of events, put together to the JSON that the same call answers without one, so that
//! [`outcome`](super::outcome) reads both.
//!
//! * [`sse`]: events from bytes; [`chat`], [`claude`], [`gemini`], [`responses`]: answers from events
//! * [`collect`]: bytes in, answer out, within bounds; [`receive`]: the same over HTTP; [`limits`]: how long that may take

pub mod chat;
pub mod claude;
pub mod collect;
pub mod gemini;
pub(super) mod limits;
pub(super) mod receive;
pub mod responses;
pub mod sse;

use std::fmt;

use bytes::Bytes;
use serde_json::{Map, Value};

use self::sse::Event;
use super::wire::{Ask, HttpBody, unreadable};
use crate::ports::LlmError;

/// How a provider streams.
pub trait Streams {
    /// The same request, its answer asked for as a stream.
    fn streamed(&self, body: HttpBody, ask: &Ask) -> HttpBody;

    /// What follows the address then.
    fn query(&self) -> Option<&'static str> {
        None
    }

    /// Whether it says something before its model has thought.
    fn begins_at_once(&self) -> bool;

    /// What an answer is put together in.
    fn assembly(&self) -> Box<dyn Assembly>;
}

/// How far an answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Something is missing.
    Open,
    /// Nothing is missing; more may come, such as what it cost.
    Whole,
    /// Nothing more comes.
    Ended,
}

/// An answer that is being put together.
pub trait Assembly: fmt::Debug + Send {
    /// Adds an event.
    ///
    /// # Errors
    ///
    /// [`LlmError::InvalidReply`] for an event that is not of the API.
    fn take(&mut self, event: &Event) -> Result<(), LlmError>;

    /// How far it has come.
    fn progress(&self) -> Progress;

    /// How many bytes are held, about.
    fn held(&self) -> usize;

    /// What there is, in the form of an answer that was not streamed.
    fn answer(&mut self) -> Value;
}

/// A body with more fields at its end.
fn with_fields(body: &Bytes, fields: &str) -> Bytes {
    let open = body.strip_suffix(b"}").unwrap_or(body);
    [open, b",", fields.as_bytes(), b"}"].concat().into()
}

/// The object that an event carries; without one where it carries nothing.
fn object(event: &Event) -> Result<Option<Map<String, Value>>, LlmError> {
    if event.data.trim().is_empty() {
        return Ok(None);
    }
    // Gemini sometimes wraps an error into a list of one.
    match serde_json::from_str(&event.data) {
        Ok(Value::Object(object)) => Ok(Some(object)),
        Ok(Value::Array(list)) => match <[Value; 1]>::try_from(list) {
            Ok([Value::Object(object)]) => Ok(Some(object)),
            _ => Err(unreadable("an event that holds a list")),
        },
        Ok(_) | Err(_) => Err(unreadable("an event that holds no JSON object")),
    }
}

/// Adds to a text in an object, and makes it where there is none.
fn append(object: &mut Map<String, Value>, name: &str, more: &str) {
    match object.get_mut(name) {
        Some(Value::String(text)) => text.push_str(more),
        _ => {
            object.insert(name.to_owned(), Value::from(more));
        }
    }
}

/// What a field says, unless it says nothing.
fn said<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}
