//! The grammar of documents: which attributes and children each node takes.

use serde_json::Value;

/// What an attribute may hold.
#[derive(Clone, Copy)]
pub(super) enum Holds {
    Text,
    Words,
    Number,
    Flag,
    List,
    Level,
    Order,
    Choice(&'static [&'static str]),
    Colour(&'static [&'static str]),
    Anything,
}

/// One attribute of a node or mark.
#[derive(Clone, Copy)]
pub(super) struct Attribute {
    pub(super) name: &'static str,
    pub(super) holds: Holds,
    pub(super) required: bool,
}

/// What a node is made of.
pub(super) struct Grammar {
    pub(super) attributes: &'static [Attribute],
    pub(super) children: &'static [&'static str],
    /// Children needed; `None` says that the node must not even have `content`.
    pub(super) least: Option<usize>,
    pub(super) most: usize,
    pub(super) attributes_required: bool,
}

const fn may(name: &'static str, holds: Holds) -> Attribute {
    Attribute { name, holds, required: false }
}

const fn must(name: &'static str, holds: Holds) -> Attribute {
    Attribute { name, holds, required: true }
}

const ID: Attribute = may("localId", Holds::Text);
const OWN_ID: Attribute = must("localId", Holds::Text);

const INLINE: &[&str] =
    &["text", "hardBreak", "mention", "emoji", "date", "status", "inlineCard", "mediaInline", "placeholder", "inlineExtension"];
const TOP: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "codeBlock",
    "blockquote",
    "panel",
    "expand",
    "table",
    "rule",
    "taskList",
    "decisionList",
    "mediaSingle",
    "mediaGroup",
    "layoutSection",
    "blockCard",
    "embedCard",
    "extension",
    "bodiedExtension",
];
const COLUMN: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "codeBlock",
    "blockquote",
    "panel",
    "expand",
    "table",
    "rule",
    "taskList",
    "decisionList",
    "mediaSingle",
    "mediaGroup",
    "blockCard",
    "embedCard",
    "extension",
    "bodiedExtension",
];
const LIST_ITEM: &[&str] = &["paragraph", "bulletList", "orderedList", "taskList", "mediaSingle", "codeBlock", "extension"];
const QUOTE: &[&str] = &["paragraph", "bulletList", "orderedList", "codeBlock", "mediaSingle", "mediaGroup", "extension"];
const PANEL: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "blockCard",
    "mediaGroup",
    "mediaSingle",
    "codeBlock",
    "taskList",
    "rule",
    "decisionList",
    "extension",
];
const EXPAND: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "panel",
    "blockquote",
    "rule",
    "codeBlock",
    "table",
    "mediaGroup",
    "mediaSingle",
    "taskList",
    "decisionList",
    "blockCard",
    "embedCard",
    "extension",
    "nestedExpand",
];
const CELL: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "panel",
    "blockquote",
    "rule",
    "codeBlock",
    "mediaGroup",
    "mediaSingle",
    "taskList",
    "decisionList",
    "blockCard",
    "embedCard",
    "extension",
    "nestedExpand",
];
const NESTED: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "panel",
    "blockquote",
    "rule",
    "codeBlock",
    "mediaGroup",
    "mediaSingle",
    "taskList",
    "decisionList",
    "extension",
];
const PANELS: &[&str] = &["info", "note", "tip", "warning", "error", "success", "custom"];
const LOZENGES: &[&str] = &["neutral", "purple", "blue", "red", "yellow", "green"];

const fn leaf(attributes: &'static [Attribute], attributes_required: bool) -> Grammar {
    Grammar { attributes, children: &[], least: None, most: 0, attributes_required }
}

const fn branch(attributes: &'static [Attribute], children: &'static [&'static str], least: usize) -> Grammar {
    Grammar { attributes, children, least: Some(least), most: usize::MAX, attributes_required: false }
}

const fn told(mut grammar: Grammar) -> Grammar {
    grammar.attributes_required = true;
    grammar
}

/// The grammar of a node, `None` for a node Jira does not know.
pub(super) fn of(kind: &str) -> Option<Grammar> {
    use Holds::{Anything, Choice, Colour, Flag, Level, List, Number, Order, Text, Words};
    const CELL_ATTRIBUTES: &[Attribute] = &[
        may("colspan", Number),
        may("rowspan", Number),
        may("colwidth", List),
        may("background", Text),
        may("valign", Choice(&["top", "middle", "bottom"])),
        ID,
    ];
    const EXTENSION: &[Attribute] = &[
        must("extensionKey", Words),
        must("extensionType", Words),
        may("parameters", Anything),
        may("text", Text),
        may("layout", Text),
        ID,
    ];
    Some(match kind {
        "doc" => branch(&[], TOP, 0),
        "paragraph" => branch(const { &[ID] }, INLINE, 0),
        "heading" => told(branch(const { &[must("level", Level), ID] }, INLINE, 0)),
        "bulletList" => branch(const { &[ID] }, &["listItem"], 1),
        "orderedList" => branch(const { &[may("order", Order), ID] }, &["listItem"], 1),
        "listItem" => branch(const { &[ID] }, LIST_ITEM, 1),
        "codeBlock" => branch(
            const { &[may("language", Text), may("uniqueId", Text), may("wrap", Flag), may("hideLineNumbers", Flag), ID] },
            &["text"],
            0,
        ),
        "blockquote" => branch(const { &[ID] }, QUOTE, 1),
        "panel" => told(branch(
            const {
                &[
                    must("panelType", Choice(PANELS)),
                    may("panelIcon", Text),
                    may("panelIconId", Text),
                    may("panelIconText", Text),
                    may("panelColor", Text),
                    ID,
                ]
            },
            PANEL,
            1,
        )),
        "expand" => branch(const { &[may("title", Text), ID] }, EXPAND, 1),
        "nestedExpand" => told(branch(const { &[may("title", Text), ID] }, NESTED, 1)),
        "table" => branch(
            const {
                &[
                    may("layout", Text),
                    may("isNumberColumnEnabled", Flag),
                    may("displayMode", Choice(&["default", "fixed"])),
                    may("width", Number),
                    ID,
                ]
            },
            &["tableRow"],
            1,
        ),
        "tableRow" => branch(const { &[ID] }, &["tableCell", "tableHeader"], 0),
        "tableCell" | "tableHeader" => branch(CELL_ATTRIBUTES, CELL, 1),
        "rule" => leaf(const { &[ID] }, false),
        "taskList" => told(branch(const { &[OWN_ID] }, &["taskItem", "taskList", "blockTaskItem"], 1)),
        "taskItem" => told(branch(const { &[OWN_ID, must("state", Choice(&["TODO", "DONE"]))] }, INLINE, 0)),
        "blockTaskItem" => {
            told(branch(const { &[OWN_ID, must("state", Choice(&["TODO", "DONE"]))] }, &["paragraph", "extension"], 1))
        }
        "decisionList" => told(branch(const { &[OWN_ID] }, &["decisionItem"], 1)),
        "decisionItem" => told(branch(const { &[OWN_ID, must("state", Text)] }, INLINE, 0)),
        "layoutSection" => Grammar { most: 3, ..branch(const { &[ID] }, &["layoutColumn"], 2) },
        "layoutColumn" => told(branch(const { &[must("width", Number), may("valign", Text), ID] }, COLUMN, 1)),
        "hardBreak" => leaf(const { &[may("text", Choice(&["\n"])), ID] }, false),
        "status" => leaf(const { &[must("text", Words), must("color", Colour(LOZENGES)), may("style", Text), ID] }, true),
        "mention" => {
            leaf(const { &[must("id", Text), may("text", Text), may("accessLevel", Text), may("userType", Text), ID] }, true)
        }
        "emoji" => leaf(const { &[must("shortName", Text), may("id", Text), may("text", Text), ID] }, true),
        "date" => leaf(const { &[must("timestamp", Words), ID] }, true),
        "placeholder" => leaf(const { &[must("text", Text), ID] }, true),
        "inlineCard" | "blockCard" => leaf(
            const {
                &[
                    may("url", Text),
                    may("data", Anything),
                    may("datasource", Anything),
                    may("width", Number),
                    may("layout", Text),
                    ID,
                ]
            },
            true,
        ),
        "embedCard" => leaf(
            const {
                &[
                    must("url", Text),
                    must("layout", Text),
                    may("width", Number),
                    may("originalHeight", Number),
                    may("originalWidth", Number),
                    ID,
                ]
            },
            true,
        ),
        "mediaSingle" => {
            branch(const { &[may("width", Number), may("layout", Text), may("widthType", Text), ID] }, &["media", "caption"], 1)
        }
        "mediaGroup" => branch(&[], &["media"], 1),
        "caption" => branch(const { &[ID] }, INLINE, 0),
        "media" | "mediaInline" => leaf(
            const {
                &[
                    may("type", Choice(&["file", "link", "image", "external"])),
                    may("id", Words),
                    may("collection", Text),
                    may("alt", Text),
                    may("url", Text),
                    may("width", Number),
                    may("height", Number),
                    may("occurrenceKey", Text),
                    may("data", Anything),
                    ID,
                ]
            },
            true,
        ),
        "extension" | "inlineExtension" => leaf(EXTENSION, true),
        "bodiedExtension" => told(branch(EXTENSION, TOP, 1)),
        _ => return None,
    })
}

/// The attributes of a mark on text, `None` for a mark Jira does not know.
pub(super) fn mark(kind: &str) -> Option<&'static [Attribute]> {
    const COLOUR: &[Attribute] = &[must("color", Holds::Colour(&[]))];
    const LINK: &[Attribute] = &[
        must("href", Holds::Text),
        may("title", Holds::Text),
        may("id", Holds::Text),
        may("collection", Holds::Text),
        may("occurrenceKey", Holds::Text),
    ];
    const ANNOTATION: &[Attribute] = &[must("id", Holds::Text), must("annotationType", Holds::Choice(&["inlineComment"]))];
    Some(match kind {
        "strong" | "em" | "strike" | "underline" | "code" => &[],
        "link" => LINK,
        "textColor" | "backgroundColor" => COLOUR,
        "subsup" => const { &[must("type", Holds::Choice(&["sub", "sup"]))] },
        "annotation" => ANNOTATION,
        _ => return None,
    })
}

impl Holds {
    /// Whether the value is one this attribute may hold.
    pub(super) fn admits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Words => value.as_str().is_some_and(|text| !text.is_empty()),
            Self::Number => value.is_number(),
            Self::Flag => value.is_boolean(),
            Self::List => value.is_array(),
            Self::Level => value.as_u64().is_some_and(|level| (1..=6).contains(&level)),
            Self::Order => value.as_u64().is_some(),
            Self::Choice(choices) => value.as_str().is_some_and(|text| choices.contains(&text)),
            Self::Colour(names) => value.as_str().is_some_and(|text| names.contains(&text) || is_hex(text)),
            Self::Anything => true,
        }
    }
}

fn is_hex(text: &str) -> bool {
    text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|byte| byte.is_ascii_hexdigit())
}
