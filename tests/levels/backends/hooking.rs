//! Events of Jira: each is kept once, each issue is worked on by one, and each change starts what a rule wants once.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use shared::domain::diff::{Change as What, PartDiff};
use shared::domain::jira_event::{Change, Rule};
use shared::domain::job::JobKind;
use shared::domain::reading::{self, ReadOptions};
use shared::domain::story::Story;
use shared::jobs::{ByRule, Retention};
use shared::ports::Clock;
use shared::store::Sql;
use shared::store::history::{self, Filter};
use shared::store::jira_event::{self, JiraEvent, NewEvent, Settled};
use shared::store::jira_poll;
use tests::{Fixture, contract};
use uuid::Uuid;

const HOLD: i64 = 300_000;

fn event(f: &Fixture, key: &str, issue: u32) -> NewEvent {
    NewEvent {
        id: f.clock.new_id(),
        connection: "acme".into(),
        dedupe_key: key.into(),
        event: "jira:issue_updated".into(),
        issue_id: issue.to_string(),
        issue_key: format!("SHOP-{issue}"),
        author: Some("somebody".into()),
        changes: vec![Change { id: "77".into(), field: "labels".into(), author: None, gained: vec!["jqa".into()] }],
        seen: None,
    }
}

async fn kept(f: &Fixture, key: &str, issue: u32) {
    f.later(Duration::from_millis(1));
    assert!(jira_event::keep(&f.db, &event(f, key, issue)).await.expect("an answer"), "{key}");
}

async fn claimed(f: &Fixture, owner: &str) -> Vec<JiraEvent> {
    jira_event::claim(&f.db, owner, HOLD).await.expect("an answer")
}

fn rule() -> Rule {
    serde_json::from_value(json!({ "when": { "label": "jqa" }, "kind": "full-pipeline" })).expect("a rule")
}

fn story() -> Story {
    let issue = json!({ "id": "2", "key": "SHOP-2", "fields": { "summary": "S", "status": { "name": "To Do" } } });
    reading::story(&issue, "u", &ReadOptions::default()).expect("a story")
}

/// A result that was kept.
async fn result(f: &Fixture, kind: &'static str, version: i64, sources: &str) -> Uuid {
    let id = f.clock.new_id();
    let sql = Sql::new(
        "INSERT INTO generation_history (id, job_id, connection, issue_id, issue_key, kind, version, accepted, provider, model, \
         prompt_version, source_hash, sources_json, usage_json, content_hash, created_by, created_at) \
         VALUES (?, ?, 'acme', '2', 'SHOP-2', ?, ?, TRUE, '', '', '', '', ?, '', '', ?, 1)",
    );
    let sql = sql.bind(id).bind(f.clock.new_id()).bind(kind).bind(version).bind(sources).bind(Uuid::from_u128(7));
    f.db.execute(sql).await.expect("a result");
    id
}

async fn suspects(f: &Fixture) -> Vec<Uuid> {
    let filter = Filter { suspect: Some(true), ..Filter::default() };
    history::list(&f.db, &filter, None, 10).await.expect("results").into_iter().map(|row| row.id).collect()
}

contract! {
    async fn the_same_webhook_sixteen_times_at_once_is_one_event(f: Arc<Fixture>) {
        let events: Vec<NewEvent> = (0..16).map(|_| event(&f, "hook:1", 2)).collect();
        let kept = join_all(events.iter().map(|event| jira_event::keep(&f.db, event))).await;
        assert_eq!(kept.into_iter().filter(|kept| *kept.as_ref().expect("an answer")).count(), 1);
        assert_eq!(jira_event::waiting(&f.db).await.expect("an answer"), 1);
        let elsewhere = NewEvent { connection: "other".into(), ..event(&f, "hook:1", 2) };
        assert!(jira_event::keep(&f.db, &elsewhere).await.expect("an answer"), "another connection has its own");
    }

    async fn all_open_events_of_an_issue_go_to_one_and_what_comes_meanwhile_waits_for_it(f: Arc<Fixture>) {
        for n in 0..3 {
            kept(&f, &format!("a{n}"), 2).await;
        }
        kept(&f, "b", 3).await;
        let first = claimed(&f, "w1").await;
        assert_eq!((first.len(), first[0].issue_id.as_str()), (3, "2"));
        kept(&f, "a3", 2).await;
        let second = claimed(&f, "w2").await;
        assert_eq!((second.len(), second[0].issue_id.as_str()), (1, "3"));
        assert!(claimed(&f, "w3").await.is_empty(), "the issue is being read");
        for event in &first {
            assert!(jira_event::settle(&f.db, event, Settled::Done { outcome: "unchanged" }).await.expect("an answer"));
        }
        assert_eq!(claimed(&f, "w3").await.len(), 1);
    }

    async fn sixteen_workers_at_once_each_get_issues_of_their_own(f: Arc<Fixture>) {
        for n in 0..40 {
            kept(&f, &format!("e{n}"), n % 8).await;
        }
        let claims = join_all((0..16).map(|n| {
            let f = f.clone();
            async move {
                let mut all = Vec::new();
                loop {
                    // PostgreSQL may see two claims in each other's way; a worker looks again.
                    match jira_event::claim(&f.db, &format!("w{n}"), HOLD).await.expect("an answer") {
                        events if events.is_empty() => return all,
                        events => all.push(events),
                    }
                }
            }
        }))
        .await;
        let groups: Vec<Vec<JiraEvent>> = claims.into_iter().flatten().collect();
        assert_eq!(groups.iter().map(Vec::len).sum::<usize>(), 40, "each event once");
        assert_eq!(groups.len(), 8, "each issue once");
        assert!(groups.iter().all(|group| group.iter().all(|event| event.issue_id == group[0].issue_id)));
    }

    async fn whoever_lost_an_event_records_nothing_and_the_next_gets_all_of_them(f: Arc<Fixture>) {
        kept(&f, "a", 2).await;
        kept(&f, "b", 2).await;
        let lost = claimed(&f, "dead").await;
        assert!(claimed(&f, "other").await.is_empty());
        f.later(Duration::from_millis(HOLD as u64 + 1));
        let again = claimed(&f, "other").await;
        assert_eq!(again.len(), 2);
        assert!(!jira_event::settle(&f.db, &lost[0], Settled::Done { outcome: "unchanged" }).await.expect("an answer"));
        assert!(jira_event::settle(&f.db, &again[0], Settled::Done { outcome: "suspect" }).await.expect("an answer"));
        let again = Settled::Again { in_ms: 5_000, counts: true, code: "jira.unavailable" };
        let held = jira_event::latest(&f.db, "acme", 10).await.expect("events");
        let open = held.iter().find(|event| event.done_at.is_none()).expect("the other");
        assert!(jira_event::settle(&f.db, open, again).await.expect("an answer"));
        assert!(claimed(&f, "other").await.is_empty(), "it is not due yet");
        f.seconds_later(5);
        let due = claimed(&f, "other").await;
        assert_eq!((due.len(), due[0].attempts), (1, 1));
    }

    async fn what_a_worker_held_whose_lease_is_over_is_due_at_once(f: Arc<Fixture>) {
        let worker = f.worker("dead").await;
        kept(&f, "a", 2).await;
        assert_eq!(claimed(&f, &worker.name).await.len(), 1);
        assert!(jira_poll::claim(&f.db, "acme", &worker.name, HOLD).await.expect("an answer").is_some());
        f.seconds_later(16);
        f.jobs.reclaim(None).await.expect("an answer");
        assert_eq!(claimed(&f, "other").await.len(), 1);
        assert!(jira_poll::claim(&f.db, "acme", "other", HOLD).await.expect("an answer").is_some());
    }

    async fn a_change_starts_a_job_for_a_rule_once_whoever_tries_however_often(f: Arc<Fixture>) {
        kept(&f, "a", 2).await;
        kept(&f, "the same change, told by polling", 2).await;
        let events = claimed(&f, "w").await;
        let (rule, story) = (rule(), story());
        let changes: Vec<Vec<Change>> = events.iter().map(JiraEvent::changes).collect();
        let tries = (0..16).map(|n| {
            let by = ByRule { event: &events[n % 2], change: &changes[n % 2][0], rule: &rule, owner_id: Uuid::from_u128(7) };
            f.jobs.submit_by_rule(by, &story)
        });
        let started: Vec<Uuid> = join_all(tries).await.into_iter().filter_map(|id| id.expect("an answer")).collect();
        assert_eq!(started.len(), 1);
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM jobs")).await, 1);
        let row = f.row(started[0]).await;
        assert_eq!((row.kind.as_str(), row.issue_key.as_str(), row.lane.as_str()), ("full-pipeline", "SHOP-2", "bulk"));
        let other = Rule { kind: JobKind::AcceptanceCriteria, ..rule };
        let by = ByRule { event: &events[0], change: &changes[0][0], rule: &other, owner_id: Uuid::from_u128(7) };
        assert!(f.jobs.submit_by_rule(by, &story).await.expect("an answer").is_some(), "another rule has its own");
    }

    async fn a_result_is_suspect_until_it_is_not_and_an_older_story_has_no_say(f: Arc<Fixture>) {
        let id = result(&f, "full-pipeline", 1, "{}").await;
        let parts = [PartDiff { part: "description".into(), change: What::Changed }];
        let row = async || history::find(&f.db, id).await.expect("an answer").expect("a result");
        assert!(f.jobs.judge(&row().await, &parts, 2_000).await.expect("an answer"));
        let since = row().await.suspect_at.expect("a time");
        f.seconds_later(10);
        let more = [parts[0].clone(), PartDiff { part: "comment:1".into(), change: What::Added }];
        assert!(f.jobs.judge(&row().await, &more, 3_000).await.expect("an answer"));
        assert_eq!(row().await.suspect_at, Some(since), "it was noticed before");
        assert_eq!(suspects(&f).await, [id]);
        assert!(!f.jobs.judge(&row().await, &[], 2_500).await.expect("an answer"), "an older story was read");
        assert!(f.jobs.judge(&row().await, &[], 3_000).await.expect("an answer"));
        assert_eq!((row().await.suspect_at, row().await.suspect_json), (None, None));
        assert_eq!(f.audited(id).await, ["result.suspect", "result.suspect", "result.cleared"]);
    }

    async fn what_a_later_result_of_its_kind_replaced_is_not_to_be_made_anew(f: Arc<Fixture>) {
        let parts = [PartDiff { part: "summary".into(), change: What::Changed }];
        let (old, criteria) = (result(&f, "full-pipeline", 1, "{}").await, result(&f, "acceptance-criteria", 2, "{}").await);
        for id in [old, criteria] {
            let row = history::find(&f.db, id).await.expect("an answer").expect("a result");
            f.jobs.judge(&row, &parts, 1).await.expect("an answer");
        }
        assert_eq!(suspects(&f).await.len(), 2);
        let new = result(&f, "full-pipeline", 3, "{}").await;
        assert_eq!(suspects(&f).await, [criteria]);
        let latest = history::latest_of_kinds(&f.db, "acme", "2").await.expect("results");
        assert_eq!(latest.into_iter().map(|row| row.id).collect::<Vec<_>>(), [criteria, new]);
        let others = Filter { suspect: Some(false), ..Filter::default() };
        assert_eq!(history::list(&f.db, &others, None, 10).await.expect("results").len(), 2);
    }

    async fn of_sixteen_who_poll_at_once_one_does_and_the_next_when_it_is_due(f: Arc<Fixture>) {
        let names: Vec<String> = (0..16).map(|n| format!("w{n}")).collect();
        let claims = join_all(names.iter().map(|name| jira_poll::claim(&f.db, "acme", name, HOLD))).await;
        let mut held: Vec<_> = claims.into_iter().filter_map(|claim| claim.expect("an answer")).collect();
        assert_eq!(held.len(), 1);
        let poll = held.pop().expect("it");
        assert_eq!(poll.watermark, None);
        assert!(jira_poll::done(&f.db, &poll, 1234, 60_000).await.expect("an answer"));
        assert_eq!(jira_poll::claim(&f.db, "acme", "w", HOLD).await.expect("an answer"), None);
        f.seconds_later(60);
        let next = jira_poll::claim(&f.db, "acme", "w", HOLD).await.expect("an answer").expect("the poll");
        assert_eq!((next.watermark, next.epoch), (Some(1234), poll.epoch + 1));
        assert!(!jira_poll::done(&f.db, &poll, 5678, 60_000).await.expect("an answer"), "whoever lost it");
        assert!(jira_poll::failed(&f.db, &next, "jira.no_answer", 60_000).await.expect("an answer"));
        let row = jira_poll::find(&f.db, "acme").await.expect("an answer").expect("a row");
        assert_eq!((row.watermark, row.failures, row.error_code.as_deref()), (Some(1234), 1, Some("jira.no_answer")));
    }

    async fn old_events_leave_and_those_that_wait_stay(f: Arc<Fixture>) {
        kept(&f, "a", 2).await;
        kept(&f, "b", 3).await;
        let done = claimed(&f, "w").await;
        jira_event::settle(&f.db, &done[0], Settled::Done { outcome: "unchanged" }).await.expect("an answer");
        let (changes, rule) = (done[0].changes(), rule());
        let by = ByRule { event: &done[0], change: &changes[0], rule: &rule, owner_id: Uuid::from_u128(7) };
        f.jobs.submit_by_rule(by, &story()).await.expect("an answer");
        let keep = Retention { jobs: Duration::from_secs(3600), ..Retention::default() };
        f.jobs.prune(&keep).await.expect("an answer");
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM jira_events")).await, 2);
        f.seconds_later(3601);
        f.jobs.prune(&keep).await.expect("an answer");
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM jira_events WHERE due_at IS NOT NULL")).await, 1);
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM jira_events")).await, 1);
        assert_eq!(f.count(Sql::new("SELECT COUNT(*) AS n FROM rule_runs")).await, 0);
    }
}
