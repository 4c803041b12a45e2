//! The relay: rings for rows that are due, and puts back what dead workers held. Runs in every process.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Jobs;
use super::bell::Ring;
use crate::domain::duration::ms;
use crate::domain::job::Lane;
use crate::domain::message::{Message, MessageKind};
use crate::ports::{Queue, QueueError};
use crate::store::{StoreError, delivery, job};

/// A queue that is slower than this is treated as away; workers find their rows without it.
const QUEUE_TIMEOUT: Duration = Duration::from_millis(800);

/// Messages handed over in one push.
const BATCH: usize = 200;

/// A full queue is topped up again after this.
const HURRY: Duration = Duration::from_millis(25);

/// While a queue is away, it is asked again after this.
const QUEUE_RETRY: Duration = Duration::from_secs(1);

/// A process that has not ticked for this long does not judge the leases of others before they could renew.
const STALE: Duration = Duration::from_secs(3);

/// See the module.
pub struct Relay {
    jobs: Jobs,
    queue: Arc<dyn Queue>,
    heard: mpsc::Receiver<Ring>,
    queue_away_until: Option<Instant>,
    last_tick: Option<Instant>,
    reclaims_from: Instant,
    reclaims_at_once: bool,
    /// The worker of this process: it renews by itself, and stops by itself when it cannot.
    spares: Option<Arc<str>>,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").finish_non_exhaustive()
    }
}

impl Relay {
    /// A relay from the bell's other end to the queue.
    #[must_use]
    pub fn new(jobs: Jobs, queue: Arc<dyn Queue>, heard: mpsc::Receiver<Ring>) -> Self {
        let now = jobs.clock().monotonic();
        Self {
            jobs,
            queue,
            heard,
            queue_away_until: None,
            last_tick: None,
            reclaims_from: now,
            reclaims_at_once: false,
            spares: None,
        }
    }

    /// Judges leases from the first tick on: right only where this process is alone (SQLite with its lock file held).
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.reclaims_at_once = true;
        self
    }

    /// Never judges the lease of this worker, which lives in the same process: after a suspend both wake at once.
    #[must_use]
    pub fn sparing(mut self, owner: Arc<str>) -> Self {
        self.spares = Some(owner);
        self
    }

    /// Runs until it is told to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(self.jobs.limits().relay_tick);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut rings = Vec::with_capacity(BATCH);
        let bell = self.jobs.bell.clone();
        let mut batches_go_on = false;
        loop {
            let hurries = self.is_full();
            tokio::select! {
                () = stop.cancelled() => return,
                () = bell.batches_may_go_on(), if !batches_go_on => batches_go_on = true,
                // Those that end together are answered together.
                () = tokio::time::sleep(HURRY), if batches_go_on => {
                    batches_go_on = false;
                    if let Err(error) = self.go_on_with_batches().await {
                        tracing::debug!(%error, "batches go on with the next tick");
                    }
                }
                () = tokio::time::sleep(HURRY), if hurries => self.hurry().await,
                _ = ticks.tick() => {
                    if let Err(error) = self.tick().await {
                        tracing::warn!(%error, "the relay's tick did not finish");
                    }
                }
                heard = self.heard.recv_many(&mut rings, BATCH) => {
                    if heard == 0 { return; }
                    self.pass_on(&mut rings).await;
                }
            }
        }
    }

    /// One tick: reclaim what lapsed, then ring for what is due.
    pub async fn tick(&mut self) -> Result<(), StoreError> {
        if self.may_reclaim() {
            let reclaimed = self.jobs.reclaim(self.spares.as_deref()).await?;
            if reclaimed > 0 {
                tracing::info!(reclaimed, "jobs of lapsed workers run again");
            }
        }
        self.jobs.look_after_batches().await?;
        self.jobs.top_up_batches().await?;
        for &lane in Lane::ALL {
            self.top_up(lane).await?;
        }
        self.last_tick = Some(self.jobs.clock().monotonic());
        Ok(())
    }

    /// Releases what batches have room for, and rings for it.
    async fn go_on_with_batches(&mut self) -> Result<(), StoreError> {
        self.jobs.top_up_batches().await?;
        self.top_up(Lane::Bulk).await
    }

    /// Whether some lane had more rows than its queue had room.
    fn is_full(&self) -> bool {
        !self.is_away() && Lane::ALL.iter().any(|&lane| self.jobs.bell.is_full(lane))
    }

    /// Feeds lanes that workers drain faster than ticks come.
    async fn hurry(&mut self) {
        for &lane in Lane::ALL {
            if self.jobs.bell.is_full(lane)
                && let Err(error) = self.top_up(lane).await
            {
                tracing::debug!(%lane, %error, "the lane is topped up by the next tick");
            }
        }
    }

    /// After an outage (of ours or of the database's) owners renew first.
    fn may_reclaim(&mut self) -> bool {
        let now = self.jobs.clock().monotonic();
        let stale = self.last_tick.is_none_or(|last| now.saturating_duration_since(last) > STALE + self.jobs.limits().relay_tick);
        if stale && !(self.last_tick.is_none() && self.reclaims_at_once) {
            self.reclaims_from = now + self.jobs.limits().heartbeat;
        }
        now >= self.reclaims_from
    }

    async fn top_up(&mut self, lane: Lane) -> Result<(), StoreError> {
        let Some(mut room) = self.room(lane).await else { return Ok(()) };
        while room > 0 {
            let limit = room.min(BATCH);
            let (kind, ids) = self.due(lane, limit).await?;
            if ids.is_empty() {
                self.jobs.bell.set_full(lane, false);
                return Ok(());
            }
            let found = ids.len();
            if !self.push(lane, kind, &ids).await || found < limit {
                return Ok(());
            }
            room -= found;
        }
        self.jobs.bell.set_full(lane, true);
        Ok(())
    }

    async fn due(&self, lane: Lane, limit: usize) -> Result<(MessageKind, Vec<Uuid>), StoreError> {
        let again = ms(self.jobs.limits().ring_again);
        Ok(match lane {
            Lane::Webhook => (MessageKind::Delivery, delivery::take_to_ring(self.jobs.db(), again, limit).await?),
            Lane::Interactive | Lane::Bulk => (MessageKind::Job, job::take_to_ring(self.jobs.db(), lane, again, limit).await?),
        })
    }

    /// Rings that came from verbs of this process, lane by lane.
    async fn pass_on(&mut self, rings: &mut Vec<Ring>) {
        for &lane in Lane::ALL {
            let ids: Vec<Uuid> = rings.iter().filter(|ring| ring.lane == lane).map(|ring| ring.id).collect();
            if let Some(kind) = rings.iter().find(|ring| ring.lane == lane).map(|ring| ring.kind) {
                self.push(lane, kind, &ids).await;
            }
        }
        rings.clear();
    }

    async fn room(&mut self, lane: Lane) -> Option<usize> {
        if self.is_away() {
            return None;
        }
        let asked = tokio::time::timeout(QUEUE_TIMEOUT, self.queue.room(lane)).await;
        self.reachable(asked.unwrap_or_else(|_| Err(QueueError("no answer in time".into()))))
    }

    /// Rings for these rows; those that did not get through are rung again soon. `true` = all got through.
    async fn push(&mut self, lane: Lane, kind: MessageKind, ids: &[Uuid]) -> bool {
        let messages: Vec<Message> = ids.iter().map(|&id| Message::new(kind, id)).collect();
        let pushed = if self.is_away() {
            None
        } else {
            let asked = tokio::time::timeout(QUEUE_TIMEOUT, self.queue.ring(lane, messages)).await;
            self.reachable(asked.unwrap_or_else(|_| Err(QueueError("no answer in time".into()))))
        };
        let accepted = pushed.unwrap_or(0).min(ids.len());
        self.jobs.bell.set_full(lane, accepted < ids.len());
        if accepted == ids.len() {
            return true;
        }
        if kind == MessageKind::Job {
            let wait = if pushed.is_some() { 0 } else { ms(QUEUE_RETRY) };
            if let Err(error) = job::ring_in(self.jobs.db(), &ids[accepted..], wait).await {
                tracing::debug!(%error, "rows will be rung for later");
            }
        }
        false
    }

    fn is_away(&self) -> bool {
        self.queue_away_until.is_some_and(|until| self.jobs.clock().monotonic() < until)
    }

    fn reachable<T>(&mut self, answer: Result<T, QueueError>) -> Option<T> {
        match answer {
            Ok(value) => {
                self.jobs.bell.set_away(false);
                if self.queue_away_until.take().is_some() {
                    tracing::info!("the queue answers again");
                }
                Some(value)
            }
            Err(error) => {
                self.jobs.bell.set_away(true);
                if self.queue_away_until.is_none() {
                    tracing::warn!(%error, "the queue is away; workers take their jobs from the database");
                }
                self.queue_away_until = Some(self.jobs.clock().monotonic() + QUEUE_RETRY);
                None
            }
        }
    }
}
