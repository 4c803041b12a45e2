//! What an answer other than success means.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::adapters::http::{Answer, excerpt, http_date, retry_after};
use crate::ports::JiraError;

/// Jira's words are shown up to this length.
const SHOWN: usize = 300;

/// Why Jira asks to slow down when all goes to one issue.
const PER_ISSUE: &str = "jira-per-issue-on-write";

/// How the parser says that it stopped before its stack did.
const TOO_DEEP: &str = "recursion limit exceeded";

/// The JSON of a successful answer (null when there is none), or what the answer means.
/// `subject` names what the call was about: `issue SHOP-12`.
pub(super) fn read<T: DeserializeOwned>(answer: &Answer, subject: &str, now: DateTime<Utc>) -> Result<T, JiraError> {
    if wants_captcha(answer) {
        return Err(JiraError::Captcha);
    }
    if credentials_failed(answer) {
        return Err(JiraError::Unauthorized(" (it answered as to a stranger)".to_owned()));
    }
    if !answer.is_success() {
        return Err(meaning(answer, subject, now));
    }
    let is_empty = answer.body.iter().all(u8::is_ascii_whitespace);
    let body = if is_empty { b"null".as_slice() } else { &answer.body };
    if !is_empty && !answer.is_json() {
        return Err(JiraError::NotJira(strange(answer)));
    }
    serde_json::from_slice(body).map_err(|error| {
        if error.to_string().starts_with(TOO_DEEP) {
            return JiraError::TooDeep(subject.to_owned());
        }
        let what = if error.is_data() { "JSON of another shape" } else { "broken JSON" };
        JiraError::NotJira(what.to_owned())
    })
}

/// Jira serves many reads to strangers; its header tells that the credentials we sent were not accepted.
fn credentials_failed(answer: &Answer) -> bool {
    let reason = answer.header("x-seraph-loginreason");
    answer.status != 429 && answer.status < 500 && reason.contains("AUTHENTICATED_FAILED")
}

/// After too many wrong passwords a data centre believes an account again only when a person has logged in.
fn wants_captcha(answer: &Answer) -> bool {
    let denied = answer.header("x-seraph-loginreason").contains("AUTHENTICATION_DENIED");
    matches!(answer.status, 200..=428) && (denied || answer.header("x-authentication-denied-reason").contains("CAPTCHA"))
}

fn meaning(answer: &Answer, subject: &str, now: DateTime<Utc>) -> JiraError {
    let status = answer.status;
    match status {
        300..=399 => JiraError::NotJira(format!("a redirect, {status}")),
        401 => JiraError::Unauthorized(suffix(answer)),
        403 => JiraError::Forbidden(suffix(answer)),
        // Jira's own 404 is JSON or empty; a page is somebody else's.
        404 if is_page(answer) => JiraError::NotJira(strange(answer)),
        404 => JiraError::NotFound(subject.to_owned()),
        408 | 425 => JiraError::Unavailable(status),
        429 if answer.header("ratelimit-reason") == PER_ISSUE => JiraError::TooManyWrites { retry_after: wait(answer, now) },
        429 => JiraError::RateLimited { retry_after: wait(answer, now) },
        400..=499 => JiraError::Refused { status, message: words(answer).unwrap_or_else(|| "it gave no reason".to_owned()) },
        503 if wait(answer, now).is_some() => JiraError::RateLimited { retry_after: wait(answer, now) },
        500.. => JiraError::Unavailable(status),
        _ => JiraError::NotJira(format!("status {status}")),
    }
}

/// `Retry-After`; for a used-up quota also the time at which it is filled again.
fn wait(answer: &Answer, now: DateTime<Utc>) -> Option<Duration> {
    retry_after(&answer.headers, now).or_else(|| {
        if !answer.header("ratelimit-reason").contains("quota") {
            return None;
        }
        let until = http_date(answer.header("x-ratelimit-reset"))?;
        let from = http_date(answer.header("date")).unwrap_or(now);
        until.signed_duration_since(from).to_std().ok()
    })
}

fn is_page(answer: &Answer) -> bool {
    !answer.is_json() && !answer.body.is_empty()
}

fn strange(answer: &Answer) -> String {
    match answer.media_type().as_str() {
        "text/html" => format!("status {} with a web page, perhaps a login page", answer.status),
        "" => format!("status {} without a content type", answer.status),
        other => format!("status {} with content type {}", answer.status, excerpt(other, 60)),
    }
}

fn suffix(answer: &Answer) -> String {
    words(answer).map(|words| format!(" ({words})")).unwrap_or_default()
}

/// Jira's own words: `errorMessages`, then `errors` with their fields, or the gateway's `message`.
fn words(answer: &Answer) -> Option<String> {
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    let mut parts = Vec::new();
    collect(body.get("errorMessages"), "", &mut parts);
    collect(body.get("errors"), "", &mut parts);
    if parts.is_empty() {
        collect(body.get("message"), "", &mut parts);
    }
    let joined = excerpt(&parts.join("; "), SHOWN);
    (!joined.is_empty()).then_some(joined)
}

fn collect(value: Option<&Value>, field: &str, parts: &mut Vec<String>) {
    const ENOUGH: usize = 20;
    if parts.len() >= ENOUGH {
        return;
    }
    match value {
        Some(Value::String(text)) if field.is_empty() => parts.push(text.clone()),
        Some(Value::String(text)) => parts.push(format!("{field}: {text}")),
        Some(Value::Array(items)) => items.iter().take(ENOUGH).for_each(|item| collect(Some(item), field, parts)),
        Some(Value::Object(fields)) if field.is_empty() => {
            fields.iter().take(ENOUGH).for_each(|(name, item)| collect(Some(item), name, parts));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Answer {
        let pairs = headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        Answer { status, headers: HeaderMap::from_iter(pairs), body: body.as_bytes().to_vec() }
    }

    fn error(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> JiraError {
        read::<Value>(&answer(status, headers, body), "issue SHOP-1", DateTime::default()).unwrap_err()
    }

    const JSON: (&str, &str) = ("content-type", "application/json;charset=UTF-8");
    const HTML: (&str, &str) = ("content-type", "text/html");

    #[test]
    fn every_status_has_its_meaning() {
        assert_eq!(error(401, &[], ""), JiraError::Unauthorized(String::new()));
        let gateway = r#"{"code":401,"message":"Unauthorized; scope does not match"}"#;
        assert_eq!(error(401, &[JSON], gateway), JiraError::Unauthorized(" (Unauthorized; scope does not match)".to_owned()));
        assert_eq!(error(403, &[HTML], "<html>"), JiraError::Forbidden(String::new()));
        assert_eq!(error(404, &[JSON], "{}"), JiraError::NotFound("issue SHOP-1".to_owned()));
        assert!(matches!(error(404, &[HTML], "<html>"), JiraError::NotJira(_)));
        assert!(matches!(error(302, &[], ""), JiraError::NotJira(_)));
        for status in [400, 405, 409, 410, 413, 422] {
            assert!(matches!(error(status, &[], ""), JiraError::Refused { status: told, .. } if told == status));
        }
        for status in [408, 500, 502, 503, 504] {
            assert_eq!(error(status, &[HTML], "<html>"), JiraError::Unavailable(status));
        }
    }

    #[test]
    fn the_words_of_both_places_are_shown_with_their_fields() {
        let body = r#"{"errorMessages":["One."],"errors":{"description":"Two\nlines","labels":["a","b"]}}"#;
        let message = "One.; description: Two lines; labels: a; labels: b".to_owned();
        assert_eq!(error(400, &[JSON], body), JiraError::Refused { status: 400, message });
        let long = format!(r#"{{"errorMessages":["{}"]}}"#, "x".repeat(5000));
        assert!(error(400, &[JSON], &long).to_string().chars().count() < 400);
    }

    #[test]
    fn a_wait_comes_from_whatever_header_names_it() {
        let waits = |status, headers: &[_]| match error(status, headers, "<html>") {
            JiraError::RateLimited { retry_after } => retry_after.map(|wait| wait.as_secs()),
            other => panic!("{other}"),
        };
        assert_eq!(waits(429, &[HTML]), None);
        assert_eq!(waits(429, &[("retry-after", "9")]), Some(9));
        assert_eq!(waits(503, &[("retry-after", "9")]), Some(9));
        let quota = [("ratelimit-reason", "jira-quota-global-based"), ("x-ratelimit-reset", "1970-01-01T00:10Z")];
        assert_eq!(waits(429, &quota), Some(600));
    }

    #[test]
    fn success_must_be_json_and_must_not_be_meant_for_a_stranger() {
        let deep = "[".repeat(200);
        let read = |headers: &[_], body| read(&answer(200, headers, body), "x", DateTime::default());
        assert_eq!(read(&[JSON], "{}"), Ok(serde_json::json!({})));
        assert_eq!(read(&[HTML], ""), Ok(Value::Null));
        assert!(matches!(read(&[HTML], "<html>"), Err(JiraError::NotJira(_))));
        assert!(matches!(read(&[JSON], "{"), Err(JiraError::NotJira(_))));
        assert!(matches!(read(&[JSON], &deep), Err(JiraError::TooDeep(_))));
        let stranger = [JSON, ("x-seraph-loginreason", "AUTHENTICATED_FAILED")];
        assert!(matches!(read(&stranger, "{}"), Err(JiraError::Unauthorized(_))));
    }

    #[test]
    fn a_captcha_is_told_as_what_it_is() {
        let denied = ("x-authentication-denied-reason", "CAPTCHA_CHALLENGE; login-url=https://jira.example/login.jsp");
        for header in [denied, ("x-seraph-loginreason", "AUTHENTICATION_DENIED")] {
            assert_eq!(error(403, &[HTML, header], "<html>"), JiraError::Captcha);
            assert_eq!(error(401, &[header], ""), JiraError::Captcha);
        }
    }

    proptest! {
        #[test]
        fn no_answer_is_too_strange(status in 100u16..1000, body in any::<Vec<u8>>(), json in any::<bool>()) {
            let mut answer = answer(status, if json { &[JSON] } else { &[] }, "");
            answer.body = body;
            let _ = read::<Value>(&answer, "x", DateTime::default());
        }
    }
}
