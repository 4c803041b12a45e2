//! The two ways in which a worker's verb ends.

use shared::jobs::Fenced;
use shared::store::StoreError;

/// What a verb answered to the worker that still holds the job.
pub fn held<T>(answer: Result<Result<T, Fenced>, StoreError>) -> T {
    answer.expect("an answer").expect("a job that is still held")
}

/// Whether a verb was refused because the job is not held any more.
pub fn fenced<T>(answer: Result<Result<T, Fenced>, StoreError>) -> bool {
    answer.expect("an answer").is_err()
}
