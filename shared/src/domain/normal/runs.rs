//! A text cut where normalisation cannot join: most text is ASCII and needs no tables.

/// A piece of a text.
pub(crate) enum Run<'a> {
    /// ASCII alone: as it is in every form.
    Ascii(&'a str),
    /// Other characters, with the one of ASCII before them: their marks may belong to it.
    Other(&'a str),
}

/// The pieces of a text in order. What follows a piece begins with a character that composes with nothing before it.
pub(crate) fn runs(text: &str) -> impl Iterator<Item = Run<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let ascii = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
        if ascii == rest.len() || ascii > 1 {
            let cut = if ascii == rest.len() { ascii } else { ascii - 1 };
            let (run, left) = rest.split_at_checked(cut)?;
            rest = left;
            return Some(Run::Ascii(run));
        }
        let other = rest.bytes().skip(ascii).position(|byte| byte.is_ascii()).map_or(rest.len(), |length| ascii + length);
        let (run, left) = rest.split_at_checked(other)?;
        rest = left;
        Some(Run::Other(run))
    })
}
