//! What was asked of the sandbox: a bounded memory of requests, and exact counts.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use serde::Serialize;
use serde_json::Value;

/// How an answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Loss {
    /// The request was not carried out.
    Before,
    /// It was carried out, and the answer was lost.
    After,
    /// It was, or will be, carried out after the connection was cut.
    Later,
    /// The answer stopped in the middle.
    Truncated,
}

/// One request.
#[derive(Clone, Debug, Serialize)]
pub struct JournalEntry {
    /// Its number, from one.
    pub n: u64,
    /// When it came, in milliseconds since 1970.
    pub at_ms: i64,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query string.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub query: String,
    /// What was answered, or would have been; none while it is not carried out.
    pub status: Option<u16>,
    /// The issue it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its body, null when there was none.
    pub body: Value,
    /// How it broke the official documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub violation: Option<String>,
    /// How the answer was lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped: Option<Loss>,
}

/// What a handler wants the journal to know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Note {
    pub(crate) template: String,
    pub(crate) key: Option<String>,
    pub(crate) violation: Option<String>,
}

struct Record {
    entry: JournalEntry,
    raw: Bytes,
}

#[derive(Default)]
struct Pages {
    records: VecDeque<Record>,
    bytes: usize,
    last: u64,
    counts: BTreeMap<String, u64>,
}

/// The memory.
pub(crate) struct Journal {
    pages: Mutex<Pages>,
    most: usize,
    most_bytes: usize,
}

impl Journal {
    pub(crate) fn new(most: usize, most_bytes: usize) -> Self {
        Self { pages: Mutex::default(), most, most_bytes }
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a request down and returns its number.
    pub(crate) fn open(&self, mut entry: JournalEntry, raw: Bytes) -> u64 {
        let mut pages = self.lock();
        pages.last += 1;
        entry.n = pages.last;
        pages.bytes += raw.len();
        pages.records.push_back(Record { entry, raw });
        while pages.records.len() > self.most || pages.bytes > self.most_bytes {
            let Some(gone) = pages.records.pop_front() else { break };
            pages.bytes -= gone.raw.len();
        }
        pages.last
    }

    /// Writes down that the answer was lost.
    pub(crate) fn lose(&self, n: u64, loss: Loss) {
        if let Some(record) = self.lock().record(n) {
            record.entry.dropped = Some(loss);
        }
    }

    /// Writes down how a request ended.
    pub(crate) fn close(&self, n: u64, method: &str, status: Option<u16>, note: Note) {
        let mut pages = self.lock();
        let ending = status.map_or_else(|| "cut".to_owned(), |status| status.to_string());
        let template = if note.template.is_empty() { "-" } else { &note.template };
        *pages.counts.entry(format!("{method} {template} {ending}")).or_default() += 1;
        if let Some(record) = pages.record(n) {
            record.entry.status = status;
            record.entry.violation = note.violation;
            if note.key.is_some() {
                record.entry.key = note.key;
            }
        }
    }

    /// The entries after number `since` whose path contains `path`.
    pub(crate) fn entries(&self, since: u64, path: &str) -> Vec<JournalEntry> {
        let pages = self.lock();
        let chosen = pages.records.iter().filter(|record| record.entry.n > since && record.entry.path.contains(path));
        chosen.map(Record::read).collect()
    }

    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        self.lock().counts.clone()
    }

    pub(crate) fn clear(&self) {
        let mut pages = self.lock();
        pages.records.clear();
        pages.bytes = 0;
        pages.counts.clear();
    }
}

impl Pages {
    fn record(&mut self, n: u64) -> Option<&mut Record> {
        let first = self.records.front()?.entry.n;
        self.records.get_mut(usize::try_from(n.checked_sub(first)?).ok()?)
    }
}

impl Record {
    fn read(&self) -> JournalEntry {
        let body = match serde_json::from_slice(&self.raw) {
            Ok(body) => body,
            Err(_) if self.raw.is_empty() => Value::Null,
            Err(_) => Value::String(String::from_utf8_lossy(&self.raw).into_owned()),
        };
        JournalEntry { body, ..self.entry.clone() }
    }
}
