//! A job from here to its rest, whatever happens to the connection: events where they come through, long polls where not.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use reqwest::header;
use serde_json::json;
use shared::domain::job::{JobStatus, Stage};
use uuid::Uuid;

use super::sse::{SseEvent, SseParser};
use super::views::{EventView, JobView, rests};
use super::{Client, ClientError};

/// How long the server may be away altogether.
const LONGEST_OUTAGE: Duration = Duration::from_secs(60);
/// Streams that bring nothing, in a row, before long polls take over: something between breaks streams.
const FRUITLESS_STREAMS: u32 = 2;
/// Short enough to show stages as they are stored.
const POLL: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_secs(1);

/// Follows a job until it is at rest. Each event is told once, in order.
///
/// # Errors
/// When the server refuses, or is away for longer than a restart takes.
pub(crate) async fn follow(client: &Client, id: Uuid, mut tell: impl FnMut(&EventView)) -> Result<JobView, ClientError> {
    let mut follower = Follower { client, id, seq: 0, after: None, pause: PAUSE, stored: Vec::new() };
    let (mut fruitless, mut away_since) = (0, None::<Instant>);
    loop {
        let seen = follower.seq;
        let round = if fruitless < FRUITLESS_STREAMS { follower.stream(&mut tell).await } else { follower.poll(&mut tell).await };
        match round {
            Ok(Some(job)) => return Ok(job),
            Ok(None) => away_since = None,
            Err(error) if error.is_passing() => {
                let since = *away_since.get_or_insert_with(Instant::now);
                if since.elapsed() > LONGEST_OUTAGE {
                    return Err(error);
                }
            }
            // Something between does not let streams through; the job itself may well be readable.
            Err(ClientError::NotOurs { .. }) if fruitless < FRUITLESS_STREAMS => fruitless = FRUITLESS_STREAMS,
            Err(error) => return Err(error),
        }
        if fruitless < FRUITLESS_STREAMS {
            fruitless = if follower.seq > seen || away_since.is_some() { 0 } else { fruitless + 1 };
            tokio::time::sleep(follower.pause).await;
        } else if away_since.is_some() {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

struct Follower<'a> {
    client: &'a Client,
    id: Uuid,
    /// The newest event told.
    seq: i64,
    /// Where the stream goes on after it broke.
    after: Option<String>,
    /// Before connecting again.
    pause: Duration,
    /// Stages told as stored.
    stored: Vec<Stage>,
}

impl Follower<'_> {
    /// Reads one stream to its end; the job, when it is at rest.
    async fn stream(&mut self, tell: &mut impl FnMut(&EventView)) -> Result<Option<JobView>, ClientError> {
        let response = self.client.events(self.id, self.after.as_deref()).await?;
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("text/event-stream") {
            return Err(ClientError::NotOurs {
                url: self.client.base().to_owned(),
                reason: "it does not stream events".to_owned(),
            });
        }
        let (mut parser, mut pieces) = (SseParser::default(), response.bytes_stream());
        while let Some(Ok(piece)) = pieces.next().await {
            let mut rest = None;
            for event in parser.feed(&piece) {
                rest = self.take(&event, tell).or(rest);
            }
            self.after = parser.last_id().map(str::to_owned).or_else(|| self.after.take());
            // One that rests otherwise has gone on since: the stream tells how.
            if let Some(status) = rest
                && let Some(job) = self.at_rest().await?.filter(|job| job.status == status)
            {
                return Ok(Some(job));
            }
            if parser.is_overlong() {
                break;
            }
        }
        self.pause = parser.retry().unwrap_or(self.pause).min(Duration::from_secs(10));
        self.at_rest().await
    }

    /// Tells an event that was not told yet; the state in which the job may be at rest after it.
    fn take(&mut self, event: &SseEvent, tell: &mut impl FnMut(&EventView)) -> Option<JobStatus> {
        let event = serde_json::from_str::<EventView>(&event.data).ok()?;
        if event.seq <= self.seq {
            return None;
        }
        self.seq = event.seq;
        self.stored.extend(event.data["stage"].as_str().and_then(|stage| stage.parse::<Stage>().ok()));
        tell(&event);
        let status: JobStatus = event.kind.strip_prefix("job.")?.parse().ok()?;
        rests(status).then_some(status)
    }

    async fn at_rest(&self) -> Result<Option<JobView>, ClientError> {
        let job = self.client.job(self.id).await?;
        Ok(job.is_at_rest().then_some(job))
    }

    /// One long poll; stages that are done since are told as events.
    async fn poll(&mut self, tell: &mut impl FnMut(&EventView)) -> Result<Option<JobView>, ClientError> {
        let asked = Instant::now();
        let job = self.client.job_within(self.id, POLL).await?;
        let at = chrono::DateTime::from_timestamp_millis(crate::output::now_ms()).unwrap_or(job.created_at);
        for stage in job.stages.iter().filter(|stage| stage.state == "done") {
            if !self.stored.contains(&stage.stage) {
                self.stored.push(stage.stage);
                let data = json!({"stage": stage.stage});
                tell(&EventView { job_id: job.id, seq: self.seq, kind: "job.stage_stored".to_owned(), at, data });
            }
        }
        if job.is_at_rest() {
            let kind = format!("job.{}", job.status);
            tell(&EventView { job_id: job.id, seq: self.seq, kind, at: job.ended_at.unwrap_or(at), data: json!({}) });
            return Ok(Some(job));
        }
        // An old server may ignore `wait`; it must not be asked in a tight loop.
        if asked.elapsed() < PAUSE {
            tokio::time::sleep(PAUSE).await;
        }
        Ok(None)
    }
}
