//! The events of a job as a stream.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use shared::domain::event::{Event, EventKind};
use shared::domain::job::JobStatus;
use shared::domain::user::Permission;
use shared::store::{StoreError, event, job};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::jobs::{too_many, visible};
use crate::audit::looked;
use crate::extract::{Allowed, Caller, FromParams, Id, Params, Query, Read};
use crate::hub::Watch;
use crate::problem::Problem;
use crate::state::Api;

/// Events read at once.
const CHUNK: u64 = 100;

/// When a client should come again after the stream broke.
const COME_AGAIN: Duration = Duration::from_millis(2000);

/// How long a look waits that was promised an event and found none.
const PATIENCE: Duration = Duration::from_millis(500);

/// Where to begin.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct StreamParams {
    /// Only events after this number; `Last-Event-ID` goes before it.
    after: Option<i64>,
}

impl FromParams for StreamParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        Some(Self { after: params.optional("after") })
    }
}

/// One server-sent event.
#[derive(ToSchema)]
#[schema(as = StreamedEvent)]
#[expect(dead_code, reason = "it is written line by line; this tells the document of it")]
pub(super) struct StreamedEventView {
    /// The event's number, for `Last-Event-ID`.
    id: String,
    /// Its kind.
    #[schema(example = "job.succeeded")]
    event: String,
    /// An `Event` as JSON.
    #[schema(content_media_type = "application/json")]
    data: String,
}

/// The events of a job, as server-sent events.
///
/// Needs `read`; a job of somebody else needs `read_all`. Begins with every event after `Last-Event-ID`, ends after the
/// event that ends the job.
#[utoipa::path(get, path = "/jobs/{id}/events", tag = "jobs",
    params(("id" = Uuid, Path), StreamParams, ("Last-Event-ID" = Option<i64>, Header)),
    responses((status = 200, body = StreamedEventView, content_type = "text/event-stream")))]
pub(super) async fn stream(
    State(api): State<Api>,
    caller: Allowed<Read>,
    Id(id): Id,
    Query(asked): Query<StreamParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let owner_id = visible(&api, &caller, id).await?.owner_id;
    looked(&api, &caller, owner_id, "job.watch", ("job", id)).await?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let feed = Feed {
        watch: api.hub.watch(id, caller.id()).ok_or_else(too_many)?,
        caller: Caller::clone(&caller),
        owner_id,
        job_id: id,
        after: last.or(asked.after).unwrap_or(0),
        ready: VecDeque::from([sse::Event::default().retry(COME_AGAIN)]),
        is_over: false,
        fruitless: 0,
        api: api.clone(),
    };
    let events =
        futures::stream::unfold(
            feed,
            |mut feed| async move { feed.next().await.map(|event| (Ok::<_, Infallible>(event), feed)) },
        );
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(api.settings.heartbeat)).into_response();
    // Proxies that buffer would hold the events back.
    response.headers_mut().insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
    Ok(response)
}

/// One open stream.
struct Feed {
    api: Api,
    watch: Watch,
    caller: Caller,
    owner_id: Uuid,
    job_id: Uuid,
    after: i64,
    ready: VecDeque<sse::Event>,
    is_over: bool,
    /// Times in a row that it was told of events and found none.
    fruitless: u32,
}

impl Feed {
    async fn next(&mut self) -> Option<sse::Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.is_over {
                return None;
            }
            match self.read().await {
                Ok(true) => {}
                Ok(false) => self.wait().await,
                Err(error) => {
                    tracing::warn!(%error, job.id = %self.job_id, "an event stream ends early; its client will come again");
                    self.is_over = true;
                }
            }
        }
    }

    /// Reads what is new. `false` = there is nothing, and something may come.
    async fn read(&mut self) -> Result<bool, StoreError> {
        let db = self.api.db();
        // The account may have been closed, its role changed, or the API key revoked since the stream began.
        let caller = self.caller.again(&self.api).await?;
        if !caller.is_some_and(|caller| caller.may(Permission::Read) && caller.sees(self.owner_id)) {
            self.is_over = true;
            return Ok(true);
        }
        let mut events = event::after(db, self.job_id, self.after, CHUNK).await?;
        if events.is_empty() {
            let row = job::find(db, self.job_id).await?;
            self.is_over = row.is_none_or(|row| row.status.parse().is_ok_and(JobStatus::is_ended));
            if !self.is_over {
                return Ok(false);
            }
            // It may have ended between the two looks.
            events = event::after(db, self.job_id, self.after, CHUNK).await?;
        }
        let Some(last) = events.last() else { return Ok(true) };
        self.after = last.seq;
        self.fruitless = 0;
        // An ending event that others follow was followed by a retry.
        let ends = matches!(last.kind, EventKind::Succeeded | EventKind::Failed | EventKind::Cancelled);
        self.is_over = ends && (events.len() as u64) < CHUNK;
        self.ready.extend(events.iter().map(written));
        Ok(true)
    }

    async fn wait(&mut self) {
        tokio::select! {
            () = self.watch.after(self.after) => {
                // Once is a nudge that came between look and wait; twice is an event that is never to be found. Do not spin.
                self.fruitless += 1;
                if self.fruitless > 1 {
                    tokio::time::sleep(PATIENCE).await;
                }
            }
            () = self.api.drain.closing() => {
                self.ready.push_back(sse::Event::default().retry(COME_AGAIN));
                self.is_over = true;
            }
        }
    }
}

fn written(event: &Event) -> sse::Event {
    let written = sse::Event::default().id(event.seq.to_string()).event(event.kind.as_str());
    // JSON has no line breaks outside of strings, and escapes those within.
    written.data(serde_json::to_string(event).unwrap_or_default())
}
