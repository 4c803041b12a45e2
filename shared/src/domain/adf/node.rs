//! A node of ADF before it is JSON: to be measured, hashed and turned into a value without a map for each node.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::super::story::sha256_hex;
use super::hash;

/// A node.
pub struct Node<'a> {
    kind: &'static str,
    attrs: Vec<(&'static str, Attr<'a>)>,
    inside: Inside<'a>,
}

/// What a node holds.
enum Inside<'a> {
    Nothing,
    Text(Cow<'a, str>, Option<Mark<'a>>),
    Children(Vec<Node<'a>>),
}

/// The value of an attribute.
pub(super) enum Attr<'a> {
    Text(Cow<'a, str>),
    Number(u8),
    Flag(bool),
}

/// What is special about a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark<'a> {
    Plain(&'static str),
    Link(Cow<'a, str>),
}

impl<'a> Node<'a> {
    /// A node without children.
    pub(super) const fn bare(kind: &'static str) -> Self {
        Self { kind, attrs: Vec::new(), inside: Inside::Nothing }
    }

    /// A node with children.
    pub(super) const fn of(kind: &'static str, content: Vec<Node<'a>>) -> Self {
        Self { kind, attrs: Vec::new(), inside: Inside::Children(content) }
    }

    /// A text.
    pub(super) fn text(text: impl Into<Cow<'a, str>>, mark: Option<Mark<'a>>) -> Self {
        Self { kind: "text", attrs: Vec::new(), inside: Inside::Text(text.into(), mark) }
    }

    /// The node with an attribute.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, attr: Attr<'a>) -> Self {
        self.attrs.push((name, attr));
        self
    }

    /// The text of a text with this mark, to go on with.
    pub(super) fn text_marked(&mut self, mark: Option<&Mark<'_>>) -> Option<&mut String> {
        match &mut self.inside {
            Inside::Text(text, own) if own.as_ref() == mark => Some(text.to_mut()),
            _ => None,
        }
    }

    /// The node with words of its own.
    pub(super) fn into_owned<'b>(self) -> Node<'b> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let mark = |mark: Mark<'_>| match mark {
            Mark::Plain(kind) => Mark::Plain(kind),
            Mark::Link(href) => Mark::Link(own(href)),
        };
        let attr = |attr: Attr<'_>| match attr {
            Attr::Text(text) => Attr::Text(own(text)),
            Attr::Number(number) => Attr::Number(number),
            Attr::Flag(flag) => Attr::Flag(flag),
        };
        let inside = match self.inside {
            Inside::Nothing => Inside::Nothing,
            Inside::Text(text, marked) => Inside::Text(own(text), marked.map(mark)),
            Inside::Children(children) => Inside::Children(children.into_iter().map(Node::into_owned).collect()),
        };
        Node { kind: self.kind, attrs: self.attrs.into_iter().map(|(name, value)| (name, attr(value))).collect(), inside }
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> String {
        let mut out = Vec::with_capacity(4_096);
        self.write(&mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    /// What [`hash::content_hash`] answers for the node's value.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut out = Vec::with_capacity(4_096);
        self.canonical(&mut out);
        sha256_hex(&out)
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"type\":");
        hash::json(out, self.kind);
        if self.kind == DOC {
            out.extend_from_slice(b",\"version\":1");
        }
        if !self.attrs.is_empty() {
            out.extend_from_slice(b",\"attrs\":");
            attributes(out, &self.attrs, Attr::write);
        }
        match &self.inside {
            Inside::Nothing => {}
            Inside::Text(text, mark) => {
                out.extend_from_slice(b",\"text\":");
                hash::json(out, text.as_ref());
                if let Some(mark) = mark {
                    out.extend_from_slice(b",\"marks\":");
                    mark.write(out);
                }
            }
            Inside::Children(children) => {
                out.extend_from_slice(b",\"content\":");
                hash::list(out, children, |out, child| child.write(out));
            }
        }
        out.push(b'}');
    }

    /// The node as it is compared: names sorted, without layout, defaults and empty paragraphs at the end.
    fn canonical(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        let mut attrs: Vec<&(&str, Attr<'_>)> = self.attrs.iter().filter(|(name, attr)| attr.says_something(name)).collect();
        attrs.sort_unstable_by_key(|(name, _)| *name);
        if !attrs.is_empty() {
            out.extend_from_slice(b"\"attrs\":");
            attributes(out, attrs, Attr::canonical);
            out.push(b',');
        }
        match &self.inside {
            Inside::Nothing => {}
            Inside::Text(text, mark) => {
                if let Some(mark) = mark {
                    out.extend_from_slice(b"\"marks\":");
                    mark.canonical(out);
                    out.push(b',');
                }
                out.extend_from_slice(b"\"text\":");
                hash::json(out, text.as_ref());
                out.push(b',');
            }
            Inside::Children(children) => {
                let end = children.iter().rposition(|child| !child.is_empty_paragraph()).map_or(0, |last| last + 1);
                if end > 0 {
                    out.extend_from_slice(b"\"content\":");
                    hash::list(out, children.iter().take(end), |out, child| child.canonical(out));
                    out.push(b',');
                }
            }
        }
        out.extend_from_slice(b"\"type\":");
        hash::json(out, self.kind);
        if self.kind == DOC {
            out.extend_from_slice(b",\"version\":1.0");
        }
        out.push(b'}');
    }

    fn is_empty_paragraph(&self) -> bool {
        let empty = match &self.inside {
            Inside::Nothing => true,
            Inside::Text(..) => false,
            Inside::Children(children) => children.is_empty(),
        };
        self.kind == "paragraph" && empty
    }
}

/// Writes attributes in the order given.
fn attributes<'n, 'a: 'n>(
    out: &mut Vec<u8>,
    attrs: impl IntoIterator<Item = &'n (&'static str, Attr<'a>)>,
    value: impl Fn(&Attr<'a>, &mut Vec<u8>),
) {
    out.push(b'{');
    for (number, (name, attr)) in attrs.into_iter().enumerate() {
        out.extend_from_slice(if number > 0 { b"," } else { b"" });
        hash::json(out, name);
        out.push(b':');
        value(attr, out);
    }
    out.push(b'}');
}

/// The kind of a whole document, which has a version.
pub(super) const DOC: &str = "doc";

impl Attr<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => hash::json(out, text.as_ref()),
            Self::Number(number) => hash::json(out, number),
            Self::Flag(flag) => hash::json(out, flag),
        }
    }

    fn canonical(&self, out: &mut Vec<u8>) {
        match self {
            Self::Number(number) => hash::json(out, &f64::from(*number)),
            other => other.write(out),
        }
    }

    /// Whether it is neither layout nor empty.
    fn says_something(&self, name: &str) -> bool {
        !hash::LAYOUT.contains(&name) && !matches!(self, Self::Text(text) if text.is_empty())
    }
}

impl Mark<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Plain(kind) => hash::list(out, [kind], |out, kind| {
                out.extend_from_slice(b"{\"type\":");
                hash::json(out, kind);
                out.push(b'}');
            }),
            Self::Link(href) => hash::list(out, [href], |out, href| {
                out.extend_from_slice(b"{\"type\":\"link\",\"attrs\":{\"href\":");
                hash::json(out, href.as_ref());
                out.extend_from_slice(b"}}");
            }),
        }
    }

    fn canonical(&self, out: &mut Vec<u8>) {
        match self {
            Self::Plain(_) => self.write(out),
            Self::Link(href) => {
                out.extend_from_slice(b"[{\"attrs\":{\"href\":");
                hash::json(out, href.as_ref());
                out.extend_from_slice(b"},\"type\":\"link\"}]");
            }
        }
    }
}

impl From<Node<'_>> for Value {
    fn from(node: Node<'_>) -> Self {
        let mut fields = Map::with_capacity(3);
        let mut put = |name: &str, value: Self| drop(fields.insert(name.to_owned(), value));
        put("type", node.kind.into());
        if node.kind == DOC {
            put("version", 1.into());
        }
        if !node.attrs.is_empty() {
            put("attrs", Self::Object(node.attrs.into_iter().map(|(name, attr)| (name.to_owned(), attr.into())).collect()));
        }
        match node.inside {
            Inside::Nothing => {}
            Inside::Text(text, mark) => {
                put("text", text.into_owned().into());
                mark.into_iter().for_each(|mark| put("marks", mark.into()));
            }
            Inside::Children(children) => put("content", children.into_iter().map(Self::from).collect::<Vec<_>>().into()),
        }
        Self::Object(fields)
    }
}

impl From<Attr<'_>> for Value {
    fn from(attr: Attr<'_>) -> Self {
        match attr {
            Attr::Text(text) => text.into_owned().into(),
            Attr::Number(number) => number.into(),
            Attr::Flag(flag) => flag.into(),
        }
    }
}

impl From<Mark<'_>> for Value {
    fn from(mark: Mark<'_>) -> Self {
        let mark = match mark {
            Mark::Plain(kind) => Node::bare(kind),
            Mark::Link(href) => Node::bare("link").with("href", Attr::Text(href)),
        };
        Self::Array(vec![mark.into()])
    }
}
