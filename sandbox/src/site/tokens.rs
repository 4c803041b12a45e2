//! The words of a JQL query.

/// A word, quoted text or sign.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A bare word.
    Word(String),
    /// Text in quotes.
    Quoted(String),
    /// An operator, comma or bracket.
    Sign(&'static str),
}

const SIGNS: &[&str] = &["!=", "!~", ">=", "<=", "=", "~", ">", "<", "(", ")", ","];

/// Splits a query; the error is Jira's.
pub(crate) fn split(jql: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = jql.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else if first == '"' || first == '\'' {
            let (text, after) =
                quoted(&rest[1..], first).ok_or("Error in the JQL Query: The quoted string has not been completed.")?;
            tokens.push(Token::Quoted(text));
            rest = after;
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || "!~><=(),\"'".contains(c)).unwrap_or(rest.len());
            if end == 0 {
                return Err(format!(
                    "Error in the JQL Query: The character '{first}' is a reserved JQL character. You must enclose it in a string or use the escape '\\u{:04x}' instead.",
                    first as u32
                ));
            }
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '\\' => out.push(characters.next()?.1),
            other if other == quote => return Some((out, &text[index + other.len_utf8()..])),
            other => out.push(other),
        }
    }
    None
}

impl Token {
    /// The text, unless it is a sign.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Word(text) | Self::Quoted(text) => Some(text),
            Self::Sign(_) => None,
        }
    }

    /// Whether it is this keyword, unquoted.
    pub(crate) fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }
}
