//! Secrets and personal data that can be told by their form, replaced by placeholders that can be put back.
//!
//! What is known: private keys, tokens of well-known services, JSON web tokens, passwords beside their word or in an address,
//! e-mail addresses, telephone numbers that begin with + or 00, IBANs and card numbers (by their check digits). Names of people, postal
//! addresses and numbers of customers have no form by which a program could know them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// One kind of what is replaced.
struct Kind {
    /// What placeholders call it.
    name: &'static str,
    /// What it looks like. What is replaced is the group `it`, or all.
    form: LazyLock<Regex>,
    /// Whether what looks like it is it.
    is_it: fn(&str) -> bool,
    /// Whether marks of Markdown within it are looked through.
    through_marks: bool,
}

macro_rules! kind {
    ($name:literal, $form:expr, $is_it:expr) => {
        kind!($name, $form, $is_it, false)
    };
    ($name:literal through marks, $form:expr, $is_it:expr) => {
        kind!($name, $form, $is_it, true)
    };
    ($name:literal, $form:expr, $is_it:expr, $through_marks:literal) => {
        Kind { name: $name, form: LazyLock::new(|| form($form)), is_it: $is_it, through_marks: $through_marks }
    };
}

#[expect(clippy::expect_used, reason = "a test reads them all")]
fn form(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of ours")
}

/// In this order: what an earlier kind took is nothing else.
static KINDS: [Kind; 11] = [
    kind!(
        "SECRET",
        concat!(
            r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(?:.*?-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----",
            // One whose end is missing: its lines, and the last of them, which is shorter.
            r"|(?:(?:\s|\\n)*[A-Za-z0-9+/=]{16,})*(?:(?:\s|\\n)*[A-Za-z0-9+/]*={1,2})?)"
        ),
        |_| true
    ),
    kind!(
        "SECRET" through marks,
        concat!(
            r"(?:^|[^A-Za-z0-9])(?P<it>(?:sk|pk|rk)[-_][A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{22,}|glpat-[\w-]{20,}",
            r"|xox[abprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{20,}|https://hooks\.slack\.com/services/[A-Za-z0-9/]{20,}",
            r"|npm_[A-Za-z0-9]{36}|SG\.[\w-]{16,}\.[\w-]{16,}|hf_[A-Za-z0-9]{30,}|pypi-[\w-]{50,}",
            r"|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{35}|ATATT[\w=-]{20,}|jqa_[A-Za-z0-9]{20,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*)"
        ),
        |_| true
    ),
    kind!("SECRET", r"(?i)\bbearer\s+(?P<it>[\w.~+/=-]{12,})", |_| true),
    kind!(
        "SECRET",
        "(?i)\\bauthorization[*_`\"']*\\s*[:=][*_`\"']*\\s*[*_`\"']*basic\\s+(?P<it>[A-Za-z0-9+/_=-]{6,})",
        // `Basic authentication` is none.
        |it| it.bytes().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'=')
    ),
    kind!("SECRET", r"://[^/\s:@]+:(?P<it>[^\s@/]{3,})@", |_| true),
    kind!(
        "SECRET",
        concat!(
            r"(?i)(?:^|[^\p{L}\d])[\p{L}\d]{0,20}(?:password|passwort|kennwort|wachtwoord|contraseña|senha|mot de passe|pwd|passwd|secret|token",
            r"|api[_ -]?key)(?:[_ -]?(?:access|shared|private)?[_ -]?key|[_ -]?\d{1,2})?",
            "[*_`\"'\u{2019}\u{201d}]*\\s*[:=|][*_`\"']*\\s*[*_`\"'\u{2018}\u{201c}]*(?P<it>[^\\s,;|]*[^\\s,;|.*_`\"'\u{2019}\u{201d})\\]}])"
        ),
        |it| it.len() >= 6 && it.bytes().any(|byte| byte.is_ascii_digit())
    ),
    kind!("EMAIL" through marks, r"[\p{L}\d._%+-]+@[\p{L}\d-]+(?:\.[\p{L}\d-]+)+", |_| true),
    kind!(
        "IBAN",
        r"(?i)\b[A-Z]{2}\d{2}(?:[ \u{a0}\u{2009}\u{202f}-]?[A-Z0-9]{4}){2,7}(?:[ \u{a0}\u{2009}\u{202f}-]?[A-Z0-9]{1,3})?\b",
        is_iban
    ),
    kind!("CARD", r"\b(?:\d(?:[ \u{a0}\u{2009}\u{202f}-]?\d){12,18}|\d{4}(?:\.\d{4}){3})\b", is_card),
    kind!("PHONE", r"\+[1-9](?:[ \u{a0}\u{202f}()/.-]{0,2}\d){7,14}\b", |_| true),
    // Not in the middle of other digits.
    kind!("PHONE", r"(?:^|[^\d\s.-])\s{0,2}(?P<it>00[1-9](?:[ \u{a0}\u{202f}()/.-]{0,2}\d){7,14})\b", is_phone),
];

/// What stands for what.
#[derive(Debug, Clone, Default)]
pub struct Redacted {
    /// Placeholders and what they stand for, as they were met.
    values: Vec<(String, String)>,
}

impl Redacted {
    /// How many different values were replaced.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether nothing was replaced.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Puts the values back into a text that is JSON.
    #[must_use]
    pub fn restored(&self, json: &str) -> String {
        self.values.iter().rev().fold(json.to_owned(), |text, (placeholder, value)| {
            let quoted = Value::from(value.as_str()).to_string();
            text.replace(placeholder, &quoted[1..quoted.len() - 1])
        })
    }
}

/// Replaces what is known in every text of a value, the same by the same placeholder.
pub fn redact(value: &mut Value) -> Redacted {
    let mark = unused_mark(value);
    let mut replacing = Replacing { ours: format!("[{mark}"), mark, ..Replacing::default() };
    replacing.all(value);
    // A longer value may hold a shorter one.
    replacing.redacted.values.sort_by_key(|(_, known)| std::cmp::Reverse(known.len()));
    replacing.again(value);
    replacing.redacted
}

#[derive(Default)]
struct Replacing {
    /// Keeps placeholders apart from what the story itself writes in brackets.
    mark: String,
    /// How they begin, whatever they stand for.
    ours: String,
    redacted: Redacted,
    known: HashMap<String, String>,
    counts: HashMap<&'static str, usize>,
}

impl Replacing {
    fn all(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => {
                for kind in &KINDS {
                    *text = self.one(kind, text);
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.all(value)),
            Value::Object(fields) => fields.values_mut().for_each(|value| self.all(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Replaces what was met once wherever else it stands, without the word beside it that gave it away.
    fn again(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => {
                for (placeholder, known) in &self.redacted.values {
                    *text = text.replace(known.as_str(), placeholder);
                    *text = without_cut(text, known, placeholder);
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.again(value)),
            Value::Object(fields) => fields.values_mut().for_each(|value| self.again(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn one(&mut self, kind: &Kind, text: &str) -> String {
        let read = Read::of(text, kind.through_marks);
        let (mut replaced, mut done) = (String::with_capacity(text.len()), 0);
        for found in kind.form.captures_iter(&read.text) {
            let it = found.name("it").unwrap_or(found.get_match());
            let Some(known) = longest(it.as_str(), kind.is_it) else { continue };
            let place = read.place(it.start(), known.len());
            let value = &text[place.clone()];
            if !value.contains(&self.ours) {
                replaced.push_str(&text[done..place.start]);
                replaced.push_str(&self.placeholder(kind.name, value));
                done = place.end;
            }
        }
        replaced.push_str(&text[done..]);
        replaced
    }

    fn placeholder(&mut self, name: &'static str, value: &str) -> String {
        if let Some(known) = self.known.get(value) {
            return known.clone();
        }
        let count = self.counts.entry(name).or_default();
        *count += 1;
        let placeholder = format!("[{}{name}_{count}]", self.mark);
        self.known.insert(value.to_owned(), placeholder.clone());
        self.redacted.values.push((placeholder.clone(), value.to_owned()));
        placeholder
    }
}

/// A text as a kind reads it, and where in the original its bytes are.
struct Read<'a> {
    text: Cow<'a, str>,
    /// `None` = where they are here.
    places: Option<Vec<usize>>,
}

impl<'a> Read<'a> {
    fn of(text: &'a str, through_marks: bool) -> Self {
        let is_mark = |c: char| matches!(c, '*' | '`' | '~' | '\\');
        if !through_marks || !text.contains(is_mark) {
            return Self { text: text.into(), places: None };
        }
        let kept = || text.char_indices().filter(|(_, c)| !is_mark(*c));
        let places = kept().flat_map(|(at, c)| at..at + c.len_utf8()).collect();
        Self { text: kept().map(|(_, c)| c).collect::<String>().into(), places: Some(places) }
    }

    /// Where so many bytes from `start` are in the original; never none.
    fn place(&self, start: usize, length: usize) -> Range<usize> {
        match &self.places {
            None => start..start + length,
            Some(places) => places[start]..places[start + length - 1] + 1,
        }
    }
}

/// The longest beginning of what looks like it that is it: what follows a number in the same line may look like more of it.
fn longest(text: &str, is_it: fn(&str) -> bool) -> Option<&str> {
    let mut text = text;
    while !is_it(text) {
        text = &text[..text.rfind(|c: char| !c.is_alphanumeric())?];
    }
    Some(text)
}

/// Bytes of a secret that are too many to be shown.
const TELLING: usize = 8;

/// Without the beginning of a value where a text was cut in the middle of it.
fn without_cut(text: &str, known: &str, placeholder: &str) -> String {
    let Some(place) = text.find('…') else { return text.to_owned() };
    let before = &text[..place];
    let lengths = (TELLING..known.len()).rev().filter(|length| known.is_char_boundary(*length));
    for length in lengths {
        if let Some(rest) = before.strip_suffix(&known[..length]) {
            return format!("{rest}{placeholder}{}", &text[place..]);
        }
    }
    text.to_owned()
}

/// What placeholders begin with, so that no text holds one already.
fn unused_mark(value: &Value) -> String {
    let text = value.to_string();
    let is_used = |mark: &str| KINDS.iter().any(|kind| text.contains(&format!("[{mark}{}_", kind.name)));
    (0..).map(|n| "X".repeat(n)).find(|mark| !is_used(mark)).unwrap_or_default()
}

/// Digits that an IBAN has at least: words of four letters that follow each other are none.
const IBAN_DIGITS: usize = 8;

/// ISO 7064 MOD 97-10, as ISO 13616 asks for.
fn is_iban(text: &str) -> bool {
    let letters: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let digits = letters.iter().filter(|letter| letter.is_ascii_digit()).count();
    if !(15..=34).contains(&letters.len()) || digits < IBAN_DIGITS {
        return false;
    }
    let rest = letters[4..].iter().chain(&letters[..4]).try_fold(0_u32, |rest, letter| {
        let value = letter.to_digit(36)?;
        Some((if value < 10 { rest * 10 + value } else { rest * 100 + value }) % 97)
    });
    rest == Some(1)
}

/// Countries whose numbers are written in one piece, too; others that begin with 00 may be anything.
const AFTER_00: [&str; 10] = ["0031", "0032", "0033", "0034", "00351", "0039", "0041", "0043", "0044", "0049"];

fn is_phone(text: &str) -> bool {
    text.contains(|c: char| !c.is_ascii_digit()) || AFTER_00.iter().any(|country| text.starts_with(country))
}

/// The Luhn formula, as ISO/IEC 7812 asks for.
fn is_card(text: &str) -> bool {
    let digits = text.chars().filter_map(|c| c.to_digit(10)).rev();
    let sum: u32 = digits.enumerate().map(|(n, digit)| if n % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }).sum();
    sum.is_multiple_of(10) && text.contains(|c: char| c != '0')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn redacted(text: &str) -> String {
        let mut value = json!(text);
        redact(&mut value);
        value.as_str().unwrap().to_owned()
    }

    #[test]
    fn secrets_and_personal_data_are_known_by_their_form() {
        for (text, expected) in [
            ("Write to ada.l@shop.example.com, please", "Write to [EMAIL_1], please"),
            ("bob@x.org and ada@x.org and bob@x.org", "[EMAIL_1] and [EMAIL_2] and [EMAIL_1]"),
            ("call +49 (30) 1234-5678.", "call [PHONE_1]."),
            ("pay to DE89 3704 0044 0532 0130 00 today", "pay to [IBAN_1] today"),
            ("card 4111 1111 1111 1111", "card [CARD_1]"),
            ("Password: hunter2secret", "Password: [SECRET_1]"),
            ("**Password:** x1y2z3w4 and `password`: q9w8e7r6t5", "**Password:** [SECRET_1] and `password`: [SECRET_2]"),
            (r#"{"password": "s3cr3t-word"}"#, r#"{"password": "[SECRET_1]"}"#),
            ("DB_PASSWORD=a1b2c3d4 client_secret=z9y8x7w6", "DB_PASSWORD=[SECRET_1] client_secret=[SECRET_2]"),
            ("Authorization: Bearer abcdefghijklmnop", "Authorization: Bearer [SECRET_1]"),
            (r#"token: "sk-proj-abcdefghij0123456789""#, r#"token: "[SECRET_1]""#),
            ("Password: hunter2secret, so hunter2secret is typed", "Password: [SECRET_1], so [SECRET_1] is typed"),
            (
                "Password: hunter2secret. The text 'enter hunter2sec…' is cut",
                "Password: [SECRET_1]. The text 'enter [SECRET_1]…' is cut",
            ),
            ("card 4111 1111 1111 1111 123", "card [CARD_1] 123"),
            ("card 4111 1111 1111 1111 12/27 123", "card [CARD_1] 12/27 123"),
            ("BE68 5390 0754 7034 EUR", "[IBAN_1] EUR"),
            ("ES91 2100 0418 4502 0005 1332 BANK", "[IBAN_1] BANK"),
            ("postgres://app:s3cr3tpw@db/x", "postgres://app:[SECRET_1]@db/x"),
            ("use sk-proj-abcdefghij0123456789", "use [SECRET_1]"),
            ("key AKIAIOSFODNN7EXAMPLE!", "key [SECRET_1]!"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----", "[SECRET_1]"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-def", "[SECRET_1]"),
        ] {
            assert_eq!(redacted(text), expected);
        }
    }

    #[test]
    fn what_is_written_in_other_ways_is_known_too() {
        let aws = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        for (text, expected) in [
            ("DE89\u{a0}3704\u{a0}0044\u{a0}0532\u{a0}0130\u{a0}00 today", "[IBAN_1] today"),
            ("DE89\u{202f}3704\u{202f}0044\u{202f}0532\u{202f}0130\u{202f}00", "[IBAN_1]"),
            ("DE89-3704-0044-0532-0130-00", "[IBAN_1]"),
            ("de89 3704 0044 0532 0130 00", "[IBAN_1]"),
            ("de89370400440532013000", "[IBAN_1]"),
            ("4111\u{a0}1111\u{a0}1111\u{a0}1111", "[CARD_1]"),
            ("4111.1111.1111.1111.", "[CARD_1]."),
            ("AKIAIOSF**ODNN7**EXAMPLE", "[SECRET_1]"),
            (r"ghp\_abcdefghijabcdefghijabcdefghijabcd", "[SECRET_1]"),
            ("ada**@**shop.example.com, **ad**a@x.org and `bob`@x.org", "[EMAIL_1], **[EMAIL_2] and `[EMAIL_3]"),
            ("_AKIAIOSFODNN7EXAMPLE_", "_[SECRET_1]_"),
            ("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ\n-----END PGP PRIVATE KEY BLOCK-----", "[SECRET_1]"),
            ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nIBAQ==\n\nAs a clerk", "[SECRET_1]\n\nAs a clerk"),
            (&format!("aws_secret_access_key = {aws}"), "aws_secret_access_key = [SECRET_1]"),
            ("dbPassword=a1b2c3d4", "dbPassword=[SECRET_1]"),
            ("password1: a1b2c3d4", "password1: [SECRET_1]"),
            ("| Password | hunter2 |", "| Password | [SECRET_1] |"),
            ("|Password|hunter2|", "|Password|[SECRET_1]|"),
            ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [SECRET_1]"),
            ("npm_abcdefghijabcdefghijabcdefghijabcdef", "[SECRET_1]"),
            ("SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvabcdefghijklmnopqrstu", "[SECRET_1]"),
            ("https://hooks.slack.com/services/T00000000/B00000000/abcdefghijklmnop", "[SECRET_1]"),
            ("call 0049 30 1234567 or 0049301234567", "call [PHONE_1] or [PHONE_2]"),
            ("+49\u{a0}30\u{a0}1234567", "[PHONE_1]"),
        ] {
            assert_eq!(redacted(text), expected);
        }
    }

    #[test]
    fn what_a_story_is_about_stays() {
        for text in [
            "The password must have 12 characters and a digit.",
            "Password: at least 12 characters",
            "Orders above 1,000,000.00 EUR from 2026-11-23 10:15:00",
            "Order number 4111111111111112 of 16 digits",
            "an IBAN such as DE00 3704 0044 0532 0130 00",
            "SHOP-12, version 1.2.3.4, 8080:80, 00:15 h",
            "<amount> and [the customer] @mentions",
            "Authorization: Basic authentication is enough",
            "customer 0012345678 of store 0007001234",
            "in at12 must come from this very same page",
            "| password | result |",
            "The token limit: 4096 tokens, a secretary: 2 desks",
            "1.000.000.000.000 EUR",
            "a*b, **bold** and `code` with \\* and ~~gone~~",
        ] {
            assert_eq!(redacted(text), text);
        }
    }

    #[test]
    fn placeholders_differ_from_what_the_story_writes_itself() {
        assert_eq!(redacted("[EMAIL_1] is a@b.cc"), "[EMAIL_1] is [XEMAIL_1]");
    }

    #[test]
    fn what_was_replaced_is_put_back_into_json() {
        let key = "-----BEGIN PRIVATE KEY-----\n\"\\\n-----END PRIVATE KEY-----";
        let original = json!({ "parts": [{ "text": format!("{key} of ada@x.org") }, "ada@x.org"] });
        let mut value = original.clone();
        let redacted = redact(&mut value);
        assert_eq!(redacted.len(), 2);
        let sent = value.to_string();
        assert!(!sent.contains("ada@x.org") && !sent.contains("PRIVATE"));
        assert_eq!(serde_json::from_str::<Value>(&redacted.restored(&sent)).unwrap(), original);
    }

    proptest! {
        #[test]
        fn any_text_comes_back_as_it_was(texts in proptest::collection::vec(r#"(\PC|[a-z]{1,9}@[a-z]{1,5}\.org|\+4930[0-9]{7}|token: [a-z0-9"\\]{6,9}|\[EMAIL_[0-9]\]| |\n){0,12}"#, 1..4)) {
            let original = json!(texts);
            let mut value = original.clone();
            let redacted = redact(&mut value);
            prop_assert_eq!(serde_json::from_str::<Value>(&redacted.restored(&value.to_string())).unwrap(), original);
        }
    }
}
