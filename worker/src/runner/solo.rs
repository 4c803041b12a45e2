//! A job that may be what kills workers runs without neighbours until it has stored a stage, so that they are cleared of
//! suspicion.
//!
//! While a suspect waits for its neighbours to end, no other job begins in its worker. So it waits for a short time, goes
//! back for ten times as long, and the older it is the more patient it becomes: it costs its workers a tenth of their time
//! at most, and gets its turn even where neighbours never end all at once.

use std::sync::Arc;
use std::time::Duration;

use shared::domain::verdict::Failure;
use shared::jobs::{Claimed, Jobs};
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use super::running::Run;
use crate::pipeline::End;

/// The first wait, and the longest: nobody's neighbours take longer than a model may.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// What has waited before waits for this part of its age.
const PART_OF_AGE: u32 = 20;

/// How many times as long as it waited a job goes back.
const AWAY: u32 = 10;

const CODE: &str = "job.waits_to_run_alone";

/// The right to run.
#[derive(Debug)]
pub(super) enum Turn {
    /// Beside others.
    Among { _guard: OwnedRwLockReadGuard<()> },
    /// Alone.
    Alone { guard: OwnedRwLockWriteGuard<()> },
}

impl Turn {
    /// Runs `work`; others may run beside it as soon as it is `cleared`.
    pub(super) async fn during<T>(self, work: impl Future<Output = T>, cleared: impl Future<Output = ()>) -> T {
        let mut work = std::pin::pin!(work);
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = cleared => {}
        }
        let _beside_others = match self {
            Self::Alone { guard } => Self::Among { _guard: guard.downgrade() },
            among @ Self::Among { .. } => among,
        };
        work.await
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Solo {
    turns: Arc<RwLock<()>>,
}

impl Solo {
    /// A turn beside others; waits while a suspect runs. Taken before a claim: a job that waited for it with a claim in its
    /// hands would be called a suspect too when its worker dies.
    pub(super) async fn among_others(&self) -> Turn {
        Turn::Among { _guard: self.turns.clone().read_owned().await }
    }

    /// A turn beside others, unless a suspect runs or waits for them to end.
    pub(super) fn among_others_now(&self) -> Option<Turn> {
        Some(Turn::Among { _guard: self.turns.clone().try_read_owned().ok()? })
    }

    /// A turn alone, and the record of it in the database. A cancel, a stop or a lost lease ends the wait.
    pub(super) async fn alone(&self, jobs: &Jobs, claimed: &Claimed, run: &Run) -> Result<Turn, End> {
        let patience = patience(claimed);
        let waited = run.before_it_begins(tokio::time::timeout(patience, self.turns.clone().write_owned())).await?;
        let Ok(guard) = waited else {
            let message = "the job ended workers before and waits for one without other jobs";
            return Err(Failure::snooze(patience * AWAY, CODE, message).into());
        };
        if jobs.starts_alone(&claimed.fence).await? { Ok(Turn::Alone { guard }) } else { Err(End::Lost) }
    }
}

fn patience(claimed: &Claimed) -> Duration {
    let row = &claimed.row;
    if row.error_code.as_deref() != Some(CODE) {
        return PATIENCE.0;
    }
    let age = Duration::from_millis(u64::try_from(row.updated_at - row.created_at).unwrap_or(0));
    (age / PART_OF_AGE).clamp(PATIENCE.0, PATIENCE.1)
}
