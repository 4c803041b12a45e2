//! Texts as Zephyr keeps them: HTML, which it may write otherwise than it was sent.

/// Plain text as HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\n' => html.push_str("<br>"),
            '\r' => {}
            c => html.push(c),
        }
    }
    html
}

/// What HTML says, for comparison: without tags, its characters decoded, white space as single spaces.
pub(super) fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let (said, end) = if rest.starts_with('<') { tag(rest) } else { entity(rest) };
        text.push_str(&said);
        rest = &rest[end..];
    }
    text.push_str(rest);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A tag stands for a space, as far as it is one; and where it ends.
fn tag(rest: &str) -> (String, usize) {
    let is_tag = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
    match rest.find('>').filter(|_| is_tag) {
        Some(end) => (" ".to_owned(), end + 1),
        None => ("<".to_owned(), 1),
    }
}

/// The character that an entity stands for, and where the entity ends.
fn entity(rest: &str) -> (String, usize) {
    let end = rest.bytes().take(12).position(|byte| byte == b';');
    let name = end.map_or("", |end| &rest[1..end]);
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let decoded = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => match name.strip_prefix('#') {
            Some(digits) => digits.strip_prefix(['x', 'X']).map_or_else(|| number(digits, 10), |hex| number(hex, 16)),
            None => None,
        },
    };
    match (decoded, end) {
        (Some(c), Some(end)) => (c.to_string(), end + 1),
        _ => ("&".to_owned(), 1),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_zephyr_writes_otherwise_says_the_same() {
        let ours = escaped("a < b & \"c\"\nnext line");
        assert_eq!(ours, "a &lt; b &amp; &quot;c&quot;<br>next line");
        for theirs in [&*ours, "<p>a &#60; b &amp; &#x22;c\"<br />next&nbsp;line</p>", "a < b & \"c\"<br/>\n next line"] {
            assert_eq!(plain(theirs), "a < b & \"c\" next line", "{theirs}");
        }
    }

    proptest! {
        #[test]
        fn any_text_says_as_html_what_it_said(text in "\\PC*") {
            let words: Vec<&str> = text.split_whitespace().collect();
            prop_assert_eq!(plain(&escaped(&text)), words.join(" "));
        }

        #[test]
        fn any_html_is_read(html in "[<>&;#a-z/! \u{e4}\u{1f600}0-9]*") {
            plain(&html);
        }
    }
}
