//! A text cut where normalisation cannot join: most text is ASCII and Western letters, which need no tables.

/// A piece of a text.
pub(crate) enum Run<'a> {
    /// ASCII and the letters of Latin-1: as they are in every composed form.
    Plain(&'a str),
    /// Other characters, with the plain one before them: their marks may belong to it.
    Other(&'a str),
}

/// The pieces of a text in order. What follows a piece begins with a character that composes with nothing before it.
pub(crate) fn runs(text: &str) -> impl Iterator<Item = Run<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let plain = plain_length(rest);
        let last = if plain == rest.len() { 0 } else { last_length(rest, plain) };
        let (run, left) = if plain > last {
            let (run, left) = rest.split_at_checked(plain - last)?;
            (Run::Plain(run), left)
        } else {
            let (run, left) = rest.split_at_checked(plain + other_length(rest.get(plain..)?))?;
            (Run::Other(run), left)
        };
        rest = left;
        Some(run)
    })
}

/// How many bytes of plain characters a text begins with. No letter of Latin-1 is longer than its two bytes, which begin with C3.
fn plain_length(text: &str) -> usize {
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            0..=0x7f => {}
            0xc3 => drop(bytes.next()),
            _ => return at,
        }
    }
    text.len()
}

/// The length of the character that ends at a place; nothing at the beginning.
fn last_length(text: &str, end: usize) -> usize {
    text.get(..end).and_then(|head| head.chars().next_back()).map_or(0, char::len_utf8)
}

/// How many bytes of other characters a text begins with.
fn other_length(text: &str) -> usize {
    text.bytes().position(|byte| byte.is_ascii() || byte == 0xc3).unwrap_or(text.len())
}
