//! Query parameters.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use uuid::Uuid;

use super::fields::MOST_ERRORS;
use super::wording::plainly;
use crate::problem::{FieldError, Problem, codes};

/// What can be read from query parameters. `None` = the errors say why.
pub trait FromParams: Sized {
    /// Takes every parameter it knows.
    fn from_params(params: &mut Params) -> Option<Self>;
}

/// The parameters that were not taken yet, and what was wrong with the others.
#[derive(Debug)]
pub struct Params {
    left: Vec<(String, String)>,
    known: Vec<&'static str>,
    errors: Vec<FieldError>,
}

impl Params {
    /// Reads a query string; all errors at once.
    pub fn read<T: FromParams>(query: &str) -> Result<T, Vec<FieldError>> {
        let left =
            url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        let mut params = Self { left, known: Vec::with_capacity(8), errors: Vec::new() };
        let value = T::from_params(&mut params);
        for (name, _) in std::mem::take(&mut params.left) {
            let is_twice = params.known.contains(&name.as_str());
            let (code, message) = if is_twice {
                ("invalid", "is given twice".to_owned())
            } else {
                ("unknown", format!("is not known here; known are {}", params.known.join(", ")))
            };
            params.errors.push(FieldError::new(name.chars().take(100).collect::<String>(), code, message));
            if params.errors.len() >= MOST_ERRORS {
                break;
            }
        }
        match value {
            Some(value) if params.errors.is_empty() => Ok(value),
            _ => Err(params.errors),
        }
    }

    /// A parameter that must be given.
    pub fn required<T: FromStr<Err: Display>>(&mut self, name: &'static str) -> Option<T> {
        let is_given = self.left.iter().any(|(other, value)| other == name && !value.is_empty());
        if !is_given {
            self.refuse(name, "is required");
        }
        self.optional(name)
    }

    /// A parameter that may be absent or empty.
    pub fn optional<T: FromStr<Err: Display>>(&mut self, name: &'static str) -> Option<T> {
        self.known.push(name);
        let at = self.left.iter().position(|(other, _)| other == name)?;
        let (_, value) = self.left.swap_remove(at);
        if value.is_empty() {
            return None;
        }
        // PostgreSQL has no room for it.
        if value.contains('\0') {
            self.refuse(name, "should be text without the character 0");
            return None;
        }
        value.parse().map_err(|error: T::Err| self.refuse(name, plainly(&error.to_string()))).ok()
    }

    /// How many items a page has: 1 to 100.
    pub fn limit(&mut self, otherwise: u64) -> u64 {
        let limit = match self.optional::<String>("limit") {
            Some(text) => text.parse().unwrap_or(0),
            None => otherwise,
        };
        if !(1..=100).contains(&limit) {
            self.refuse("limit", "should be a number between 1 and 100");
        }
        limit
    }

    /// Where the page before ended.
    pub fn cursor(&mut self) -> Option<Uuid> {
        let text = self.optional::<String>("cursor")?;
        text.parse().map_err(|_| self.refuse("cursor", "should be the next_cursor of the page before")).ok()
    }

    /// Notes that a parameter will not do.
    pub fn refuse(&mut self, name: &'static str, message: impl AsRef<str>) {
        self.errors.push(FieldError::invalid(name, message));
    }
}

/// Query parameters that were read.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: FromParams> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Params::read(parts.uri.query().unwrap_or_default()).map(Self).map_err(|errors| {
            Problem::new(codes::BAD_QUERY, "Some query parameters are not as they should be.").with_errors(errors)
        })
    }
}

#[cfg(test)]
mod tests {
    use shared::domain::job::JobStatus;

    use super::*;

    struct Page(Option<JobStatus>, u64);

    impl FromParams for Page {
        fn from_params(params: &mut Params) -> Option<Self> {
            let status = params.optional("status");
            Some(Self(status, params.limit(20)))
        }
    }

    #[test]
    fn parameters_are_read_or_all_refused_at_once() {
        let page = Params::read::<Page>("status=awaiting_review&limit=").unwrap_or(Page(None, 0));
        assert_eq!((page.0, page.1), (Some(JobStatus::AwaitingReview), 20));
        let errors = Params::read::<Page>("status=lost&limit=101&staus=x").err().unwrap_or_default();
        let told: Vec<_> = errors.iter().map(|error| (error.field.as_str(), error.code.as_ref())).collect();
        assert_eq!(told, [("status", "invalid"), ("limit", "invalid"), ("staus", "unknown")]);
        assert!(errors[0].message.contains("awaiting_review"), "{}", errors[0].message);
        assert_eq!(Params::read::<Page>("limit=1&limit=2").err().unwrap_or_default()[0].message, "is given twice");
    }
}
