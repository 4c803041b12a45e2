//! Jobs as they go on: bars on a terminal, lines when piped, JSON lines when asked for.

use std::io::IsTerminal as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::json;
use shared::domain::job::JobStatus;
use shared::domain::provider_batch::waits_for_batch;
use shared::domain::publish::{PublishOutcome, Published};
use uuid::Uuid;

use super::{plain, print_json, span, style};
use crate::client::views::{EventView, JobView};

/// More bars than this would scroll away.
const MOST_BARS: usize = 20;

/// How progress is shown.
#[derive(Clone)]
pub(crate) enum Progress {
    /// A bar a job on stderr.
    Bars(MultiProgress),
    /// A line an event on stderr.
    Lines,
    /// An object an event on stdout.
    Json,
    /// Nothing.
    Silent,
}

impl Progress {
    /// What suits this terminal and this many jobs.
    pub(crate) fn new(json: bool, jobs: usize) -> Self {
        if json {
            Self::Json
        } else if std::io::stderr().is_terminal() && jobs <= MOST_BARS {
            Self::Bars(MultiProgress::new())
        } else {
            Self::Lines
        }
    }

    /// Says something beside the jobs, on stderr.
    pub(crate) fn note(&self, line: &str) {
        match self {
            Self::Bars(bars) => bars.suspend(|| eprintln!("{line}")),
            Self::Lines | Self::Silent => eprintln!("{line}"),
            Self::Json => {}
        }
    }

    /// The progress of one job.
    pub(crate) fn job(&self, key: &str) -> JobProgress {
        let bar = match self {
            Self::Bars(bars) => {
                let template = "{prefix:.bold} {spinner} {msg}";
                let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
                let bar = bars.add(ProgressBar::new_spinner().with_style(style).with_prefix(key.to_owned()));
                bar.set_message("submitting");
                bar.enable_steady_tick(Duration::from_millis(120));
                Some(bar)
            }
            Self::Lines | Self::Json | Self::Silent => None,
        };
        JobProgress {
            key: key.to_owned(),
            json: matches!(self, Self::Json),
            silent: matches!(self, Self::Silent),
            bar,
            first: None,
            previous: None,
        }
    }
}

/// The progress of one job.
pub(crate) struct JobProgress {
    key: String,
    json: bool,
    silent: bool,
    bar: Option<ProgressBar>,
    first: Option<DateTime<Utc>>,
    previous: Option<DateTime<Utc>>,
}

impl JobProgress {
    /// The server took the request.
    pub(crate) fn submitted(&mut self, id: Uuid) {
        if self.json {
            print_json(&json!({"type": "submitted", "issue_key": self.key, "job_id": id}));
        } else {
            self.say(&format!("submitted as job {id}"));
        }
    }

    /// Something happened.
    pub(crate) fn event(&mut self, event: &EventView) {
        let before = self.previous.replace(event.at);
        let first = *self.first.get_or_insert(event.at);
        if self.json {
            let EventView { job_id, seq, kind, at, data } = event;
            print_json(
                &json!({"type": "event", "issue_key": self.key, "job_id": job_id, "seq": seq, "kind": kind, "at": at, "data": data}),
            );
        } else if let Some(sentence) = sentence(event, before.unwrap_or(first)) {
            self.say(&sentence);
        }
    }

    /// The job is at rest.
    pub(crate) fn at_rest(&self, job: &JobView) {
        if self.json {
            return;
        }
        let since = self.first.unwrap_or(job.created_at).min(job.created_at);
        let until = job.ended_at.or(self.previous).unwrap_or(since);
        self.end(&verdict(job, &took(since, until)));
    }

    /// It cannot be followed to its end.
    pub(crate) fn given_up(&self, reason: &str) {
        if self.json {
            print_json(&json!({"type": "error", "issue_key": self.key, "message": reason}));
        } else {
            self.end(reason);
        }
    }

    fn say(&self, sentence: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(sentence.to_owned()),
            None if self.silent => {}
            None => eprintln!("{} {sentence}", self.key),
        }
    }

    fn end(&self, sentence: &str) {
        match &self.bar {
            Some(bar) => bar.finish_with_message(sentence.to_owned()),
            None if self.silent => {}
            None => eprintln!("{} {sentence}", self.key),
        }
    }
}

/// An event in words; `None` for one that tells a person nothing, or that [`verdict`] tells better.
fn sentence(event: &EventView, before: DateTime<Utc>) -> Option<String> {
    let text = |field: &str| plain(event.data[field].as_str().unwrap_or_default());
    let because = match (text("message"), text("code")) {
        (_, code) if code.is_empty() => String::new(),
        (message, code) if message.is_empty() => format!(": {code}"),
        (message, code) => format!(": {message} [{code}]"),
    };
    let after = event.data["after_ms"].as_u64().map_or_else(String::new, |ms| format!(" {}", span(Duration::from_millis(ms))));
    Some(match event.kind.as_str() {
        "job.stage_stored" => format!("{} stored ({})", text("stage"), took(before, event.at)),
        "job.retrying" if after.is_empty() => format!("will be tried again{because}"),
        "job.retrying" => format!("will be tried again in{after}{because}"),
        // It is woken when the batch is answered; the time is when it would look by itself.
        "job.snoozed" if waits_for_batch(&text("code")) => format!("waits{because}"),
        "job.snoozed" => format!("waits{after}{because}"),
        "job.reclaimed" => "goes on in another worker".to_owned(),
        "job.edited" => "was edited".to_owned(),
        "job.approved" => "was approved".to_owned(),
        "job.cancel_requested" => "is being cancelled".to_owned(),
        _ => return None,
    })
}

/// What became of each place that was to be written, after a colon; empty when there was none.
fn published(places: &[Published]) -> String {
    let words = places.iter().map(|place| {
        let mode = place.target.mode;
        if !place.items.is_empty() {
            return of_items(place);
        }
        match place.outcome {
            PublishOutcome::Conflict => {
                format!("{mode} NOT written: a person changed it; --on-conflict overwrite or merge decides")
            }
            PublishOutcome::Failed => format!("{mode} NOT written: {} [{}]", plain(&place.message), plain(&place.code)),
            outcome => format!("{mode} {outcome}"),
        }
    });
    let words = words.collect::<Vec<_>>().join(", ");
    if words.is_empty() { words } else { format!(": {words}") }
}

/// How many items came to what, and of the gravest why: `subtask 3 created, 1 failed (TS-2: … [jira.refused])`.
fn of_items(place: &Published) -> String {
    let count = |outcome| place.items.iter().filter(|item| item.outcome == outcome).count();
    let counts = PublishOutcome::ALL.iter().map(|outcome| (*outcome, count(*outcome))).filter(|(_, count)| *count > 0);
    let counts = counts.map(|(outcome, count)| format!("{count} {outcome}")).collect::<Vec<_>>().join(", ");
    let why = (!place.message.is_empty()).then(|| format!(" ({} [{}])", plain(&place.message), plain(&place.code)));
    format!("{} {counts}{}", place.target.mode, why.unwrap_or_default())
}

/// The state of a job at rest, in words: all that a person must know, whichever events came through.
pub(crate) fn verdict(job: &JobView, took: &str) -> String {
    let because = job.error.as_ref().map(|error| format!(": {} [{}]", plain(&error.message), plain(&error.code)));
    let because = because.unwrap_or_default();
    match job.status {
        JobStatus::Succeeded => format!("{} ({took}){}", style::good("succeeded"), published(&job.published)),
        JobStatus::Cancelled => format!("{} ({took}){}", style::bad("cancelled"), published(&job.published)),
        JobStatus::AwaitingReview => format!("awaits review{because}; {}", job.how_to_approve()),
        JobStatus::Failed => format!("{} ({took}){because}", style::bad("failed")),
        JobStatus::Held | JobStatus::Queued | JobStatus::Running => format!("is {}", job.status),
    }
}

fn took(from: DateTime<Utc>, until: DateTime<Utc>) -> String {
    span((until - from).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, at: &str, data: &serde_json::Value) -> EventView {
        serde_json::from_value(json!({"job_id": Uuid::nil(), "seq": 1, "kind": kind, "at": at, "data": data})).unwrap()
    }

    #[test]
    fn events_read_as_lines() {
        let before = "2026-01-01T10:00:00Z".parse().unwrap();
        let told = |kind, data| sentence(&event(kind, "2026-01-01T10:00:01.200Z", &data), before);
        assert_eq!(told("job.stage_stored", json!({"stage": "criteria"})).as_deref(), Some("criteria stored (1.2 s)"));
        assert_eq!(told("job.snoozed", json!({"code": "jira.rate_limited"})).as_deref(), Some("waits: jira.rate_limited"));
        let retrying = json!({"code": "jira.unavailable", "message": "Jira answered 503", "after_ms": 2_000});
        assert_eq!(
            told("job.retrying", retrying).as_deref(),
            Some("will be tried again in 2.0 s: Jira answered 503 [jira.unavailable]")
        );
        assert_eq!(told("job.snoozed", json!({"after_ms": 500})).as_deref(), Some("waits 0.5 s"));
        let in_batch = json!({"code": "llm.in_batch", "message": "in a batch", "after_ms": 3_600_000});
        assert_eq!(told("job.snoozed", in_batch).as_deref(), Some("waits: in a batch [llm.in_batch]"));
        assert_eq!(told("job.retrying", serde_json::Value::Null).as_deref(), Some("will be tried again"));
        assert_eq!(told("job.of_the_future", json!({})), None);
        assert_eq!(told("job.succeeded", json!({"summary": {}})), None);
    }

    fn job(status: &str, rest: &serde_json::Value) -> JobView {
        let mut job = json!({
            "id": Uuid::nil(), "kind": "full-pipeline", "status": status, "issue_key": "SHOP-1", "created_at": "2026-01-01T10:00:00Z",
        });
        job.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        serde_json::from_value(job).unwrap()
    }

    #[test]
    fn a_job_at_rest_says_what_it_wrote_and_what_it_did_not() {
        let place = |mode, outcome, code, message| json!({"target": {"mode": mode, "what": "all"}, "outcome": outcome, "code": code, "message": message});
        let told = |places| verdict(&job("succeeded", &json!({ "published": places })), "2.0 s");
        assert_eq!(told(json!([])), "succeeded (2.0 s)");
        assert_eq!(told(json!([place("comment", "created", "", "")])), "succeeded (2.0 s): comment created");
        let places = json!([
            place("comment", "conflict", "publish.conflict", "changed"),
            place("description", "failed", "jira.forbidden", "the account may not edit"),
        ]);
        assert_eq!(
            told(places),
            "succeeded (2.0 s): comment NOT written: a person changed it; --on-conflict overwrite or merge decides, \
             description NOT written: the account may not edit [jira.forbidden]"
        );
    }

    #[test]
    fn a_job_that_stopped_for_a_person_says_why() {
        let stopped =
            json!({"error": {"code": "story.changed", "message": "the story changed since it was read; nothing was written"}});
        let id = Uuid::nil();
        assert_eq!(
            verdict(&job("awaiting_review", &stopped), "2.0 s"),
            format!(
                "awaits review: the story changed since it was read; nothing was written [story.changed]; \
                 `jqa result {id}`, then `jqa jobs approve {id} --publish-stale`"
            )
        );
    }

    #[test]
    fn a_failed_job_says_why() {
        let failed = json!({"error": {"code": "jira.not_found", "message": "SHOP-1 does not exist"}, "lane": "bulk"});
        let job = job("failed", &failed);
        assert_eq!(verdict(&job, "2.0 s"), "failed (2.0 s): SHOP-1 does not exist [jira.not_found]");
        assert_eq!(serde_json::to_value(&job).unwrap()["lane"], "bulk", "what is not known is kept");
    }
}
