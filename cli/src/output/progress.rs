//! Jobs as they go on: bars on a terminal, lines when piped, JSON lines when asked for.

use std::io::IsTerminal as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::json;
use shared::domain::job::JobStatus;
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
        "job.snoozed" => format!("waits{after}{because}"),
        "job.reclaimed" => "goes on in another worker".to_owned(),
        "job.edited" => "was edited".to_owned(),
        "job.approved" => "was approved".to_owned(),
        "job.cancel_requested" => "is being cancelled".to_owned(),
        "job.succeeded" => return published(&event.data["summary"]["published"]),
        _ => return None,
    })
}

/// What became of each place that was to be written; `None` when there was none.
fn published(places: &serde_json::Value) -> Option<String> {
    let word = |value: &serde_json::Value| plain(value.as_str().unwrap_or_default());
    let lines: Vec<String> = places
        .as_array()?
        .iter()
        .map(|place| {
            let (mode, outcome) = (word(&place["target"]["mode"]), word(&place["outcome"]));
            match outcome.as_str() {
                "conflict" => format!("{mode} NOT written: a person changed it; --on-conflict overwrite or merge decides"),
                "failed" => format!("{mode} NOT written; `jqa result --format json` says why"),
                _ => format!("{mode} {outcome}"),
            }
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

/// The state of a job at rest, in words.
pub(crate) fn verdict(job: &JobView, took: &str) -> String {
    match job.status {
        JobStatus::Succeeded => format!("{} ({took})", style::good("succeeded")),
        JobStatus::Cancelled => format!("{} ({took})", style::bad("cancelled")),
        JobStatus::AwaitingReview => format!("awaits review: {}", job.how_to_approve()),
        JobStatus::Failed => match &job.error {
            Some(error) => format!("{} ({took}): {} [{}]", style::bad("failed"), plain(&error.message), plain(&error.code)),
            None => format!("{} ({took})", style::bad("failed")),
        },
        JobStatus::Queued | JobStatus::Running => format!("is {}", job.status),
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
        assert_eq!(told("job.retrying", serde_json::Value::Null).as_deref(), Some("will be tried again"));
        assert_eq!(told("job.of_the_future", json!({})), None);
        assert_eq!(told("job.succeeded", json!({"summary": {}})), None);
        let places = json!([{"target": {"mode": "comment"}, "outcome": "updated"}, {"target": {"mode": "description"}, "outcome": "conflict"}]);
        assert_eq!(
            told("job.succeeded", json!({"summary": {"published": places}})).as_deref(),
            Some("comment updated, description NOT written: a person changed it; --on-conflict overwrite or merge decides")
        );
    }

    #[test]
    fn a_failed_job_says_why() {
        let job: JobView = serde_json::from_value(json!({
            "id": Uuid::nil(), "kind": "full-pipeline", "status": "failed", "issue_key": "SHOP-1", "created_at": "2026-01-01T10:00:00Z",
            "error": {"code": "jira.not_found", "message": "SHOP-1 does not exist"}, "lane": "bulk",
        }))
        .unwrap();
        assert_eq!(verdict(&job, "2.0 s"), "failed (2.0 s): SHOP-1 does not exist [jira.not_found]");
        assert_eq!(serde_json::to_value(&job).unwrap()["lane"], "bulk", "what is not known is kept");
    }
}
