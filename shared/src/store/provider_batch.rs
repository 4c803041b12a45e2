//! Batches at providers. Whoever works on one holds it by its worker's lease and a fencing number, as jobs are held.

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::{Db, Sql, StoreError};
use crate::domain::provider_batch::ProviderBatchState;

/// A row of `provider_batches`.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct ProviderBatch {
    /// UUIDv7; told to the provider where it has room for it.
    pub id: Uuid,
    /// Name of the model connection.
    pub connection: String,
    /// The model.
    pub model: String,
    state: String,
    /// The provider's id of the file of calls, where there is one.
    pub upload_id: Option<String>,
    /// The provider's id.
    pub remote_id: Option<String>,
    /// When the step began that is under way, or of which nobody knows what became; epoch milliseconds.
    pub begun_at: Option<i64>,
    /// When something is to be done about it; `None` = nothing any more.
    pub due_at: Option<i64>,
    /// The worker that holds it.
    pub lease_owner: Option<String>,
    /// Fencing number; grows by one with every claim.
    pub epoch: i64,
    /// When the provider was asked to cancel it.
    pub cancel_asked_at: Option<i64>,
    /// Stable code of what went wrong last.
    pub error_code: Option<String>,
    /// The same in words.
    pub error_message: Option<String>,
    candidates: Option<String>,
    /// Epoch milliseconds.
    pub created_at: i64,
    /// Epoch milliseconds.
    pub ended_at: Option<i64>,
}

impl ProviderBatch {
    /// Where it is.
    pub fn state(&self) -> Result<ProviderBatchState, StoreError> {
        self.state.parse().map_err(|error| StoreError::Bug(format!("provider batch {}: {error}", self.id)))
    }

    /// When the step began that is under way.
    #[must_use]
    pub fn begun(&self) -> Option<DateTime<Utc>> {
        self.begun_at.and_then(DateTime::from_timestamp_millis)
    }

    /// When it was made.
    #[must_use]
    pub fn created(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.created_at).unwrap_or_default()
    }

    /// Ids at the provider of which one may be it.
    #[must_use]
    pub fn candidates(&self) -> Vec<String> {
        self.candidates.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
    }
}

/// Makes a batch, if questions wait for one; the guard of a verb.
#[must_use]
pub fn make(id: Uuid, connection: &str, model: &str) -> Sql {
    Sql::new(
        "INSERT INTO provider_batches (id, connection, model, state, due_at, epoch, created_at) \
         SELECT ?, ?, ?, 'made', {now}, 0, {now} FROM {gate} \
         WHERE EXISTS (SELECT 1 FROM llm_questions WHERE state = 'waiting' AND connection = ? AND model = ?)",
    )
    .bind(id)
    .bind(connection.to_owned())
    .bind(model.to_owned())
    .bind(connection.to_owned())
    .bind(model.to_owned())
}

/// Claims the batch that is due longest and that nobody holds whose lease lasts: `provider_batches_due`. What this worker holds
/// by its name and does not work on was lost, and is claimed again.
pub async fn claim(db: &Db, owner: &str) -> Result<Option<ProviderBatch>, StoreError> {
    let text = if db.is_postgres() {
        "UPDATE provider_batches SET lease_owner = ?, epoch = epoch + 1 WHERE id = ANY(ARRAY(SELECT b.id FROM provider_batches b \
         WHERE b.due_at <= {now} AND (b.lease_owner IS NULL OR b.lease_owner = ? OR NOT EXISTS (SELECT 1 FROM workers w \
         WHERE w.id = b.lease_owner AND w.lease_until >= {now})) ORDER BY b.due_at LIMIT 1 FOR UPDATE SKIP LOCKED)) \
         AND due_at <= {now} RETURNING *"
    } else {
        "UPDATE provider_batches SET lease_owner = ?, epoch = epoch + 1 WHERE id IN (SELECT b.id FROM provider_batches b \
         WHERE b.due_at <= {now} AND (b.lease_owner IS NULL OR b.lease_owner = ? OR NOT EXISTS (SELECT 1 FROM workers w \
         WHERE w.id = b.lease_owner AND w.lease_until >= {now})) ORDER BY b.due_at LIMIT 1) AND due_at <= {now} RETURNING *"
    };
    let rows: Vec<ProviderBatch> = db.write_all(Sql::new(text).bind(owner).bind(owner)).await?;
    Ok(rows.into_iter().next())
}

/// Writes down that something is about to be sent, which can be on its way for so long: nobody claims the batch before. `None` =
/// somebody else has it.
pub async fn intend(
    db: &Db,
    batch: &ProviderBatch,
    state: ProviderBatchState,
    within_ms: i64,
) -> Result<Option<ProviderBatch>, StoreError> {
    let sql = Sql::new(
        "UPDATE provider_batches SET state = ?, begun_at = {now}, due_at = {now} + ? WHERE id = ? AND epoch = ? \
         AND due_at IS NOT NULL RETURNING *",
    );
    let rows = db.write_all(sql.bind(state.as_str()).bind(within_ms).bind(batch.id).bind(batch.epoch)).await?;
    Ok(rows.into_iter().next())
}

/// Writes down where a batch is now; no step is under way any more, and its holder goes on with it. `None` = somebody else has it.
pub async fn reach(
    db: &Db,
    batch: &ProviderBatch,
    state: ProviderBatchState,
    upload_id: Option<String>,
    remote_id: Option<String>,
) -> Result<Option<ProviderBatch>, StoreError> {
    let sql = Sql::new(
        "UPDATE provider_batches SET state = ?, upload_id = COALESCE(?, upload_id), remote_id = COALESCE(?, remote_id), \
         begun_at = NULL, due_at = {now}, error_code = NULL, error_message = NULL, candidates = NULL \
         WHERE id = ? AND epoch = ? AND due_at IS NOT NULL RETURNING *",
    );
    let sql = sql.bind(state.as_str()).bind(upload_id).bind(remote_id).bind(batch.id).bind(batch.epoch);
    Ok(db.write_all(sql).await?.into_iter().next())
}

/// Something that went wrong, as it is shown.
#[derive(Debug, Clone, Copy)]
pub struct Trouble<'a> {
    /// Stable code.
    pub code: &'static str,
    /// In words.
    pub message: &'a str,
}

/// Lets go of a batch until later. `false` = somebody else has it.
pub async fn put_off(db: &Db, batch: &ProviderBatch, in_ms: i64, trouble: Option<Trouble<'_>>) -> Result<bool, StoreError> {
    let sql = Sql::new(
        "UPDATE provider_batches SET lease_owner = NULL, due_at = {now} + ?, error_code = ?, error_message = ? \
         WHERE id = ? AND epoch = ? AND due_at IS NOT NULL",
    );
    let sql = sql.bind(in_ms).bind(trouble.map(|trouble| trouble.code)).bind(trouble.map(|trouble| trouble.message.to_owned()));
    Ok(db.execute(sql.bind(batch.id).bind(batch.epoch)).await? == 1)
}

/// Writes down that the provider was asked to cancel it.
pub async fn cancel_asked(db: &Db, batch: &ProviderBatch) -> Result<bool, StoreError> {
    let sql = Sql::new("UPDATE provider_batches SET cancel_asked_at = {now} WHERE id = ? AND epoch = ?");
    Ok(db.execute(sql.bind(batch.id).bind(batch.epoch)).await? == 1)
}

/// Leaves a batch to a person; the guard of a verb.
#[must_use]
pub fn lose(batch: &ProviderBatch, candidates: &[String], trouble: Trouble<'_>) -> Sql {
    let candidates: serde_json::Value = candidates.into();
    Sql::new(
        "UPDATE provider_batches SET state = 'unknown', lease_owner = NULL, due_at = NULL, candidates = ?, error_code = ?, \
         error_message = ? WHERE id = ? AND epoch = ? AND due_at IS NOT NULL",
    )
    .bind(candidates.to_string())
    .bind(trouble.code)
    .bind(trouble.message.to_owned())
    .bind(batch.id)
    .bind(batch.epoch)
}

/// Ends a batch whose questions all have come to something; the guard of a verb.
#[must_use]
pub fn end(batch: &ProviderBatch) -> Sql {
    Sql::new(
        "UPDATE provider_batches SET state = 'ended', lease_owner = NULL, begun_at = NULL, due_at = NULL, ended_at = {now} \
         WHERE id = ? AND epoch = ? AND due_at IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM llm_questions q WHERE q.batch_id = provider_batches.id AND q.state = 'sent')",
    )
    .bind(batch.id)
    .bind(batch.epoch)
}

/// Ends a batch of which no call was made; the guard of a verb that says so to its questions.
#[must_use]
pub fn fail(batch: &ProviderBatch, trouble: Trouble<'_>) -> Sql {
    Sql::new(
        "UPDATE provider_batches SET state = 'failed', lease_owner = NULL, begun_at = NULL, due_at = NULL, error_code = ?, \
         error_message = ?, ended_at = {now} WHERE id = ? AND epoch = ? AND due_at IS NOT NULL",
    )
    .bind(trouble.code)
    .bind(trouble.message.to_owned())
    .bind(batch.id)
    .bind(batch.epoch)
}

/// A person gives up on a batch that is unknown; the guard of a verb.
#[must_use]
pub fn give_up(id: Uuid) -> Sql {
    Sql::new(
        "UPDATE provider_batches SET state = 'failed', begun_at = NULL, epoch = epoch + 1, ended_at = {now} \
         WHERE id = ? AND state = 'unknown' AND {administers}",
    )
    .bind(id)
}

/// A person found a batch that is unknown; the guard of a verb.
#[must_use]
pub fn adopt(id: Uuid, remote_id: &str) -> Sql {
    Sql::new(
        "UPDATE provider_batches SET state = 'created', remote_id = ?, begun_at = NULL, due_at = {now}, epoch = epoch + 1, \
         error_code = NULL, error_message = NULL, candidates = NULL WHERE id = ? AND state = 'unknown' AND {administers} AND NOT EXISTS \
         (SELECT 1 FROM provider_batches other WHERE other.connection = provider_batches.connection AND other.remote_id = ?)",
    )
    .bind(remote_id.to_owned())
    .bind(id)
    .bind(remote_id.to_owned())
}

/// A batch and its calls.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Counted {
    /// The batch.
    #[sea_orm(nested)]
    pub batch: ProviderBatch,
    /// Calls in it.
    pub calls: i64,
    /// Those that have no answer yet.
    pub unanswered: i64,
}

/// Reads a batch.
pub async fn find(db: &Db, id: Uuid) -> Result<Option<Counted>, StoreError> {
    let sql = Sql::new(
        "SELECT b.*, (SELECT COUNT(*) FROM llm_questions q WHERE q.batch_id = b.id) AS calls, \
         (SELECT COUNT(*) FROM llm_questions q WHERE q.batch_id = b.id AND q.state = 'sent') AS unanswered \
         FROM provider_batches b WHERE b.id = ?",
    );
    db.read_one(sql.bind(id)).await
}

/// Batches, newest first, older than `before`; those in one state, or all. Their calls: `llm_questions_batch`.
pub async fn list(
    db: &Db,
    state: Option<ProviderBatchState>,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Counted>, StoreError> {
    let sql = Sql::new(
        "SELECT b.*, (SELECT COUNT(*) FROM llm_questions q WHERE q.batch_id = b.id) AS calls, \
         (SELECT COUNT(*) FROM llm_questions q WHERE q.batch_id = b.id AND q.state = 'sent') AS unanswered \
         FROM provider_batches b WHERE (b.state = ? OR ?) AND (b.id < ? OR ?) ORDER BY b.id DESC LIMIT ?",
    );
    let sql = sql.bind(state.map_or("", ProviderBatchState::as_str)).bind(state.is_none());
    let sql = sql.bind(before.unwrap_or(Uuid::nil())).bind(before.is_none());
    db.read_all(sql.bind(i64::try_from(limit).unwrap_or(i64::MAX))).await
}

/// How many batches are in a state.
#[derive(Debug, Clone, FromQueryResult)]
pub struct InState {
    /// The state's word.
    pub state: String,
    /// How many.
    pub batches: i64,
}

/// The batches about which something is still to be done, by state.
pub async fn open(db: &Db) -> Result<Vec<InState>, StoreError> {
    let sql = "SELECT state, COUNT(*) AS batches FROM provider_batches WHERE state NOT IN ('ended', 'failed') GROUP BY state";
    db.read_all(Sql::new(sql)).await
}

#[derive(FromQueryResult)]
struct RemoteId {
    remote_id: String,
}

/// The provider's ids of all batches of a connection that are known: `provider_batches_remote`.
pub async fn known_remotes(db: &Db, connection: &str) -> Result<Vec<String>, StoreError> {
    let sql = Sql::new("SELECT remote_id FROM provider_batches WHERE connection = ? AND remote_id IS NOT NULL");
    let rows: Vec<RemoteId> = db.read_all(sql.bind(connection.to_owned())).await?;
    Ok(rows.into_iter().map(|row| row.remote_id).collect())
}

/// Whether another batch of the connection may be on its way, which lasts for so long, so that what is listed may be that one.
pub async fn another_on_its_way(db: &Db, batch: &ProviderBatch, for_ms: i64) -> Result<bool, StoreError> {
    let sql = Sql::new(
        "SELECT * FROM provider_batches WHERE connection = ? AND id <> ? AND state = 'creating' AND begun_at > {now} - ? LIMIT 1",
    );
    Ok(db.read_one::<ProviderBatch>(sql.bind(batch.connection.clone()).bind(batch.id).bind(for_ms)).await?.is_some())
}
