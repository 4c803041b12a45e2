//! A result that another job rests on, by the id of its job or of its history entry.

use shared::store::history::{self, History};
use shared::store::job;
use uuid::Uuid;

use crate::extract::Caller;
use crate::problem::Problem;
use crate::state::Api;

/// What an id stands for.
pub(super) enum Source {
    /// A result that the caller may see.
    Result(Box<History>),
    /// A job that the caller may see, without a result so far.
    NoResult,
    /// Nothing that the caller may see.
    Nothing,
}

/// Looks it up.
pub(super) async fn find(api: &Api, caller: &Caller, id: Uuid) -> Result<Source, Problem> {
    // A result outlives its job.
    if let Some(row) = history::named_by(api.db(), id).await? {
        return Ok(if caller.sees(row.created_by) { Source::Result(Box::new(row)) } else { Source::Nothing });
    }
    let job = job::find(api.db(), id).await?.filter(|job| caller.sees(job.owner_id));
    Ok(job.map_or(Source::Nothing, |_| Source::NoResult))
}
