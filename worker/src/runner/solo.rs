//! A job that may be what kills workers runs without neighbours until it has stored a stage, so that they are cleared of
//! suspicion.

use std::sync::Arc;
use std::time::Duration;

use shared::domain::verdict::Failure;
use shared::jobs::{Claimed, Jobs};
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use super::running::Run;

/// How long a suspect waits for its neighbours to end before it lets them go on.
const PATIENCE: Duration = Duration::from_secs(20);

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

    /// A turn alone, and the record of it in the database.
    pub(super) async fn alone(&self, jobs: &Jobs, claimed: &Claimed, run: &Run) -> Result<Turn, Failure> {
        let later = || {
            Failure::snooze(
                PATIENCE,
                "job.waits_to_run_alone",
                "the job ended workers before and waits for one without other jobs",
            )
        };
        let waited = run.interruptible(tokio::time::timeout(PATIENCE, self.turns.clone().write_owned())).await;
        let Ok(Ok(guard)) = waited else { return Err(later()) };
        match jobs.starts_alone(&claimed.fence).await {
            Ok(true) => Ok(Turn::Alone { guard }),
            Ok(false) | Err(_) => Err(later()),
        }
    }
}
