//! Sealing: entries that were committed become links of the chain.
//!
//! An entry is written with its change and without a number, so that changes do not wait for each other. Here they are
//! numbered in the order in which they are found, which is all that can be promised: transactions do not commit in the
//! order of their ids. What commits late is sealed late and is never passed over, because it is found by having no number.

use std::time::Duration;

use super::keep::is_blank;
use super::{Anchor, Chain};
use crate::store::StoreError;
use crate::store::audit_chain::{self, Head, Link, Segment};

/// Entries of one transaction.
const BATCH: usize = 500;

/// Entries of a segment.
const LONGEST: i64 = 10_000;

/// How long a segment is open.
const DAY: i64 = 24 * 3600 * 1000;

/// How long others keep away from one who has just sealed.
const LEASE: Duration = Duration::from_secs(5);

/// What became of one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// So many entries became links; more may wait.
    Entries(usize),
    /// A segment was ended.
    Segment,
    /// There was nothing to do.
    Nothing,
    /// Another process has the lease, or was faster.
    Elsewhere,
}

/// Why nothing is sealed. Entries are written all the same.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The head cannot be continued: what would hide behind it is for a person to find out.
    #[error("the head of the audit log is not as it was signed; `jqa audit verify` says more")]
    Head,
    /// The log was put back, or written anew.
    #[error(
        "the head of the audit log is at number {seq}, but was at {known} before; `jqa audit verify` says more. If a backup was \
         restored, move the file audit.head away and start again"
    )]
    Behind {
        /// Where it is.
        seq: i64,
        /// Where it was.
        known: i64,
    },
    /// The head was signed with a key that is not in the ring.
    #[error(
        "the head of the audit log is signed with the key {0}, which is not among those given; add it to JQA_SECRET_KEYS_OLD"
    )]
    UnknownKey(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Chain {
    /// Seals one batch, or ends a segment that is long or old enough. Any number of processes may try at once.
    pub async fn seal(&self) -> Result<Sealed, SealError> {
        // The head is read first: whatever is sealed after this look makes the move of the head fail.
        let Some(head) = audit_chain::head_for(&self.db, &self.owner).await? else {
            return if audit_chain::head(&self.db).await?.is_some() { Ok(Sealed::Elsewhere) } else { Err(SealError::Head) };
        };
        self.trusted(&head).await?;
        let now = self.db.clock().now_ms();
        let entries = head.seq - head.open_from + 1;
        if entries > 0 && (entries >= LONGEST || now - head.open_since >= DAY) {
            return self.end_segment(head, now).await;
        }
        let found = audit_chain::unsealed(&self.db, BATCH as u64).await?;
        if found.is_empty() {
            return Ok(Sealed::Nothing);
        }
        let (key_id, mut links, mut mac) = (self.signer.current(), Vec::with_capacity(found.len()), head.mac.clone());
        for (seq, entry) in (head.seq + 1..).zip(&found) {
            mac = self.signer.link(key_id, seq, &mac, entry).ok_or_else(|| SealError::UnknownKey(key_id.to_owned()))?;
            links.push(Link { id: entry.id, seq, mac: mac.clone() });
        }
        let count = links.len();
        let open_since = if entries == 0 { now } else { head.open_since };
        let new = self.signed(Head { seq: head.seq + count as i64, mac, open_since, at: now, ..head.clone() });
        let sealed = audit_chain::seal(&self.db, &head, &new, &links, &self.owner, lease_ms()).await?;
        if !sealed {
            return Ok(Sealed::Elsewhere);
        }
        self.remember(&Anchor { seq: new.seq, mac: new.mac });
        Ok(Sealed::Entries(count))
    }

    async fn end_segment(&self, head: Head, now: i64) -> Result<Sealed, SealError> {
        let mut segment = Segment {
            id: self.db.clock().new_id(),
            first_seq: head.open_from,
            last_seq: head.seq,
            first_mac: head.open_mac.clone(),
            last_mac: head.mac.clone(),
            closed_at: now,
            key_id: self.signer.current().to_owned(),
            signature: String::new(),
            removed_at: None,
            removed_key_id: None,
            removed_signature: None,
        };
        segment.signature = self.signer.segment(&segment).unwrap_or_default();
        let new = Head { open_from: head.seq + 1, open_since: 0, open_mac: head.mac.clone(), at: now, ..head.clone() };
        let new = self.signed(new);
        let closed = audit_chain::close(&self.db, &head, &new, &segment, &self.owner, lease_ms()).await?;
        Ok(if closed { Sealed::Segment } else { Sealed::Elsewhere })
    }

    /// Refuses to go on from a head that is not ours: a new signature would hide what was done to it.
    async fn trusted(&self, head: &Head) -> Result<(), SealError> {
        if !is_blank(head) && self.signer.head(head).is_none() {
            return Err(SealError::UnknownKey(head.key_id.clone()));
        }
        if !self.trusts(head).await? {
            return Err(SealError::Head);
        }
        self.not_behind(head)?;
        self.remember(&Anchor { seq: head.seq, mac: head.mac.clone() });
        Ok(())
    }

    pub(super) fn signed(&self, mut head: Head) -> Head {
        self.signer.current().clone_into(&mut head.key_id);
        head.signature = self.signer.head(&head).unwrap_or_default();
        head
    }
}

fn lease_ms() -> i64 {
    i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX)
}
