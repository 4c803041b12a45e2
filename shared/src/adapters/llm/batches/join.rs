//! Many calls made one body, within the provider's limits.

use std::collections::HashSet;

use bytes::Bytes;

use super::{BatchWire, Frame};
use crate::adapters::llm::wire::HttpBody;
use crate::ports::{BatchError, BatchLimits};

/// Anthropic takes no longer ids, and OpenAI no longer metadata than eight times that.
const LONGEST_ID: usize = 64;

/// See the module.
#[derive(Debug)]
pub(super) struct Joined<'a> {
    wire: &'static dyn BatchWire,
    limits: BatchLimits,
    frame: Frame,
    text: String,
    ids: HashSet<&'a str>,
}

impl<'a> Joined<'a> {
    /// A batch without calls, under our own id.
    pub(super) fn new(wire: &'static dyn BatchWire, own_id: &str) -> Result<Self, BatchError> {
        if !is_id(own_id) {
            return Err(BatchError::Unfit("an id of a batch is 1 to 64 letters, digits, _ and -"));
        }
        let frame = wire.frame(own_id);
        Ok(Self { wire, limits: wire.limits(), text: frame.open.clone(), frame, ids: HashSet::new() })
    }

    /// Adds a call.
    pub(super) fn add(&mut self, custom_id: &'a str, body: &HttpBody) -> Result<(), BatchError> {
        let fits = self.ids.len();
        if !is_id(custom_id) {
            return Err(BatchError::Unfit("an id of a call is 1 to 64 letters, digits, _ and -"));
        }
        if !self.ids.insert(custom_id) {
            return Err(BatchError::Unfit("two calls have the same id"));
        }
        let call = self.wire.call(custom_id, body);
        let length = self.text.len() + self.frame.between.len() + call.len() + self.frame.close.len();
        if fits >= self.limits.most_requests || length > self.limits.most_bytes {
            return Err(BatchError::TooLarge { fits });
        }
        if fits > 0 {
            self.text.push_str(self.frame.between);
        }
        self.text.push_str(&call);
        Ok(())
    }

    /// The body.
    pub(super) fn done(mut self) -> Result<Bytes, BatchError> {
        if self.ids.is_empty() {
            return Err(BatchError::Unfit("there are none"));
        }
        self.text.push_str(self.frame.close);
        Ok(self.text.into())
    }
}

fn is_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(fits)
}
