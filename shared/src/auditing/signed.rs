//! What is signed, byte for byte: the same on both databases, and no two things alike.

use super::verify::Anchor;
use crate::crypto::{KeyRing, SecretKey};
use crate::store::audit_chain::{Head, Segment};
use crate::store::entity::audit::Model;

/// Signs with the current key, and again with any key of the ring.
#[derive(Debug, Clone)]
pub(super) struct Signer {
    /// The id of each key and what was derived from it, the current one first.
    keys: Vec<(String, SecretKey)>,
}

impl Signer {
    pub(super) fn new(ring: &KeyRing) -> Self {
        Self { keys: ring.iter().map(|key| (key.id(), key.derive("audit"))).collect() }
    }

    /// The id of the key that signs.
    pub(super) fn current(&self) -> &str {
        &self.keys[0].0
    }

    /// What a signature under a key should be; `None` = that key is not in the ring.
    fn under(&self, key_id: &str, bytes: &Bytes) -> Option<String> {
        let (_, key) = self.keys.iter().find(|(id, _)| id == key_id)?;
        Some(key.sign(&bytes.0))
    }

    /// The MAC of an entry as number `seq`, after an entry with the MAC `before`.
    pub(super) fn link(&self, key_id: &str, seq: i64, before: &str, entry: &Model) -> Option<String> {
        let bytes = Bytes::of("link", key_id)
            .number(seq)
            .text(before)
            .some(Some(entry.id.as_bytes()))
            .number(entry.at)
            .some(entry.user_id.as_ref().map(uuid::Uuid::as_bytes))
            .some(entry.api_key_id.as_ref().map(uuid::Uuid::as_bytes))
            .text(&entry.action)
            .text(&entry.resource_type)
            .text(&entry.resource_id)
            .text(&entry.details)
            .text(&entry.result)
            .some(entry.ip.as_ref())
            .some(entry.user_agent.as_ref())
            .some(entry.request_id.as_ref());
        self.under(key_id, &bytes)
    }

    /// The signature of a head.
    pub(super) fn head(&self, head: &Head) -> Option<String> {
        let bytes = Bytes::of("head", &head.key_id)
            .number(head.seq)
            .text(&head.mac)
            .number(head.open_from)
            .number(head.open_since)
            .text(&head.open_mac)
            .number(head.at);
        self.under(&head.key_id, &bytes)
    }

    /// The signature of a head that is kept beside the key.
    pub(super) fn kept(&self, key_id: &str, head: &Anchor) -> Option<String> {
        self.under(key_id, &Bytes::of("kept", key_id).number(head.seq).text(&head.mac))
    }

    /// The signature of a segment.
    pub(super) fn segment(&self, segment: &Segment) -> Option<String> {
        self.under(&segment.key_id, &Bytes::of("segment", &segment.key_id).segment(segment))
    }

    /// The permission for the entries of a segment to leave.
    pub(super) fn removal(&self, segment: &Segment) -> Option<String> {
        let key_id = segment.removed_key_id.as_deref()?;
        let bytes = Bytes::of("removal", key_id).segment(segment).text(&segment.signature).number(segment.removed_at?);
        self.under(key_id, &bytes)
    }
}

/// Each field with its length before it, and what is not there unlike what is empty.
struct Bytes(Vec<u8>);

impl Bytes {
    fn of(what: &str, key_id: &str) -> Self {
        Self(Vec::with_capacity(512)).text("jqa-audit-1").text(what).text(key_id)
    }

    fn some(mut self, field: Option<impl AsRef<[u8]>>) -> Self {
        match field {
            None => self.0.push(0),
            Some(field) => {
                let field = field.as_ref();
                self.0.push(1);
                self.0.extend((field.len() as u64).to_be_bytes());
                self.0.extend(field);
            }
        }
        self
    }

    fn text(self, text: &str) -> Self {
        self.some(Some(text))
    }

    fn number(self, number: i64) -> Self {
        self.some(Some(number.to_be_bytes()))
    }

    fn segment(self, segment: &Segment) -> Self {
        self.number(segment.first_seq)
            .number(segment.last_seq)
            .text(&segment.first_mac)
            .text(&segment.last_mac)
            .number(segment.closed_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_entries_are_signed_alike() {
        let bytes = |a: Option<&str>, b: Option<&str>| Bytes::of("link", "k").some(a).some(b).0;
        assert_ne!(bytes(Some("ab"), Some("c")), bytes(Some("a"), Some("bc")));
        assert_ne!(bytes(None, Some("")), bytes(Some(""), None));
        assert_ne!(bytes(None, None), bytes(Some(""), Some("")));
        assert_ne!(Bytes::of("head", "k").0, Bytes::of("link", "k").0);
    }
}
