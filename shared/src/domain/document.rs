//! A neutral model of rich text that can only say what Jira accepts; rendered to ADF by [`adf::write`](super::adf::write) and to Markdown
//! by [`render`](super::render).
//!
//! Where a thing may stand is in its type: a [`Flow`] anywhere, a [`Body`] also in an expand, a [`Block`] only at the top.

/// A document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// What it says.
    pub blocks: Vec<Block>,
    /// What stands below it in small print, with our marker.
    pub footer: Option<Footer>,
}

/// The last line of a comment of ours.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Footer {
    /// What a person reads.
    pub text: String,
    /// What we look for when we come back.
    pub marker: String,
}

/// What stands at the top level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Anything that can also stand in an expand.
    Body(Body),
    /// A title that opens.
    Expand {
        /// The title.
        title: String,
        /// What it opens to.
        body: Vec<Body>,
    },
}

/// What stands at the top level or in an expand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A heading.
    Heading {
        /// 1 to 6.
        level: Level,
        /// Its text.
        text: Vec<Inline>,
    },
    /// A coloured box.
    Panel {
        /// Its colour and icon.
        kind: PanelKind,
        /// What is in it.
        body: Vec<Flow>,
    },
    /// A table.
    Table(Table),
    /// A line across.
    Rule,
    /// Anything that can also stand in a list item.
    Flow(Flow),
}

/// What stands anywhere but in a table cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flow {
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A list with bullets.
    BulletList(Vec<Item>),
    /// A list with numbers from 1.
    OrderedList(Vec<Item>),
    /// Code, kept as it is.
    CodeBlock {
        /// Its language, or nothing.
        language: String,
        /// The code.
        text: String,
    },
}

/// An item of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Item {
    /// Its own line.
    pub text: Vec<Inline>,
    /// What belongs to it.
    pub body: Vec<Flow>,
}

/// A table; rows of different length are padded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// Whether Jira numbers the rows.
    pub numbered: bool,
    /// The header row; none when empty.
    pub header: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Vec<Inline>>>,
}

/// What stands in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inline {
    /// Plain text.
    Text(String),
    /// Strong text.
    Strong(String),
    /// Emphasised text.
    Em(String),
    /// Code.
    Code(String),
    /// A link; only `http`, `https` and `mailto` become one, anything else is written out.
    Link {
        /// Its text.
        text: String,
        /// Where it leads.
        url: String,
    },
    /// A coloured word.
    Status {
        /// The word.
        text: String,
        /// Its colour.
        colour: Colour,
    },
    /// A line break.
    Break,
}

super::words::words! {
    /// The colour of a status.
    Colour {
        /// Grey.
        Neutral = "neutral",
        /// Purple.
        Purple = "purple",
        /// Blue.
        Blue = "blue",
        /// Red.
        Red = "red",
        /// Yellow.
        Yellow = "yellow",
        /// Green.
        Green = "green",
    }
}

super::words::words! {
    /// The kind of a panel.
    PanelKind {
        /// Blue.
        Info = "info",
        /// Purple.
        Note = "note",
        /// Yellow.
        Warning = "warning",
        /// Green.
        Success = "success",
        /// Red.
        Error = "error",
    }
}

/// The level of a heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// The title of a page.
    One = 1,
    /// A chapter.
    Two,
    /// A part of a chapter.
    Three,
    /// An item.
    Four,
    /// Below an item.
    Five,
    /// The smallest.
    Six,
}

impl Level {
    /// 1 to 6.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl From<Flow> for Body {
    fn from(flow: Flow) -> Self {
        Self::Flow(flow)
    }
}

impl<T: Into<Body>> From<T> for Block {
    fn from(body: T) -> Self {
        Self::Body(body.into())
    }
}

impl From<Table> for Body {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

impl Inline {
    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Strong text.
    pub fn strong(text: impl Into<String>) -> Self {
        Self::Strong(text.into())
    }

    /// Emphasised text.
    pub fn em(text: impl Into<String>) -> Self {
        Self::Em(text.into())
    }

    /// A coloured word.
    pub fn status(text: impl Into<String>, colour: Colour) -> Self {
        Self::Status { text: text.into(), colour }
    }
}

impl Item {
    /// An item of one line.
    #[must_use]
    pub const fn line(text: Vec<Inline>) -> Self {
        Self { text, body: Vec::new() }
    }
}
