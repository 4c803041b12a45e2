//! The relay: it rings for what is due, as far as the queue has room, and judges leases only when it may.

use std::sync::Arc;
use std::time::Duration;

use shared::domain::job::{JobKind, Lane};
use shared::jobs::Relay;
use shared::store::job;
use tests::{BoundedQueue, Fixture, contract};
use uuid::Uuid;

const LANE: Lane = Lane::Interactive;
const TICK: Duration = Duration::from_millis(500);

fn relay(f: &Fixture, queue: &Arc<BoundedQueue>) -> Relay {
    Relay::new(f.jobs.clone(), queue.clone(), f.take_heard())
}

async fn ticks(relay: &mut Relay) {
    relay.tick().await.expect("a tick");
}

/// Ticks as a living process does until the time has passed.
async fn ticks_for(f: &Fixture, relay: &mut Relay, time: Duration) {
    let mut passed = Duration::ZERO;
    while passed < time {
        f.later(TICK);
        passed += TICK;
        ticks(relay).await;
    }
}

fn sorted(mut ids: Vec<Uuid>) -> Vec<Uuid> {
    ids.sort_unstable();
    ids
}

contract! {
    async fn the_bell_rings_for_due_rows_and_again_only_after_a_while(f: Arc<Fixture>) {
        let queue = Arc::new(BoundedQueue::new(100));
        let mut relay = relay(&f, &queue);
        let id = f.queued().await;
        ticks(&mut relay).await;
        assert!(queue.drain(LANE).is_empty(), "the verb itself rang a moment ago");
        ticks_for(&f, &mut relay, f.jobs.limits().ring_again).await;
        assert_eq!(queue.drain(LANE), [id], "nobody took it");
        ticks_for(&f, &mut relay, f.jobs.limits().ring_again - TICK).await;
        assert!(queue.drain(LANE).is_empty());
        ticks_for(&f, &mut relay, TICK).await;
        assert_eq!(queue.drain(LANE), [id]);
        f.worker("w").await.claims(id).await;
        ticks_for(&f, &mut relay, f.jobs.limits().ring_again).await;
        assert!(queue.drain(LANE).is_empty(), "it runs");
    }

    async fn the_queue_is_filled_to_its_bound_and_topped_up_as_it_drains(f: Arc<Fixture>) {
        let queue = Arc::new(BoundedQueue::new(300));
        let mut relay = relay(&f, &queue);
        let mut all = Vec::new();
        for _ in 0..1000 {
            all.push(f.queued().await);
        }
        f.later(f.jobs.limits().ring_again);
        let mut rung = Vec::new();
        let mut rounds = 0;
        while rung.len() < all.len() {
            ticks(&mut relay).await;
            assert!(queue.len(LANE) <= 300);
            rung.extend(queue.drain(LANE));
            rounds += 1;
            assert!(rounds <= 4, "{} of 1000 after {rounds} rounds", rung.len());
        }
        assert_eq!(sorted(rung), sorted(all), "each once");
    }

    async fn a_full_queue_loses_nothing(f: Arc<Fixture>) {
        let queue = Arc::new(BoundedQueue::new(2));
        let mut relay = relay(&f, &queue);
        let mut all = Vec::new();
        for _ in 0..5 {
            all.push(f.queued().await);
        }
        f.later(f.jobs.limits().ring_again);
        ticks(&mut relay).await;
        ticks(&mut relay).await;
        assert_eq!(queue.len(LANE), 2);
        all.push(f.queued().await);
        let mut rung = queue.drain(LANE);
        while rung.len() < all.len() {
            ticks(&mut relay).await;
            let more = queue.drain(LANE);
            assert!(!more.is_empty(), "the row that came while the queue was full must be found at once");
            rung.extend(more);
        }
        assert_eq!(sorted(rung), sorted(all));
    }

    async fn a_queue_that_is_away_delays_and_loses_nothing(f: Arc<Fixture>) {
        let queue = Arc::new(BoundedQueue::new(100));
        let mut relay = relay(&f, &queue);
        let id = f.queued().await;
        f.later(f.jobs.limits().ring_again);
        queue.set_away(true);
        ticks_for(&f, &mut relay, Duration::from_secs(10)).await;
        let taken = f.jobs.claim_overdue(LANE, 1, &"w".into()).await.expect("an answer");
        assert_eq!(taken.len(), 1, "workers find it without a bell");
        f.jobs.release(&taken[0].fence).await.expect("an answer");
        queue.set_away(false);
        ticks_for(&f, &mut relay, Duration::from_secs(2)).await;
        assert_eq!(queue.drain(LANE), [id]);
    }

    async fn deliveries_ring_in_a_lane_of_their_own(f: Arc<Fixture>) {
        let queue = Arc::new(BoundedQueue::new(100));
        let mut relay = relay(&f, &queue);
        let id = f.asks(JobKind::AcceptanceCriteria).calling_back("https://example.com/hook").submit().await;
        f.jobs.cancel(id, &f.person()).await.expect("an answer");
        ticks(&mut relay).await;
        let due = shared::store::delivery::of_job(&f.db, id).await.expect("an answer");
        assert_eq!(queue.drain(Lane::Webhook), [due[0].id]);
        assert!(queue.drain(LANE).is_empty());
    }

    async fn a_process_that_has_just_begun_reclaims_nothing_for_one_heartbeat(f: Arc<Fixture>) {
        let id = f.queued().await;
        f.worker("dead").await.claims(id).await;
        f.seconds_later(60);
        let queue = Arc::new(BoundedQueue::new(100));
        let mut relay = relay(&f, &queue);
        ticks(&mut relay).await;
        ticks_for(&f, &mut relay, f.jobs.limits().heartbeat - TICK).await;
        assert_eq!(f.row(id).await.status, "running", "its owner may renew first");
        ticks_for(&f, &mut relay, TICK).await;
        assert_eq!(f.row(id).await.status, "queued");
    }

    async fn a_process_that_was_away_reclaims_nothing_for_one_heartbeat(f: Arc<Fixture>) {
        let queue = Arc::new(BoundedQueue::new(100));
        let mut relay = relay(&f, &queue);
        ticks(&mut relay).await;
        ticks_for(&f, &mut relay, f.jobs.limits().heartbeat).await;
        let id = f.queued().await;
        let owner = f.worker("owner").await;
        owner.claims(id).await;
        // Everything stands still, as when the database or the machine was away.
        f.seconds_later(60);
        ticks(&mut relay).await;
        assert_eq!(f.row(id).await.status, "running");
        owner.beats().await;
        ticks_for(&f, &mut relay, f.jobs.limits().heartbeat * 2).await;
        assert_eq!(f.row(id).await.status, "running", "its owner was there all the time");
        ticks_for(&f, &mut relay, f.jobs.limits().lease).await;
        assert_eq!(f.row(id).await.status, "queued", "now it is not");
    }

    async fn a_process_that_is_alone_reclaims_at_once(f: Arc<Fixture>) {
        let id = f.queued().await;
        f.worker("before the restart").await.claims(id).await;
        let queue = Arc::new(BoundedQueue::new(100));
        let mut relay = relay(&f, &queue).alone();
        shared::store::worker::end_all_leases(&f.db).await.expect("an answer");
        ticks(&mut relay).await;
        assert_eq!(f.row(id).await.status, "queued");
    }

    async fn relays_of_two_processes_ring_for_different_rows(f: Arc<Fixture>) {
        let mut all = Vec::new();
        for _ in 0..200 {
            all.push(f.queued().await);
        }
        f.later(f.jobs.limits().ring_again);
        let other = f.another_process().await;
        let takers = [f.db.clone(), other.clone()].map(|db| {
            tokio::spawn(async move {
                let mut taken = Vec::new();
                for _ in 0..10 {
                    let some = job::take_to_ring(&db, LANE, 15_000, 10).await.expect("an answer");
                    assert!(some.len() <= 10, "{} for a limit of 10", some.len());
                    taken.extend(some);
                }
                taken
            })
        });
        let mut taken = Vec::new();
        for taker in takers {
            taken.extend(taker.await.expect("a task"));
        }
        other.close().await;
        assert_eq!(sorted(taken), sorted(all), "each row once");
    }
}
