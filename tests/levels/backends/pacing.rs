//! Turns at a model account that workers share over Redis: the same arithmetic as within one process.

use std::sync::Arc;
use std::time::Duration;

use redis::AsyncCommands;
use shared::adapters::pacer::SharedPacer;
use shared::adapters::queue::connect;
use shared::domain::pace::{FOR_A_PLACE, PLACE, Share, Wait};
use shared::ports::{Pacer, TestClock, Turn};
use tests::redis_url;
use uuid::Uuid;

/// Two workers that share a Redis.
struct Workers {
    client: redis::Client,
    prefix: String,
    one: SharedPacer,
    other: SharedPacer,
}

impl Workers {
    fn new(test: &str) -> Option<Self> {
        let client = redis::Client::open(redis_url()?).expect("a URL of Redis");
        let prefix = format!("jqa-pace-{}-{test}", std::process::id());
        // Their own clocks stand still: what comes back does so by the clock of Redis.
        let pacer = || SharedPacer::new(client.clone(), &prefix, Arc::new(TestClock::at(0))).expect("a pacer");
        Some(Self { one: pacer(), other: pacer(), client, prefix })
    }
}

fn turn(n: u128, share: Share, tokens: u32) -> Turn<'static> {
    Turn { account: "a", share, id: Uuid::from_u128(n), tokens, workers: 2 }
}

#[tokio::test]
async fn workers_call_together_as_often_as_the_account_allows() {
    let Some(workers) = Workers::new("often") else { return };
    let share = Share::of_a_minute(Some(10), None, None);
    let mut granted = 0;
    for n in 0..10 {
        granted += usize::from(workers.one.turn(turn(n, share, 0)).await.is_ok());
        granted += usize::from(workers.other.turn(turn(100 + n, share, 0)).await.is_ok());
    }
    assert_eq!(granted, 10);
    let wait = workers.other.turn(turn(300, share, 0)).await.expect_err("a wait").time;
    assert!(wait > Duration::from_secs(4) && wait <= Duration::from_secs(6), "{wait:?}");
}

#[tokio::test]
async fn tokens_that_one_worker_did_not_need_are_the_others() {
    let Some(workers) = Workers::new("tokens") else { return };
    let share = Share::of_a_minute(None, Some(6000), None);
    assert_eq!(workers.one.turn(turn(1, share, 5000)).await, Ok(()));
    let wait = workers.other.turn(turn(2, share, 3000)).await.expect_err("a wait").time;
    assert!(wait > Duration::from_secs(18) && wait <= Duration::from_secs(20), "{wait:?}");
    workers.one.leave(turn(1, share, 5000), 4000).await;
    assert_eq!(workers.other.turn(turn(2, share, 3000)).await, Ok(()));
}

#[tokio::test]
async fn places_are_shared_given_back_and_leave_by_themselves() {
    let Some(workers) = Workers::new("places") else { return };
    let share = Share::of_a_minute(None, None, Some(2));
    assert_eq!(workers.one.turn(turn(1, share, 0)).await, Ok(()));
    assert_eq!(workers.one.turn(turn(2, share, 0)).await, Ok(()));
    assert_eq!(workers.other.turn(turn(3, share, 0)).await, Err(Wait { time: FOR_A_PLACE, is_held: false }));
    workers.one.leave(turn(1, share, 0), 0).await;
    assert_eq!(workers.other.turn(turn(3, share, 0)).await, Ok(()));

    // As if the worker had died a place's time ago.
    let mut redis = connect(workers.client.clone()).expect("a connection");
    let key = format!("{}:a:places", workers.prefix.clone() + ":pace");
    let () = redis.zadd(&key, Uuid::from_u128(2).to_string(), 1).await.expect("an answer");
    assert_eq!(workers.other.turn(turn(4, share, 0)).await, Ok(()));
    let left: i64 = redis.pttl(&key).await.expect("a time");
    assert!(left > 0 && left <= i64::try_from(PLACE.as_millis()).expect("a number"), "{left}");
}

#[tokio::test]
async fn when_one_worker_is_asked_to_wait_all_of_them_wait() {
    let Some(workers) = Workers::new("hold") else { return };
    workers.one.hold("a", Duration::from_secs(40)).await;
    workers.one.hold("a", Duration::from_secs(10)).await;
    let wait = workers.other.turn(turn(1, Share::default(), 0)).await.expect_err("a wait").time;
    assert!(wait > Duration::from_secs(38) && wait <= Duration::from_secs(40), "{wait:?}");
    let elsewhere = Turn { account: "b", ..turn(1, Share::default(), 0) };
    assert_eq!(workers.other.turn(elsewhere).await, Ok(()), "another account");
}

#[tokio::test]
async fn without_redis_each_worker_keeps_to_its_part() {
    let client = redis::Client::open("redis://127.0.0.1:1/").expect("a URL");
    let pacer = SharedPacer::new(client, "jqa", Arc::new(TestClock::at(0))).expect("a pacer");
    let share = Share::of_a_minute(Some(10), None, None);
    let mut granted = 0;
    for n in 0..10 {
        granted += usize::from(pacer.turn(turn(n, share, 0)).await.is_ok());
    }
    assert_eq!(granted, 5, "half of what two workers may do together");
}
