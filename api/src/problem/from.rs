//! What the layers below may answer, as problems.

use std::time::Duration;

use shared::accounts::{AccountError, ApiKeyError, RefreshError, SignInError};
use shared::adapters::oidc::OidcError;
use shared::crypto::{PasswordError, SealError, TokenError};
use shared::domain::reading::ReadError;
use shared::domain::verdict::Failure;
use shared::jobs::JobError;
use shared::policies::PolicyError;
use shared::ports::JiraError;
use shared::spending::BudgetError;
use shared::store::StoreError;
use shared::vault::{EndpointError, VaultError};

use super::{Code, Problem, codes};
use crate::callers::CallerRefused;
use crate::keys::KeyRefused;

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Conflict => Self::new(codes::CONFLICT, "It exists already."),
            StoreError::NotAdministrator => Self::new(codes::FORBIDDEN, sentence(&error.to_string())),
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
            JobError::WrongStatus { code, .. } | JobError::WrongBatchStatus { code, .. } => {
                // A code that the table does not know is still a conflict, under its own name.
                let known = Code::find(code).unwrap_or(Code {
                    code,
                    status: codes::CONFLICT.status,
                    title: "Its state does not allow it",
                });
                Self::new(known, sentence(&said))
            }
            JobError::ContentChanged => Self::new(codes::CONTENT_CHANGED, sentence(&said)),
            JobError::KeyReused => Self::key_reused(),
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

    /// No such API key, or none that is the caller's.
    #[must_use]
    pub fn no_such_api_key() -> Self {
        Self::new(codes::API_KEY_NOT_FOUND, "There is no API key of this id that is yours.")
    }

    /// The `Idempotency-Key` came with another body before.
    #[must_use]
    pub fn key_reused() -> Self {
        Self::new(codes::KEY_REUSED, "This Idempotency-Key was used with another body; use a new key for a new request.")
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
            JiraError::RateLimited { retry_after } | JiraError::TooManyWrites { retry_after } => {
                problem.retry_after(retry_after.unwrap_or(Duration::from_secs(10)))
            }
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

impl From<EndpointError> for Problem {
    fn from(error: EndpointError) -> Self {
        let said = sentence(&error.to_string());
        let code = match error {
            EndpointError::Store(error) => return error.into(),
            EndpointError::NotFound => codes::WEBHOOK_NOT_FOUND,
            EndpointError::TooMany => codes::TOO_MANY_WEBHOOKS,
            EndpointError::Changed => codes::WEBHOOK_CHANGED,
            EndpointError::Sealed(SealError::UnknownKey(_)) => codes::SECRET_KEY_MISSING,
            EndpointError::Sealed(_) => codes::SECRET_UNREADABLE,
        };
        Self::new(code, said)
    }
}

impl From<BudgetError> for Problem {
    fn from(error: BudgetError) -> Self {
        let said = sentence(&error.to_string());
        let code = match error {
            BudgetError::Store(error) => return error.into(),
            BudgetError::NotFound => codes::BUDGET_NOT_FOUND,
            BudgetError::Taken => codes::BUDGET_EXISTS,
            BudgetError::Changed => codes::BUDGET_CHANGED,
        };
        Self::new(code, said)
    }
}

impl From<PolicyError> for Problem {
    fn from(error: PolicyError) -> Self {
        match error {
            PolicyError::Store(error) => error.into(),
            PolicyError::Changed => Self::new(codes::POLICY_CHANGED, sentence(&error.to_string())),
        }
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

impl Problem {
    /// Whoever came in may not any more.
    pub(crate) fn not_let_in() -> Self {
        Self::new(codes::SESSION_ENDED, "What you came in with is not good any more; come in again.")
    }
}

impl From<CallerRefused> for Problem {
    fn from(refused: CallerRefused) -> Self {
        match refused {
            CallerRefused::Inactive => Self::new(codes::ACCOUNT_INACTIVE, "The account of this token was deactivated."),
            CallerRefused::Ended => Self::new(codes::SESSION_ENDED, "The session of this token has ended; log in again."),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Invalid => {
                Self::new(codes::REFRESH_INVALID, "The refresh token is not one of ours, or its session is over; log in again.")
            }
            RefreshError::Reused => Self::new(
                codes::REFRESH_REUSED,
                "The refresh token was used before. Somebody else may hold a copy, so its session was ended; log in again.",
            ),
            RefreshError::Store(error) => error.into(),
        }
    }
}

impl From<KeyRefused> for Problem {
    fn from(refused: KeyRefused) -> Self {
        match refused {
            KeyRefused::Mistyped => Self::new(
                codes::API_KEY_INVALID,
                "The API key is mistyped or was cut off: its last characters do not fit the others.",
            ),
            KeyRefused::Unknown => {
                Self::new(codes::API_KEY_INVALID, "There is no such API key; `jqa api-keys create` makes one.")
            }
            KeyRefused::Revoked => Self::new(codes::API_KEY_REVOKED, "The API key was revoked; use another one."),
            KeyRefused::Expired => {
                Self::new(codes::API_KEY_EXPIRED, "The API key has expired; `jqa api-keys create` makes a new one.")
            }
            KeyRefused::Inactive => Self::new(codes::ACCOUNT_INACTIVE, "The account of this API key was deactivated."),
        }
    }
}

impl From<ApiKeyError> for Problem {
    fn from(error: ApiKeyError) -> Self {
        match error {
            ApiKeyError::TooMany => Self::new(codes::TOO_MANY_API_KEYS, sentence(&error.to_string())),
            ApiKeyError::Inactive => CallerRefused::Inactive.into(),
            ApiKeyError::KeyReused => Self::key_reused(),
            ApiKeyError::Store(error) => error.into(),
        }
    }
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        let code = match error {
            SignInError::Inactive => codes::ACCOUNT_INACTIVE,
            SignInError::NoRole => codes::SSO_NO_ROLE,
            SignInError::NoEmail => codes::SSO_NO_EMAIL,
            SignInError::NotLinked => codes::SSO_NOT_LINKED,
            SignInError::Store(error) => return error.into(),
        };
        Self::new(code, sentence(&error.to_string()))
    }
}

impl From<OidcError> for Problem {
    fn from(error: OidcError) -> Self {
        let said = sentence(&error.to_string());
        match error {
            OidcError::Away(_) => Self::new(codes::SSO_UNAVAILABLE, said).retry_after(Duration::from_secs(5)),
            OidcError::Refused(_) | OidcError::Unbelieved(_) => Self::new(codes::SSO_REFUSED, said),
        }
    }
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::new(codes::LOGIN_BUSY, "Too many logins are being checked at once; try again.")
                .retry_after(Duration::from_secs(2)),
            PasswordError::Weak(weak) => Self::field("password", weak.to_string()),
            PasswordError::Broken(_) => Self::internal(error),
        }
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        let said = sentence(&error.to_string());
        match error {
            AccountError::NotFound => Self::new(codes::USER_NOT_FOUND, said),
            AccountError::Taken => Self::new(codes::USER_EXISTS, said),
            AccountError::LastAdmin => Self::new(codes::LAST_ADMIN, said),
            AccountError::BadInvite => Self::new(codes::BAD_INVITE, said),
            AccountError::Store(error) => error.into(),
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
            JiraError::Captcha,
            JiraError::Forbidden(String::new()),
            JiraError::NotFound("X-1".into()),
            JiraError::Refused { status: 400, message: "no".into() },
            JiraError::RateLimited { retry_after: None },
            JiraError::TooManyWrites { retry_after: None },
            JiraError::NotJira("HTML".into()),
            JiraError::TooDeep("issue X-1".into()),
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
