//! One request, from here to the rest of its job.

use serde_json::Value;
use shared::domain::job::JobKind;
use tokio::time::Instant;
use uuid::Uuid;

use crate::client::follow::follow;
use crate::client::views::{JobView, ResultView};
use crate::client::{Client, ClientError};
use crate::commands::jobs::exit_of;
use crate::exit::Exit;
use crate::output::progress::{JobProgress, Progress};

/// A request before it is sent.
pub(crate) struct Order {
    /// What to make.
    pub(crate) kind: JobKind,
    /// The story.
    pub(crate) key: String,
    /// The body of the request.
    pub(crate) body: Value,
    /// The same for each try of this request, and for no other.
    pub(crate) idempotency_key: String,
}

/// What became of a request.
pub(crate) struct Outcome {
    /// The story.
    pub(crate) key: String,
    /// The job, once there is one.
    pub(crate) id: Option<Uuid>,
    /// The job at rest.
    pub(crate) job: Option<JobView>,
    /// What it made, where it was fetched.
    pub(crate) result: Option<ResultView>,
    /// Why there is no job at rest.
    pub(crate) error: String,
    /// What it means for the program.
    pub(crate) exit: Exit,
}

/// Submits and, with a deadline, follows to rest or to the deadline.
pub(crate) async fn work(client: &Client, order: Order, progress: &Progress, deadline: Option<Instant>) -> Outcome {
    let mut progress = progress.job(&order.key);
    let mut outcome = Outcome { key: order.key, id: None, job: None, result: None, error: String::new(), exit: Exit::Success };
    match client.submit(order.kind, order.body, &order.idempotency_key).await {
        Ok(accepted) => {
            outcome.id = Some(accepted.id);
            progress.submitted(accepted.id);
            if let Some(deadline) = deadline {
                to_rest(client, accepted.id, deadline, &mut progress, &mut outcome).await;
            }
        }
        Err(error) => give_up(&progress, &mut outcome, error),
    }
    outcome
}

async fn to_rest(client: &Client, id: Uuid, deadline: Instant, progress: &mut JobProgress, outcome: &mut Outcome) {
    let following = follow(client, id, |event| progress.event(event));
    match tokio::time::timeout_at(deadline, following).await {
        Ok(Ok(job)) => {
            progress.at_rest(&job);
            outcome.exit = exit_of(&job);
            outcome.job = Some(job);
        }
        Ok(Err(error)) => give_up(progress, outcome, error),
        Err(_elapsed) => {
            outcome.error = format!("is not done in time; it goes on: `jqa jobs watch {id}`");
            outcome.exit = Exit::TimedOut;
            progress.given_up(&outcome.error);
        }
    }
}

fn give_up(progress: &JobProgress, outcome: &mut Outcome, error: ClientError) {
    outcome.error = error.to_string();
    outcome.exit = Exit::of(&error.into());
    progress.given_up(&outcome.error);
}
