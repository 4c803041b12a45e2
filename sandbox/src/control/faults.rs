//! Faults that were ordered, and which request gets which.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which requests a fault is for; what is left out matches all.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matching {
    /// The method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// A part of the path, or a pattern of the whole path with `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// An issue key named in the path or the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// When a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cut {
    /// Before the request is carried out.
    Before,
    /// After it was carried out, in place of the answer.
    After,
}

/// What goes wrong.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Action {
    /// This answer in place of the real one; nothing is carried out.
    Answer {
        /// The status.
        status: u16,
        /// Extra headers.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// A JSON body.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Value>,
        /// An HTML body.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        html: Option<String>,
    },
    /// The real answer, late.
    Delay {
        /// How late.
        delay_ms: u64,
    },
    /// The connection is cut at once and the request is carried out later.
    DropThenApply {
        /// How much later.
        drop_then_apply_ms: u64,
    },
    /// The connection is cut.
    Drop {
        /// When.
        drop: Cut,
    },
    /// The answer stops in the middle of its body.
    Truncate {
        /// Always true.
        truncate_body: bool,
    },
}

/// A fault: for which requests, how often, and what happens.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which requests.
    #[serde(rename = "match", default)]
    pub matching: Matching,
    /// How many requests; 0 until cleared.
    #[serde(default = "once")]
    pub times: u64,
    /// How many matching requests go by unharmed first.
    #[serde(default)]
    pub after: u64,
    /// What happens.
    pub action: Action,
}

fn once() -> u64 {
    1
}

impl Fault {
    /// A fault for the next request, whatever it is.
    #[must_use]
    pub fn new(action: Action) -> Self {
        Self { matching: Matching::default(), times: 1, after: 0, action }
    }

    /// An answer with this status and no body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::new(Action::Answer { status, headers: BTreeMap::new(), body: None, html: None })
    }

    /// Only for this method and this part of the path.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.matching.method = Some(method.to_owned()).filter(|method| !method.is_empty());
        self.matching.path = Some(path.to_owned()).filter(|path| !path.is_empty());
        self
    }

    /// Only for requests that name this issue.
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        self.matching.key = Some(key.to_owned());
        self
    }

    /// How often; 0 until cleared.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// How many go by unharmed first.
    #[must_use]
    pub fn after(mut self, after: u64) -> Self {
        self.after = after;
        self
    }
}

#[derive(Serialize)]
struct Ordered {
    id: u64,
    #[serde(flatten)]
    fault: Fault,
    seen: u64,
    used: u64,
}

/// All faults on order.
#[derive(Default)]
pub struct Faults {
    ordered: Mutex<Vec<Ordered>>,
    count: AtomicUsize,
    next: AtomicU64,
    latency: AtomicU64,
}

impl Faults {
    fn lock(&self) -> MutexGuard<'_, Vec<Ordered>> {
        self.ordered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Orders a fault and returns its number.
    pub fn order(&self, fault: Fault) -> u64 {
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let mut ordered = self.lock();
        ordered.push(Ordered { id, fault, seen: 0, used: 0 });
        self.count.store(ordered.len(), Ordering::Release);
        id
    }

    /// Forgets all faults and the latency.
    pub fn clear(&self) {
        self.lock().clear();
        self.count.store(0, Ordering::Release);
        self.latency.store(0, Ordering::Release);
    }

    /// Makes every request take this much longer.
    pub fn set_latency(&self, millis: u64) {
        self.latency.store(millis, Ordering::Release);
    }

    /// How much longer every request takes.
    #[must_use]
    pub fn latency(&self) -> u64 {
        self.latency.load(Ordering::Acquire)
    }

    /// How many requests were harmed by the fault with this number.
    #[must_use]
    pub fn used(&self, id: u64) -> u64 {
        self.lock().iter().find(|ordered| ordered.id == id).map_or(0, |ordered| ordered.used)
    }

    /// All faults as JSON.
    #[must_use]
    pub fn list(&self) -> Value {
        serde_json::to_value(&*self.lock()).unwrap_or_default()
    }

    /// What happens to this request, if anything.
    pub(crate) fn take(&self, method: &str, path: &str, body: &Bytes) -> Option<Action> {
        if self.count.load(Ordering::Acquire) == 0 {
            return None;
        }
        for ordered in self.lock().iter_mut() {
            let spent = ordered.fault.times > 0 && ordered.used >= ordered.fault.times;
            if spent || !ordered.fault.matching.covers(method, path, body) {
                continue;
            }
            ordered.seen += 1;
            if ordered.seen > ordered.fault.after {
                ordered.used += 1;
                return Some(ordered.fault.action.clone());
            }
        }
        None
    }
}

impl Matching {
    fn covers(&self, method: &str, path: &str, body: &Bytes) -> bool {
        self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_ref().is_none_or(|wanted| fits(wanted, path))
            && self
                .key
                .as_ref()
                .is_none_or(|key| names(path, key) || std::str::from_utf8(body).is_ok_and(|body| names(body, key)))
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    if !pattern.contains('*') {
        return path.contains(pattern);
    }
    let mut parts = pattern.split('*');
    let Some(mut rest) = path.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    for (index, part) in parts.iter().enumerate() {
        if index + 1 == parts.len() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

/// Whether the key stands in the text, not merely the beginning of a longer one.
fn names(text: &str, key: &str) -> bool {
    text.match_indices(key).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + key.len()..].chars().next();
        !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '-') && !after.is_some_and(|c| c.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_and_keys() {
        assert!(fits("/comment", "/rest/api/3/issue/A-1/comment"));
        assert!(fits("/rest/*/comment", "/rest/api/3/issue/A-1/comment"));
        assert!(!fits("/rest/*/comment", "/rest/api/3/issue/A-1/comment/5"));
        assert!(names("/issue/A-1/comment", "A-1") && !names("/issue/A-12", "A-1") && !names("{\"k\": \"BA-1\"}", "A-1"));
    }

    #[test]
    fn orders_are_counted() {
        let faults = Faults::default();
        let id = faults.order(Fault::status(500).on("GET", "/x").after(1).times(2));
        let hits = (0..5).filter(|_| faults.take("GET", "/x", &Bytes::new()).is_some()).count();
        assert_eq!((hits, faults.used(id)), (2, 2));
    }

    #[test]
    fn every_action_is_read_from_json() {
        let read = |json: &str| serde_json::from_str::<Action>(json).unwrap();
        assert!(matches!(read(r#"{"status": 429, "html": "x"}"#), Action::Answer { status: 429, .. }));
        assert!(matches!(read(r#"{"delay_ms": 5}"#), Action::Delay { delay_ms: 5 }));
        assert!(matches!(read(r#"{"drop": "after"}"#), Action::Drop { drop: Cut::After }));
        assert!(matches!(read(r#"{"drop_then_apply_ms": 9}"#), Action::DropThenApply { drop_then_apply_ms: 9 }));
        assert!(matches!(read(r#"{"truncate_body": true}"#), Action::Truncate { .. }));
    }
}
