//! A short, harmless piece of a text that somebody else wrote.

/// At most `max` characters in one line: control, format and bidirectional characters and runs of white space become one space.
#[must_use]
pub fn excerpt(text: &str, max: usize) -> String {
    let mut kept = String::new();
    let mut count = 0;
    let mut space = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() || is_invisible(c) {
            space = count > 0;
            continue;
        }
        let needed = 1 + usize::from(space);
        if count + needed > max {
            kept.push('…');
            return kept;
        }
        if space {
            kept.push(' ');
        }
        kept.push(c);
        count += needed;
        space = false;
    }
    kept
}

const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_excerpt_is_one_clean_line() {
        assert_eq!(excerpt("  a\r\n\u{1b}[31mb\u{202e}c  ", 20), "a [31mb c");
        assert_eq!(excerpt("abcdef", 3), "abc…");
        assert_eq!(excerpt("abc", 3), "abc");
    }

    proptest! {
        #[test]
        fn an_excerpt_is_never_longer_than_asked(text in any::<String>(), max in 0usize..50) {
            let short = excerpt(&text, max);
            prop_assert!(short.chars().count() <= max + 1);
            prop_assert!(!short.chars().any(char::is_control));
        }
    }
}
