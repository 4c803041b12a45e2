//! Server-sent events: bytes in, events out.

use std::time::Duration;

/// Longer lines are no events of ours; the stream is given up rather than held in memory.
const LONGEST_LINE: usize = 1 << 20;

/// One event of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SseEvent {
    /// The field `event`; empty when it was not given.
    pub(crate) name: String,
    /// The lines of `data`, joined.
    pub(crate) data: String,
}

/// The state between two pieces of a stream.
#[derive(Debug, Default)]
pub(crate) struct SseParser {
    line: Vec<u8>,
    after_cr: bool,
    started: bool,
    event: SseEvent,
    has_data: bool,
    last_id: Option<String>,
    retry: Option<Duration>,
    overlong: bool,
}

impl SseParser {
    /// Takes the next bytes, cut anywhere, and returns the events that are complete with them.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Vec<SseEvent> {
        let mut events = Vec::new();
        for byte in bytes {
            let after_cr = std::mem::replace(&mut self.after_cr, *byte == b'\r');
            match byte {
                b'\n' if after_cr => {}
                b'\n' | b'\r' => events.extend(self.end_of_line()),
                _ if self.line.len() < LONGEST_LINE => self.line.push(*byte),
                _ => self.overlong = true,
            }
        }
        events
    }

    /// The newest `id`, to be sent as `Last-Event-ID`.
    pub(crate) fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// The pause before connecting again that the server asked for.
    pub(crate) fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Whether something came that cannot be an event of ours.
    pub(crate) fn is_overlong(&self) -> bool {
        self.overlong
    }

    fn end_of_line(&mut self) -> Option<SseEvent> {
        let bytes = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&bytes);
        let mut line: &str = &text;
        if !std::mem::replace(&mut self.started, true) {
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return std::mem::take(&mut self.has_data).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            "id" if !value.contains('\0') => self.last_id = Some(value.to_owned()),
            "retry" => self.retry = value.parse().ok().map(Duration::from_millis).or(self.retry),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "\u{feff}retry: 2000\n\n: heartbeat\n\nid: 1\nevent: job.queued\ndata: {\"seq\":\ndata: 1}\n\n\
                          id:2\r\nevent:job.succeeded\r\ndata:é\r\n\r\nevent: nothing\n\ndata: cut off";

    fn event(name: &str, data: &str) -> SseEvent {
        SseEvent { name: name.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn a_stream_is_read_the_same_however_it_is_cut() {
        let expected = [event("job.queued", "{\"seq\":\n1}"), event("job.succeeded", "é")];
        for size in 1..=STREAM.len() {
            let mut parser = SseParser::default();
            let events: Vec<_> = STREAM.as_bytes().chunks(size).flat_map(|piece| parser.feed(piece)).collect();
            assert_eq!(events, expected, "in pieces of {size}");
            assert_eq!(parser.last_id(), Some("2"));
            assert_eq!(parser.retry(), Some(Duration::from_secs(2)));
        }
    }

    #[test]
    fn an_endless_line_is_noticed_and_not_kept() {
        let mut parser = SseParser::default();
        for _ in 0..3 {
            assert!(parser.feed(&vec![b'x'; LONGEST_LINE]).is_empty());
        }
        assert!(parser.is_overlong());
    }
}
