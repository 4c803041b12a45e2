//! What travels through the queue: never data.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

super::words::words! {
    /// What a message is about.
    MessageKind {
        /// A job is due.
        Job = "job",
        /// A webhook delivery is due.
        Delivery = "delivery",
    }
}

/// A hint that a row is due. Decoding cannot fail: anything strange is a message nobody answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Message(serde_json::Value);

impl Message {
    /// A message of the current version.
    #[must_use]
    pub fn new(kind: MessageKind, id: Uuid) -> Self {
        Self(serde_json::json!({ "v": 1, "kind": kind, "id": id }))
    }

    /// What it is about; `None` when it is of another version or no message of ours.
    #[must_use]
    pub fn read(&self) -> Option<(MessageKind, Uuid)> {
        if self.0.get("v")?.as_u64()? != 1 {
            return None;
        }
        let kind = self.0.get("kind")?.as_str()?.parse().ok()?;
        let id = self.0.get("id")?.as_str()?.parse().ok()?;
        Some((kind, id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_of_a_message_is_pinned() {
        let id = Uuid::from_u128(1);
        let text = serde_json::to_string(&Message::new(MessageKind::Job, id)).unwrap();
        assert_eq!(text, r#"{"v":1,"kind":"job","id":"00000000-0000-0000-0000-000000000001"}"#);
    }

    #[test]
    fn anything_decodes_and_strangers_are_ignored() {
        for text in ["null", "[]", "3", r#"{"v":2,"kind":"job","id":"x"}"#, r#"{"v":1,"kind":"???","id":1}"#] {
            let message: Message = serde_json::from_str(text).unwrap();
            assert_eq!(message.read(), None, "{text}");
        }
    }
}
