//! The audit log in every process: whoever is first seals it, and removes what is too old.

use std::sync::Arc;
use std::time::Duration;

use shared::auditing::{Chain, SealError, Sealed};
use shared::telemetry::Metrics;
use tokio_util::sync::CancellationToken;

use super::kept_head::KeptHead;
use super::parts::rested;

/// How often unsealed entries are looked for: how long an entry can be changed without a trace.
const ROUND: Duration = Duration::from_secs(1);

/// How often the head is told to the log, which may be kept where nobody who has the database can change it.
const TELL: Duration = Duration::from_secs(600);

/// How often it is said that nothing can be sealed.
const COMPLAIN: Duration = Duration::from_secs(60);

/// How often old segments are looked for.
const REMOVE: Duration = Duration::from_secs(60);

/// Rest between two chunks of old entries.
const REMOVE_REST: Duration = Duration::from_millis(100);

/// Seals what was written until the process stops, and goes on from no head that is behind the one that was kept.
pub(super) async fn seal(chain: Chain, kept: KeptHead, metrics: Arc<Metrics>, stop: CancellationToken) {
    match kept.read(&chain) {
        Ok(head) => head.iter().for_each(|head| chain.remember(head)),
        Err(error) => tracing::error!(%error, "the kept head of the audit log is not compared with"),
    }
    let clock = chain.db().clock().clone();
    let (mut told, mut complained) = (None, None);
    let is_time = |last: Option<std::time::Instant>, every| last.is_none_or(|last| clock.monotonic() - last >= every);
    while rested(ROUND, &stop).await {
        let sealed = all(&chain, &stop).await;
        metrics.audit_refused(sealed.as_ref().is_err_and(|error| !matches!(error, SealError::Store(_))));
        match sealed {
            Ok(false) => {}
            Ok(true) => {
                let Ok(Some(head)) = chain.anchor().await else { continue };
                if let Err(error) = kept.write(&chain, &head)
                    && is_time(complained, COMPLAIN)
                {
                    complained = Some(clock.monotonic());
                    tracing::warn!(%error, "the head of the audit log cannot be kept in the data folder; see JQA_DATA_DIR");
                }
                if is_time(told, TELL) {
                    told = Some(clock.monotonic());
                    tracing::info!(%head, "the audit log is sealed up to here; `jqa audit verify --expect-head` proves it");
                }
            }
            Err(SealError::Store(error)) if error.is_transient() => tracing::debug!(%error, "the audit log is sealed later"),
            Err(error) if is_time(complained, COMPLAIN) => {
                complained = Some(clock.monotonic());
                tracing::error!(%error, "the audit log cannot be sealed; entries are written all the same");
            }
            Err(_) => {}
        }
    }
}

/// Seals everything there is. `true` = there was something.
async fn all(chain: &Chain, stop: &CancellationToken) -> Result<bool, SealError> {
    let mut any = false;
    while !stop.is_cancelled() {
        match chain.seal().await? {
            Sealed::Entries(_) | Sealed::Segment => any = true,
            Sealed::Nothing | Sealed::Elsewhere => break,
        }
    }
    Ok(any)
}

/// Removes segments that are too old, a chunk at a time.
pub(super) async fn remove(chain: Chain, keep: Duration, stop: CancellationToken) {
    while rested(REMOVE, &stop).await {
        loop {
            match chain.remove(keep).await {
                Ok(0) => break,
                Ok(rows) => tracing::debug!(rows, "old audit entries were removed"),
                Err(error) => {
                    tracing::warn!(%error, "old audit entries could not be removed");
                    break;
                }
            }
            if !rested(REMOVE_REST, &stop).await {
                return;
            }
        }
    }
}
