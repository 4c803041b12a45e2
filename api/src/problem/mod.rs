//! RFC 9457: every answer that is not a success.
//!
//! A handler answers `Err(Problem)`; the [front](crate::front) writes it, since it knows the request's id. The detail
//! of a 5xx that is our own fault is logged and never sent.

mod from;

pub mod codes;

use std::borrow::Cow;
use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
pub use codes::Code;
use serde::Serialize;
use shared::adapters::http::excerpt;

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// Its path, such as `publish[0].mode`.
    pub field: String,
    /// `missing`, `unknown`, `invalid`, or the code of a finding.
    pub code: Cow<'static, str>,
    /// What is wrong and what would be right.
    pub message: String,
}

impl FieldError {
    /// An error of a field. Names and values come from strangers: neither is repeated at length.
    pub fn new(field: impl AsRef<str>, code: &'static str, message: impl AsRef<str>) -> Self {
        Self { field: excerpt(field.as_ref(), 200), code: Cow::Borrowed(code), message: excerpt(message.as_ref(), 600) }
    }

    /// A value that will not do.
    pub fn invalid(field: impl AsRef<str>, message: impl AsRef<str>) -> Self {
        Self::new(field, "invalid", message)
    }
}

/// A refusal or a failure; a pointer, since every `Result` of a handler has room for it.
#[derive(Debug, Clone)]
pub struct Problem(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    code: Code,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    retry_after: Option<u64>,
    /// For the log only.
    cause: Option<String>,
}

/// `application/problem+json`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemView<'a> {
    /// A name for the kind of problem: `urn:jqa:problem:{code}`.
    #[serde(rename = "type")]
    kind: String,
    /// The same for every occurrence.
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// Stable code, `area.reason`.
    #[schema(example = "request.invalid")]
    code: &'static str,
    /// What happened, to what, and what to do.
    detail: &'a str,
    /// The request, for the operator's logs.
    request_id: &'a str,
    /// Every field that is wrong.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    errors: &'a [FieldError],
}

impl Problem {
    /// A problem of this kind.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner { code, detail: detail.into(), errors: Vec::new(), retry_after: None, cause: None }))
    }

    /// The request does not hold what it should.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self::new(codes::INVALID, "The request is well-formed, but some fields are not as they should be.").with_errors(errors)
    }

    /// One field does not hold what it should.
    pub fn field(field: impl AsRef<str>, message: impl AsRef<str>) -> Self {
        Self::invalid(vec![FieldError::invalid(field, message)])
    }

    /// A mistake of ours; the cause is logged, not sent.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        let mut problem =
            Self::new(codes::INTERNAL, "The request failed by no fault of yours; the request_id finds it in the server's log.");
        problem.0.cause = Some(cause.to_string());
        problem
    }

    /// The role does not hold a permission.
    #[must_use]
    pub fn forbidden(permission: shared::domain::user::Permission) -> Self {
        Self::new(codes::FORBIDDEN, format!("Your role does not hold the permission '{permission}'."))
    }

    /// With what is wrong with each field.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// With the time after which to try again, in whole seconds, rounded up.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        self
    }

    /// With a cause for the log.
    #[must_use]
    pub fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// Which one it is.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What happened, to what, and what to do.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// What is wrong with each field.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// What the log should know.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The body.
    #[must_use]
    pub fn to_json(&self, request_id: &str) -> String {
        let Code { code, status, title } = self.0.code;
        let kind = format!("urn:jqa:problem:{code}");
        let view = ProblemView {
            kind,
            title,
            status: status.as_u16(),
            code,
            detail: &self.0.detail,
            request_id,
            errors: &self.0.errors,
        };
        serde_json::to_string(&view).unwrap_or_default()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = StatusCode::into_response(self.0.code.status);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.0.code.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.0.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_tells_everything_but_its_cause() {
        let problem = Problem::field("issue_key", "no key").because("password=1").retry_after(Duration::from_millis(1200));
        let json: serde_json::Value = serde_json::from_str(&problem.to_json("r-1")).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "type": "urn:jqa:problem:request.invalid",
                "title": "The request is not valid",
                "status": 422,
                "code": "request.invalid",
                "detail": "The request is well-formed, but some fields are not as they should be.",
                "request_id": "r-1",
                "errors": [{ "field": "issue_key", "code": "invalid", "message": "no key" }],
            })
        );
        assert_eq!(problem.into_response().headers()[RETRY_AFTER], "2");
    }
}
