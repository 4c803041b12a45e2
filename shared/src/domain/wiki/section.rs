//! Our own section in a description: from a heading that ends with our marker to a line that names it again. Everything else
//! belongs to people, byte for byte.

use std::borrow::Cow;
use std::ops::Range;

use super::super::adf::marker::is_marker;
use super::read;

/// What the last line of a section begins with.
const END: &str = "▲";

/// What our section looks like: an escaped title that ends with the marker, and what stands below it.
pub(super) fn framed(title: &str, body: &str) -> String {
    let marker = title.split_whitespace().next_back().unwrap_or_default();
    format!("h2. {title}\n\n{body}\n\n_{END} {marker}_")
}

/// Our section as it stands there.
#[must_use]
pub fn find<'a>(text: &'a str, marker: &str) -> Option<&'a str> {
    text.get(place(text, |word| word == marker)?)
}

/// The description with our section replaced in place, or appended when it is not there.
#[must_use]
pub fn replace(text: &str, marker: &str, ours: &str) -> String {
    let Some(place) = place(text, |word| word == marker) else { return append(text, ours) };
    let (before, after) = (text.get(..place.start).unwrap_or_default(), text.get(place.end..).unwrap_or_default());
    format!("{before}{ours}{after}")
}

/// The description with a section at its end.
#[must_use]
pub fn append(text: &str, ours: &str) -> String {
    let gap = if text.trim().is_empty() || text.ends_with("\n\n") || text.ends_with("\r\n\r\n") {
        ""
    } else if text.ends_with('\n') {
        "\n"
    } else {
        "\n\n"
    };
    format!("{text}{gap}{ours}")
}

/// The description without our sections, for reading.
#[must_use]
pub fn strip<'a>(text: &'a str, prefix: &str) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(text);
    while let Some(place) = text.contains(prefix).then(|| place(&text, |word| is_marker(word, prefix))).flatten() {
        text.to_mut().replace_range(place, "");
    }
    text
}

/// A section that is a person's from now on: its words without our marker.
#[must_use]
pub fn disowned(section: &str, marker: &str) -> String {
    let lines = section.split_inclusive('\n').filter(|line| !is_end(line, |word| word == marker));
    let lines =
        lines.map(|line| if title_marker(line) == Some(marker) { Cow::Owned(without(line, marker)) } else { line.into() });
    lines.collect::<String>().trim_end().to_owned()
}

fn without(line: &str, marker: &str) -> String {
    let end = line.get(line.trim_end().len()..).unwrap_or_default();
    format!("{}{end}", line.trim_end().trim_end_matches(marker).trim_end_matches([' ', '·']))
}

/// Where a section stands. Of one whose end a person took away, the heading alone is ours: nobody knows how far it reaches.
fn place(text: &str, is_ours: impl Fn(&str) -> bool) -> Option<Range<usize>> {
    let mut begun: Option<Range<usize>> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.trim_end().len();
        if title_marker(line).is_some_and(&is_ours) {
            begun = Some(at..end);
        } else if let Some(begun) = begun.as_ref().filter(|_| is_end(line, &is_ours)) {
            return Some(begun.start..end);
        }
        at += line.len();
    }
    begun
}

/// The last word of a heading.
fn title_marker(line: &str) -> Option<&str> {
    read::heading(line)?.split_whitespace().next_back()
}

fn is_end(line: &str, is_ours: impl Fn(&str) -> bool) -> bool {
    let words = line.trim().trim_matches('_').trim().strip_prefix(END);
    words.is_some_and(|words| is_ours(words.trim()))
}
