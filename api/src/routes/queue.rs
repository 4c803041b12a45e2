//! What waits, who works on it, and what does not go as it should: for who runs the installation.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::domain::job::{JobStatus, Lane, Stage};
use shared::store::job::{Backlog, Job};
use shared::store::worker::Worker;
use shared::store::{batch, delivery, job, worker};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::{Administer, Allowed};
use crate::problem::Problem;
use crate::state::Api;
use crate::view::rfc3339;

/// Jobs that are told of one by one.
const TROUBLED: u64 = 50;

/// A lane.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QueueLane)]
struct LaneView {
    lane: Lane,
    /// Wait for nothing but a worker.
    due: i64,
    /// Wait for a time, such as that of their next try.
    later: i64,
    running: i64,
    /// For how long the oldest due one has waited, in seconds.
    oldest_due_seconds: f64,
}

/// A worker.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QueueWorker)]
struct WorkerView {
    /// Host, process, and a random part.
    id: String,
    /// `null` = one that does not tell.
    version: Option<String>,
    /// `false` = its lease ended; what it held runs elsewhere.
    alive: bool,
    started_at: String,
    lease_until: String,
    /// Jobs that it runs.
    jobs: i64,
    /// Webhooks that it sends.
    deliveries: i64,
}

/// A job that has not ended and did not go as it should.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TroubledJob)]
struct TroubledView {
    id: Uuid,
    issue_key: String,
    status: JobStatus,
    stage: Stage,
    /// Tries of this stage that failed.
    attempts: i32,
    max_attempts: i32,
    /// Workers that ended while they ran it.
    crashes: i32,
    /// Code of the last failure.
    code: Option<String>,
    /// When it runs again; `null` = it runs.
    next_at: Option<String>,
}

/// What waits and who works on it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QueueState)]
pub(super) struct QueueView {
    /// Whether this process reaches the queue; workers find what is due without it, only later.
    queue_up: bool,
    lanes: Vec<LaneView>,
    /// Jobs that wait for room in their batch.
    held: i64,
    workers: Vec<WorkerView>,
    /// The worst first, at most 50; `jqa jobs list --status failed` has those that were given up.
    troubled: Vec<TroubledView>,
}

/// What waits, who works on it, and what does not go as it should.
///
/// Needs `administer`.
#[utoipa::path(get, path = "/admin/queue", operation_id = "show_queue", tag = "operations", responses((status = 200, body = QueueView)))]
pub(super) async fn show(State(api): State<Api>, _: Allowed<Administer>) -> Result<Json<QueueView>, Problem> {
    let (db, now) = (api.db(), api.jobs.clock().now_ms());
    let mut backlog = job::backlog(db).await?;
    backlog.extend(delivery::backlog(db).await?);
    Ok(Json(QueueView {
        queue_up: !api.jobs.bell().is_away(),
        lanes: Lane::ALL.iter().map(|lane| LaneView::of(*lane, &backlog, now)).collect(),
        held: batch::held(db).await?,
        workers: worker::all(db).await?.into_iter().map(WorkerView::of).collect(),
        troubled: job::troubled(db, TROUBLED).await?.into_iter().map(TroubledView::of).collect::<Result<_, _>>()?,
    }))
}

impl LaneView {
    fn of(lane: Lane, backlog: &[Backlog], now_ms: i64) -> Self {
        let of = |status: &str| backlog.iter().find(|rows| rows.lane == lane.as_str() && rows.status == status);
        let queued = of(JobStatus::Queued.as_str());
        let due = queued.map_or(0, |rows| rows.due);
        let oldest = queued.and_then(|rows| rows.oldest_due).map_or(0, |oldest| (now_ms - oldest).max(0));
        Self {
            lane,
            due,
            later: queued.map_or(0, |rows| rows.jobs - rows.due),
            running: of(JobStatus::Running.as_str()).map_or(0, |rows| rows.jobs),
            oldest_due_seconds: std::time::Duration::from_millis(u64::try_from(oldest).unwrap_or(0)).as_secs_f64(),
        }
    }
}

impl WorkerView {
    fn of(row: Worker) -> Self {
        let Worker { id, started_at, lease_until, version, alive, jobs, deliveries } = row;
        Self { id, version, alive, started_at: rfc3339(started_at), lease_until: rfc3339(lease_until), jobs, deliveries }
    }
}

impl TroubledView {
    fn of(row: Job) -> Result<Self, Problem> {
        let unread = |error: &dyn std::fmt::Display| Problem::internal(format!("job {}: {error}", row.id));
        let status: JobStatus = row.status.parse().map_err(|error| unread(&error))?;
        Ok(Self {
            stage: row.stage.parse().map_err(|error| unread(&error))?,
            next_at: Some(row.due_at).filter(|_| status == JobStatus::Queued).map(rfc3339),
            crashes: row.crashes + row.solo_crashes,
            id: row.id,
            issue_key: row.issue_key,
            status,
            attempts: row.attempt,
            max_attempts: row.max_attempts,
            code: row.error_code,
        })
    }
}
