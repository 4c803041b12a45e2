//! What people and scripts read.
//!
//! * [`style`] has colours, where there is a terminal
//! * [`table`] has columns
//! * [`progress`] shows jobs as they go on
//! * [`tally`] counts stories that are done
//! * [`summary`] shows what came out, in short

pub(crate) mod progress;
pub(crate) mod style;
pub(crate) mod summary;
pub(crate) mod table;
pub(crate) mod tally;

use std::io::Write as _;
use std::time::Duration;

use serde::Serialize;
use shared::domain::adf::plain::is_invisible;
use shared::ports::{Clock as _, SystemClock};

/// Milliseconds since the epoch, for showing how long something took.
pub(crate) fn now_ms() -> i64 {
    SystemClock.now_ms()
}

/// Writes to stdout. A reader that went away (`| head`) is no error.
pub(crate) fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = stdout.write_all(b"\n");
    }
    let _ = stdout.flush();
}

/// Writes one line of JSON to stdout.
pub(crate) fn print_json(value: &impl Serialize) {
    if let Ok(line) = serde_json::to_string(value) {
        print(&line);
    }
}

/// A span of time in a few characters.
pub(crate) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", duration.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// `1 criterion`, `2 criteria`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Text from elsewhere, without what could steer a terminal or show other words than are there.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(|&c| (!c.is_control() && !is_invisible(c)) || matches!(c, '\n' | '\t')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_stay_short() {
        assert_eq!(span(Duration::from_millis(1234)), "1.2 s");
        assert_eq!(span(Duration::from_secs(61)), "1 min 1 s");
        assert_eq!(span(Duration::from_secs(7322)), "2 h 2 min");
    }

    #[test]
    fn foreign_text_cannot_steer_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\r\n"), "a[31mb\n");
        assert_eq!(plain("pay \u{202e}drows\u{2066}"), "pay drows");
    }
}
