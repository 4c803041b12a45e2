//! Budgets that processes share over Redis, for as long as it answers at once.
//!
//! A key that is over its budget in this process alone is refused without asking. Everything else costs one round trip
//! of at most 25 ms; after three that failed in a row nobody asks any more until a probe in the background was answered,
//! so Redis, frozen or gone, delays a handful of requests once. Meanwhile budgets are counted in each process: those that
//! fail closed by a quarter of their rate, the others by the whole of it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::breaker::Breaker;
use super::local::LocalLimiter;
use super::redis::RedisBudgets;
use crate::domain::rate::Standing;
use crate::lifecycle::Lifecycle;
use crate::ports::{Clock, Draw, RateLimiter};
use crate::telemetry::Metrics;

/// What a request waits for Redis at most.
const DEADLINE: Duration = Duration::from_millis(25);

/// How often a probe asks whether Redis is back, and how soon it must answer.
const PROBE: Duration = Duration::from_millis(500);

/// As so many processes each process counts, where a budget fails closed and Redis is away.
const SHARES: u32 = 4;

/// See the module.
pub struct SharedLimiter {
    local: LocalLimiter,
    redis: RedisBudgets,
    breaker: Arc<Breaker>,
    metrics: Arc<Metrics>,
}

impl SharedLimiter {
    /// Counts below `{prefix}:limit:` and probes until the process stops.
    pub fn start(
        client: redis::Client,
        prefix: &str,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
        lifecycle: &Lifecycle,
    ) -> redis::RedisResult<Self> {
        let (redis, breaker) = (RedisBudgets::new(client, prefix)?, Arc::<Breaker>::default());
        metrics.limiter_shared(true);
        lifecycle.spawn(probe(redis.clone(), breaker.clone(), metrics.clone(), lifecycle.stop().clone()));
        Ok(Self { local: LocalLimiter::new(clock), redis, breaker, metrics })
    }

    /// Whether Redis is asked.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        !self.breaker.is_open()
    }

    async fn ask(&self, draw: Draw<'_>) -> Option<Standing> {
        let asked = tokio::time::timeout(DEADLINE, self.redis.take(draw.key, draw.rate)).await;
        if let Ok(Ok(standing)) = asked {
            self.breaker.answered();
            return Some(standing);
        }
        if self.breaker.failed() {
            self.metrics.limiter_shared(false);
            tracing::warn!("Redis does not count requests within 25 ms; each process counts for itself until it answers");
        }
        None
    }
}

#[async_trait]
impl RateLimiter for SharedLimiter {
    async fn draw(&self, draw: Draw<'_>) -> Standing {
        let here = self.local.take(draw.key, draw.rate);
        if here.refused.is_some() {
            return here;
        }
        if !self.breaker.is_open()
            && let Some(standing) = self.ask(draw).await
        {
            return standing;
        }
        if draw.fails_closed { self.local.take(&format!("away:{}", draw.key), draw.rate.share(SHARES)) } else { here }
    }
}

/// Closes the breaker when Redis answers again.
async fn probe(redis: RedisBudgets, breaker: Arc<Breaker>, metrics: Arc<Metrics>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = breaker.opened() => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PROBE) => {}
        }
        if matches!(tokio::time::timeout(PROBE, redis.ping()).await, Ok(Ok(()))) {
            breaker.close();
            metrics.limiter_shared(true);
            tracing::info!("Redis counts requests again");
        }
    }
}

impl std::fmt::Debug for SharedLimiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedLimiter").field("is_shared", &self.is_shared()).finish_non_exhaustive()
    }
}
