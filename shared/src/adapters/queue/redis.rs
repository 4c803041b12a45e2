//! The queue over Redis: apalis-redis as a bounded, disposable transport of ids.
//!
//! What it may not be trusted with, and why it is set up as it is, stands in ARCHITECTURE.md.

use std::sync::Arc;
use std::time::Duration;

use apalis_core::backend::TaskSink;
use apalis_redis::{Config, RedisStorage};
use async_trait::async_trait;
use redis::AsyncCommands;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};

use super::super::subscription::listen;
use super::rung::Rung;
use crate::domain::job::Lane;
use crate::domain::message::Message;
use crate::lifecycle::Lifecycle;
use crate::ports::{Queue, QueueError};

/// Rings and counts messages of all lanes.
#[derive(Debug, Clone)]
pub struct RedisQueue {
    connection: ConnectionManager,
    prefix: String,
    bound: usize,
    rung: Arc<Rung>,
}

/// Connects with time limits that a stall of Redis survives. Answers at once even while Redis is away.
pub fn connect(client: redis::Client) -> Result<ConnectionManager, redis::RedisError> {
    let config = ConnectionManagerConfig::new()
        .set_response_timeout(Some(Duration::from_secs(5)))
        .set_connection_timeout(Some(Duration::from_secs(2)))
        .set_number_of_retries(1)
        .set_max_delay(Duration::from_secs(1));
    ConnectionManager::new_lazy_with_config(client, config)
}

/// The apalis storage of a lane, for the worker that reads it.
#[must_use]
pub fn storage(connection: ConnectionManager, prefix: &str, lane: Lane) -> RedisStorage<Message> {
    let config = Config::default()
        .queue(queue_name(prefix, lane))
        .batch_size(1)
        .heartbeat_interval(Duration::from_secs(5))
        .missed_heartbeats(12)
        .lock_tasks(false)
        .emit_events(false);
    RedisStorage::new(connection).with_config(config)
}

fn queue_name(prefix: &str, lane: Lane) -> String {
    format!("{prefix}:{lane}")
}

impl RedisQueue {
    /// A queue under `prefix` that holds up to `bound` messages for each lane.
    #[must_use]
    pub fn new(connection: ConnectionManager, prefix: String, bound: usize) -> Self {
        Self { connection, prefix, bound, rung: Arc::default() }
    }

    /// Rings in this process when any process rang, until it stops.
    pub fn listen(&self, client: redis::Client, lifecycle: &Lifecycle) {
        let rung = self.rung.clone();
        let hear = move |lane: &str| {
            if let Ok(lane) = lane.parse() {
                rung.ring(lane);
            }
        };
        lifecycle.spawn(listen(client, self.rings(), lifecycle.stop().clone(), hear));
    }

    /// Tells that a lane has something new.
    #[must_use]
    pub fn rung(&self) -> &Arc<Rung> {
        &self.rung
    }

    /// The channel on which processes tell each other what they rang.
    fn rings(&self) -> String {
        format!("{}:rings", self.prefix)
    }

    /// Removes what apalis-redis keeps for ever: finished messages and its lists of them.
    pub async fn tidy(&self, lane: Lane) -> Result<(), QueueError> {
        let queue = queue_name(&self.prefix, lane);
        let mut connection = self.connection.clone();
        // Only ids of finished messages and their bodies, which are ids themselves; what is waiting is left alone.
        let script = redis::Script::new(
            "local gone = 0 \
             for _, set in ipairs({KEYS[1], KEYS[2]}) do \
               local ids = redis.call('spop', set, 500) \
               if #ids > 0 then redis.call('hdel', KEYS[3], unpack(ids)) gone = gone + #ids end \
               for _, id in ipairs(ids) do redis.call('del', KEYS[4] .. ':' .. id) end \
             end return gone",
        );
        loop {
            let gone: i64 = script
                .key(format!("{queue}:done"))
                .key(format!("{queue}:dead"))
                .key(format!("{queue}:data"))
                .key(format!("{queue}:meta"))
                .invoke_async(&mut connection)
                .await
                .map_err(|error| QueueError(error.to_string()))?;
            if gone == 0 {
                return Ok(());
            }
        }
    }
}

#[async_trait]
impl Queue for RedisQueue {
    async fn ring(&self, lane: Lane, mut messages: Vec<Message>) -> Result<usize, QueueError> {
        let room = self.room(lane).await?;
        messages.truncate(room);
        let count = messages.len();
        if count > 0 {
            let mut storage = storage(self.connection.clone(), &self.prefix, lane);
            storage.push_bulk(messages).await.map_err(|error| QueueError(error.to_string()))?;
            let told = self.connection.clone().publish::<_, _, ()>(self.rings(), lane.as_str()).await;
            told.map_err(|error| QueueError(error.to_string()))?;
        }
        Ok(count)
    }

    async fn room(&self, lane: Lane) -> Result<usize, QueueError> {
        let queue = queue_name(&self.prefix, lane);
        let mut connection = self.connection.clone();
        let (active, scheduled): (usize, usize) = redis::pipe()
            .llen(format!("{queue}:active"))
            .zcard(format!("{queue}:scheduled"))
            .query_async(&mut connection)
            .await
            .map_err(|error| QueueError(error.to_string()))?;
        Ok(self.bound.saturating_sub(active + scheduled))
    }
}
