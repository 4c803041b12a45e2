//! Bytes in, answer out.

use serde_json::Value;

use super::sse::{Event, Reader};
use super::{Assembly, Progress, Streams};
use crate::adapters::llm::wire::{Wire, unreadable};
use crate::ports::{LlmError, Usage};

/// A token is hardly longer; the limits of an account count it so, too.
const BYTES_OF_A_TOKEN: usize = 3;

/// An answer that is being read.
#[derive(Debug)]
pub struct Collector {
    reader: Reader,
    assembly: Box<dyn Assembly>,
    longest: usize,
}

impl Collector {
    /// One that holds at most `longest` bytes of the answer, and as many of an event.
    #[must_use]
    pub fn new(wire: &(impl Streams + ?Sized), longest: usize) -> Self {
        Self { reader: Reader::new(longest), assembly: wire.assembly(), longest }
    }

    /// Reads a piece of the stream. What follows the end is not looked at.
    ///
    /// # Errors
    ///
    /// [`LlmError::InvalidReply`] for what is no event of the API, or too long.
    pub fn read(&mut self, piece: &[u8]) -> Result<Progress, LlmError> {
        let events = self.reader.read(piece).map_err(|error| unreadable(&error.to_string()))?;
        events.iter().try_for_each(|event| self.take(event))?;
        Ok(self.assembly.progress())
    }

    /// Notes that the stream was closed, and not cut: its last event counts without an empty line after it. One that stops in
    /// the middle of its data is none.
    pub fn close(&mut self) {
        let reader = std::mem::replace(&mut self.reader, Reader::new(self.longest));
        if let Some(event) = reader.end()
            && self.progress() != Progress::Ended
            && self.assembly.take(&event).is_err()
        {
            tracing::debug!("a stream ended in the middle of an event");
        }
    }

    /// How far the answer has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.assembly.progress()
    }

    /// The answer, in the form of one that was not streamed.
    #[must_use]
    pub fn answer(mut self) -> Value {
        self.assembly.answer()
    }

    /// What was used until a stream broke off, where its provider had told anything of it by then. It tells what comes out
    /// only at the end, so that what had come counts as well: a token for three bytes.
    #[must_use]
    pub fn used_by_now(mut self, wire: &dyn Wire) -> Option<Usage> {
        let arrived = self.assembly.held().div_ceil(BYTES_OF_A_TOKEN);
        let told = wire.usage(&self.assembly.answer())?;
        Some(Usage { output_tokens: told.output_tokens.max(i64::try_from(arrived).unwrap_or(i64::MAX)), ..told })
    }

    fn take(&mut self, event: &Event) -> Result<(), LlmError> {
        if self.progress() == Progress::Ended {
            return Ok(());
        }
        self.assembly.take(event)?;
        if self.assembly.held() > self.longest {
            return Err(unreadable(&format!("the answer is longer than {} KiB", self.longest / 1024)));
        }
        Ok(())
    }
}
