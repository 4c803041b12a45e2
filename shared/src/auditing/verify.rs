//! Verification: the chain is walked from its beginning, a page at a time, beside a running server.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Serialize;
use uuid::Uuid;

use super::Chain;
use crate::domain::audit::Tampering;
use crate::domain::duration::ms;
use crate::store::StoreError;
use crate::store::audit_chain::{self, Ends, Segment, Unsealed};
use crate::store::entity::audit::Model;

/// Entries that are looked at together.
const PAGE: i64 = 1000;

/// Time in which the entries of a segment leave that was let go.
const LEAVING: Duration = Duration::from_secs(3600);

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
        let Some(head) = audit_chain::head(&self.db).await? else { return Ok(None) };
        Ok(self.trusts(&head).await?.then_some(Anchor { seq: head.seq, mac: head.mac }))
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
        self.numbers().await?;
        let head = |message: &str| Finding { kind: Tampering::Head, seq: None, entry: None, message: message.into() };
        let ends = readable(audit_chain::ends(&self.chain.db).await, || head("the head cannot be read"))?;
        let Some(Ends { head, last }) = ends else { return Err(head("the signed head is gone").into()) };
        if !self.chain.trusts(&head).await? {
            let message = format!("the head is not as it was signed with the key '{}', or that key is not given", head.key_id);
            return Err(Finding::at(Tampering::Head, head.seq, message).into());
        }
        self.until = head.seq;
        self.report.head = Some(Anchor { seq: head.seq, mac: head.mac.clone() });
        while let Some(segment) = self.next_segment().await? {
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
        self.unsealed().await?;
        self.meets_expected()
    }

    /// Numbers that nothing in the chain may have.
    async fn numbers(&self) -> Result<(), Stop> {
        let db = &self.chain.db;
        if let Some(seq) = audit_chain::strange_number(db).await? {
            return Err(Finding::at(Tampering::Added, seq, "an entry has a number that none is sealed under").into());
        }
        let first = readable(audit_chain::first_number(db).await, || segment_unreadable(1))?;
        if let Some(seq) = first.filter(|seq| *seq < 1) {
            return Err(Finding::at(Tampering::Segment, seq, "a segment begins before the first entry").into());
        }
        match audit_chain::left_behind(db, ms(LEAVING)).await? {
            Some(seq) => Err(Finding::at(Tampering::Added, seq, "an entry stands where all entries left by age").into()),
            None => Ok(()),
        }
    }

    async fn next_segment(&self) -> Result<Option<Segment>, Stop> {
        let next = audit_chain::segment_after(&self.chain.db, self.seq).await;
        readable(next, || segment_unreadable(self.seq + 1))
    }

    /// Those that wait for the sealer. One that cannot be read keeps it from all that come after.
    async fn unsealed(&self) -> Result<(), Stop> {
        let message = "an entry that is not sealed yet cannot be read: a cell holds what the program does not write there";
        let found = audit_chain::unsealed(&self.chain.db, PAGE.unsigned_abs()).await;
        readable(found, || Finding { kind: Tampering::Changed, seq: None, entry: None, message: message.into() }).map(drop)
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
            let page = match audit_chain::between(&self.chain.db, self.seq, until, PAGE).await {
                Err(StoreError::Bug(_)) => self.readable_entries(until).await?,
                page => page?,
            };
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

    /// The entries before the first one that cannot be read.
    async fn readable_entries(&self, until: i64) -> Result<Vec<Model>, Stop> {
        let mut page = Vec::new();
        for seq in self.seq + 1..=until {
            match audit_chain::between(&self.chain.db, seq - 1, seq, 1).await {
                Err(StoreError::Bug(_)) if page.is_empty() => {
                    let message = "the entry was changed: a cell holds what the program does not write there";
                    return Err(Finding::at(Tampering::Changed, seq, message).into());
                }
                Err(StoreError::Bug(_)) => break,
                one => page.extend(one?),
            }
        }
        Ok(page)
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

/// What was read; or what a row is that cannot be.
fn readable<T>(read: Result<T, StoreError>, finding: impl FnOnce() -> Finding) -> Result<T, Stop> {
    match read {
        Err(StoreError::Bug(_)) => Err(finding().into()),
        read => Ok(read?),
    }
}

fn segment_unreadable(seq: i64) -> Finding {
    Finding::at(Tampering::Segment, seq, "the segment that begins here cannot be read")
}

fn unknown_key(seq: i64, key_id: &str) -> Finding {
    let key_id: String = key_id.chars().take(16).collect();
    let message = format!("it was sealed with the key '{key_id}', which is not among those given; add it to JQA_SECRET_KEYS_OLD");
    Finding::at(Tampering::UnknownKey, seq, message)
}
