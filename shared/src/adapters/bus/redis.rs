//! Nudges between processes over Redis pub/sub. While Redis is away they are lost; listeners re-read every 2 s.

use std::time::Duration;

use futures::StreamExt;
use redis::AsyncCommands;
use redis::aio::ConnectionManager;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

use super::LocalBus;
use crate::domain::event::Nudge;
use crate::lifecycle::Lifecycle;
use crate::ports::EventBus;

/// Nudges that wait to be sent; more than that are dropped.
const ROOM: usize = 4096;

/// Nudges sent in one message.
const BATCH: usize = 256;

/// How long to wait before listening again.
const AGAIN: Duration = Duration::from_secs(1);

/// A publish that takes longer is given up.
const TIMEOUT: Duration = Duration::from_millis(500);

/// See the module.
#[derive(Debug)]
pub struct RedisBus {
    local: LocalBus,
    outgoing: mpsc::Sender<Nudge>,
}

impl RedisBus {
    /// Sends and listens on `channel` until the process stops.
    pub fn start(client: redis::Client, connection: ConnectionManager, channel: String, lifecycle: &Lifecycle) -> Self {
        let local = LocalBus::default();
        let (outgoing, heard) = mpsc::channel(ROOM);
        lifecycle.spawn(publish(connection, channel.clone(), heard, lifecycle.stop().clone()));
        lifecycle.spawn(listen(client, channel, local.clone(), lifecycle.stop().clone()));
        Self { local, outgoing }
    }
}

impl EventBus for RedisBus {
    fn nudge(&self, nudge: Nudge) {
        self.local.nudge(nudge);
        // A full channel loses a nudge, never an event.
        let _ = self.outgoing.try_send(nudge);
    }

    fn listen(&self) -> broadcast::Receiver<Nudge> {
        self.local.listen()
    }
}

async fn publish(mut connection: ConnectionManager, channel: String, mut heard: mpsc::Receiver<Nudge>, stop: CancellationToken) {
    let mut nudges = Vec::with_capacity(BATCH);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            n = heard.recv_many(&mut nudges, BATCH) => if n == 0 { return },
        }
        let Ok(text) = serde_json::to_string(&nudges) else { return };
        nudges.clear();
        let sent = tokio::time::timeout(TIMEOUT, connection.publish::<_, _, ()>(&channel, text)).await;
        if !matches!(sent, Ok(Ok(()))) {
            tracing::debug!("nudges were lost; listeners re-read by themselves");
        }
    }
}

async fn listen(client: redis::Client, channel: String, local: LocalBus, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            heard = hear(&client, &channel, &local) => if let Err(error) = heard {
                tracing::debug!(%error, "listening to events again soon");
            },
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

async fn hear(client: &redis::Client, channel: &str, local: &LocalBus) -> redis::RedisResult<()> {
    let mut subscription = client.get_async_pubsub().await?;
    subscription.subscribe(channel).await?;
    let mut messages = subscription.on_message();
    while let Some(message) = messages.next().await {
        let text: String = message.get_payload()?;
        for nudge in serde_json::from_str::<Vec<Nudge>>(&text).unwrap_or_default() {
            local.nudge(nudge);
        }
    }
    Ok(())
}
