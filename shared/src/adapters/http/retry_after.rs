//! How long another server asks us to wait.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;

/// No wait is longer than this, whatever a header says.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// `retry-after-ms`, or `Retry-After` in seconds or as a date. A date is judged by the answer's own `Date` when there is one,
/// so that the clocks need not agree.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    if let Some(ms) = text(headers, "retry-after-ms").and_then(|value| value.parse::<f64>().ok()) {
        return wait_of(ms / 1000.0);
    }
    let value = text(headers, "retry-after")?;
    if let Ok(seconds) = value.parse::<f64>() {
        return wait_of(seconds);
    }
    let until = http_date(value)?;
    let from = text(headers, "date").and_then(http_date).unwrap_or(now);
    Some(until.signed_duration_since(from).to_std().unwrap_or(Duration::ZERO).min(LONGEST))
}

/// A date as HTTP writes it (`Sun, 06 Nov 1994 08:49:37 GMT`), or in ISO 8601.
#[must_use]
pub fn http_date(value: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(value)
        .or_else(|_| DateTime::parse_from_rfc3339(value))
        .or_else(|_| minute(value))
        .ok()
        .map(|date| date.to_utc())
}

/// `2026-08-12T15:00Z`: without seconds, as some rate limit headers have it.
fn minute(value: &str) -> Result<DateTime<chrono::FixedOffset>, chrono::ParseError> {
    chrono::NaiveDateTime::parse_from_str(value, "%Y-%m-%dT%H:%MZ").map(|date| date.and_utc().fixed_offset())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn wait_of(seconds: f64) -> Option<Duration> {
    if !seconds.is_finite() || seconds < 0.0 {
        return None;
    }
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wait(pairs: &[(&'static str, &str)]) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        retry_after(&headers, http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap())
    }

    #[test]
    fn seconds_milliseconds_and_dates_are_understood() {
        assert_eq!(wait(&[]), None);
        assert_eq!(wait(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(wait(&[("retry-after", "0.5")]), Some(Duration::from_millis(500)));
        assert_eq!(wait(&[("retry-after-ms", "250"), ("retry-after", "7")]), Some(Duration::from_millis(250)));
        assert_eq!(wait(&[("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT")]), Some(Duration::from_secs(60)));
        let by_its_own_clock = [("retry-after", "Sun, 06 Nov 2044 08:50:37 GMT"), ("date", "Sun, 06 Nov 2044 08:50:07 GMT")];
        assert_eq!(wait(&by_its_own_clock), Some(Duration::from_secs(30)));
        assert_eq!(wait(&[("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")]), Some(Duration::ZERO), "a date that has passed");
    }

    #[test]
    fn nonsense_is_no_wait_and_for_ever_is_a_day() {
        for value in ["", "soon", "-3", "NaN", "inf"] {
            assert_eq!(wait(&[("retry-after", value)]), None, "{value}");
        }
        assert_eq!(wait(&[("retry-after", "1e300")]), Some(LONGEST));
    }

    #[test]
    fn dates_come_with_and_without_seconds() {
        let expected = http_date("Wed, 12 Aug 2026 15:00:00 GMT");
        assert!(expected.is_some());
        assert_eq!(http_date("2026-08-12T15:00Z"), expected);
        assert_eq!(http_date("2026-08-12T15:00:00Z"), expected);
    }

    proptest! {
        #[test]
        fn any_header_is_survived(value in "[ -~]{0,40}") {
            let _ = wait(&[("retry-after", &value), ("retry-after-ms", &value), ("date", &value)]);
        }
    }
}
