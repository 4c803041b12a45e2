//! Web and mail addresses.

use super::{Foreign, Kind, at_word, from, span};

/// Schemes that need no `//`.
const SCHEMES: &[&str] = &["javascript", "vbscript", "data", "mailto", "file", "tel", "blob", "ms-word", "ms-excel"];

/// No host name is longer.
const HOST: usize = 253;

/// Appends the addresses of a text.
pub(super) fn find(text: &str, found: &mut Vec<Foreign>) {
    let mut add = |kind, start: usize, end: usize| found.push(Foreign { kind, place: start..end });
    for (at, _) in text.match_indices(':') {
        let scheme = scheme_before(text, at);
        let after = from(text, at + 1);
        let name = text.get(scheme..at).unwrap_or_default().to_ascii_lowercase();
        let known = SCHEMES.contains(&name.as_str()) && after.starts_with(|c: char| !c.is_whitespace());
        if !name.is_empty() && (known || after.starts_with("//")) {
            add(Kind::Url, scheme, at + 1 + length(after));
        }
    }
    for (at, _) in text.match_indices("//").filter(|(at, _)| !text.get(..*at).unwrap_or_default().ends_with([':', '/'])) {
        let after = from(text, at + 2);
        if host(after) > 0 {
            add(Kind::Url, at, at + 2 + length(after));
        }
    }
    for (at, _) in text.match_indices('.') {
        let start = at - word_before(text, at);
        let candidate = from(text, start);
        let host = if at_word(text, start) { host(candidate) } else { 0 };
        let after = candidate.get(host..).unwrap_or_default();
        let goes_on = after.starts_with(['/', '?', ':'])
            && after.get(1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()));
        let is_web = candidate.get(..4).is_some_and(|opening| opening.eq_ignore_ascii_case("www."));
        if host > 0 && (goes_on || is_web) {
            add(Kind::Url, start, start + length(candidate));
        }
    }
    for (at, _) in text.match_indices('@') {
        let before = text.get(..at).unwrap_or_default();
        let local = before.len() - before.trim_end_matches(|c: char| c.is_alphanumeric() || "._%+-".contains(c)).len();
        let host = host(from(text, at + 1));
        if local > 0 && host > 0 {
            add(Kind::Email, at - local, at + 1 + host);
        }
    }
}

/// Where the scheme before a colon begins; the colon itself when there is none.
fn scheme_before(text: &str, colon: usize) -> usize {
    let before = text.get(..colon).unwrap_or_default();
    let rest = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "+.-".contains(c));
    let name = before.get(rest.len()..).unwrap_or_default();
    let start = name.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(name.len());
    rest.len() + start
}

/// How many bytes of a name stand before a dot.
fn word_before(text: &str, dot: usize) -> usize {
    let before = text.get(..dot).unwrap_or_default();
    before.len() - before.trim_end_matches(|c: char| c.is_alphanumeric() || c == '-').len()
}

/// The length of the host name that a text begins with: two labels at least, the last one of letters.
fn host(text: &str) -> usize {
    let length = span(text.get(..HOST).unwrap_or(text), |c| c.is_alphanumeric() || c == '-' || c == '.');
    let name = text.get(..length).unwrap_or_default().trim_end_matches(['.', '-']);
    let mut labels = name.split('.').rev();
    let last = labels.next().unwrap_or_default();
    let is_name = last.chars().count() >= 2 && last.chars().all(char::is_alphabetic);
    let others: Vec<&str> = labels.collect();
    if is_name && !others.is_empty() && others.iter().all(|label| !label.is_empty()) { name.len() } else { 0 }
}

/// How far an address goes on: not into the white space, the bracket or the quotation mark after it.
fn length(text: &str) -> usize {
    let whole = span(text, |c| !c.is_whitespace() && !"<>\"|)]}'`".contains(c));
    text.get(..whole).unwrap_or_default().trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_']).len()
}
