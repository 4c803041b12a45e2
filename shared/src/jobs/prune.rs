//! `prune`: what is old leaves, in small chunks.

use std::time::Duration;

use super::Jobs;
use crate::domain::duration::ms;
use crate::store::{Sql, StoreError, worker};

/// How long things are kept.
#[derive(Debug, Clone)]
pub struct Retention {
    /// Ended jobs with their artifacts, events and deliveries. Results stay in the history.
    pub jobs: Duration,
    /// Results in the history.
    pub history: Duration,
    /// Audit entries; their segments leave by [`Chain::remove`](crate::auditing::Chain::remove).
    pub audit: Duration,
    /// The ledger of model calls.
    pub ledger: Duration,
    /// Replies of models, to the same questions.
    pub replies: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        let days = |n: u64| Duration::from_secs(n * 24 * 3600);
        Self { jobs: days(30), history: days(365), audit: days(365), ledger: days(365), replies: days(1) }
    }
}

/// How long sessions and invitations are kept that let nobody in any more.
const OLD_ACCESS: Duration = Duration::from_secs(30 * 24 * 3600);

/// Rows a statement removes, so that none holds locks for long.
const CHUNK: i64 = 500;

impl Jobs {
    /// Removes one chunk of everything that is too old. Answers the number of rows; 0 = nothing is left to do.
    ///
    /// `publications` stay for good, one row for each place: only they tell what is ours from what a person changed, however
    /// long ago it was written.
    pub async fn prune(&self, keep: &Retention) -> Result<u64, StoreError> {
        let of_ended = |text: &'static str| Sql::new(text).bind(ms(keep.jobs)).bind(CHUNK);
        let mut rows = 0;
        // Children first, and jobs only once they have none: neither a crash in between nor another process that prunes at
        // the same time leaves children without a job. A job is kept until its deliveries have ended.
        for text in [
            "DELETE FROM llm_questions WHERE state NOT IN ('waiting', 'sent') AND job_id IN (SELECT id FROM jobs WHERE ended_at IS NOT NULL \
             AND ended_at < {now} - ? AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.job_id = jobs.id AND d.ended_at IS NULL) \
             AND NOT EXISTS (SELECT 1 FROM llm_questions o WHERE o.job_id = jobs.id AND o.state IN ('waiting', 'sent')) \
             ORDER BY ended_at, id LIMIT ?)",
            "DELETE FROM artifacts WHERE job_id IN (SELECT id FROM jobs WHERE ended_at IS NOT NULL AND ended_at < {now} - ? \
             AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.job_id = jobs.id AND d.ended_at IS NULL) \
             AND NOT EXISTS (SELECT 1 FROM llm_questions o WHERE o.job_id = jobs.id AND o.state IN ('waiting', 'sent')) ORDER BY ended_at, id LIMIT ?)",
            "DELETE FROM job_events WHERE job_id IN (SELECT id FROM jobs WHERE ended_at IS NOT NULL AND ended_at < {now} - ? \
             AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.job_id = jobs.id AND d.ended_at IS NULL) \
             AND NOT EXISTS (SELECT 1 FROM llm_questions o WHERE o.job_id = jobs.id AND o.state IN ('waiting', 'sent')) ORDER BY ended_at, id LIMIT ?)",
            "DELETE FROM webhook_deliveries WHERE job_id IN (SELECT id FROM jobs WHERE ended_at IS NOT NULL AND ended_at < {now} - ? \
             AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.job_id = jobs.id AND d.ended_at IS NULL) \
             AND NOT EXISTS (SELECT 1 FROM llm_questions o WHERE o.job_id = jobs.id AND o.state IN ('waiting', 'sent')) ORDER BY ended_at, id LIMIT ?)",
            "DELETE FROM jobs WHERE ended_at IS NOT NULL AND id IN (SELECT id FROM jobs WHERE ended_at IS NOT NULL AND ended_at < {now} - ? \
             AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.job_id = jobs.id) \
             AND NOT EXISTS (SELECT 1 FROM artifacts a WHERE a.job_id = jobs.id) \
             AND NOT EXISTS (SELECT 1 FROM llm_questions q WHERE q.job_id = jobs.id) \
             AND NOT EXISTS (SELECT 1 FROM job_events e WHERE e.job_id = jobs.id) ORDER BY ended_at, id LIMIT ?)",
        ] {
            rows += self.db.execute(of_ended(text)).await?;
        }
        rows += self
            .old(
                "DELETE FROM provider_batches WHERE id IN (SELECT id FROM provider_batches b WHERE ended_at < {now} - ? \
                 AND NOT EXISTS (SELECT 1 FROM llm_questions q WHERE q.batch_id = b.id) ORDER BY ended_at LIMIT ?)",
                keep.jobs,
            )
            .await?;
        for text in [
            "DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries WHERE ended_at < {now} - ? AND job_id IS NULL \
             ORDER BY ended_at LIMIT ?)",
            "DELETE FROM webhook_targets WHERE id IN (SELECT target FROM webhook_endpoints e WHERE deleted_at < {now} - ? \
             AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = e.id) LIMIT ?)",
            "DELETE FROM webhook_endpoints WHERE id IN (SELECT id FROM webhook_endpoints e WHERE deleted_at < {now} - ? \
             AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = e.id) LIMIT ?)",
            "DELETE FROM batch_items WHERE batch_id IN (SELECT id FROM batches WHERE ended_at < {now} - ? ORDER BY ended_at LIMIT ?)",
            "DELETE FROM batches WHERE id IN (SELECT id FROM batches b WHERE ended_at < {now} - ? \
             AND NOT EXISTS (SELECT 1 FROM batch_items i WHERE i.batch_id = b.id) \
             AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.batch_id = b.id) ORDER BY ended_at LIMIT ?)",
            "DELETE FROM jira_events WHERE id IN (SELECT id FROM jira_events WHERE done_at < {now} - ? ORDER BY done_at LIMIT ?)",
            "DELETE FROM rule_runs WHERE event_id IN (SELECT event_id FROM rule_runs WHERE created_at < {now} - ? \
             ORDER BY created_at LIMIT ?)",
        ] {
            rows += self.old(text, keep.jobs).await?;
        }
        rows += self.old("DELETE FROM generation_history WHERE id IN (SELECT id FROM generation_history WHERE created_at < {now} - ? ORDER BY id LIMIT ?)", keep.history).await?;
        rows += self
            .old("DELETE FROM idempotency_keys WHERE expires_at IN (SELECT expires_at FROM idempotency_keys WHERE expires_at < {now} - ? ORDER BY expires_at LIMIT ?)", Duration::ZERO)
            .await?;
        rows += self
            .old("DELETE FROM llm_calls WHERE id IN (SELECT id FROM llm_calls WHERE created_at < {now} - ? ORDER BY created_at LIMIT ?)", keep.ledger)
            .await?;
        rows += self
            .old("DELETE FROM llm_replies WHERE question IN (SELECT question FROM llm_replies WHERE created_at < {now} - ? ORDER BY created_at LIMIT ?)", keep.replies)
            .await?;
        // A target that nobody holds any more says nothing.
        rows += self
            .old("DELETE FROM publish_targets WHERE held_until < {now} - ? AND job_id IN (SELECT job_id FROM publish_targets WHERE held_until < {now} LIMIT ?)", Duration::ZERO)
            .await?;
        rows += self
            .old("DELETE FROM login_failures WHERE name IN (SELECT name FROM login_failures WHERE forget_at < {now} - ? ORDER BY forget_at LIMIT ?)", Duration::ZERO)
            .await?;
        rows += self
            .old("DELETE FROM invites WHERE id IN (SELECT id FROM invites WHERE expires_at < {now} - ? ORDER BY expires_at LIMIT ?)", OLD_ACCESS)
            .await?;
        // A session that was ended early leaves with its expiry.
        rows += self
            .old("DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < {now} - ? ORDER BY expires_at LIMIT ?)", OLD_ACCESS)
            .await?;
        rows += worker::forget_lapsed(&self.db, ms(Duration::from_secs(3600))).await?;
        Ok(rows)
    }

    async fn old(&self, text: &'static str, age: Duration) -> Result<u64, StoreError> {
        self.db.execute(Sql::new(text).bind(ms(age)).bind(CHUNK)).await
    }
}
