//! What the layers below may answer, as problems.

use std::time::Duration;

use shared::crypto::{PasswordError, SealError, TokenError};
use shared::domain::reading::ReadError;
use shared::domain::verdict::Failure;
use shared::jobs::JobError;
use shared::ports::JiraError;
use shared::store::StoreError;
use shared::vault::VaultError;

use super::{Code, Problem, codes};

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Conflict => Self::new(codes::CONFLICT, "It exists already."),
            StoreError::Unavailable(cause) => {
                Self::new(codes::UNAVAILABLE, "The database does not answer at the moment; try again.")
                    .retry_after(Duration::from_secs(1))
                    .because(cause)
            }
            StoreError::Bug(_) => Self::internal(error),
        }
    }
}

impl From<JobError> for Problem {
    fn from(error: JobError) -> Self {
        let said = error.to_string();
        match error {
            JobError::NotFound => Self::no_such_job(),
            JobError::WrongStatus { code, .. } => {
                // A code that the table does not know is still a conflict, under its own name.
                let known = Code::find(code).unwrap_or(Code {
                    code,
                    status: codes::CONFLICT.status,
                    title: "The job's state does not allow it",
                });
                Self::new(known, sentence(&said))
            }
            JobError::ContentChanged => Self::new(codes::CONTENT_CHANGED, sentence(&said)),
            JobError::KeyReused => {
                Self::new(codes::KEY_REUSED, "This Idempotency-Key was used with another body; use a new key for a new request.")
            }
            JobError::Store(error) => error.into(),
        }
    }
}

impl Problem {
    /// No such job, or none that the caller may see.
    #[must_use]
    pub fn no_such_job() -> Self {
        Self::new(codes::JOB_NOT_FOUND, "There is no job of this id that you may see.")
    }

    /// No such result, or none that the caller may see.
    #[must_use]
    pub fn no_such_history() -> Self {
        Self::new(codes::HISTORY_NOT_FOUND, "There is no result of this id that you may see.")
    }
}

impl From<JiraError> for Problem {
    fn from(error: JiraError) -> Self {
        let problem = Self::new(Code::find(error.code()).unwrap_or(codes::JIRA_UNAVAILABLE), sentence(&error.to_string()));
        match &error {
            JiraError::RateLimited { retry_after } => problem.retry_after(retry_after.unwrap_or(Duration::from_secs(10))),
            JiraError::Unavailable(_) | JiraError::NoAnswer(_) | JiraError::Touched | JiraError::LeaseTooShort => {
                problem.retry_after(Duration::from_secs(5))
            }
            _ => problem,
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::new(Code::find(failure.code).unwrap_or(codes::JIRA_NOT_CONFIGURED), sentence(&failure.message))
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        let said = sentence(&error.to_string());
        let code = match error {
            VaultError::Store(error) => return error.into(),
            VaultError::NotFound => codes::CONNECTION_NOT_FOUND,
            VaultError::NameTaken => return Self::field("name", "is the name of another connection"),
            VaultError::SecretNeeded => {
                return Self::field("base_url", "cannot change without the secret: give the secret again in the same request");
            }
            VaultError::Changed => codes::CONNECTION_CHANGED,
            VaultError::IsDefault => codes::CONNECTION_IS_DEFAULT,
            VaultError::InUse => codes::CONNECTION_IN_USE,
            VaultError::Sealed(SealError::UnknownKey(_)) => codes::SECRET_KEY_MISSING,
            VaultError::Sealed(_) => codes::SECRET_UNREADABLE,
        };
        Self::new(code, said)
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        Self::new(codes::JIRA_NOT_AN_ISSUE, sentence(&error.to_string()))
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Invalid => {
                Self::new(codes::TOKEN_INVALID, "The access token is not one of ours or was changed; log in again.")
            }
            TokenError::Expired => Self::new(codes::TOKEN_EXPIRED, "The access token has expired; log in again."),
            TokenError::Unsigned => Self::internal(error),
        }
    }
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::new(codes::LOGIN_BUSY, "Too many logins are being checked at once; try again.")
                .retry_after(Duration::from_secs(2)),
            PasswordError::Broken(_) => Self::internal(error),
        }
    }
}

/// Errors begin in lower case and end without a full stop; a detail is a sentence.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let mut sentence: String = chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default();
    if !sentence.ends_with(['.', '!', '?', ')']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::http::header::RETRY_AFTER;
    use axum::response::IntoResponse;
    use shared::domain::job::JobStatus;

    use super::*;

    #[test]
    fn the_inside_of_a_failure_is_not_told() {
        let problem = Problem::from(StoreError::Bug("SELECT secret".into()));
        assert!(!problem.to_json("r").contains("secret"));
        assert_eq!(problem.cause(), Some("the database refused a statement: SELECT secret"));
        assert_eq!(problem.code().status, StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[test]
    fn a_database_that_is_away_asks_to_come_again() {
        let response = Problem::from(StoreError::Unavailable("10.0.0.3 refused".into())).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[RETRY_AFTER], "1");
    }

    #[test]
    fn every_failure_of_jira_has_a_code_of_the_table() {
        let all = [
            JiraError::Unauthorized(String::new()),
            JiraError::Forbidden(String::new()),
            JiraError::NotFound("X-1".into()),
            JiraError::Refused { status: 400, message: "no".into() },
            JiraError::RateLimited { retry_after: None },
            JiraError::NotJira("HTML".into()),
            JiraError::Unavailable(502),
            JiraError::NoAnswer("time-out".into()),
        ];
        for error in all {
            assert_eq!(Problem::from(error.clone()).code().code, error.code());
        }
    }

    #[test]
    fn a_verb_in_the_wrong_state_is_a_conflict() {
        let error = JobError::WrongStatus {
            status: JobStatus::Failed,
            code: "job.already_ended",
            hint: "there is nothing left to cancel",
        };
        let problem = Problem::from(error);
        assert_eq!(problem.code(), codes::JOB_ENDED);
        assert!(problem.to_json("r").contains("The job is failed; there is nothing left to cancel."));
    }
}
