//! Webhook deliveries: written with the end of the job, claimed once, tried by schedule.

use std::sync::Arc;

use shared::domain::job::JobKind;
use shared::domain::verdict::Failure;
use shared::store::Sql;
use shared::store::delivery::{self, Delivery, Tried};
use tests::{Fixture, contract, fenced, held};

/// A delivery that is due.
async fn due(f: &Fixture) -> Delivery {
    let id = f.asks(JobKind::AcceptanceCriteria).calling_back("https://example.com/hook").submit().await;
    let claimed = f.worker("maker").await.claims(id).await;
    held(f.jobs.settle_failure(&claimed, &Failure::fail("x.y", "z")).await);
    delivery::of_job(&f.db, id).await.expect("an answer").pop().expect("a delivery")
}

async fn now(f: &Fixture, delivery: &Delivery) -> Delivery {
    delivery::of_job(&f.db, delivery.job_id).await.expect("an answer").pop().expect("a delivery")
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
        assert_eq!((rows[0].url.as_str(), rows[0].event_seq), ("https://example.com/hook", f.row(id).await.event_seq));
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
        let again = Tried::Again { status: Some(503), error: "busy".into(), in_ms: 5000 };
        assert!(delivery::settle(&f.db, &claimed, again).await.expect("an answer"));
        let row = now(&f, &due).await;
        assert_eq!((row.status.as_str(), row.attempt, row.last_status), ("queued", 1, Some(503)));
        assert!(delivery::claim(&f.db, due.id, "w").await.expect("an answer").is_none(), "not due yet");
        f.seconds_later(5);
        assert_eq!(delivery::take_to_ring(&f.db, 15_000, 10).await.expect("an answer"), [due.id]);
        let second = delivery::claim(&f.db, due.id, "w").await.expect("an answer").expect("a delivery");
        assert_eq!((second.id, second.epoch), (due.id, 2), "the same id is sent again");
        assert!(!delivery::settle(&f.db, &claimed, Tried::Succeeded { status: 200 }).await.expect("an answer"), "the first claim is void");
        assert!(delivery::settle(&f.db, &second, Tried::Succeeded { status: 200 }).await.expect("an answer"));
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
        assert!(delivery::settle(&f.db, &claimed, Tried::Succeeded { status: 200 }).await.expect("an answer"), "it was sent once");
    }

    async fn deliveries_whose_bell_was_not_heard_are_claimed_directly(f: Arc<Fixture>) {
        let due = due(&f).await;
        assert!(delivery::claim_overdue(&f.db, 2000, 10, "w").await.expect("an answer").is_empty());
        f.seconds_later(2);
        let taken = delivery::claim_overdue(&f.db, 2000, 10, "w").await.expect("an answer");
        assert_eq!(taken.iter().map(|row| row.id).collect::<Vec<_>>(), [due.id]);
    }
}
