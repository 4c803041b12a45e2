//! Budgets in Redis: one round trip, Redis' own clock, keys that leave by themselves.

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{RedisResult, Script};

use crate::domain::rate::{Rate, Standing};

/// [`Rate::ask`] within Redis. The time is in microseconds: below 2^53, so exact.
const ASK: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local whole_at = tonumber(redis.call('GET', KEYS[1]) or now) or now
if whole_at < now then whole_at = now end
if whole_at > now + window then whole_at = now + window end
local after = whole_at + interval
local over = after - now - window
if over > 0 then return {over, whole_at - now} end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
return {0, after - now}
";

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct RedisBudgets {
    connection: ConnectionManager,
    prefix: String,
    script: std::sync::Arc<Script>,
}

impl RedisBudgets {
    /// Below `{prefix}:limit:`. A connection of its own: what waits for the queue does not wait here.
    pub(super) fn new(client: redis::Client, prefix: &str) -> RedisResult<Self> {
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(Duration::from_secs(1)))
            .set_connection_timeout(Some(Duration::from_secs(1)))
            .set_number_of_retries(0)
            .set_max_delay(Duration::from_millis(500));
        let connection = ConnectionManager::new_lazy_with_config(client, config)?;
        Ok(Self { connection, prefix: format!("{prefix}:limit:"), script: std::sync::Arc::new(Script::new(ASK)) })
    }

    /// Draws one.
    pub(super) async fn take(&self, key: &str, rate: Rate) -> RedisResult<Standing> {
        let interval = rate.interval();
        let window = interval.saturating_mul(u64::from(rate.capacity()));
        let mut connection = self.connection.clone();
        let (over, until_whole): (u64, u64) =
            self.script.key(format!("{}{key}", self.prefix)).arg(interval).arg(window).invoke_async(&mut connection).await?;
        Ok(rate.standing((over > 0).then_some(over), until_whole))
    }

    /// Whether it answers.
    pub(super) async fn ping(&self) -> RedisResult<()> {
        redis::cmd("PING").exec_async(&mut self.connection.clone()).await
    }
}
