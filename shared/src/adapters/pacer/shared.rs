//! Turns in Redis: one round trip each, Redis' own clock, places that leave by themselves. The same arithmetic as
//! [`Paced`](crate::domain::pace::Paced). Where Redis does not answer at once, each process keeps to its part.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{RedisResult, Script};

use super::local::LocalPacer;
use crate::domain::pace::{FOR_A_PLACE, PLACE, Wait};
use crate::domain::rate::Rate;
use crate::ports::{Clock, Pacer, Turn};

/// A model call takes seconds; so long it may wait to be counted with the others.
const DEADLINE: Duration = Duration::from_millis(250);

/// KEYS: held, requests, tokens, places. ARGV: interval and window of requests, interval, window and draw of tokens, places,
/// id, how long a place lasts, how long to wait for one. Times are in microseconds: below 2^53, so exact.
const TURN: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local held = (tonumber(redis.call('GET', KEYS[1]) or 0) or 0) - now
local wait = held
local function drawn(key, interval, window, some)
    local whole_at = tonumber(redis.call('GET', key) or now) or now
    if whole_at < now then whole_at = now end
    if whole_at > now + window then whole_at = now + window end
    local draw = interval * some
    if draw > window then draw = window end
    wait = math.max(wait, whole_at + draw - now - window)
    return whole_at + draw
end
local requests, tokens
if tonumber(ARGV[1]) > 0 then requests = drawn(KEYS[2], tonumber(ARGV[1]), tonumber(ARGV[2]), 1) end
if tonumber(ARGV[3]) > 0 then tokens = drawn(KEYS[3], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])) end
local places = tonumber(ARGV[6])
if places > 0 then
    redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now)
    if redis.call('ZCARD', KEYS[4]) >= places and not redis.call('ZSCORE', KEYS[4], ARGV[7]) then
        wait = math.max(wait, tonumber(ARGV[9]))
    end
end
if wait > 0 then return {wait, wait == held and 1 or 0} end
local function keep(key, whole_at)
    if whole_at and whole_at > now then redis.call('SET', key, string.format('%.0f', whole_at), 'PX', math.ceil((whole_at - now) / 1000)) end
end
keep(KEYS[2], requests)
keep(KEYS[3], tokens)
if places > 0 then
    redis.call('ZADD', KEYS[4], string.format('%.0f', now + tonumber(ARGV[8])), ARGV[7])
    redis.call('PEXPIRE', KEYS[4], math.ceil(tonumber(ARGV[8]) / 1000))
end
return {0, 0}
";

/// KEYS: places. ARGV: id, how long a place lasts.
const KEEP: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZADD', KEYS[1], string.format('%.0f', now + tonumber(ARGV[2])), ARGV[1])
redis.call('PEXPIRE', KEYS[1], math.ceil(tonumber(ARGV[2]) / 1000))
";

/// KEYS: tokens, places. ARGV: id, interval of tokens, unused tokens.
const LEAVE: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZREM', KEYS[2], ARGV[1])
if tonumber(ARGV[2]) > 0 then
    local whole_at = math.max(tonumber(redis.call('GET', KEYS[1]) or now) or now, now)
    whole_at = whole_at - tonumber(ARGV[2]) * tonumber(ARGV[3])
    if whole_at > now then
        redis.call('SET', KEYS[1], string.format('%.0f', whole_at), 'PX', math.ceil((whole_at - now) / 1000))
    else
        redis.call('DEL', KEYS[1])
    end
end
";

/// KEYS: held. ARGV: how long. What was said to last longer stays.
const HOLD: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local held = tonumber(redis.call('GET', KEYS[1]) or 0) or 0
local wanted = now + tonumber(ARGV[1])
if wanted > held then redis.call('SET', KEYS[1], string.format('%.0f', wanted), 'PX', math.ceil(tonumber(ARGV[1]) / 1000)) end
";

/// See the module.
pub struct SharedPacer {
    connection: ConnectionManager,
    prefix: String,
    turn: Script,
    keep: Script,
    leave: Script,
    hold: Script,
    local: LocalPacer,
    /// Redis did not answer the last time, which was told.
    is_away: AtomicBool,
}

impl SharedPacer {
    /// Below `{prefix}:pace:`. A connection of its own: what waits for the queue does not wait here.
    pub fn new(client: redis::Client, prefix: &str, clock: Arc<dyn Clock>) -> RedisResult<Self> {
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(DEADLINE))
            .set_connection_timeout(Some(Duration::from_secs(1)))
            .set_number_of_retries(0)
            .set_max_delay(Duration::from_millis(500));
        Ok(Self {
            connection: ConnectionManager::new_lazy_with_config(client, config)?,
            prefix: format!("{prefix}:pace:"),
            turn: Script::new(TURN),
            keep: Script::new(KEEP),
            leave: Script::new(LEAVE),
            hold: Script::new(HOLD),
            local: LocalPacer::new(clock),
            is_away: AtomicBool::new(false),
        })
    }

    fn key(&self, account: &str, what: &str) -> String {
        format!("{}{account}:{what}", self.prefix)
    }

    /// What Redis answers, if it does so at once.
    async fn asked<T>(&self, asking: impl Future<Output = RedisResult<T>>) -> Option<T> {
        let answer = tokio::time::timeout(DEADLINE, asking).await.ok().and_then(Result::ok);
        let was_away = self.is_away.swap(answer.is_none(), Ordering::Relaxed);
        match (&answer, was_away) {
            (None, false) => {
                tracing::warn!("Redis does not pace calls; each process keeps to its part of the limits until it answers");
            }
            (Some(_), true) => tracing::info!("Redis paces calls again"),
            _ => {}
        }
        answer
    }
}

/// Interval and window of a rate; none = 0.
fn numbers(rate: Option<Rate>) -> (u64, u64) {
    rate.map_or((0, 0), |rate| (rate.interval(), rate.interval().saturating_mul(rate.capacity().into())))
}

#[async_trait]
impl Pacer for SharedPacer {
    async fn turn(&self, turn: Turn<'_>) -> Result<(), Wait> {
        let (requests, tokens) = (numbers(turn.share.requests), numbers(turn.share.tokens));
        let mut script = self.turn.prepare_invoke();
        for what in ["held", "requests", "tokens", "places"] {
            script.key(self.key(turn.account, what));
        }
        script.arg(requests.0).arg(requests.1).arg(tokens.0).arg(tokens.1).arg(turn.tokens);
        script.arg(turn.share.at_once.unwrap_or(0)).arg(turn.id.to_string());
        script.arg(micros(PLACE)).arg(micros(FOR_A_PLACE));
        let mut connection = self.connection.clone();
        match self.asked(script.invoke_async::<(u64, u8)>(&mut connection)).await {
            Some((0, _)) => Ok(()),
            Some((wait, held)) => Err(Wait { time: Duration::from_micros(wait), is_held: held == 1 }),
            None => self.local.turn(turn).await,
        }
    }

    async fn keep(&self, turn: Turn<'_>) {
        let mut script = self.keep.prepare_invoke();
        script.key(self.key(turn.account, "places")).arg(turn.id.to_string()).arg(micros(PLACE));
        let mut connection = self.connection.clone();
        if self.asked(script.invoke_async::<()>(&mut connection)).await.is_none() {
            self.local.keep(turn).await;
        }
    }

    async fn leave(&self, turn: Turn<'_>, unused: i64) {
        let mut script = self.leave.prepare_invoke();
        script.key(self.key(turn.account, "tokens")).key(self.key(turn.account, "places"));
        script.arg(turn.id.to_string()).arg(numbers(turn.share.tokens).0).arg(unused);
        let mut connection = self.connection.clone();
        // A place that was taken here while Redis was away is given back here.
        self.local.leave(turn, 0).await;
        self.asked(script.invoke_async::<()>(&mut connection)).await;
    }

    async fn hold(&self, account: &str, wait: Duration) {
        let mut script = self.hold.prepare_invoke();
        script.key(self.key(account, "held")).arg(micros(wait));
        let mut connection = self.connection.clone();
        self.local.hold(account, wait).await;
        self.asked(script.invoke_async::<()>(&mut connection)).await;
    }
}

impl std::fmt::Debug for SharedPacer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedPacer").field("is_away", &self.is_away).finish_non_exhaustive()
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
