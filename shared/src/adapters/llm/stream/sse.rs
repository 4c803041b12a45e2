//! Server-sent events: bytes as they come, cut anywhere, into events.
//!
//! The form is that of the HTML standard (§9.2, "Server-sent events"), but for the last event: it counts without an empty line
//! after it, because some servers end like that.

/// What some servers begin with.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// An event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its data, lines joined by `\n`.
    pub data: String,
}

/// An event is longer than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is longer than {0} bytes")]
pub struct TooLong(pub usize);

/// Reads events from pieces of a stream.
#[derive(Debug)]
pub struct Reader {
    longest: usize,
    line: Vec<u8>,
    name: String,
    data: Option<String>,
    /// The last line ended with `\r`, to which a `\n` may still belong.
    after_return: bool,
    has_begun: bool,
}

impl Reader {
    /// A reader that holds at most `longest` bytes of an event.
    #[must_use]
    pub fn new(longest: usize) -> Self {
        Self { longest, line: Vec::new(), name: String::new(), data: None, after_return: false, has_begun: false }
    }

    /// The events that end in this piece.
    pub fn read(&mut self, mut piece: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut events = Vec::new();
        while let Some(first) = piece.first() {
            if std::mem::take(&mut self.after_return) && *first == b'\n' {
                piece = &piece[1..];
                continue;
            }
            let end = piece.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let (line, rest) = piece.split_at(end.unwrap_or(piece.len()));
            self.hold(line)?;
            if let Some(end) = rest.first() {
                self.after_return = *end == b'\r';
                events.extend(self.end_line());
            }
            piece = rest.get(1..).unwrap_or_default();
        }
        Ok(events)
    }

    /// The event that the stream ended in.
    pub fn end(mut self) -> Option<Event> {
        if !self.line.is_empty() {
            self.end_line();
        }
        self.end_event()
    }

    fn hold(&mut self, line: &[u8]) -> Result<(), TooLong> {
        let held = self.line.len() + self.data.as_ref().map_or(0, String::len);
        if held + line.len() > self.longest {
            return Err(TooLong(self.longest));
        }
        self.line.extend_from_slice(line);
        Ok(())
    }

    fn end_line(&mut self) -> Option<Event> {
        let line = std::mem::take(&mut self.line);
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        let line = line.strip_prefix(BOM).filter(|_| is_first).unwrap_or(&line);
        if line.is_empty() {
            return self.end_event();
        }
        let text = String::from_utf8_lossy(line);
        let (field, value) = text.split_once(':').unwrap_or((&text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match (field, &mut self.data) {
            ("event", _) => value.clone_into(&mut self.name),
            ("data", Some(data)) => {
                data.push('\n');
                data.push_str(value);
            }
            ("data", data) => *data = Some(value.to_owned()),
            // Comments, `id` and `retry`, which are for those who come back, and what the standard does not know.
            _ => {}
        }
        None
    }

    fn end_event(&mut self) -> Option<Event> {
        let name = std::mem::take(&mut self.name);
        self.data.take().map(|data| Event { name, data })
    }
}
