//! `application/problem+json`, as a person reads it.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

/// A refusal of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    /// The status of the answer.
    pub(crate) status: u16,
    /// Stable code, `jobs.not_found`.
    pub(crate) code: String,
    /// What the status means in general.
    pub(crate) title: String,
    /// What happened, and what to do.
    pub(crate) detail: String,
    /// The number to tell whoever runs the server.
    pub(crate) request_id: String,
    /// One entry for each wrong field.
    pub(crate) errors: Vec<FieldProblem>,
    /// From the header `Retry-After`.
    #[serde(skip)]
    pub(crate) retry_after: Option<Duration>,
}

/// What is wrong with one field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct FieldProblem {
    /// Its path in the body.
    pub(crate) field: String,
    /// Stable code.
    pub(crate) code: String,
    /// What is wrong.
    pub(crate) message: String,
}

impl Problem {
    /// Reads the body of a refusal; one that is no problem document still tells its status.
    pub(crate) fn read(status: u16, body: &[u8], retry_after: Option<Duration>) -> Self {
        let mut problem: Self = serde_json::from_slice(body).unwrap_or_default();
        problem.status = status;
        problem.retry_after = retry_after;
        problem
    }

    /// What a person can do about it, where the code alone says so.
    fn advice(&self) -> &'static str {
        match self.status {
            401 => "Log in again with `jqa login`, or renew JQA_TOKEN.",
            403 => "Ask an administrator for the role this needs.",
            429 => "Wait a little and run the command again.",
            // The server is well; what it asked is not.
            502..=504 if self.code.starts_with("jira.") || self.code.starts_with("llm.") => "",
            502..=504 => "The server may be starting or overloaded; run the command again.",
            _ => "",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = [&self.detail, &self.title].into_iter().find(|text| !text.is_empty());
        let sentence = said.map_or_else(|| format!("the server answered with status {}", self.status), Clone::clone);
        write!(f, "{}", sentence.trim_end_matches('.'))?;
        if !self.code.is_empty() {
            write!(f, " [{}]", self.code)?;
        }
        if !self.advice().is_empty() {
            write!(f, ". {}", self.advice())?;
        }
        for error in &self.errors {
            write!(f, "\n  {}: {}", error.field, error.message)?;
            if !error.code.is_empty() {
                write!(f, " [{}]", error.code)?;
            }
        }
        if self.status >= 500 && !self.request_id.is_empty() {
            write!(f, "\n  request id: {}", self.request_id)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_as_a_sentence_with_its_fields() {
        let body = br#"{"type":"about:blank","title":"Unprocessable","status":422,"code":"request.invalid","detail":"The request has errors.",
            "request_id":"r1","errors":[{"field":"publish[0].mode","code":"value.unknown","message":"'wiki' is not one of comment, description"}]}"#;
        insta::assert_snapshot!(Problem::read(422, body, None), @r"
        The request has errors [request.invalid]
          publish[0].mode: 'wiki' is not one of comment, description [value.unknown]
        ");
    }

    #[test]
    fn an_answer_that_is_no_problem_document_still_tells_its_status() {
        insta::assert_snapshot!(
            Problem::read(502, b"<html>Bad Gateway</html>", None),
            @"the server answered with status 502. The server may be starting or overloaded; run the command again."
        );
    }
}
