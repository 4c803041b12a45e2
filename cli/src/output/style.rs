//! Colours, where there is a terminal that wants them.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

static WANTED: OnceLock<bool> = OnceLock::new();

/// Decides once whether colours are used: never when `NO_COLOR` has a value or an output is piped.
pub(crate) fn decide(no_color: bool) {
    let _ = WANTED.set(!no_color && std::io::stdout().is_terminal() && std::io::stderr().is_terminal());
}

/// A heading.
pub(crate) fn bold(text: &str) -> String {
    paint("1", text)
}

/// What matters less.
pub(crate) fn faint(text: &str) -> String {
    paint("2", text)
}

/// What went well.
pub(crate) fn good(text: &str) -> String {
    paint("32", text)
}

/// What did not.
pub(crate) fn bad(text: &str) -> String {
    paint("31", text)
}

fn paint(code: &str, text: &str) -> String {
    if WANTED.get().copied().unwrap_or(false) { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}
