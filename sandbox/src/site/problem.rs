//! Jira's way to say no.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// An `ErrorCollection` with its status.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) messages: Vec<String>,
    pub(crate) errors: Map<String, Value>,
}

pub(crate) type Answer<T = Response> = Result<T, Problem>;

impl Problem {
    /// A refusal with one message.
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, messages: vec![message.into()], errors: Map::new() }
    }

    /// 400 with one message.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 400 about one field: `errorMessages` stays empty.
    pub(crate) fn field(field: &str, message: impl Into<String>) -> Self {
        let mut errors = Map::new();
        errors.insert(field.to_owned(), Value::String(message.into()));
        Self { status: StatusCode::BAD_REQUEST, messages: Vec::new(), errors }
    }

    /// What Jira says of a document it cannot read.
    pub(crate) fn invalid_input() -> Self {
        Self::bad("INVALID_INPUT")
    }

    /// 404, for missing and for hidden issues alike.
    pub(crate) fn no_issue() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Issue does not exist or you do not have permission to see it.")
    }

    /// 404 about something else.
    pub(crate) fn missing(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// The body.
    pub(crate) fn body(&self) -> Value {
        json!({"errorMessages": self.messages, "errors": self.errors})
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(self.body())).into_response()
    }
}
