//! Retention: whole segments that are too old leave. What they were stays, signed.

use std::time::Duration;

use super::{Chain, SealError};
use crate::store::audit_chain::{self, Segment};

/// Rows a statement removes, so that none holds locks for long.
const CHUNK: i64 = 500;

impl Chain {
    /// Removes one chunk of the entries of segments that were closed longer ago than `keep`. Answers the number of rows; 0 =
    /// nothing is left to do.
    pub async fn remove(&self, keep: Duration) -> Result<u64, SealError> {
        let rows = audit_chain::remove(&self.db, CHUNK).await?;
        if rows > 0 {
            return Ok(rows);
        }
        let age = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
        let Some(segment) = audit_chain::oldest_kept(&self.db, age).await? else { return Ok(0) };
        // What is not as it was signed stays, for whoever finds out why.
        match self.signer.segment(&segment) {
            None => return Err(SealError::UnknownKey(segment.key_id)),
            Some(signature) if signature != segment.signature => return Err(SealError::Head),
            Some(_) => {}
        }
        let mut gone = Segment {
            removed_at: Some(self.db.clock().now_ms()),
            removed_key_id: Some(self.signer.current().to_owned()),
            ..segment
        };
        gone.removed_signature = self.signer.removal(&gone);
        audit_chain::let_go(&self.db, &gone).await?;
        Ok(audit_chain::remove(&self.db, CHUNK).await?)
    }
}
