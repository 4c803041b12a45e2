//! Limits: a number, its unit, and on which side of it the rule stands.

use super::lexicon::{Lexicon, List, list};
use super::plain::Plain;

/// On which side of a number the rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// At most, up to, within.
    AtMost,
    /// At least.
    AtLeast,
    /// Less than: the number itself is outside.
    Below,
    /// More than: the number itself is outside.
    Above,
    /// A counted length ("6 digits").
    Exactly,
    /// A span of time something lasts.
    Lasting,
    /// A span of time before an event, or until after it.
    Ahead,
    /// At least a span of time before an event ("up to 24 hours before").
    AheadAtLeast,
    /// A span of time the product may take ("within 2 seconds"): measured, not accepted or refused.
    Deadline,
}

/// A stated limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    /// On which side of the number the rule stands.
    pub(super) side: Side,
    /// The number, times ten to the power of `decimals`.
    pub(super) value: i64,
    /// Digits after the point.
    pub(super) decimals: u32,
    /// The unit as written, with the space before it where there is one; empty when there is none.
    pub(super) unit: String,
    /// The number and its unit as written.
    pub(super) written: String,
    /// Whether it is one end of a range.
    pub(super) ranged: bool,
    /// Where the words of the limit begin in the text, before the number or at it.
    pub(super) lead: usize,
    /// Where the number begins in the text.
    pub(super) start: usize,
    /// Where the limit's words end in the text.
    pub(super) end: usize,
    /// Whether an `s` at the end of the unit is that of a plural.
    singular: bool,
    /// Decimal sign as written.
    point: char,
}

impl Limit {
    /// The value `steps` beside the limit, with its unit.
    pub(super) fn beside(&self, steps: i64) -> String {
        if steps == 0 && (self.value != 1 || !self.ranged) {
            return self.written.clone();
        }
        let value = self.value.saturating_add(steps);
        let scale = 10_i64.saturating_pow(self.decimals);
        let number = if self.decimals == 0 {
            value.to_string()
        } else {
            let width = self.decimals as usize;
            format!("{}{}{:0width$}", value / scale, self.point, (value % scale).abs())
        };
        // One is no plural; only English shows it by a letter that can be left out.
        format!(
            "{number}{}",
            if self.decimals == 0 && value == 1 && self.singular { self.unit.trim_end_matches('s') } else { &self.unit }
        )
    }

    /// Whether it limits the size of data ("2 MB").
    pub(super) fn is_size(&self) -> bool {
        !sizes(&self.unit).is_empty()
    }

    /// Whether a smaller value exists.
    pub(super) const fn has_below(&self) -> bool {
        self.value > 0
    }
}

/// A number in a text.
#[derive(Clone, Debug)]
struct Number {
    start: usize,
    end: usize,
    value: i64,
    decimals: u32,
    point: char,
}

/// The limits a text states, in order.
pub(super) fn limits(text: &str, words: &Lexicon) -> Vec<Limit> {
    limits_in(&Plain::new(text), words)
}

/// The same of a text that was read before.
pub(super) fn limits_in(plain: &Plain<'_>, words: &Lexicon) -> Vec<Limit> {
    let text = plain.text;
    let numbers = numbers(plain, words);
    let mut found = Vec::new();
    if numbers.is_empty() {
        return found;
    }
    let mut skip = 0;
    for (index, number) in numbers.iter().enumerate() {
        if index < skip {
            continue;
        }
        if let Some((low, high)) = numbers.get(index + 1).and_then(|next| range(plain, number, next, words)) {
            found.push(low);
            found.push(high);
            skip = index + 2;
            continue;
        }
        let (unit, end) = unit(text, number.end, words);
        if let Some(place) = side(plain, number, &unit, end, words) {
            found.push(limit(text, number, &place, &unit, end));
        }
    }
    share_units(text, &mut found, words);
    for limit in &mut found {
        limit.singular = words.infinitive.is_empty() && limit.unit.len() > 3;
    }
    found
}

/// "At least 12 and at most 64 characters": the first has the unit of the second.
fn share_units(text: &str, found: &mut [Limit], words: &Lexicon) {
    for at in 1..found.len() {
        let (before, after) = found.split_at_mut(at);
        if let (Some(first), Some(second)) = (before.last_mut(), after.first())
            && first.unit.is_empty()
            && first.side == Side::AtLeast
            && joined(text, first, second, words)
        {
            first.unit.clone_from(&second.unit);
            first.written.push_str(&second.unit);
        }
    }
}

/// Whether two limits follow each other with nothing but an "and" between them.
pub(super) fn joined(text: &str, first: &Limit, second: &Limit, words: &Lexicon) -> bool {
    let between = text.get(first.end..second.lead).map(|between| Plain::new(between).folded);
    first.ranged && second.ranged
        || between.is_some_and(|between| words.and.holds(between.trim_matches(|letter: char| letter == ',' || letter == ' ')))
}

/// Where a limit stands.
struct Place {
    side: Side,
    lead: usize,
    /// Where its words end and its unit begins, where they follow the number ("10 or more pieces").
    after: Option<usize>,
}

/// A number that carries a limit but no unit ("a maximum of 100").
pub(super) fn without_unit<'a>(plain: &Plain<'a>, words: &Lexicon) -> Option<&'a str> {
    let text = plain.text;
    numbers(plain, words).into_iter().find_map(|number| {
        let (unit, end) = unit(text, number.end, words);
        let place = side(plain, &number, &unit, end, words)?;
        let bare = text.get(..place.lead).is_some_and(|before| !before.contains(char::is_alphabetic));
        let measured = plain.has(words.edges.measures);
        (unit.is_empty() && place.after.is_none() && (bare || measured) && matches!(place.side, Side::AtMost | Side::AtLeast))
            .then(|| text.get(number.start..number.end))?
    })
}

/// Sizes as written, to find one unit spelt in two ways.
pub(super) fn sizes(text: &str) -> Vec<&str> {
    const SIZES: &[&str] = &["kb", "mb", "gb", "tb", "ko", "mo", "go", "kib", "mib", "gib", "kbit", "mbit"];
    text.split(|letter: char| !letter.is_alphanumeric())
        .map(|word| word.trim_start_matches(|letter: char| letter.is_ascii_digit()))
        .filter(|word| SIZES.contains(&word.to_ascii_lowercase().as_str()))
        .collect()
}

fn limit(text: &str, number: &Number, place: &Place, unit: &str, end: usize) -> Limit {
    let mut limit = Limit {
        side: place.side,
        value: number.value,
        decimals: number.decimals,
        unit: unit.to_owned(),
        written: text.get(number.start..end).unwrap_or_default().to_owned(),
        ranged: false,
        lead: place.lead,
        start: number.start,
        end,
        singular: false,
        point: number.point,
    };
    if let Some(after) = place.after {
        // "10 or more pieces": the noun follows the words of the limit.
        limit.end = after;
        if unit.is_empty() {
            let noun = noun(text, after);
            limit.unit.push_str(noun);
            limit.written.push_str(noun);
            limit.end += noun.len();
        }
    }
    limit
}

/// The word at a place, with the space before it, where it can be a noun.
fn noun(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let word = rest.strip_prefix(' ').unwrap_or_default();
    let length = word.find(|letter: char| !letter.is_alphabetic()).unwrap_or(word.len());
    if length > 3 { rest.get(..=length).unwrap_or_default() } else { "" }
}

fn range(plain: &Plain<'_>, first: &Number, second: &Number, words: &Lexicon) -> Option<(Limit, Limit)> {
    let (before, between) = (plain.text.get(..first.start)?, plain.text.get(first.end..second.start)?);
    let dash = matches!(between.trim(), "-" | "–" | "to") && between.len() <= 4;
    let opener = Plain::new(before).folded;
    let joiner = Plain::new(between).folded;
    let named = words.range.iter().any(|(from, to)| {
        opener.trim_end().ends_with(from)
            && joiner.split_whitespace().any(|word| word == *to)
            && joiner.split_whitespace().count() <= 3
    });
    let (unit, end) = unit(plain.text, second.end, words);
    if !named && (!dash || unit.is_empty()) {
        return None;
    }
    // "Between 8 h and 20 h": times of a day are no amounts, and what is just outside them the story hardly says.
    if second.value <= 24 && CLOCK.holds(&Plain::new(unit.trim()).folded) {
        return None;
    }
    if second.value <= first.value {
        return None;
    }
    let opening = if named { before.trim_end().rfind(' ').map_or(0, |at| at + 1) } else { first.start };
    let place = |side| Place { side, lead: opening, after: None };
    let mut low = limit(plain.text, first, &place(Side::AtLeast), &unit, first.end);
    if !low.written.ends_with(&unit) {
        low.written.push_str(&unit);
    }
    low.end = end;
    let mut high = limit(plain.text, second, &place(Side::AtMost), &unit, end);
    (low.ranged, high.ranged) = (true, true);
    Some((low, high))
}

fn side(plain: &Plain<'_>, number: &Number, unit: &str, end: usize, words: &Lexicon) -> Option<Place> {
    let endings = endings(plain.before(number.start)?, words);
    let tail = plain.text.get(end..)?;
    let name = Plain::new(unit.trim()).folded;
    let is_time = words.time.holds(&name);
    let closes = |list: &List| list.iter().filter_map(|word| ends_with_word(&endings, word)).min().map(|at| plain.place(at));
    // A number after the words makes them its own ("5 logins within 15 minutes").
    let own = |rest: &&str| !rest.starts_with(|letter: char| letter.is_ascii_digit());
    let follows = |list: &List| plain.after_from(list, end).filter(own).map(|rest| end + (tail.len() - rest.len()));
    let place = |side, lead| Some(Place { side, lead, after: None });
    if is_time && plain.after_from(words.ahead, end).is_some() {
        let open = closes(words.at_most).or_else(|| closes(words.at_least));
        return place(if open.is_some() { Side::AheadAtLeast } else { Side::Ahead }, open.unwrap_or(number.start));
    }
    let before = plain.text.get(..number.start)?.trim_end();
    let signed = |signs: [&str; 2]| signs.iter().find_map(|sign| before.strip_suffix(sign)).map(str::len);
    if let Some(lead) = closes(words.at_least).or_else(|| signed(["≥", ">="])) {
        return place(Side::AtLeast, lead);
    }
    if let Some(lead) = closes(words.lasting).filter(|_| is_time) {
        return place(Side::Lasting, lead);
    }
    if is_time && plain.after_from(words.edges.lasting_after, end).is_some() {
        return place(Side::Lasting, number.start);
    }
    // "can be returned up to 30 days after receipt": a moment until which somebody may act.
    if is_time
        && plain.has(words.edges.choice)
        && plain.after_from(words.deeds.later, end).is_some()
        && let Some(lead) = closes(words.at_most)
    {
        return place(Side::Ahead, lead);
    }
    // A span that the user may choose has two sides; one that the product takes is measured.
    let timed = |side| if is_time && !plain.has(words.edges.choice) { Side::Deadline } else { side };
    if let Some(lead) = closes(words.at_most).or_else(|| signed(["≤", "<="])) {
        return place(timed(Side::AtMost), lead);
    }
    let backed = |side, rest: usize| {
        let spaces = plain.text.get(..rest).map_or(0, |head| head.len() - head.trim_end().len());
        Some(Place { side, lead: number.start, after: Some(rest - spaces) })
    };
    if let Some(rest) = follows(words.at_least) {
        return backed(Side::AtLeast, rest);
    }
    if let Some(rest) = follows(words.at_most) {
        return backed(timed(Side::AtMost), rest);
    }
    if let Some(lead) = closes(words.below) {
        return place(timed(Side::Below), lead);
    }
    if let Some(lead) = closes(words.above) {
        return place(Side::Above, lead);
    }
    if words.counted.holds(&name) {
        return place(Side::Exactly, number.start);
    }
    None
}

/// What stands after an hour of the day.
const CLOCK: &List = list!["h", "uhr", "uur", "am", "pm", "heures"];

/// How often something has to happen, where a condition begins with it ("5 failed logins within …", "nach 3 Anforderungen").
pub(super) fn occasions(condition: &str, words: &Lexicon) -> Option<Limit> {
    let plain = Plain::new(condition);
    let begin = plain.after(words.after).map_or(0, |rest| condition.len() - rest.len());
    let first = numbers(&plain, words).into_iter().next()?;
    let number = Some(first).filter(|number| number.start == begin && number.decimals == 0 && number.value > 1)?;
    let (unit, end) = unit(condition, number.end, words);
    let noun = unit.trim();
    let counts = unit.starts_with(' ') && noun.chars().count() > 3 && !words.time.holds(&Plain::new(noun).folded);
    let place = Place { side: Side::Exactly, lead: number.start, after: None };
    let found = counts.then(|| limit(condition, &number, &place, &unit, end))?;
    Some(Limit { singular: words.infinitive.is_empty(), ..found })
}

/// Where the words before a number may end: at it, or before one or two small words ("max. of the 5 …").
fn endings<'a>(folded: &'a str, words: &Lexicon) -> Vec<&'a str> {
    let mut text = folded.trim_end_matches(|letter: char| letter.is_whitespace() || letter == ':' || letter == '=');
    let mut endings = vec![text];
    while let Some((head, _)) = text.rsplit_once(' ').filter(|(_, last)| last.len() <= 3 && words.small.holds(last))
        && endings.len() < 3
    {
        text = head.trim_end();
        endings.push(text);
    }
    endings
}

/// Where a word begins that stands at one of the endings.
fn ends_with_word(endings: &[&str], word: &str) -> Option<usize> {
    let last = word.bytes().next_back();
    let head = endings.iter().filter(|text| text.bytes().next_back() == last).find_map(|text| text.strip_suffix(word))?;
    (!head.chars().next_back().is_some_and(char::is_alphanumeric)).then_some(head.len())
}

/// The unit after a number: the sign, or the next word when it is a noun.
fn unit(text: &str, end: usize, words: &Lexicon) -> (String, usize) {
    let rest = text.get(end..).unwrap_or_default();
    let space = rest.len() - rest.trim_start_matches([' ', '\u{a0}', '-']).len();
    let word: String = rest
        .chars()
        .skip(rest.get(..space).map_or(0, |lead| lead.chars().count()))
        .take_while(|letter| letter.is_alphabetic() || matches!(letter, '%' | '€' | '$' | '°' | '£'))
        .collect();
    let folded = Plain::new(&word).folded;
    let verb = [words.edges.predicate, words.edges.stating, words.modal].iter().any(|list| list.holds(&folded));
    if word.is_empty()
        || verb && folded.len() > 1
        || words.small.holds(&folded)
        || words.ahead.holds(&folded)
        || word.chars().count() > 24
    {
        return (String::new(), end);
    }
    let sign = word.chars().next().filter(|letter| !letter.is_alphabetic());
    let length = sign.map_or(word.len(), char::len_utf8);
    let mut stop = end + space + length;
    // "50 different items": the noun is the unit, with what stands before it.
    if words.edges.qualifying.holds(&folded) {
        let noun = noun(text, stop);
        stop += if words.small.holds(&Plain::new(noun.trim()).folded) { 0 } else { noun.len() };
    }
    (text.get(end..stop).unwrap_or_default().to_owned(), stop)
}

/// A sentence with more numbers than this is a list of data.
const MOST: usize = 24;

/// The numbers of a text that stand alone: no versions, dates, keys or articles of law.
fn numbers(plain: &Plain<'_>, words: &Lexicon) -> Vec<Number> {
    let text = plain.text;
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) =
        text.get(from..).and_then(|rest| rest.find(|letter: char| letter.is_ascii_digit())).map(|at| from + at)
    {
        let rest = text.get(start..).unwrap_or_default();
        let length = rest.find(|letter: char| !(letter.is_ascii_digit() || matches!(letter, '.' | ','))).unwrap_or(rest.len());
        let token = rest.get(..length).unwrap_or_default().trim_end_matches(['.', ',']);
        from = start + length.max(1);
        let before = text.get(..start).and_then(|head| head.chars().next_back());
        let glued = before.is_some_and(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '#' | '.' | '/' | ':'));
        let after = text.get(start + token.len()..).and_then(|tail| tail.chars().next());
        if glued || after.is_some_and(|letter| matches!(letter, '_' | '/' | ':')) {
            continue;
        }
        if let Some((value, decimals, point)) = parse(token) {
            found.push(Number { start, end: start + token.len(), value, decimals, point });
        }
    }
    for (place, word) in plain.words() {
        if let Some((_, value)) = words.numbers.iter().find(|(name, _)| *name == word) {
            found.push(Number { start: place.start, end: place.end, value: *value, decimals: 0, point: '.' });
        }
    }
    found.sort_by_key(|number| number.start);
    found.truncate(MOST);
    found
}

/// `10`, `2.5`, `1,000`; not `1.2.3`.
fn parse(token: &str) -> Option<(i64, u32, char)> {
    let marks: Vec<char> = token.chars().filter(|letter| !letter.is_ascii_digit()).collect();
    let digits: String = token.chars().filter(char::is_ascii_digit).collect();
    let value: i64 = digits.parse().ok().filter(|value| *value < 1_000_000_000_000)?;
    match marks.as_slice() {
        [] => Some((value, 0, '.')),
        [mark] => {
            let tail = token.split(*mark).nth(1).map_or(0, str::len);
            if tail == 3 { Some((value, 0, '.')) } else { Some((value, u32::try_from(tail).ok()?, *mark)) }
        }
        _ => None,
    }
}
