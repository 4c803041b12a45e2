//! Redis freezes while it counts requests: they stay fast, none is refused that should not be, and budgets still hold.

use std::sync::Arc;
use std::time::{Duration, Instant};

use shared::adapters::limiter::SharedLimiter;
use shared::domain::rate::Rate;
use shared::lifecycle::Lifecycle;
use shared::ports::{Draw, RateLimiter, SystemClock};
use shared::telemetry::Metrics;

use crate::form::say;
use crate::servers::Servers;
use crate::waiting::until;

const DRAWS: usize = 3_000;

/// What a request may wait for Redis, with what the machine adds.
const SLOW: Duration = Duration::from_millis(20);

/// Draws, a hundred at a time; answers how long each took, in order, and how many were refused.
async fn draws(limiter: &Arc<SharedLimiter>, count: usize) -> (Vec<Duration>, usize) {
    let rate: Rate = "1000000/1s".parse().expect("a rate");
    let (mut took, mut refused) = (Vec::with_capacity(count), 0);
    for n in 0..count / 100 {
        let hundred = (0..100).map(|k| {
            let limiter = Arc::clone(limiter);
            tokio::spawn(async move {
                let (key, began) = (format!("user:{}", n * 100 + k), Instant::now());
                let standing = limiter.draw(Draw { key: &key, rate, fails_closed: false }).await;
                (began.elapsed(), standing.refused.is_some())
            })
        });
        for draw in hundred.collect::<Vec<_>>() {
            let (time, is_refused) = draw.await.expect("a draw");
            took.push(time);
            refused += usize::from(is_refused);
        }
    }
    took.sort_unstable();
    (took, refused)
}

async fn granted(limiter: &SharedLimiter, key: &str, rate: &str, fails_closed: bool) -> usize {
    let rate: Rate = rate.parse().expect("a rate");
    let mut count = 0;
    for _ in 0..rate.capacity() * 2 {
        count += usize::from(limiter.draw(Draw { key, rate, fails_closed }).await.refused.is_none());
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_freezes_delays_a_handful_of_requests_and_lifts_no_limit() {
    let Some(servers) = Servers::new().await else { return };
    let (lifecycle, metrics) = (Lifecycle::new(), Arc::new(Metrics::default()));
    let client = redis::Client::open(servers.redis.as_str()).expect("a URL of Redis");
    let limiter = SharedLimiter::start(client, "limits", Arc::new(SystemClock), metrics.clone(), &lifecycle);
    let limiter = Arc::new(limiter.expect("a limiter"));
    // The first draws may find no connection yet.
    until("Redis counts", Duration::from_secs(10), async || {
        draws(&limiter, 100).await;
        limiter.is_shared().then_some(())
    })
    .await;
    let (normal, refused) = draws(&limiter, DRAWS).await;
    assert_eq!((refused, limiter.is_shared()), (0, true));

    servers.tell("redis", "freeze").await;
    let (frozen, refused) = draws(&limiter, DRAWS).await;
    say(&format!("p99 of a draw {:?}, while Redis is frozen {:?}", normal[DRAWS * 99 / 100], frozen[DRAWS * 99 / 100]));
    assert_eq!((refused, limiter.is_shared()), (0, false));
    let slow = frozen.iter().filter(|time| **time >= SLOW).count();
    assert!(slow <= 100, "only those of the first hundred waited: {slow}");
    assert!(metrics.render().contains("jqa_limiter_shared 0"));
    assert_eq!(granted(&limiter, "submit:user:x", "40/1h", false).await, 40, "the limit holds in the process");
    assert_eq!(granted(&limiter, "login:ip:x", "40/1h", true).await, 10, "logins are bounded by a quarter");

    servers.tell("redis", "thaw").await;
    until("Redis counts again", Duration::from_secs(10), async || limiter.is_shared().then_some(())).await;
    assert!(metrics.render().contains("jqa_limiter_shared 1"));
    let (_, refused) = draws(&limiter, 100).await;
    assert_eq!((refused, limiter.is_shared()), (0, true));
    lifecycle.stop().cancel();
    lifecycle.ended().await;
}
