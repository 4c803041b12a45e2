//! Budgets that processes share over Redis.

use std::sync::Arc;
use std::time::Duration;

use redis::AsyncCommands;
use shared::adapters::limiter::SharedLimiter;
use shared::adapters::queue::connect;
use shared::domain::rate::Rate;
use shared::lifecycle::Lifecycle;
use shared::ports::{Draw, RateLimiter, TestClock};
use shared::telemetry::Metrics;
use tests::redis_url;

/// Processes that share a Redis, and what they keep there.
struct Processes {
    client: redis::Client,
    prefix: String,
    lifecycle: Lifecycle,
}

impl Processes {
    fn new(test: &str) -> Option<Self> {
        let client = redis::Client::open(redis_url()?).expect("a URL of Redis");
        let prefix = format!("jqa-limits-{}-{test}", std::process::id());
        Some(Self { client, prefix, lifecycle: Lifecycle::new() })
    }

    /// One more. Its own clock stands still: what comes back does so by the clock of Redis.
    fn start(&self) -> SharedLimiter {
        let (clock, metrics) = (Arc::new(TestClock::at(0)), Arc::new(Metrics::default()));
        let (client, prefix) = (self.client.clone(), &self.prefix);
        SharedLimiter::start(client, prefix, clock, metrics, &self.lifecycle).expect("a limiter")
    }

    async fn end(self) {
        self.lifecycle.stop().cancel();
        self.lifecycle.ended().await;
    }
}

async fn granted(limiter: &SharedLimiter, key: &str, rate: Rate) -> bool {
    limiter.draw(Draw { key, rate, fails_closed: false }).await.refused.is_none()
}

#[tokio::test]
async fn processes_grant_together_what_the_rate_says() {
    let Some(processes) = Processes::new("together") else { return };
    let (one, other) = (processes.start(), processes.start());
    let rate: Rate = "10/1h".parse().unwrap();
    let mut count = 0;
    for _ in 0..10 {
        count += usize::from(granted(&one, "a", rate).await) + usize::from(granted(&other, "a", rate).await);
    }
    assert_eq!(count, 10, "each alone would have granted ten");
    let refused = other.draw(Draw { key: "a", rate, fails_closed: false }).await;
    assert_eq!((refused.limit, refused.remaining), (10, 0));
    assert!(refused.refused.is_some_and(|wait| wait > Duration::from_secs(300) && wait <= Duration::from_secs(360)));
    assert!(granted(&one, "b", rate).await, "another key has a budget of its own");
    processes.end().await;
}

#[tokio::test]
async fn keys_leave_redis_by_themselves_when_their_budget_is_whole() {
    let Some(processes) = Processes::new("leaving") else { return };
    let limiter = processes.start();
    let mut connection = connect(processes.client.clone()).expect("a connection");
    assert!(granted(&limiter, "a", "100/1h".parse().unwrap()).await);
    let key = format!("{}:limit:a", processes.prefix);
    let left: i64 = connection.pttl(&key).await.expect("a time");
    assert!((30_000..=36_000).contains(&left), "one of a hundred in an hour is back after 36 s: {left} ms");
    assert!(granted(&limiter, "a", "100/1h".parse().unwrap()).await);
    let left: i64 = connection.pttl(&key).await.expect("a time");
    assert!((60_000..=72_000).contains(&left), "{left} ms");
    processes.end().await;
}
