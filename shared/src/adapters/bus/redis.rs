//! Nudges between processes over Redis pub/sub. While Redis is away they are lost; listeners re-read every 2 s.

use std::time::Duration;

use redis::AsyncCommands;
use redis::aio::ConnectionManager;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

use super::super::subscription::listen;
use super::LocalBus;
use crate::domain::event::Nudge;
use crate::lifecycle::Lifecycle;
use crate::ports::EventBus;

/// Nudges that wait to be sent; more than that are dropped.
const ROOM: usize = 4096;

/// Nudges sent in one message.
const BATCH: usize = 256;

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
        let heard_here = local.clone();
        let hear = move |text: &str| {
            let nudges: Vec<Nudge> = serde_json::from_str(text).unwrap_or_default();
            nudges.into_iter().for_each(|nudge| heard_here.nudge(nudge));
        };
        lifecycle.spawn(listen(client, channel, lifecycle.stop().clone(), hear));
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
