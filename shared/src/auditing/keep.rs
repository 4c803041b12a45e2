//! Heads that are kept: by a process while it lives, and in a file beside the key. A log that is put back or written anew is
//! behind them.

use std::sync::PoisonError;

use super::verify::Anchor;
use super::{Chain, SealError};
use crate::store::StoreError;
use crate::store::audit_chain::{self, Head};

impl Chain {
    /// Signs the head of a log in which nothing is sealed yet. Called before the first account is made: from then on no head is
    /// believed without a signature.
    pub async fn begin(&self) -> Result<(), SealError> {
        match audit_chain::head(&self.db).await? {
            Some(head) if is_blank(&head) => {
                let head = self.signed(Head { at: self.db.clock().now_ms(), ..head });
                Ok(audit_chain::begin(&self.db, &head).await?)
            }
            _ => Ok(()),
        }
    }

    /// A head in words that only a holder of the key can write, for [`Chain::remember`].
    #[must_use]
    pub fn keep(&self, head: &Anchor) -> String {
        let key_id = self.signer.current();
        format!("{head} {key_id} {}", self.signer.kept(key_id, head).unwrap_or_default())
    }

    /// The head that [`Chain::keep`] wrote; `None` = it did not write this, or with a key that is not in the ring.
    #[must_use]
    pub fn kept(&self, text: &str) -> Option<Anchor> {
        let mut words = text.split_whitespace();
        let (head, key_id, signature) = (words.next()?.parse().ok()?, words.next()?, words.next()?);
        (self.signer.kept(key_id, &head)? == signature).then_some(head)
    }

    /// Goes on from no head that is behind this one.
    pub fn remember(&self, head: &Anchor) {
        let mut furthest = self.furthest.lock().unwrap_or_else(PoisonError::into_inner);
        if furthest.as_ref().is_none_or(|known| known.seq < head.seq) {
            *furthest = Some(head.clone());
        }
    }

    /// Refuses a head that is behind one that was there before, or another one in its place.
    pub(super) fn not_behind(&self, head: &Head) -> Result<(), SealError> {
        let furthest = self.furthest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match furthest.filter(|known| head.seq < known.seq || (head.seq == known.seq && head.mac != known.mac)) {
            Some(known) => Err(SealError::Behind { seq: head.seq, known: known.seq }),
            None => Ok(()),
        }
    }

    /// Whether a head is ours. One without a signature is believed while nobody has an account: nobody did anything then.
    pub(super) async fn trusts(&self, head: &Head) -> Result<bool, StoreError> {
        if is_blank(head) {
            return audit_chain::is_before_all_accounts(&self.db).await;
        }
        Ok(self.signer.head(head).is_some_and(|signature| signature == head.signature))
    }
}

/// Whether it is the head that a database is made with.
pub(super) fn is_blank(head: &Head) -> bool {
    head.seq == 0 && head.signature.is_empty()
}
