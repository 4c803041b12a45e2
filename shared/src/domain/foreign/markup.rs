//! Markup that acts where it is shown: HTML, links and images of Markdown, macros and mentions of wikis.

use super::{Foreign, Kind, from, span};

/// Names of HTML elements that are more than a placeholder's name by themselves.
#[rustfmt::skip]
const ELEMENTS: &[&str] = &[
    "a", "abbr", "article", "audio", "b", "base", "bdo", "blockquote", "body", "br", "button", "canvas", "center", "code", "dd", "del",
    "details", "div", "dl", "dt", "em", "embed", "fieldset", "font", "footer", "form", "frame", "frameset", "h1", "h2", "h3", "h4", "h5",
    "h6", "head", "hr", "html", "i", "iframe", "img", "input", "ins", "kbd", "li", "link", "marquee", "math", "meta", "nav", "noscript",
    "object", "ol", "option", "p", "picture", "pre", "s", "script", "section", "select", "small", "span", "strike", "strong", "style",
    "sub", "summary", "sup", "svg", "table", "tbody", "td", "template", "textarea", "tfoot", "th", "thead", "title", "tr", "tt", "u", "ul",
    "video",
];

/// Those that are never a placeholder.
const SCRIPTED: &[&str] = &["script", "iframe", "img", "svg", "embed", "object", "applet", "meta", "noscript"];

/// Macros that show, fetch or run something, or take a text out of its form.
#[rustfmt::skip]
const MACROS: &[&str] = &[
    "html", "html-include", "include", "include-page", "excerpt", "excerpt-include", "iframe", "widget", "rss", "sql", "sql-query", "jira",
    "jiraissues", "gallery", "view-file", "livesearch", "recently-updated", "beanshell", "groovy", "noformat", "panel", "expand", "anchor",
    "toc", "contentbylabel", "unmigrated-wiki-markup", "attachments", "pagetree", "user-list",
];

/// Macros that are also names of something: only with parameters, or in pairs.
#[rustfmt::skip]
const NAMES_TOO: &[&str] = &[
    "code", "note", "info", "warning", "tip", "quote", "section", "column", "color", "style", "script", "profile", "run", "status", "children",
    "span", "div",
];

/// Appends the markup of a text.
pub(super) fn find(text: &str, names: &[String], found: &mut Vec<Foreign>) {
    let mut add = |kind, start: usize, length: usize| found.push(Foreign { kind, place: start..start + length });
    for (at, byte) in text.bytes().enumerate() {
        let rest = || from(text, at);
        match byte {
            b'<' => {
                if let Some((kind, length)) = tag(rest(), names) {
                    add(kind, at, length);
                }
            }
            b'[' => {
                if let Some((kind, length)) = bracket(rest()) {
                    add(kind, at, length);
                }
            }
            b'{' => {
                if let Some(length) = wiki_macro(rest()) {
                    add(Kind::Macro, at, length);
                }
            }
            b'@' if starts(rest(), "@accountid:") || starts(rest(), "@[") => {
                add(Kind::Mention, at, span(rest(), |c| !c.is_whitespace()));
            }
            b'a' | b'A' if starts(rest(), "accountid:") => {
                add(Kind::Mention, at, span(rest(), |c| !(c.is_whitespace() || c == ']')));
            }
            _ => {}
        }
    }
}

fn starts(text: &str, opening: &str) -> bool {
    text.get(..opening.len()).is_some_and(|head| head.eq_ignore_ascii_case(opening))
}

/// The length of the tag that a text begins with; `<amount>` and `a < b` are none.
fn tag(text: &str, names: &[String]) -> Option<(Kind, usize)> {
    let inside = text.get(1..)?;
    let (within, end) = inside.find('>').map_or((inside, text.len()), |at| (inside.get(..at).unwrap_or_default(), at + 2));
    let is_closed = within.len() < inside.len();
    if ["!--", "!doctype", "![cdata[", "?xml"].iter().any(|opening| starts(inside, opening)) {
        return Some((Kind::Html, end));
    }
    if let Some(name) = within.strip_prefix(['!', '@', '#']) {
        return (is_closed && name.starts_with(|c: char| c.is_ascii_alphanumeric())).then_some((Kind::Mention, end));
    }
    let (closing, rest) = within.strip_prefix('/').map_or((false, within), |rest| (true, rest));
    let (name, attributes) = rest.split_at_checked(span(rest, |c| c.is_ascii_alphanumeric() || c == '-' || c == ':'))?;
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || name.ends_with(':') {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let scripted = SCRIPTED.contains(&name.as_str());
    let is_column = names.iter().any(|column| column == within) && !scripted;
    let spaced = attributes.starts_with(|c: char| c.is_whitespace() || c == '/');
    let bare = is_closed && attributes.trim().is_empty();
    let is_tag = match () {
        () if is_column => false,
        () if closing || name.contains(':') => bare || (is_closed && spaced),
        () if bare => scripted || ELEMENTS.contains(&name.as_str()),
        () => spaced && (scripted || attributes.contains('=') || (is_closed && attributes.ends_with('/'))),
    };
    is_tag.then_some((Kind::Html, end))
}

/// A mention, or a Markdown link or image without the mark before it.
fn bracket(text: &str) -> Option<(Kind, usize)> {
    let close = text.find(']')?;
    if text.starts_with("[~") || text.starts_with("[@") {
        return Some((Kind::Mention, close + 1));
    }
    let inside = text.get(close + 1..)?.strip_prefix('(')?;
    let end = inside.find(')')?;
    let target = inside.get(..end)?.trim();
    // A remark in brackets has several words; a target has one, or a title in quotation marks.
    let leads = target.contains(['/', '#', ':', '.']) && !target.contains(' ') || target.contains(" \"");
    leads.then_some((Kind::Link, close + 1 + 1 + end + 1))
}

/// The length of the macro that a text begins with.
fn wiki_macro(text: &str) -> Option<usize> {
    let end = text.find('}')? + 1;
    let inside = text.get(1..)?.trim_start_matches('/');
    let (name, after) = inside.split_at_checked(span(inside, |c| c.is_ascii_alphanumeric() || c == '-'))?;
    let name = name.to_ascii_lowercase();
    let told = after.starts_with(':');
    if !(told || after.starts_with('}')) {
        return None;
    }
    let again = || text.get(end..).is_some_and(|rest| rest.to_ascii_lowercase().contains(&format!("{{{name}")));
    let acts = MACROS.contains(&name.as_str()) || (NAMES_TOO.contains(&name.as_str()) && (told || again()));
    acts.then_some(end)
}
