//! Spans of time as people write them.

use std::time::Duration;

/// Reads `90s`, `10m`, `1h30m`, `500ms`; a bare number is seconds.
///
/// # Errors
/// A sentence that says what would have been understood.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let refuse = || format!("'{text}' is not a span of time; write it like 90s, 10m or 1h30m");
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Duration::from_secs(u64::from(seconds)));
    }
    let (mut rest, mut total) = (text, Duration::ZERO);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(refuse)?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let number: u32 = number.parse().map_err(|_| refuse())?;
        let unit = match unit.trim() {
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "m" | "min" => Duration::from_secs(60),
            "h" => Duration::from_secs(3600),
            "d" => Duration::from_secs(86_400),
            _ => return Err(refuse()),
        };
        total = unit.checked_mul(number).and_then(|part| total.checked_add(part)).ok_or_else(refuse)?;
        rest = tail;
    }
    if text.is_empty() { Err(refuse()) } else { Ok(total) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_add_up() {
        for (text, millis) in [
            ("90", 90_000),
            ("90s", 90_000),
            ("10m", 600_000),
            ("1h30m", 5_400_000),
            ("500ms", 500),
            ("1d", 86_400_000),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for text in ["", "m", "10 parsecs", "-1s", "1.5h", "10m30", "99999999999s", "é1s", "1é"] {
            assert!(parse(text).is_err(), "{text} was taken for a span");
        }
    }
}
