//! What can go wrong in a verb.

use crate::domain::batch::BatchStatus;
use crate::domain::job::JobStatus;
use crate::store::StoreError;

/// The lease was lost: the job ended, was reclaimed, or belongs to somebody else. Stop and write nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the lease on the job was lost")]
pub struct Fenced;

/// Why a person's verb did not happen.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// There is no such job.
    #[error("there is no such job")]
    NotFound,
    /// The job is not in a state that allows it.
    #[error("the job is {status}; {hint}")]
    WrongStatus {
        /// Where it stands.
        status: JobStatus,
        /// Stable code, such as `job.already_ended`.
        code: &'static str,
        /// What would be needed.
        hint: &'static str,
    },
    /// The batch is not in a state that allows it.
    #[error("the batch is {status}; {hint}")]
    WrongBatchStatus {
        /// Where it stands.
        status: BatchStatus,
        /// Stable code, such as `batch.not_paused`.
        code: &'static str,
        /// What would be needed.
        hint: &'static str,
    },
    /// The result is not the one that was seen.
    #[error("the result changed since it was read; read it again")]
    ContentChanged,
    /// The key was used with another body.
    #[error("this Idempotency-Key was used with another request")]
    KeyReused,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}
