//! The two queues: bounded, disposable, and read by the same handler. Names with `b…` are those of known traps of the
//! transport over Redis: many messages due, slow polling, garbage, repeated ids, leftovers.

use std::sync::Arc;
use std::time::Duration;

use apalis::prelude::*;
use redis::AsyncCommands;
use redis::aio::ConnectionManager;
use shared::adapters::queue::{ChannelQueue, RedisQueue, connect, storage};
use shared::domain::job::Lane;
use shared::domain::message::{Message, MessageKind};
use shared::ports::Queue;
use tests::redis_url;
use tokio::sync::mpsc;
use uuid::Uuid;

const LANE: Lane = Lane::Interactive;

fn messages(range: std::ops::Range<u128>) -> Vec<Message> {
    range.map(|n| Message::new(MessageKind::Job, Uuid::from_u128(n))).collect()
}

/// A queue under a prefix of its own, and its connection.
struct OnRedis {
    queue: RedisQueue,
    connection: ConnectionManager,
    prefix: String,
}

impl OnRedis {
    async fn with_bound(bound: usize) -> Option<Self> {
        let client = redis::Client::open(redis_url()?).expect("a URL of Redis");
        let mut connection = connect(client).expect("a connection");
        let n: u64 = connection.incr("jqa-tests", 1).await.expect("a number");
        let prefix = format!("jqa-test-{}-{n}", std::process::id());
        Some(Self { queue: RedisQueue::new(connection.clone(), prefix.clone(), bound), connection, prefix })
    }

    fn key(&self, name: &str) -> String {
        format!("{}:{LANE}:{name}", self.prefix)
    }

    /// How much Redis keeps for the lane.
    async fn leftovers(&self) -> Vec<(String, usize)> {
        let mut connection = self.connection.clone();
        let mut kept = Vec::new();
        for (name, command) in [("active", "LLEN"), ("scheduled", "ZCARD"), ("done", "SCARD"), ("dead", "SCARD"), ("data", "HLEN")] {
            let count: usize = redis::cmd(command).arg(self.key(name)).query_async(&mut connection).await.expect("a count");
            kept.push((name.to_owned(), count));
        }
        let meta: Vec<String> = connection.keys(self.key("meta:*")).await.expect("keys");
        kept.push(("meta".into(), meta.len()));
        kept.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    /// Reads the lane with a worker as the product does, until `count` messages came.
    async fn read(&self, count: usize) -> Vec<Message> {
        let (heard, mut messages) = mpsc::unbounded_channel();
        let worker = WorkerBuilder::new(format!("reader-{}", self.prefix))
            .backend(storage(self.connection.clone(), &self.prefix, LANE).poll_with_strategy(Ticker::new()))
            .data(heard)
            .build(hear);
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(worker.run_until(async move {
            let _ = stopped.await;
            Ok::<(), std::io::Error>(())
        }));
        let mut read = Vec::new();
        while read.len() < count {
            let message = tokio::time::timeout(Duration::from_secs(60), messages.recv()).await;
            read.push(message.expect("a message in time").expect("a living worker"));
        }
        let _ = stop.send(());
        running.await.expect("a task").expect("a worker that ends well");
        read
    }
}

async fn hear(message: Message, heard: Data<mpsc::UnboundedSender<Message>>) -> Result<(), BoxDynError> {
    let _ = heard.send(message);
    Ok(())
}

/// Polls on its own time: it never loses its waker to a slow answer.
struct Ticker(tokio::time::Interval);
