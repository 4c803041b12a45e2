//! Verification: the chain is walked from its beginning, a page at a time, beside a running server.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use uuid::Uuid;

use super::Chain;
use crate::domain::audit::Tampering;
use crate::store::StoreError;
use crate::store::audit_chain::{self, Ends, Head, Segment, Unsealed};
use crate::store::entity::audit::Model;

/// Entries that are looked at together.
const PAGE: i64 = 1000;

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was done.
    pub kind: Tampering,
    /// The number of the entry.
    pub seq: Option<i64>,
    /// The entry that stands there.
    pub entry: Option<Uuid>,
    /// In words.
    pub message: String,
}

impl Finding {
    fn at(kind: Tampering, seq: i64, message: impl Into<String>) -> Self {
        Self { kind, seq: Some(seq), entry: None, message: message.into() }
    }
}

/// Where the chain was at some moment: `{seq}:{mac}`. Kept elsewhere, it proves that nothing before it was cut off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Anchor {
    /// The number of the last sealed entry.
    pub seq: i64,
    /// Its MAC.
    pub mac: String,
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.mac)
    }
}

impl FromStr for Anchor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.trim().split_once(':').and_then(|(seq, mac)| Some((seq.parse().ok()?, mac)));
        match parts {
            Some((seq, mac)) if seq >= 0 && !mac.contains(char::is_whitespace) => Ok(Self { seq, mac: mac.to_owned() }),
            _ => Err("should be what `jqa audit head` printed: a number, a colon and a MAC"),
        }
    }
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Entries whose links were computed again.
    pub entries: u64,
    /// Segments whose entries left by age.
    pub removed_segments: u64,
    /// Entries that are not sealed yet, about which nothing can be said.
    pub unsealed: i64,
    /// When the oldest of them was written, in epoch milliseconds.
    pub oldest_unsealed: Option<i64>,
    /// Where the chain ends.
    pub head: Option<Anchor>,
    /// Whether the expected head was met; `None` = none was expected, or its entry left by age.
    pub expected_met: Option<bool>,
    /// The first thing that is wrong.
    pub finding: Option<Finding>,
}

/// Why nothing can be said.
pub type VerifyError = StoreError;

impl Chain {
    /// Where the chain is now, if its head is as it was signed.
    pub async fn anchor(&self) -> Result<Option<Anchor>, StoreError> {
        let head = audit_chain::head(&self.db).await?;
        Ok(head.filter(|head| self.is_signed(head)).map(|head| Anchor { seq: head.seq, mac: head.mac }))
    }

    /// Walks the whole chain. `told` hears how many of how many entries were passed.
    pub async fn verify(&self, expected: Option<&Anchor>, told: impl FnMut(i64, i64)) -> Result<Report, VerifyError> {
        let Unsealed { entries: unsealed, oldest } = audit_chain::backlog(&self.db).await?;
        let report = Report {
            entries: 0,
            removed_segments: 0,
            unsealed,
            oldest_unsealed: oldest,
            head: None,
            expected_met: None,
            finding: None,
        };
        let mut walk = Walk { chain: self, expected, told, seq: 0, mac: String::new(), until: 0, report };
        match walk.all().await {
            Ok(()) => {}
            Err(Stop::Found(finding)) => walk.report.finding = Some(finding),
            Err(Stop::Store(error)) => return Err(error),
        }
        Ok(walk.report)
    }

    fn is_signed(&self, head: &Head) -> bool {
        let is_new = head.seq == 0 && head.signature.is_empty();
        is_new || self.signer.head(head).is_some_and(|signature| signature == head.signature)
    }
}

/// Why a walk ends early.
enum Stop {
    Found(Finding),
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        Self::Found(finding)
    }
}

struct Walk<'a, T> {
    chain: &'a Chain,
    expected: Option<&'a Anchor>,
    told: T,
    /// The last number that was found good, and its MAC.
    seq: i64,
    mac: String,
    /// Where the chain ends.
    until: i64,
    report: Report,
}

impl<T: FnMut(i64, i64)> Walk<'_, T> {
    async fn all(&mut self) -> Result<(), Stop> {
        let Some(Ends { head, last }) = audit_chain::ends(&self.chain.db).await? else {
            return Err(
                Finding { kind: Tampering::Head, seq: None, entry: None, message: "the signed head is gone".into() }.into()
            );
        };
        if !self.chain.is_signed(&head) {
            let message = format!("the head is not as it was signed with the key '{}', or that key is not given", head.key_id);
            return Err(Finding::at(Tampering::Head, head.seq, message).into());
        }
        self.until = head.seq;
        self.report.head = Some(Anchor { seq: head.seq, mac: head.mac.clone() });
        while let Some(segment) = audit_chain::segment_after(&self.chain.db, self.seq).await? {
            if segment.last_seq > self.until {
                // It was ended after the head was read; what is in it is looked at below.
                break;
            }
            self.segment(&segment).await?;
        }
        if head.open_from > self.seq + 1 {
            return Err(Finding::at(Tampering::Segment, self.seq + 1, "the segment that begins here is gone").into());
        }
        self.entries(self.until, last.unwrap_or(0)).await?;
        if self.mac != head.mac {
            return Err(Finding::at(Tampering::Head, head.seq, "the head does not belong to the last entry").into());
        }
        if let Some(last) = last.filter(|last| *last > head.seq) {
            return Err(Finding::at(Tampering::Added, last, "an entry stands behind the signed head").into());
        }
        self.meets_expected()
    }

    async fn segment(&mut self, segment: &Segment) -> Result<(), Stop> {
        let broken = |message: &str| Finding::at(Tampering::Segment, segment.first_seq, message);
        if segment.first_seq != self.seq + 1 {
            return Err(Finding::at(Tampering::Segment, self.seq + 1, "the segment that begins here is gone").into());
        }
        match self.chain.signer.segment(segment) {
            None => return Err(unknown_key(segment.first_seq, &segment.key_id).into()),
            Some(signature) if signature != segment.signature || segment.last_seq < segment.first_seq => {
                return Err(broken("the segment that begins here is not as it was signed").into());
            }
            Some(_) => {}
        }
        if segment.first_mac != self.mac {
            return Err(broken("the segment that begins here does not go on from the one before").into());
        }
        if segment.removed_at.is_some() {
            return self.passed(segment);
        }
        match self.entries(segment.last_seq, i64::MAX).await {
            Ok(()) => {}
            Err(Stop::Found(finding)) => {
                // It may have left while we looked.
                let now = audit_chain::segment_after(&self.chain.db, segment.first_seq - 1).await?;
                return match now.filter(|now| now.id == segment.id && now.removed_at.is_some()) {
                    Some(now) => self.passed(&now),
                    None => Err(finding.into()),
                };
            }
            Err(stop) => return Err(stop),
        }
        if self.mac == segment.last_mac { Ok(()) } else { Err(broken("the segment that begins here ends otherwise").into()) }
    }

    /// A segment whose entries left by age.
    fn passed(&mut self, segment: &Segment) -> Result<(), Stop> {
        if segment.removed_signature.is_none() || self.chain.signer.removal(segment) != segment.removed_signature {
            let message = "the entries of the segment that begins here were removed without a signed permission";
            return Err(Finding::at(Tampering::Segment, segment.first_seq, message).into());
        }
        self.report.removed_segments += 1;
        self.seq = segment.last_seq;
        self.mac.clone_from(&segment.last_mac);
        self.compare(segment.last_seq)
    }

    /// Entries up to a number. `last` = the last number that any entry had when the walk began.
    async fn entries(&mut self, until: i64, last: i64) -> Result<(), Stop> {
        while self.seq < until {
            let page = audit_chain::between(&self.chain.db, self.seq, until, PAGE).await?;
            for entry in &page {
                self.entry(entry)?;
            }
            (self.told)(self.seq, self.until);
            if page.is_empty() {
                let missing = self.seq + 1;
                let message = format!("the entry is gone, and all after it up to the signed number {until}");
                let kind = if missing > last { Tampering::Cut } else { Tampering::Missing };
                return Err(Finding::at(kind, missing, message).into());
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &Model) -> Result<(), Stop> {
        let (seq, expected) = (entry.sealed.unwrap_or_default(), self.seq + 1);
        if seq != expected {
            let message = format!("the entry is gone; the next one there is number {seq} ({})", entry.id);
            return Err(Finding::at(Tampering::Missing, expected, message).into());
        }
        let key_id = entry.key_id.as_deref().unwrap_or_default();
        let Some(mac) = self.chain.signer.link(key_id, seq, &self.mac, entry) else {
            return Err(Finding { entry: Some(entry.id), ..unknown_key(seq, key_id) }.into());
        };
        if entry.mac.as_ref() != Some(&mac) {
            let message = format!("the entry {} was changed, or is not the one that was sealed here", entry.id);
            return Err(Finding { entry: Some(entry.id), ..Finding::at(Tampering::Changed, seq, message) }.into());
        }
        (self.seq, self.mac) = (seq, mac);
        self.report.entries += 1;
        self.compare(seq)
    }

    /// Compares the link at `seq` with what was kept elsewhere.
    fn compare(&mut self, seq: i64) -> Result<(), Stop> {
        let Some(expected) = self.expected.filter(|expected| expected.seq == seq) else { return Ok(()) };
        self.report.expected_met = Some(expected.mac == self.mac);
        if expected.mac == self.mac {
            return Ok(());
        }
        let message = "the log is not the one whose head was kept: it was written anew before this entry";
        Err(Finding::at(Tampering::Changed, seq, message).into())
    }

    fn meets_expected(&mut self) -> Result<(), Stop> {
        let Some(expected) = self.expected.filter(|expected| expected.seq > self.seq) else { return Ok(()) };
        self.report.expected_met = Some(false);
        let message = format!("the log ends at number {}, but the head that was kept is number {}", self.seq, expected.seq);
        Err(Finding::at(Tampering::Cut, self.seq + 1, message).into())
    }
}

fn unknown_key(seq: i64, key_id: &str) -> Finding {
    let key_id: String = key_id.chars().take(16).collect();
    let message = format!("it was sealed with the key '{key_id}', which is not among those given; add it to JQA_SECRET_KEYS_OLD");
    Finding::at(Tampering::UnknownKey, seq, message)
}
