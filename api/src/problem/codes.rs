//! Every code there is, with its status and title. Codes are stable; titles are for people.

use axum::http::StatusCode;

/// One way to say no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Stable, `area.reason`.
    pub code: &'static str,
    /// HTTP status.
    pub status: StatusCode,
    /// The same for every occurrence.
    pub title: &'static str,
}

macro_rules! codes {
    ($($name:ident = $code:literal $status:ident $title:literal;)+) => {
        $(pub const $name: Code = Code { code: $code, status: StatusCode::$status, title: $title };)+

        /// All of them.
        pub const ALL: &[Code] = &[$($name),+];
    };
}

codes! {
    MALFORMED_JSON = "request.malformed_json" BAD_REQUEST "The body is not JSON";
    BAD_QUERY = "request.bad_query" BAD_REQUEST "The query parameters are not valid";
    BAD_HEADER = "request.bad_header" BAD_REQUEST "A header is not valid";
    INVALID = "request.invalid" UNPROCESSABLE_ENTITY "The request is not valid";
    NOT_FOUND = "request.not_found" NOT_FOUND "There is nothing here";
    METHOD = "request.method_not_allowed" METHOD_NOT_ALLOWED "The method is not allowed here";
    NOT_ACCEPTABLE = "request.not_acceptable" NOT_ACCEPTABLE "None of the formats asked for is available";
    TOO_LARGE = "request.too_large" PAYLOAD_TOO_LARGE "The body is too large";
    MEDIA_TYPE = "request.unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "The body must be JSON";
    BODY_LOST = "request.body_lost" BAD_REQUEST "The body did not arrive";
    CONFLICT = "request.conflict" CONFLICT "It exists already";

    TOKEN_MISSING = "auth.token_missing" UNAUTHORIZED "An access token is needed";
    TOKEN_INVALID = "auth.token_invalid" UNAUTHORIZED "The access token is not valid";
    TOKEN_EXPIRED = "auth.token_expired" UNAUTHORIZED "The access token has expired";
    ACCOUNT_INACTIVE = "auth.account_inactive" UNAUTHORIZED "The account is not active";
    BAD_CREDENTIALS = "auth.bad_credentials" UNAUTHORIZED "E-mail or password is wrong";
    TOO_MANY_ATTEMPTS = "auth.too_many_attempts" TOO_MANY_REQUESTS "Too many failed logins";
    LOGIN_BUSY = "auth.busy" SERVICE_UNAVAILABLE "Too many logins at once";
    FORBIDDEN = "auth.forbidden" FORBIDDEN "The role does not allow this";

    KEY_REUSED = "idempotency.key_reused" UNPROCESSABLE_ENTITY "The Idempotency-Key was used with another request";

    JOB_NOT_FOUND = "job.not_found" NOT_FOUND "There is no such job";
    JOB_ENDED = "job.already_ended" CONFLICT "The job has ended";
    JOB_NOT_ENDED = "job.not_ended" CONFLICT "The job has not ended";
    JOB_NOT_IN_REVIEW = "job.not_in_review" CONFLICT "The job does not await review";
    NO_RESULT_YET = "job.no_result_yet" CONFLICT "There is no result yet";
    NO_IF_MATCH = "job.content_hash_missing" PRECONDITION_REQUIRED "The result that was seen must be named";
    CONTENT_CHANGED = "job.content_changed" PRECONDITION_FAILED "The result changed since it was read";
    NOT_APPROVED = "result.not_approved" CONFLICT "The result was not approved";
    EDIT_REFUSED = "result.unusable" UNPROCESSABLE_ENTITY "The edited result cannot be used";
    HISTORY_NOT_FOUND = "history.not_found" NOT_FOUND "There is no such result";
    STREAM_FULL = "stream.too_many" SERVICE_UNAVAILABLE "Too many open streams";

    JIRA_NOT_CONFIGURED = "jira.not_configured" NOT_FOUND "There is no such Jira connection";
    JIRA_BAD_JQL = "jira.bad_jql" BAD_REQUEST "Jira does not accept the JQL";
    JIRA_NOT_FOUND = "jira.not_found" NOT_FOUND "Jira does not show the issue";
    JIRA_UNAUTHORIZED = "jira.unauthorized" BAD_GATEWAY "Jira does not accept the connection's credentials";
    JIRA_FORBIDDEN = "jira.forbidden" BAD_GATEWAY "Jira forbids it to the connection's account";
    JIRA_REFUSED = "jira.refused" BAD_GATEWAY "Jira refused the request";
    JIRA_RATE_LIMITED = "jira.rate_limited" TOO_MANY_REQUESTS "Jira asks to slow down";
    JIRA_NOT_JIRA = "jira.not_jira" BAD_GATEWAY "The answer does not come from Jira";
    JIRA_NOT_AN_ISSUE = "jira.not_an_issue" BAD_GATEWAY "The answer is not an issue";
    JIRA_UNAVAILABLE = "jira.unavailable" SERVICE_UNAVAILABLE "Jira has a problem";
    JIRA_NO_ANSWER = "jira.no_answer" SERVICE_UNAVAILABLE "Jira does not answer";

    CONNECTION_NOT_FOUND = "connection.not_found" NOT_FOUND "There is no such connection";
    CONNECTION_CHANGED = "connection.changed" CONFLICT "The connection was changed by somebody else";
    CONNECTION_IS_DEFAULT = "connection.is_default" CONFLICT "The connection is the default";
    CONNECTION_IN_USE = "connection.in_use" CONFLICT "The connection is in use";
    SECRET_KEY_MISSING = "secrets.key_missing" SERVICE_UNAVAILABLE "The key of a secret is not here";
    SECRET_UNREADABLE = "secrets.unreadable" CONFLICT "A secret cannot be opened";

    UNAVAILABLE = "server.unavailable" SERVICE_UNAVAILABLE "The database does not answer";
    INTERNAL = "server.internal" INTERNAL_SERVER_ERROR "Something went wrong on our side";
}

impl Code {
    /// The code of this spelling.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        ALL.iter().find(|known| known.code == code).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_is_there_twice() {
        let mut codes: Vec<_> = ALL.iter().map(|code| code.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ALL.len());
    }

    #[test]
    fn every_code_has_an_area_and_a_reason() {
        assert!(ALL.iter().all(|code| code.code.split('.').count() == 2 && code.status.as_u16() >= 400));
    }
}
