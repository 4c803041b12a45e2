//! Facts about a job, numbered without gaps from 1.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

super::words::words! {
    /// What happened.
    EventKind {
        /// The request was accepted.
        Queued = "job.queued",
        /// A stage was stored.
        StageStored = "job.stage_stored",
        /// A try ended without result and there will be another.
        Retrying = "job.retrying",
        /// The job waits for something without a try being counted.
        Snoozed = "job.snoozed",
        /// The worker that held it is gone; it runs again.
        Reclaimed = "job.reclaimed",
        /// The job waits for a person.
        AwaitingReview = "job.awaiting_review",
        /// A person edited the result.
        Edited = "job.edited",
        /// A person approved the result.
        Approved = "job.approved",
        /// Somebody asked to cancel it while it was running.
        CancelRequested = "job.cancel_requested",
        /// Ended well.
        Succeeded = "job.succeeded",
        /// Ended with an explained failure.
        Failed = "job.failed",
        /// Ended by a person.
        Cancelled = "job.cancelled",
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Event {
    /// The job.
    pub job_id: Uuid,
    /// Its number within the job.
    pub seq: i64,
    /// What happened.
    pub kind: EventKind,
    /// When, RFC 3339 in UTC.
    pub at: chrono::DateTime<chrono::Utc>,
    /// Details by kind, such as `{"stage": "criteria"}`.
    pub data: serde_json::Value,
}

/// A hint that a job has events up to a number; may be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nudge {
    /// The job.
    pub job_id: Uuid,
    /// The newest event's number.
    pub seq: i64,
}
