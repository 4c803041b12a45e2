//! Webhook deliveries: written with the end of the job, claimed once, tried by schedule.

use std::sync::Arc;

use shared::crypto::{KeyRing, SecretKey};
use shared::domain::job::JobKind;
use shared::domain::verdict::Failure;
use shared::domain::webhook::WebhookEvent;
use shared::store::Sql;
use shared::store::audit::Actor;
use shared::store::delivery::{self, Delivery, LogFilter, Tried, TriedEnd};
use shared::store::webhook;
use shared::vault::{EndpointError, EndpointWish, Vault, WithSecret};
use tests::app::PERSON;
use tests::{Fixture, contract, fenced, held};

fn tried(end: TriedEnd, status: u16) -> Tried {
    Tried { end, status: Some(status), answer: None, error: None }
}

/// An endpoint of the owner of all jobs.
async fn endpoint(f: &Fixture, events: &[WebhookEvent]) -> WithSecret {
    made(f, events).await.expect("an endpoint")
}

async fn made(f: &Fixture, events: &[WebhookEvent]) -> Result<WithSecret, EndpointError> {
    let wish =
        EndpointWish { owner_id: PERSON, name: "ci".into(), url: "https://ci.example.com/hook".into(), events: events.to_vec() };
    vault(f).create_endpoint(wish, &Actor::default()).await
}

fn vault(f: &Fixture) -> Vault {
    Vault::new(f.db.clone(), KeyRing::new(SecretKey::from_text(&SecretKey::generate()).expect("a key"), []))
}

async fn log(f: &Fixture, endpoint: &WithSecret) -> Vec<Delivery> {
    let filter = LogFilter { endpoint_id: endpoint.endpoint.id, status: None, before: None, limit: 100 };
    delivery::of_endpoint(&f.db, filter).await.expect("an answer")
}

/// Ends so many jobs badly.
async fn fails(f: &Fixture, jobs: usize) {
    for _ in 0..jobs {
        let id = f.asks(JobKind::AcceptanceCriteria).submit().await;
        let claimed = f.worker("maker").await.claims(id).await;
        held(f.jobs.settle_failure(&claimed, &Failure::fail("x.y", "z")).await);
    }
}

/// A delivery that is due.
async fn due(f: &Fixture) -> Delivery {
    let id = f.asks(JobKind::AcceptanceCriteria).calling_back("https://example.com/hook").submit().await;
    let claimed = f.worker("maker").await.claims(id).await;
    held(f.jobs.settle_failure(&claimed, &Failure::fail("x.y", "z")).await);
    delivery::of_job(&f.db, id).await.expect("an answer").into_iter().find(|row| row.url.is_some()).expect("a delivery")
}

async fn now(f: &Fixture, delivery: &Delivery) -> Delivery {
    delivery::find(&f.db, delivery.id).await.expect("an answer").expect("a delivery")
}

contract! {
    async fn a_delivery_is_written_by_the_verb_that_ends_the_job_and_by_no_other(f: Arc<Fixture>) {
        let id = f.asks(JobKind::AcceptanceCriteria).calling_back("https://example.com/hook").submit().await;
        let claimed = f.worker("w").await.claims(id).await;
        assert!(delivery::of_job(&f.db, id).await.expect("an answer").is_empty());
        held(f.jobs.settle_failure(&claimed, &Failure::fail("x.y", "z")).await);
        assert!(fenced(f.jobs.settle_failure(&claimed, &Failure::retry("x.y", "z")).await));
        let rows = delivery::of_job(&f.db, id).await.expect("an answer");
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].url.as_deref(), Some("https://example.com/hook"));
        assert_eq!((rows[0].event_seq, rows[0].target.as_str()), (Some(f.row(id).await.event_seq), "example.com"));
    }

    async fn a_job_that_cannot_be_told_about_does_not_end(f: Arc<Fixture>) {
        let id = f.asks(JobKind::AcceptanceCriteria).calling_back("https://example.com/hook").submit().await;
        let claimed = f.worker("w").await.claims(id).await;
        f.db.execute(Sql::new("ALTER TABLE webhook_deliveries RENAME TO elsewhere")).await.expect("a broken schema");
        assert!(f.jobs.settle_failure(&claimed, &Failure::fail("x.y", "z")).await.is_err());
        assert_eq!(f.row(id).await.status, "running");
        f.db.execute(Sql::new("ALTER TABLE elsewhere RENAME TO webhook_deliveries")).await.expect("a mended schema");
        held(f.jobs.settle_failure(&claimed, &Failure::fail("x.y", "z")).await);
    }

    async fn of_16_claims_at_once_one_gets_the_delivery(f: Arc<Fixture>) {
        let delivery = due(&f).await;
        let claims: Vec<_> = (0..16)
            .map(|n| {
                let (f, id) = (f.clone(), delivery.id);
                tokio::spawn(async move { delivery::claim(&f.db, id, &format!("w{n}")).await })
            })
            .collect();
        let mut winners = 0;
        for claim in claims {
            winners += usize::from(claim.await.expect("a task").expect("an answer").is_some());
        }
        assert_eq!(winners, 1);
    }

    async fn a_delivery_that_was_not_taken_is_tried_again_when_it_is_due(f: Arc<Fixture>) {
        let due = due(&f).await;
        let claimed = delivery::claim(&f.db, due.id, "w").await.expect("an answer").expect("a delivery");
        let again = tried(TriedEnd::Again { in_ms: 5000 }, 503);
        assert!(delivery::settle(&f.db, &claimed, again).await.expect("an answer"));
        let row = now(&f, &due).await;
        assert_eq!((row.status.as_str(), row.attempt, row.last_status), ("queued", 1, Some(503)));
        assert!(delivery::claim(&f.db, due.id, "w").await.expect("an answer").is_none(), "not due yet");
        f.seconds_later(5);
        assert_eq!(delivery::take_to_ring(&f.db, 15_000, 10).await.expect("an answer"), [due.id]);
        let second = delivery::claim(&f.db, due.id, "w").await.expect("an answer").expect("a delivery");
        assert_eq!((second.id, second.epoch), (due.id, 2), "the same id is sent again");
        assert!(!delivery::settle(&f.db, &claimed, tried(TriedEnd::Succeeded, 200)).await.expect("an answer"), "the first claim is void");
        assert!(delivery::settle(&f.db, &second, tried(TriedEnd::Succeeded, 200)).await.expect("an answer"));
        let row = now(&f, &due).await;
        assert_eq!((row.status.as_str(), row.attempt), ("succeeded", 2));
        assert!(row.ended_at.is_some());
    }

    async fn a_delivery_of_a_lapsed_worker_is_tried_again(f: Arc<Fixture>) {
        let due = due(&f).await;
        f.worker("dead").await;
        delivery::claim(&f.db, due.id, "dead").await.expect("an answer").expect("a delivery");
        f.jobs.reclaim(None).await.expect("an answer");
        assert_eq!(now(&f, &due).await.status, "running", "its worker lives");
        f.seconds_later(16);
        f.jobs.reclaim(None).await.expect("an answer");
        assert_eq!(now(&f, &due).await.status, "queued");
        assert!(delivery::claim(&f.db, due.id, "next").await.expect("an answer").is_some());
    }

    async fn a_delivery_of_a_worker_that_renewed_after_the_look_stays_with_it(f: Arc<Fixture>) {
        let due = due(&f).await;
        let late = f.worker("late").await;
        let claimed = delivery::claim(&f.db, due.id, "late").await.expect("an answer").expect("a delivery");
        f.seconds_later(16);
        let lapsed = shared::store::worker::lapsed(&f.db).await.expect("an answer");
        assert!(lapsed.contains(&"late".to_owned()), "{lapsed:?}");
        late.beats().await;
        assert_eq!(delivery::reclaim(&f.db, "late").await.expect("an answer"), 0);
        assert_eq!(now(&f, &due).await.status, "running");
        assert!(delivery::settle(&f.db, &claimed, tried(TriedEnd::Succeeded, 200)).await.expect("an answer"), "it was sent once");
    }

    async fn deliveries_whose_bell_was_not_heard_are_claimed_directly(f: Arc<Fixture>) {
        let due = due(&f).await;
        assert!(delivery::claim_overdue(&f.db, 2000, 10, "w").await.expect("an answer").is_empty());
        f.seconds_later(2);
        let taken = delivery::claim_overdue(&f.db, 2000, 10, "w").await.expect("an answer");
        assert_eq!(taken.iter().map(|row| row.id).collect::<Vec<_>>(), [due.id]);
    }

    async fn each_endpoint_is_told_what_it_wants_to_hear_in_the_verb_that_ends_the_job(f: Arc<Fixture>) {
        let all = endpoint(&f, WebhookEvent::ALL).await;
        let failures = endpoint(&f, &[WebhookEvent::Failed]).await;
        let others = endpoint(&f, &[WebhookEvent::Succeeded, WebhookEvent::BatchCompleted]).await;
        fails(&f, 1).await;
        assert_eq!([log(&f, &all).await.len(), log(&f, &failures).await.len(), log(&f, &others).await.len()], [1, 1, 0]);
        let told = log(&f, &failures).await.remove(0);
        assert_eq!((told.kind.as_deref(), told.owner_id, told.url), (Some("job.failed"), Some(PERSON), None));
        assert!(told.job_id.is_some());
    }

    async fn a_disabled_or_removed_endpoint_is_told_nothing(f: Arc<Fixture>) {
        let (off, gone) = (endpoint(&f, WebhookEvent::ALL).await, endpoint(&f, WebhookEvent::ALL).await);
        let change = webhook::EndpointChange { enabled: Some(false), ..Default::default() };
        vault(&f).change_endpoint(off.endpoint.id, &change, &Actor::default()).await.expect("a change");
        vault(&f).remove_endpoint(gone.endpoint.id, &Actor::default()).await.expect("a removal");
        fails(&f, 1).await;
        assert_eq!((log(&f, &off).await.len(), log(&f, &gone).await.len()), (0, 0));
        let left = f.db.read_all::<webhook::Endpoint>(Sql::new("SELECT * FROM webhook_endpoints WHERE secret_sealed IS NULL")).await;
        assert_eq!(left.expect("rows").len(), 1, "no secret of what was removed is kept");
    }

    async fn a_user_has_ten_endpoints_and_a_removed_one_makes_room(f: Arc<Fixture>) {
        let mut all = Vec::new();
        for _ in 0..10 {
            all.push(endpoint(&f, WebhookEvent::ALL).await);
        }
        assert!(matches!(made(&f, WebhookEvent::ALL).await, Err(EndpointError::TooMany)));
        vault(&f).remove_endpoint(all[3].endpoint.id, &Actor::default()).await.expect("a removal");
        assert_eq!(endpoint(&f, WebhookEvent::ALL).await.endpoint.slot, 4);
        fails(&f, 1).await;
        let told = f.count(Sql::new("SELECT COUNT(DISTINCT endpoint_id) AS n FROM webhook_deliveries")).await;
        assert_eq!(told, 10);
    }

    async fn an_endpoint_has_eight_deliveries_under_way_and_one_while_it_fails(f: Arc<Fixture>) {
        let endpoint = endpoint(&f, WebhookEvent::ALL).await;
        fails(&f, 12).await;
        let target = endpoint.endpoint.target.as_str();
        let mut under_way = Vec::new();
        while let Some(next) = delivery::claim_next(&f.db, target, "w").await.expect("an answer") {
            under_way.push(next);
        }
        assert_eq!(under_way.len(), 8);
        let waiting = log(&f, &endpoint).await.into_iter().find(|row| row.status == "queued").expect("one that waits");
        assert!(delivery::claim(&f.db, waiting.id, "w").await.expect("an answer").is_none());
        for row in &under_way {
            assert!(delivery::settle(&f.db, row, tried(TriedEnd::Again { in_ms: 60_000 }, 500)).await.expect("an answer"));
        }
        let alone = delivery::claim_next(&f.db, target, "w").await.expect("an answer").expect("one alone");
        assert!(delivery::claim_next(&f.db, target, "w").await.expect("an answer").is_none());
        assert!(delivery::settle(&f.db, &alone, tried(TriedEnd::Succeeded, 200)).await.expect("an answer"));
        let faring = webhook::faring(&f.db, endpoint.endpoint.clone()).await.expect("an answer");
        assert_eq!((faring.failures, faring.failing_since), (0, None));
    }

    async fn an_endpoint_with_a_backlog_leaves_the_bell_and_the_direct_way_to_others(f: Arc<Fixture>) {
        let slow = endpoint(&f, &[WebhookEvent::Failed]).await;
        fails(&f, 30).await;
        f.seconds_later(1);
        let other = due(&f).await;
        let rung = delivery::take_to_ring(&f.db, 15_000, 20).await.expect("an answer");
        assert!(rung.contains(&other.id), "the callback is rung for although 31 others are older");
        assert_eq!(rung.len(), 9, "eight of the endpoint and the callback");
        f.seconds_later(5);
        let taken = delivery::claim_overdue(&f.db, 2000, 10, "w").await.expect("an answer");
        let targets: Vec<&str> = taken.iter().map(|row| row.target.as_str()).collect();
        assert_eq!(targets.len(), 2);
        assert!(targets.contains(&"example.com") && targets.contains(&slow.endpoint.target.as_str()), "{targets:?}");
    }

    async fn an_endpoint_that_took_nothing_for_five_days_is_disabled_and_one_that_stumbles_is_not(f: Arc<Fixture>) {
        let endpoint = endpoint(&f, WebhookEvent::ALL).await;
        let (vault, id, target) = (vault(&f), endpoint.endpoint.id, endpoint.endpoint.target.as_str());
        fails(&f, 1).await;
        for day in 0..=5 {
            let row = delivery::claim_next(&f.db, target, "w").await.expect("an answer").expect("a delivery");
            assert!(delivery::settle(&f.db, &row, tried(TriedEnd::Again { in_ms: 0 }, 500)).await.expect("an answer"));
            assert_eq!(vault.disable_endpoint(id, false, "why").await.expect("an answer"), day == 5, "day {day}");
            f.seconds_later(24 * 3600);
        }
        let row = webhook::find(&f.db, id).await.expect("an answer").expect("the endpoint");
        assert_eq!((row.enabled, row.disabled_why.as_deref()), (false, Some("why")));
        let change = webhook::EndpointChange { enabled: Some(true), ..Default::default() };
        let row = vault.change_endpoint(id, &change, &Actor::default()).await.expect("a change");
        assert_eq!((row.enabled, row.disabled_at, row.disabled_why), (true, None, None));
        assert!(!vault.disable_endpoint(id, false, "why").await.expect("an answer"), "its failures are forgotten");
        assert!(vault.disable_endpoint(id, true, "gone").await.expect("an answer"), "one that is gone is disabled at once");
    }

    async fn what_failed_since_then_is_sent_again_under_the_same_ids(f: Arc<Fixture>) {
        let endpoint = endpoint(&f, WebhookEvent::ALL).await;
        let target = endpoint.endpoint.target.as_str();
        let mut ids = Vec::new();
        for _ in 0..3 {
            fails(&f, 1).await;
            let row = delivery::claim_next(&f.db, target, "w").await.expect("an answer").expect("a delivery");
            assert!(delivery::settle(&f.db, &row, tried(TriedEnd::Failed, 500)).await.expect("an answer"));
            ids.push((row.id, row.created_at));
            f.seconds_later(10);
        }
        let count = vault(&f).redeliver_failed(endpoint.endpoint.id, ids[1].1, &Actor::default()).await.expect("an answer");
        assert_eq!(count, 2);
        let mut due: Vec<_> = log(&f, &endpoint).await.into_iter().filter(|row| row.status == "queued").map(|row| row.id).collect();
        due.sort();
        assert_eq!(due, [ids[1].0, ids[2].0]);
        assert!(vault(&f).redeliver(ids[0].0, &Actor::default()).await.expect("an answer"));
        assert!(!vault(&f).redeliver(ids[0].0, &Actor::default()).await.expect("an answer"), "it has not ended");
    }
}
