//! The verbs: the only code that changes a job.
//!
//! | verb | who | from → to |
//! |---|---|---|
//! | [`Jobs::submit`] | a person | → queued |
//! | [`Jobs::claim`], [`Jobs::claim_overdue`] | a worker | queued → running |
//! | [`Jobs::advance`] | the worker that holds it | running → running, awaiting_review |
//! | [`Jobs::finish`] | the worker that holds it | running → succeeded |
//! | [`Jobs::settle_failure`] | the worker that holds it | running → queued, failed, cancelled |
//! | [`Jobs::release`] | the worker that holds it, at shutdown | running → queued |
//! | [`Jobs::reclaim`] | the relay | running (lapsed) → queued, failed, cancelled |
//! | [`Jobs::cancel`] | a person | queued, awaiting_review → cancelled; running, or a write unknown → asked |
//! | [`Jobs::edit`], [`Jobs::approve`] | a person | awaiting_review → awaiting_review, queued, succeeded |
//! | [`Jobs::retry`] | a person | failed, cancelled → queued |
//! | [`Jobs::submit_by_rule`] | the worker that holds an event of Jira | → queued, once for each change and rule |
//! | [`Jobs::submit_batch`], [`Jobs::expand`] | a person, the worker that holds the expansion | → held |
//! | [`Jobs::top_up`] | the relay | held → queued |
//! | [`Jobs::pause_batch`], [`Jobs::cancel_batch`], [`Jobs::retry_failed`] | a person | queued → held; held → cancelled; failed → held |
//! | [`Jobs::conclude`], [`Jobs::fail_batch`], [`Jobs::decide`] | the worker that holds the batch, a person | queued → queued, due now |
//!
//! Each verb is one transaction (row, event, audit, deliveries due), without any network call inside.

pub mod accepted;
mod batches;
mod bell;
mod cancel;
mod claim;
mod economy;
mod ending;
mod error;
mod inbound;
mod lease;
mod ledger;
mod limits;
mod prune;
mod publish;
mod reclaim;
mod relay;
mod retry;
mod review;
mod stage;
mod submit;

use std::sync::Arc;

pub use batches::{BatchSubmission, COST_REACHED, SubmittedBatch};
pub use bell::{Bell, Ring};
pub use cancel::Ended;
pub use claim::{Claimed, Fence};
pub use economy::{Concluded, EconomyLimits};
pub use ending::Outcome;
pub use error::{Fenced, JobError};
pub use inbound::ByRule;
pub use lease::{Heartbeat, Lease};
pub use limits::Limits;
pub use prune::Retention;
pub use publish::{Records, Refused};
pub use relay::Relay;
pub use review::{Approval, Edit, Edited};
pub use stage::{Advance, Next};
pub use submit::{Submission, Submitted};

use crate::domain::event::Nudge;
use crate::ports::{Clock, EventBus};
use crate::store::Db;
use crate::store::job::Job;

/// The verbs, over one database.
#[derive(Clone)]
pub struct Jobs {
    db: Db,
    limits: Arc<Limits>,
    bell: Bell,
    bus: Arc<dyn EventBus>,
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jobs").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Jobs {
    /// The verbs over `db`; `bell` leads to the local relay, `bus` to whoever listens to events.
    #[must_use]
    pub fn new(db: Db, limits: Limits, bell: Bell, bus: Arc<dyn EventBus>) -> Self {
        Self { db, limits: Arc::new(limits), bell, bus }
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Times and limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        self.db.clock()
    }

    /// The bus of event nudges.
    #[must_use]
    pub fn bus(&self) -> &Arc<dyn EventBus> {
        &self.bus
    }

    /// The bell that leads to the local relay.
    #[must_use]
    pub fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Tells whoever waits that the job has new events.
    fn told(&self, job: &Job) {
        self.bus.nudge(Nudge { job_id: job.id, seq: job.event_seq });
        if job.batch_id.is_some() && job.status != "running" {
            self.bell.child_ended();
        }
    }
}
