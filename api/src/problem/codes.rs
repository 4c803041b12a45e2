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
    URI_TOO_LONG = "request.uri_too_long" URI_TOO_LONG "The address is too long";
    RATE_LIMITED = "request.rate_limited" TOO_MANY_REQUESTS "Too many requests";
    TOO_COMPLEX = "request.too_complex" BAD_REQUEST "The body is nested too deeply, or its lists are too long";
    TOO_LARGE = "request.too_large" PAYLOAD_TOO_LARGE "The body is too large";
    MEDIA_TYPE = "request.unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "The body must be JSON";
    BODY_LOST = "request.body_lost" BAD_REQUEST "The body did not arrive";
    CONFLICT = "request.conflict" CONFLICT "It exists already";

    TOKEN_MISSING = "auth.token_missing" UNAUTHORIZED "An access token is needed";
    TOKEN_INVALID = "auth.token_invalid" UNAUTHORIZED "The access token is not valid";
    TOKEN_EXPIRED = "auth.token_expired" UNAUTHORIZED "The access token has expired";
    API_KEY_INVALID = "auth.api_key_invalid" UNAUTHORIZED "The API key is not valid";
    API_KEY_REVOKED = "auth.api_key_revoked" UNAUTHORIZED "The API key was revoked";
    API_KEY_EXPIRED = "auth.api_key_expired" UNAUTHORIZED "The API key has expired";
    SESSION_ENDED = "auth.session_ended" UNAUTHORIZED "The session has ended";
    REFRESH_INVALID = "auth.refresh_invalid" UNAUTHORIZED "The refresh token is not valid";
    REFRESH_REUSED = "auth.refresh_reused" UNAUTHORIZED "The refresh token was used before";
    SESSION_NOT_FOUND = "session.not_found" NOT_FOUND "There is no such session";
    ACCOUNT_INACTIVE = "auth.account_inactive" UNAUTHORIZED "The account is not active";
    BAD_CREDENTIALS = "auth.bad_credentials" UNAUTHORIZED "E-mail or password is wrong";
    TOO_MANY_ATTEMPTS = "auth.too_many_attempts" TOO_MANY_REQUESTS "Too many failed logins";
    LOGIN_BUSY = "auth.busy" SERVICE_UNAVAILABLE "Too many logins at once";
    FORBIDDEN = "auth.forbidden" FORBIDDEN "The role or the API key does not allow this";
    REGISTRATION_CLOSED = "auth.registration_closed" FORBIDDEN "Nobody can register here";
    DOMAIN_REFUSED = "auth.domain_refused" FORBIDDEN "E-mail addresses of this domain cannot register";
    BAD_INVITE = "auth.bad_invite" FORBIDDEN "The invitation cannot be used";
    IN_PERSON_ONLY = "auth.in_person_only" FORBIDDEN "An API key may not do this";

    API_KEY_NOT_FOUND = "api_key.not_found" NOT_FOUND "There is no such API key";
    TOO_MANY_API_KEYS = "api_key.too_many" CONFLICT "There are too many API keys";

    WEBHOOK_NOT_FOUND = "webhook.not_found" NOT_FOUND "There is no such webhook endpoint";
    TOO_MANY_WEBHOOKS = "webhook.too_many" CONFLICT "There are too many webhook endpoints";
    WEBHOOK_CHANGED = "webhook.changed" CONFLICT "The webhook endpoints were changed meanwhile";
    WEBHOOK_DISABLED = "webhook.disabled" CONFLICT "The webhook endpoint is disabled";
    DELIVERY_NOT_FOUND = "delivery.not_found" NOT_FOUND "There is no such delivery";
    DELIVERY_NOT_ENDED = "delivery.not_ended" CONFLICT "The delivery has not ended";

    SSO_NOT_CONFIGURED = "sso.not_configured" NOT_FOUND "Single sign-on is not set up";
    SSO_STATE = "sso.not_begun_here" BAD_REQUEST "The sign-in was not begun in this browser";
    SSO_DENIED = "sso.denied" FORBIDDEN "The identity provider did not sign you in";
    SSO_REFUSED = "sso.refused" FORBIDDEN "The sign-in is not accepted";
    SSO_NO_ROLE = "sso.no_role" FORBIDDEN "No role is given to you here";
    SSO_NO_EMAIL = "sso.no_email" FORBIDDEN "Your e-mail address is not known";
    SSO_NOT_LINKED = "sso.not_linked" FORBIDDEN "Your account is not linked to the identity provider";
    SSO_CODE_INVALID = "sso.code_invalid" UNAUTHORIZED "The sign-in code is not valid";
    SSO_UNAVAILABLE = "sso.unavailable" SERVICE_UNAVAILABLE "The identity provider has a problem";

    USER_NOT_FOUND = "user.not_found" NOT_FOUND "There is no such account";
    USER_EXISTS = "user.exists" CONFLICT "There is an account with this e-mail";
    LAST_ADMIN = "user.last_admin" CONFLICT "It is the last active administrator";
    INVITE_NOT_FOUND = "invite.not_found" NOT_FOUND "There is no such invitation";

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
    HISTORY_OF_OTHER_STORY = "history.of_other_story" UNPROCESSABLE_ENTITY "The results are of different stories";
    STREAM_FULL = "stream.too_many" SERVICE_UNAVAILABLE "Too many open streams";

    JIRA_NOT_CONFIGURED = "jira.not_configured" NOT_FOUND "There is no such Jira connection";
    JIRA_BAD_JQL = "jira.bad_jql" BAD_REQUEST "Jira does not accept the JQL";
    JIRA_NOT_FOUND = "jira.not_found" NOT_FOUND "Jira does not show the issue";
    JIRA_UNAUTHORIZED = "jira.unauthorized" BAD_GATEWAY "Jira does not accept the connection's credentials";
    JIRA_CAPTCHA = "jira.captcha" BAD_GATEWAY "Jira wants a captcha from the connection's account";
    JIRA_FORBIDDEN = "jira.forbidden" BAD_GATEWAY "Jira forbids it to the connection's account";
    JIRA_REFUSED = "jira.refused" BAD_GATEWAY "Jira refused the request";
    JIRA_RATE_LIMITED = "jira.rate_limited" TOO_MANY_REQUESTS "Jira asks to slow down";
    JIRA_TOO_DEEP = "jira.too_deep" BAD_GATEWAY "The issue is nested too deeply";
    JIRA_NOT_JIRA = "jira.not_jira" BAD_GATEWAY "The answer does not come from Jira";
    JIRA_NOT_AN_ISSUE = "jira.not_an_issue" BAD_GATEWAY "The answer is not an issue";
    JIRA_UNAVAILABLE = "jira.unavailable" SERVICE_UNAVAILABLE "Jira has a problem";
    JIRA_NO_ANSWER = "jira.no_answer" SERVICE_UNAVAILABLE "Jira does not answer";

    HOOK_NOT_AUTHENTIC = "hook.not_authentic" FORBIDDEN "The webhook is not signed as it should be";

    CONNECTION_NOT_FOUND = "connection.not_found" NOT_FOUND "There is no such connection";
    CONNECTION_CHANGED = "connection.changed" CONFLICT "The connection was changed by somebody else";
    CONNECTION_IS_DEFAULT = "connection.is_default" CONFLICT "The connection is the default";
    CONNECTION_IN_USE = "connection.in_use" CONFLICT "The connection is in use";
    SECRET_KEY_MISSING = "secrets.key_missing" SERVICE_UNAVAILABLE "The key of a secret is not here";
    SECRET_UNREADABLE = "secrets.unreadable" CONFLICT "A secret cannot be opened";

    BUDGET_NOT_FOUND = "budget.not_found" NOT_FOUND "There is no such budget";
    BATCH_NOT_FOUND = "batch.not_found" NOT_FOUND "There is no such batch";
    BATCH_NOT_RUNNING = "batch.not_running" CONFLICT "The batch does not run";
    BATCH_NOT_PAUSED = "batch.not_paused" CONFLICT "The batch is not paused";
    BATCH_ENDED = "batch.already_ended" CONFLICT "The batch has ended";
    BATCH_NOTHING_FAILED = "batch.nothing_failed" CONFLICT "The batch has nothing to retry";
    PROVIDER_BATCH_NOT_FOUND = "provider_batch.not_found" NOT_FOUND "There is no such batch";
    PROVIDER_BATCH_NOT_UNKNOWN = "provider_batch.not_unknown" CONFLICT "Nothing is to be decided about the batch";
    BUDGET_EXISTS = "budget.exists" CONFLICT "There is such a budget already";
    BUDGET_CHANGED = "budget.changed" CONFLICT "The budget was changed by somebody else";

    POLICY_NOT_FOUND = "policy.not_found" NOT_FOUND "There is no such policy";
    POLICY_NOT_ALLOWED = "policy.not_allowed" UNPROCESSABLE_ENTITY "The policy does not allow it";
    POLICY_CHANGED = "policy.changed" CONFLICT "The policy was changed by somebody else";

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
