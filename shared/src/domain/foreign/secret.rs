//! What looks like a key, a token or encoded data.

use super::{Foreign, Kind, at_word, from, span};

/// Shorter runs of letters and digits are names.
const SHORTEST: usize = 32;
/// No key is shorter that has neither a dash nor an underscore.
pub(super) const SHORTEST_KEY: usize = 20;

/// How keys begin, and how much follows at least.
#[rustfmt::skip]
const KEYS: &[(&str, usize)] = &[
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghu_", 30),
    ("ghs_", 30),
    ("ghr_", 30),
    ("github_pat_", 30),
    ("glpat-", 16),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("xoxa-", 16),
    ("xoxr-", 16),
    ("xoxs-", 16),
    ("sk-", 20),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("rk_live_", 16),
    ("ATATT3", 20),
    ("npm_", 30),
    ("pypi-", 30),
    ("whsec_", 16),
    ("jqa_", 24),
    ("SG.", 30),
    ("hf_", 30),
    ("dop_v1_", 30),
    ("ya29.", 20),
    ("eyJ", 30),
];

/// Appends the secrets of a text and whatever long run may carry something.
pub(super) fn find(text: &str, found: &mut Vec<Foreign>) {
    known(text, found);
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let run = span(rest, |c| c.is_ascii_alphanumeric() || matches!(c, '+' | '='));
        if run >= SHORTEST && carries(rest.get(..run).unwrap_or_default()) {
            found.push(Foreign { kind: Kind::Secret, place: at..at + run });
        }
        let next = rest.get(run..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        at += run + next.max(usize::from(run == 0 && next == 0));
    }
}

/// Appends the secrets whose form is known.
pub(super) fn known(text: &str, found: &mut Vec<Foreign>) {
    for (opening, least) in KEYS {
        for (at, _) in text.match_indices(opening).filter(|(at, _)| at_word(text, *at)) {
            let after = from(text, at + opening.len());
            let length = span(after, |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '='));
            let body = after.get(..length).unwrap_or_default();
            if length >= *least && body.contains(|c: char| c.is_ascii_digit() || c.is_ascii_uppercase()) {
                found.push(Foreign { kind: Kind::Secret, place: at..at + opening.len() + length });
            }
        }
    }
    for (at, opening) in text.match_indices("-----BEGIN ") {
        let rest = text.get(at..).unwrap_or_default();
        if rest
            .get(opening.len()..)
            .is_some_and(|name| name.split("-----").next().is_some_and(|name| name.ends_with("PRIVATE KEY")))
        {
            let end = rest.find("-----END ").and_then(|end| Some(end + rest.get(end + 9..)?.find("-----")? + 14));
            found.push(Foreign { kind: Kind::Secret, place: at..at + end.unwrap_or(rest.len()) });
        }
    }
}

/// Whether a long run is no word: capitals, small letters and digits, or hexadecimal digits of both sorts.
fn carries(run: &str) -> bool {
    let count = |is: fn(&u8) -> bool| run.bytes().filter(is).count();
    let digits = count(u8::is_ascii_digit);
    let letters = run.len() - digits;
    let is_hex = run.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mixed = count(u8::is_ascii_uppercase) >= 3 && count(u8::is_ascii_lowercase) >= 3 && digits >= 2;
    mixed || (is_hex && digits >= 4 && letters >= 4)
}
