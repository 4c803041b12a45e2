//! Numbers, whatever the locale they are written in.

use std::sync::LazyLock;

use super::unify::plain;

/// One to twelve in our languages; `false` where the word commonly means something else ("ein", "once", "neuf", "dos").
const WORDS: &[(&str, u8, bool)] = &[
    ("one", 1, false),
    ("ein", 1, false),
    ("eine", 1, false),
    ("einem", 1, false),
    ("einen", 1, false),
    ("einer", 1, false),
    ("eins", 1, false),
    ("un", 1, false),
    ("une", 1, false),
    ("uno", 1, false),
    ("una", 1, false),
    ("een", 1, false),
    ("één", 1, false),
    ("um", 1, false),
    ("uma", 1, false),
    ("two", 2, true),
    ("deux", 2, true),
    ("zwei", 2, true),
    ("dos", 2, false),
    ("twee", 2, true),
    ("dois", 2, true),
    ("duas", 2, true),
    ("three", 3, true),
    ("trois", 3, true),
    ("drei", 3, true),
    ("tres", 3, true),
    ("drie", 3, true),
    ("três", 3, true),
    ("four", 4, true),
    ("quatre", 4, true),
    ("vier", 4, true),
    ("cuatro", 4, true),
    ("quatro", 4, true),
    ("five", 5, true),
    ("cinq", 5, true),
    ("fünf", 5, true),
    ("cinco", 5, true),
    ("vijf", 5, true),
    ("six", 6, true),
    ("sechs", 6, true),
    ("seis", 6, true),
    ("zes", 6, true),
    ("seven", 7, true),
    ("sept", 7, false),
    ("sieben", 7, true),
    ("siete", 7, true),
    ("zeven", 7, true),
    ("sete", 7, true),
    ("eight", 8, true),
    ("huit", 8, true),
    ("acht", 8, true),
    ("ocho", 8, true),
    ("oito", 8, true),
    ("nine", 9, true),
    ("neuf", 9, false),
    ("neun", 9, true),
    ("nueve", 9, true),
    ("negen", 9, true),
    ("nove", 9, true),
    ("ten", 10, true),
    ("dix", 10, true),
    ("zehn", 10, true),
    ("diez", 10, true),
    ("tien", 10, true),
    ("dez", 10, true),
    ("eleven", 11, true),
    ("onze", 11, true),
    ("elf", 11, false),
    ("once", 11, false),
    ("twelve", 12, true),
    ("douze", 12, true),
    ("zwölf", 12, true),
    ("doce", 12, false),
    ("twaalf", 12, true),
    ("doze", 12, false),
];

/// A number as it was read, and how else it could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// Digits with `.` before decimals and nothing between thousands.
    pub(super) canonical: String,
    /// Other readings: `1.000` as one with three decimals, `5 100` as two numbers.
    pub(super) other: Vec<Vec<String>>,
    /// Whether it surely is a number and not an article or another word.
    pub(super) sure: bool,
}

/// The numbers in a text in one spelling: `1,000`, `1.000` and `1 000` are `1000`; `3,5` is `3.5`; `10%` is `10`; "seven" is `7`.
#[must_use]
pub fn numbers(text: &str) -> Vec<String> {
    literals(text).into_iter().filter(|number| number.sure).map(|number| number.canonical).collect()
}

/// The numbers in a text with all their readings.
pub(super) fn literals(text: &str) -> Vec<Number> {
    literals_of(&plain(text))
}

/// The same of a text that is [`plain`] already.
pub(super) fn literals_of(text: &str) -> Vec<Number> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        let end = if first.is_ascii_digit() {
            let end = number_end(rest.as_bytes());
            found.push(read(rest.get(..end).unwrap_or_default()));
            end
        } else if first.is_ascii() && !first.is_ascii_alphabetic() {
            rest.bytes().position(|byte| !byte.is_ascii() || byte.is_ascii_alphanumeric()).unwrap_or(rest.len())
        } else {
            let end = word_end(rest);
            found.extend(rest.get(..end).and_then(in_letters));
            // A sign that is no letter is passed over.
            if end > 0 { end } else { rest.chars().next().map_or(1, char::len_utf8) }
        };
        rest = rest.get(end..).unwrap_or_default();
    }
    found
}

/// Where the word that a text begins with ends.
fn word_end(text: &str) -> usize {
    match text.bytes().position(|byte| !byte.is_ascii_alphabetic()) {
        None => text.len(),
        Some(end) if text.as_bytes().get(end).is_some_and(u8::is_ascii) => end,
        Some(_) => text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len()),
    }
}

/// Longer words are no numbers.
const LONGEST_WORD: usize = 7;

/// The words by their letters, to look one up at once.
static BY_LETTERS: LazyLock<Vec<(u64, u8, bool)>> = LazyLock::new(|| {
    let mut all: Vec<_> = WORDS.iter().map(|(word, value, sure)| (packed(word), *value, *sure)).collect();
    // The first of two spellings counts, as it does in the list.
    all.sort_by_key(|(word, ..)| *word);
    all.dedup_by_key(|(word, ..)| *word);
    all
});

/// A short word as a number.
fn packed(word: &str) -> u64 {
    word.bytes().fold(0, |sum, byte| sum << 8 | u64::from(byte))
}

/// For each letter the lengths of the words that begin with it, as bits; for a letter that is not ASCII all of them.
const LENGTHS: [u8; 256] = {
    let mut lengths = [0; 256];
    let mut at = 0;
    while at < WORDS.len() {
        let word = WORDS[at].0.as_bytes();
        let first = word[0];
        lengths[first as usize] |= 1 << word.len();
        lengths[first.to_ascii_uppercase() as usize] |= 1 << word.len();
        at += 1;
    }
    let mut at = 128;
    while at < 256 {
        lengths[at] = u8::MAX;
        at += 1;
    }
    lengths
};

/// The number that a word is, in any case of its letters.
fn in_letters(word: &str) -> Option<Number> {
    let lengths = word.bytes().next().and_then(|first| LENGTHS.get(usize::from(first)))?;
    if word.len() > LONGEST_WORD || lengths >> word.len() & 1 == 0 {
        return None;
    }
    let key = if word.is_ascii() { packed(word) | ascii_lower(word.len()) } else { packed(&word.to_lowercase()) };
    let at = BY_LETTERS.binary_search_by_key(&key, |(word, ..)| *word).ok()?;
    let (_, value, sure) = BY_LETTERS.get(at)?;
    Some(Number { canonical: value.to_string(), other: Vec::new(), sure: *sure })
}

/// The bit that makes a letter of ASCII a small one, for so many letters.
const fn ascii_lower(letters: usize) -> u64 {
    let all: u64 = 0x2020_2020_2020_2020;
    all >> (64 - 8 * letters)
}

fn digits_from(bytes: &[u8], at: usize) -> usize {
    bytes.iter().skip(at).take_while(|byte| byte.is_ascii_digit()).count()
}

/// Where the number that a text begins with ends: digits, and separators that stand between digits.
fn number_end(bytes: &[u8]) -> usize {
    let mut end = digits_from(bytes, 0).max(1);
    let mut spaced = end <= 3;
    while let Some(&separator) = bytes.get(end) {
        let joins = match separator {
            b'.' | b',' => digits_from(bytes, end + 1) > 0,
            b'\'' => digits_from(bytes, end + 1) == 3,
            // A space separates thousands only between groups of three.
            b' ' => spaced && digits_from(bytes, end + 1) == 3,
            _ => false,
        };
        if !joins {
            break;
        }
        let following = digits_from(bytes, end + 1);
        spaced = spaced && following == 3;
        end += 1 + following;
    }
    end
}

fn read(raw: &str) -> Number {
    if raw.bytes().all(|byte| byte.is_ascii_digit()) {
        return Number { canonical: tidy(raw), other: Vec::new(), sure: true };
    }
    let raw = raw.replace('\'', " ");
    let spaced: Vec<String> = raw.split(' ').map(tidy).collect();
    let mut other = Vec::new();
    if spaced.len() > 1 {
        other.push(spaced);
    }
    let tight = raw.replace(' ', "");
    let marks: Vec<char> = tight.chars().filter(|c| !c.is_ascii_digit()).collect();
    let canonical = match marks.as_slice() {
        [] => tidy(&tight),
        [mark] => {
            let (whole, part) = tight.split_once(*mark).unwrap_or((&tight, ""));
            let decimal = tidy(&format!("{whole}.{part}"));
            let listed = vec![tidy(whole), tidy(part)];
            if part.len() == 3 && whole.len() <= 3 && !whole.starts_with('0') {
                other.push(vec![decimal]);
                other.push(listed);
                tidy(&format!("{whole}{part}"))
            } else {
                other.push(listed);
                decimal
            }
        }
        [first, .., last] if first != last && marks.iter().filter(|mark| *mark == last).count() == 1 => {
            let (whole, part) = tight.rsplit_once(*last).unwrap_or((&tight, ""));
            tidy(&format!("{}.{part}", whole.replace(*first, "")))
        }
        [mark, ..] if tight.split(*mark).skip(1).all(|group| group.len() == 3) => tidy(&tight.replace(*mark, "")),
        // A version, a date, an address or a list: as it stands, or one by one.
        _ => {
            other.push(tight.split(['.', ',']).map(tidy).collect());
            tight.clone()
        }
    };
    Number { canonical, other, sure: true }
}

/// Without zeros that say nothing.
fn tidy(number: &str) -> String {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let whole = whole.trim_start_matches('0');
    let part = part.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") }
}
