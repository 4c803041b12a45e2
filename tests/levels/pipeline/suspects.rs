//! A job that may be what kills workers waits to run alone, and its wait is no burden to others.

use std::time::Duration;

use sandbox::{Action, Fault};
use shared::domain::event::EventKind;
use shared::domain::job::JobKind;
use shared::jobs::Ended;
use shared::store::Sql;
use tests::app::{App, Machine, Setup};
use uuid::Uuid;

use crate::support::{STORY, until};

const LLM: &str = "/llm/v1/chat/completions";

/// A worker with a neighbour that does not end for so long, and a suspect that is due now.
struct Stand {
    app: App,
    machine: Machine,
    neighbour: Uuid,
    suspect: Uuid,
}

impl Stand {
    /// `waited` = the suspect has waited for a long time already and is patient.
    async fn with(neighbour_ms: u64, waited: bool) -> Self {
        let app = Setup::default().model("sandbox").set("JQA_HEARTBEAT", "20ms").start().await;
        let suspect = app.asks(JobKind::AcceptanceCriteria, STORY).submit().await;
        let crashed = Sql::new("UPDATE jobs SET crashes = 3, due_at = due_at + 10000, ring_at = ring_at + 10000 WHERE id = ?");
        app.jobs.db().execute(crashed.bind(suspect)).await.expect("a suspect");
        if waited {
            let old = "UPDATE jobs SET error_code = 'job.waits_to_run_alone', created_at = created_at - 7200000 WHERE id = ?";
            app.jobs.db().execute(Sql::new(old).bind(suspect)).await.expect("an old suspect");
        }
        let busy = app.jira().order(Fault::new(Action::Delay { delay_ms: neighbour_ms }).on("POST", LLM));
        let machine = app.start_runner();
        let neighbour = app.asks(JobKind::AcceptanceCriteria, STORY).submit().await;
        until(|| app.jira().faults().used(busy) > 0).await;
        app.seconds_later(10);
        Self { app, machine, neighbour, suspect }
    }

    /// Waits until the suspect is in the hands of the worker, which no event tells.
    async fn is_claimed(&self) {
        let claimed = async {
            while self.app.job(self.suspect).await.status != "running" {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), claimed).await.expect("a claim");
    }
}

const FOR_EVER: u64 = 600_000;

#[tokio::test]
async fn a_suspect_that_cannot_be_alone_soon_is_put_back_and_others_go_on() {
    let stand = Stand::with(FOR_EVER, false).await;
    let app = &stand.app;
    let row = app.wait_for(stand.suspect, |row| row.error_code.as_deref() == Some("job.waits_to_run_alone")).await;
    assert_eq!((row.status.as_str(), row.attempt, row.crashes, row.solo), ("queued", 0, 3, false));
    let away = row.due_at - row.updated_at;
    assert!((10_000..=11_000).contains(&away), "a short wait, and ten times as long away: {away}");
    let other = app.asks(JobKind::AcceptanceCriteria, STORY).submit().await;
    app.wait_for(other, |row| row.status == "succeeded").await;
    assert_eq!(app.job(stand.neighbour).await.status, "running", "nobody waited for it");
    stand.machine.stop().await;
}

#[tokio::test]
async fn a_suspect_runs_alone_when_its_neighbours_have_ended() {
    let stand = Stand::with(1000, true).await;
    stand.app.wait_for(stand.suspect, |row| row.status == "succeeded").await;
    stand.app.succeeded(stand.neighbour).await;
    stand.machine.stop().await;
}

#[tokio::test]
async fn a_cancel_ends_the_wait_of_a_suspect() {
    let stand = Stand::with(FOR_EVER, true).await;
    stand.is_claimed().await;
    assert_eq!(stand.app.jobs.cancel(stand.suspect, &stand.app.person()).await.expect("a cancel"), Ended::Asked);
    let row = stand.app.wait_for(stand.suspect, |row| row.ended_at.is_some()).await;
    assert_eq!(row.status, "cancelled");
    assert_eq!(stand.app.told(stand.suspect).await, [EventKind::Queued, EventKind::CancelRequested, EventKind::Cancelled]);
    stand.machine.stop().await;
}

#[tokio::test]
async fn a_worker_that_stops_gives_a_waiting_suspect_back() {
    let stand = Stand::with(FOR_EVER, true).await;
    stand.is_claimed().await;
    stand.machine.stop().await;
    let row = stand.app.job(stand.suspect).await;
    assert_eq!((row.status.as_str(), row.crashes, row.solo_crashes, row.solo), ("queued", 3, 0, false));
    assert!(row.due_at <= row.updated_at, "due at once");
    assert_eq!(stand.app.told(stand.suspect).await, [EventKind::Queued], "it was not put off");
}

#[tokio::test]
async fn a_suspect_that_was_taken_while_it_waited_is_left_to_its_taker() {
    let stand = Stand::with(FOR_EVER, true).await;
    stand.is_claimed().await;
    let taken = Sql::new("UPDATE jobs SET epoch = epoch + 1, lease_owner = 'another' WHERE id = ?").bind(stand.suspect);
    stand.app.jobs.db().execute(taken).await.expect("a taker");
    until(|| stand.app.metric("jqa_leases_lost_total") > 0.0).await;
    let row = stand.app.job(stand.suspect).await;
    assert_eq!((row.status.as_str(), row.lease_owner.as_deref(), row.solo), ("running", Some("another"), false));
    assert_eq!(stand.app.told(stand.suspect).await, [EventKind::Queued]);
    stand.machine.stop().await;
}
