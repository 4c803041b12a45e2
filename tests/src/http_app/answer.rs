//! What came back.

use axum::http::HeaderMap;
use serde_json::Value;

use super::SECRET_KEY;
use super::ask::REQUEST_ID;
use crate::app::CALLBACK_SECRET;

/// See the module.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub text: String,
}

impl Answer {
    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// A header, empty when it is absent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// Status and code of a problem.
    #[must_use]
    pub fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }

    /// The fields a problem names, in order.
    #[must_use]
    pub fn fields(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["field"].as_str().expect("a field").to_owned()).collect()
    }

    /// A problem as a person reads it: status, code, detail, and each field with its message.
    #[must_use]
    pub fn told(&self) -> String {
        let problem = self.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut told = format!("{} {}: {}", self.status, text(&problem["code"]), text(&problem["detail"]));
        for error in problem["errors"].as_array().into_iter().flatten() {
            told += &format!("\n  {} ({}): {}", text(&error["field"]), text(&error["code"]), text(&error["message"]));
        }
        told
    }

    /// The entity tag, with its quotation marks.
    #[must_use]
    pub fn etag(&self) -> &str {
        self.header("etag")
    }

    /// What is true of every answer.
    pub(super) fn is_proper(&self, what: &str) {
        for (name, value) in [
            ("x-request-id", REQUEST_ID),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(self.header(name), value, "{name} of {what}");
        }
        let policy = self.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
        assert!(!policy.contains("unsafe-eval") && !policy.contains("script-src 'unsafe"), "{what}: {policy}");
        for secret in [SECRET_KEY, CALLBACK_SECRET, "cWFAZXhhbXBsZS5vcmc6", "$argon2"] {
            assert!(!self.text.contains(secret), "a secret in the answer to {what}");
        }
        if self.status >= 400 && !what.ends_with("/readyz") {
            self.is_problem(what);
        }
    }

    fn is_problem(&self, what: &str) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{what}: {self:?}");
        let problem = self.json();
        let code = problem["code"].as_str().unwrap_or_default();
        assert!(code.contains('.'), "{what}: {problem}");
        assert_eq!(problem["type"], format!("urn:jqa:problem:{code}"), "{what}");
        assert_eq!((&problem["status"], &problem["request_id"]), (&self.status.into(), &REQUEST_ID.into()), "{what}");
        for words in ["title", "detail"] {
            assert!(problem[words].as_str().is_some_and(|text| text.len() > 5), "{what}: {problem}");
        }
        assert_eq!(self.status == 401, self.header("www-authenticate") == "Bearer", "{what}");
        assert_ne!(self.status, 500, "{what}: {problem}");
    }
}
