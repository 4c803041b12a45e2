//! What must be true when the storm is over.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use sea_orm::FromQueryResult;
use serde_json::Value;
use shared::domain::adf::marker;
use uuid::Uuid;

use crate::losses::Recoveries;
use crate::rows::JobRow;
use crate::stand::Stand;
use crate::waiting::until;

/// What it takes at most, beyond the lease, until a job of a killed worker runs again.
const GOAL: Duration = Duration::from_secs(2);

#[derive(FromQueryResult)]
struct EventRow {
    job_id: Uuid,
    seq: i64,
    kind: String,
}

#[derive(FromQueryResult)]
struct AuditRow {
    action: String,
    resource_id: String,
}

#[derive(FromQueryResult)]
struct PublicationRow {
    state: String,
    remote_id: Option<String>,
    job_id: Uuid,
    what: String,
}

impl Stand {
    /// Every accepted job succeeded, exactly once as far as anybody outside can tell.
    pub(crate) async fn kept_its_promises(&mut self) {
        self.kept_its_promises_but_for(&[]).await;
    }

    /// The same; the jobs of these stories failed instead.
    pub(crate) async fn kept_its_promises_but_for(&mut self, failed: &[&str]) {
        let jobs = self.rows.jobs().await.expect("the jobs");
        let ids: HashSet<Uuid> = self.accepted.iter().map(|(id, _)| *id).collect();
        assert_eq!(jobs.iter().map(|job| job.id).collect::<HashSet<_>>(), ids, "the jobs are those that were accepted");
        for job in &jobs {
            let expected = if failed.contains(&job.issue_key.as_str()) { "failed" } else { "succeeded" };
            assert_eq!(job.status, expected, "{job:?}");
            assert_eq!(job.lease_owner, None, "{job:?}");
        }
        let good: Vec<JobRow> = jobs.iter().filter(|job| job.status == "succeeded").cloned().collect();
        self.events_are_gapless(&jobs).await;
        self.the_audit_log_is_complete(&good).await;
        self.comments_are_there_once(&good).await;
        self.the_model_was_asked_no_more_than_needed(&good).await;
        self.nothing_is_left_open().await;
        for job in &good {
            assert_eq!(self.client.job(job.id).await["status"], "succeeded");
        }
        if let Some(job) = good.first() {
            assert_ne!(self.client.result(job.id).await, Value::Null);
        }
        self.tell_the_end(&jobs, &good);
    }

    /// Says how long it took from each kill until the jobs ran again. Answers the same.
    pub(crate) async fn tells_recoveries(&self) -> Vec<Recoveries> {
        until("every job of a killed worker runs again", self.form.patience(), async || (!self.losses.are_open()).then_some(()))
            .await;
        let (lease, goal) = (self.lease, self.lease + GOAL);
        let all = self.losses.recoveries();
        for Recoveries { storm, took, undisturbed } in &all {
            let (min, median, max) = (took[0], took[took.len() / 2], took[took.len() - 1]);
            let in_time = took.iter().filter(|took| **took < goal).count();
            let undisturbed = undisturbed.map_or_else(|| "– (there are none)".to_owned(), |longest| format!("{longest:.2?}"));
            self.tell(&format!(
                "{storm}: {} jobs ran again {min:.2?} / {median:.2?} / {max:.2?} after the kill (min / median / max; lease {lease:.0?}); \
                 {in_time} of them within lease + {GOAL:.0?}; undisturbed ones within {undisturbed}",
                took.len()
            ));
        }
        all
    }

    /// The same, and fails if it took much longer than the goal: other work on the machine has its share in it.
    pub(crate) async fn jobs_ran_again_in_time(&self) {
        let all = self.tells_recoveries().await;
        assert!(!all.is_empty(), "no kill hit a job");
        let limit = self.lease + GOAL * self.form.pick(4, 2);
        for Recoveries { storm, undisturbed, .. } in all {
            assert!(undisturbed.is_none_or(|longest| longest < limit), "{storm}: a job ran again after {undisturbed:?}");
        }
    }

    async fn events_are_gapless(&self, jobs: &[JobRow]) {
        let mut events: HashMap<Uuid, Vec<EventRow>> = HashMap::new();
        for event in
            self.rows.all::<EventRow>("SELECT job_id, seq, kind FROM job_events ORDER BY job_id, seq").await.expect("the events")
        {
            events.entry(event.job_id).or_default().push(event);
        }
        for job in jobs {
            let events = &events[&job.id];
            let numbers: Vec<i64> = events.iter().map(|event| event.seq).collect();
            assert_eq!(numbers, (1..=job.event_seq).collect::<Vec<_>>(), "{job:?}");
            assert_eq!(events[0].kind, "job.queued");
            let endings = events.iter().filter(|event| event.kind == format!("job.{}", job.status)).count();
            assert_eq!((endings, &events[events.len() - 1].kind), (1, &format!("job.{}", job.status)), "{job:?}");
            let mut stored = events.iter().filter(|event| event.kind == "job.stage_stored").count();
            if job.status == "succeeded" {
                // The last stage is stored with the end.
                stored += 1;
                assert_eq!(stored, 4, "each stage was stored once: {job:?}");
            }
        }
    }

    async fn the_audit_log_is_complete(&self, good: &[JobRow]) {
        let mut actions: HashMap<String, Vec<String>> = HashMap::new();
        let sql = "SELECT action, resource_id FROM audit_logs WHERE resource_type = 'job'";
        for entry in self.rows.all::<AuditRow>(sql).await.expect("the audit log") {
            actions.entry(entry.resource_id).or_default().push(entry.action);
        }
        for job in good {
            let actions = &actions[&job.id.to_string()];
            let count = |wanted: &str| actions.iter().filter(|action| *action == wanted).count();
            assert_eq!((count("job.submit"), count("job.succeeded")), (1, 1), "{job:?}: {actions:?}");
            assert!(count("jira.write") >= 1, "{job:?}: {actions:?}");
        }
    }

    async fn comments_are_there_once(&self, good: &[JobRow]) {
        let sql = "SELECT state, remote_id, job_id, what FROM publications ORDER BY what";
        let mut records: HashMap<Uuid, Vec<PublicationRow>> = HashMap::new();
        for record in self.rows.all::<PublicationRow>(sql).await.expect("the publications") {
            records.entry(record.job_id).or_default().push(record);
        }
        for job in good {
            let comments = self.sandbox.state().comments(&job.issue_key);
            let markers: Vec<&str> = comments.iter().filter_map(|comment| marker::marker_in(&comment["body"])).collect();
            let first: Vec<&&str> = markers.iter().filter(|marker| !marker.contains('.')).collect();
            assert_eq!(first.len(), 1, "comments of {}: {markers:?}", job.issue_key);
            assert_eq!(
                markers.iter().collect::<HashSet<_>>().len(),
                comments.len(),
                "comments of {}: {markers:?}",
                job.issue_key
            );
            let record = &records[&job.id][0];
            assert_eq!((record.state.as_str(), record.what.as_str()), ("written", "all"), "{}", job.issue_key);
            assert_eq!(record.remote_id.as_deref(), comments[0]["id"].as_str(), "{}", job.issue_key);
        }
    }

    async fn the_model_was_asked_no_more_than_needed(&self, good: &[JobRow]) {
        let counts = self.sandbox.state().llm_counts();
        let reclaimed = self.calls_of_lapsed_workers().await;
        for job in good {
            let asked = counts.by_key.get(&job.issue_key).copied().unwrap_or(0);
            let in_flight = self.losses.calls.get(&job.issue_key).copied().unwrap_or(0);
            // On a machine that is busy enough a worker loses its lease without our help.
            let lost = if self.form.long { in_flight } else { in_flight.max(reclaimed.get(&job.id).copied().unwrap_or(0)) };
            assert!(asked >= 2, "{} has a result although the model was asked {asked} times", job.issue_key);
            assert!(
                asked <= 2 + lost,
                "{}: {asked} model calls, of which {lost} were in flight when a worker was lost",
                job.issue_key
            );
        }
        let (needed, lost) = (2 * good.len() as u64, self.losses.calls_in_flight());
        let is_bounded = counts.total <= needed + lost || !self.form.long;
        assert!(is_bounded, "{} model calls; {needed} are needed, {lost} were in flight", counts.total);
    }

    /// How often each job was taken from a worker that was gone while a model may have been at work for it.
    async fn calls_of_lapsed_workers(&self) -> HashMap<Uuid, u64> {
        #[derive(FromQueryResult)]
        struct Reclaimed {
            job_id: Uuid,
            data: String,
        }
        let sql = "SELECT job_id, data FROM job_events WHERE kind = 'job.reclaimed'";
        let mut calls = HashMap::new();
        for event in self.rows.all::<Reclaimed>(sql).await.expect("the events") {
            let data: Value = serde_json::from_str(&event.data).expect("JSON");
            if data["stage"] == "criteria" || data["stage"] == "scenarios" {
                *calls.entry(event.job_id).or_default() += 1;
            }
        }
        calls
    }

    fn tell_the_end(&self, jobs: &[JobRow], good: &[JobRow]) {
        self.tell(&format!(
            "{} jobs were accepted: {} succeeded, {} failed, none is left; one comment for each story; \
             {} model calls (at most {} + {} in flight at {} kills); {} jobs crashed so often that they ran alone",
            jobs.len(),
            good.len(),
            jobs.len() - good.len(),
            self.sandbox.state().llm_counts().total,
            2 * good.len(),
            self.losses.calls_in_flight(),
            self.losses.kills(),
            self.losses.suspects()
        ));
    }

    async fn nothing_is_left_open(&self) {
        #[derive(FromQueryResult)]
        struct Count {
            n: i64,
        }
        for (what, sql) in [
            ("places that a job still holds", "SELECT COUNT(*) AS n FROM publish_targets WHERE held_until <> 0"),
            ("calls of the ledger without an end", "SELECT COUNT(*) AS n FROM llm_calls WHERE state = 'reserved'"),
            ("deliveries", "SELECT COUNT(*) AS n FROM webhook_deliveries"),
        ] {
            assert_eq!(self.rows.all::<Count>(sql).await.expect("a count")[0].n, 0, "{what}");
        }
    }
}
