//! Calls that are given away in batches: what was asked for which job, and what came of it. A question has the id of its call
//! in the ledger, by which its answer is known at the provider.

use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::{Db, Sql, StoreError};
use crate::domain::job::Stage;
use crate::domain::json::to_json;
use crate::ports::LlmError;

/// A question to be asked; the call of the ledger has its id.
#[derive(Debug, Clone)]
pub struct NewQuestion {
    /// A hash of all that is asked, and of whom.
    pub question: String,
    /// Name of the model connection.
    pub connection: String,
    /// The model.
    pub model: String,
    /// [`prompting::stored`](crate::prompting::stored).
    pub prompt: String,
}

/// Writes a question with the call that a verb wrote into the ledger.
#[must_use]
pub fn ask(new: &NewQuestion) -> Sql {
    Sql::new(
        "INSERT INTO llm_questions (id, job_id, stage, question, connection, model, prompt, state, created_at) \
         SELECT held.id, held.job_id, held.stage, ?, ?, ?, ?, 'waiting', {now} FROM {held} AS held",
    )
    .bind(new.question.clone())
    .bind(new.connection.clone())
    .bind(new.model.clone())
    .bind(new.prompt.clone())
}

/// A question that was not read to its end.
#[derive(Debug, Clone, FromQueryResult)]
pub struct OpenQuestion {
    /// The call of the ledger.
    pub id: Uuid,
    /// [`NewQuestion::question`].
    pub question: String,
    state: String,
    reply: Option<String>,
    model_answered: Option<String>,
    error: Option<String>,
    batch_state: Option<String>,
}

/// Where a question stands.
#[derive(Debug, Clone)]
pub enum Heard {
    /// It waits for a batch, or for its answer.
    Nothing {
        /// Its batch waits for a person.
        is_lost: bool,
    },
    /// An answer.
    Answer {
        /// The model that answered, as the provider named it.
        model: String,
        /// Its words.
        text: String,
    },
    /// It was not answered.
    Failed(LlmError),
}

impl OpenQuestion {
    /// Where it stands.
    pub fn heard(self) -> Result<Heard, StoreError> {
        let bug = |what: &str| StoreError::Bug(format!("question {}: {what}", self.id));
        Ok(match (self.state.as_str(), self.reply, &self.error) {
            ("answered", Some(text), _) => Heard::Answer { model: self.model_answered.unwrap_or_default(), text },
            ("failed", _, Some(error)) => Heard::Failed(serde_json::from_str(error).map_err(|error| bug(&error.to_string()))?),
            ("waiting" | "sent", ..) => Heard::Nothing { is_lost: self.batch_state.as_deref() == Some("unknown") },
            (state, ..) => return Err(bug(&format!("state '{state}' without what belongs to it"))),
        })
    }
}

/// What a job has asked in a stage and not read to its end, the first question first: `llm_questions_open`.
pub async fn open(db: &Db, job_id: Uuid, stage: Stage) -> Result<Vec<OpenQuestion>, StoreError> {
    let sql = Sql::new(
        "SELECT q.id, q.question, q.state, q.reply, q.model_answered, q.error, b.state AS batch_state FROM llm_questions q \
         LEFT JOIN provider_batches b ON b.id = q.batch_id \
         WHERE q.job_id = ? AND q.stage = ? AND q.state <> 'read' ORDER BY q.created_at, q.id",
    );
    db.read_all(sql.bind(job_id).bind(stage.as_str())).await
}

/// Questions to one model that wait to be given away.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Waiting {
    /// Name of the model connection.
    pub connection: String,
    /// The model.
    pub model: String,
    /// How many.
    pub questions: i64,
    /// How long the first of them has waited, in milliseconds.
    pub for_ms: i64,
}

/// Questions that wait, by connection and model: `llm_questions_waiting`.
pub async fn waiting(db: &Db) -> Result<Vec<Waiting>, StoreError> {
    db.read_all(Sql::new(
        "SELECT connection, model, COUNT(*) AS questions, CAST({now} - MIN(created_at) AS BIGINT) AS for_ms FROM llm_questions \
         WHERE state = 'waiting' GROUP BY connection, model",
    ))
    .await
}

/// An id alone.
#[derive(Debug, FromQueryResult)]
struct Id {
    id: Uuid,
}

/// More of them are found by the next look.
const MOST_AT_ONCE: i64 = 500;

/// Questions that wait although their job has ended.
pub async fn unwanted(db: &Db) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<Id> = db
        .read_all(
            Sql::new(
                "SELECT q.id FROM llm_questions q JOIN jobs j ON j.id = q.job_id WHERE q.state = 'waiting' AND j.ended_at IS NOT NULL LIMIT ?",
            )
            .bind(MOST_AT_ONCE),
        )
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Lets go of a question that was not given away and that nobody waits for; the guard of a verb.
#[must_use]
pub fn drop_unwanted(id: Uuid) -> Sql {
    Sql::new(
        "UPDATE llm_questions SET state = 'read', prompt = '' WHERE id = ? AND state = 'waiting' \
         AND EXISTS (SELECT 1 FROM jobs WHERE jobs.id = llm_questions.job_id AND jobs.ended_at IS NOT NULL)",
    )
    .bind(id)
}

/// The same of one that was chosen for a batch of which nothing is on its way yet; the guard of a verb.
#[must_use]
pub fn drop_chosen(id: Uuid, batch_id: Uuid, epoch: i64) -> Sql {
    Sql::new(
        "UPDATE llm_questions SET state = 'read', prompt = '' WHERE id = ? AND state = 'sent' AND batch_id = ? \
         AND EXISTS (SELECT 1 FROM jobs WHERE jobs.id = llm_questions.job_id AND jobs.ended_at IS NOT NULL) \
         AND EXISTS (SELECT 1 FROM provider_batches b WHERE b.id = llm_questions.batch_id AND b.epoch = ? AND b.state IN ('made', 'uploaded'))",
    )
    .bind(id)
    .bind(batch_id)
    .bind(epoch)
}

/// Gives waiting questions, the oldest first, to the batch that a verb makes.
#[must_use]
pub fn choose(db: &Db, batch_id: Uuid, connection: &str, model: &str, most: usize) -> Sql {
    // Whoever gathers at the same time takes others.
    let text = if db.is_postgres() {
        "UPDATE llm_questions SET state = 'sent', batch_id = ? WHERE id = ANY(ARRAY(SELECT id FROM llm_questions WHERE state = 'waiting' \
         AND connection = ? AND model = ? ORDER BY created_at, id LIMIT ? FOR UPDATE SKIP LOCKED)) AND state = 'waiting' \
         AND EXISTS (SELECT 1 FROM {held} AS held)"
    } else {
        "UPDATE llm_questions SET state = 'sent', batch_id = ? WHERE id IN (SELECT id FROM llm_questions WHERE state = 'waiting' \
         AND connection = ? AND model = ? ORDER BY created_at, id LIMIT ?) AND state = 'waiting' AND EXISTS (SELECT 1 FROM {held} AS held)"
    };
    Sql::new(text).bind(batch_id).bind(connection.to_owned()).bind(model.to_owned()).bind(i64::try_from(most).unwrap_or(i64::MAX))
}

/// A question of a batch that has no answer yet.
#[derive(Debug, Clone, FromQueryResult)]
pub struct SentQuestion {
    /// The call of the ledger; its name at the provider.
    pub id: Uuid,
    /// See [`NewQuestion::prompt`].
    pub prompt: String,
    /// Whether its job still waits for it.
    pub is_wanted: bool,
}

/// The questions of a batch that have no answer yet, as they are sent: `llm_questions_batch`.
pub async fn of_batch(db: &Db, batch_id: Uuid) -> Result<Vec<SentQuestion>, StoreError> {
    let sql = Sql::new(
        "SELECT q.id, q.prompt, j.ended_at IS NULL AS is_wanted FROM llm_questions q JOIN jobs j ON j.id = q.job_id \
         WHERE q.batch_id = ? AND q.state = 'sent' ORDER BY q.id",
    );
    db.read_all(sql.bind(batch_id)).await
}

/// The ids of the questions of a batch that have no answer yet.
pub async fn unanswered(db: &Db, batch_id: Uuid) -> Result<Vec<Uuid>, StoreError> {
    let sql = Sql::new("SELECT id FROM llm_questions WHERE batch_id = ? AND state = 'sent'").bind(batch_id);
    let rows: Vec<Id> = db.read_all(sql).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Whether some job still waits for an answer of a batch.
pub async fn is_wanted(db: &Db, batch_id: Uuid) -> Result<bool, StoreError> {
    let sql = Sql::new(
        "SELECT q.id FROM llm_questions q JOIN jobs j ON j.id = q.job_id WHERE q.batch_id = ? AND q.state = 'sent' \
         AND j.ended_at IS NULL LIMIT 1",
    );
    Ok(db.read_one::<Id>(sql.bind(batch_id)).await?.is_some())
}

/// Puts those of a batch back that it has no room for: they wait for another. Nothing of the batch is on its way.
pub async fn put_back(db: &Db, ids: &[Uuid], batch_id: Uuid, epoch: i64) -> Result<u64, StoreError> {
    let mut rows = 0;
    for id in ids {
        let sql = Sql::new(
            "UPDATE llm_questions SET state = 'waiting', batch_id = NULL WHERE id = ? AND state = 'sent' AND batch_id = ? \
             AND EXISTS (SELECT 1 FROM provider_batches b WHERE b.id = ? AND b.epoch = ? AND b.state = 'made')",
        );
        rows += db.execute(sql.bind(*id).bind(batch_id).bind(batch_id).bind(epoch)).await?;
    }
    Ok(rows)
}

/// What came of a question.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// An answer.
    Answer {
        /// The model that answered, as the provider named it.
        model: String,
        /// Its words.
        text: String,
    },
    /// None.
    Failed(LlmError),
}

/// Keeps what came of a question, once, by the batch's holder; the guard of a verb. What was asked is not needed any more.
#[must_use]
pub fn conclude(id: Uuid, batch_id: Uuid, epoch: i64, outcome: &Outcome) -> Sql {
    let (state, reply, model, error) = match outcome {
        Outcome::Answer { model, text } => ("answered", Some(text.clone()), Some(model.clone()), None),
        Outcome::Failed(error) => ("failed", None, None, Some(to_json(error))),
    };
    Sql::new(
        "UPDATE llm_questions SET state = ?, reply = ?, model_answered = ?, error = ?, prompt = '' WHERE id = ? AND state = 'sent' \
         AND batch_id = ? AND EXISTS (SELECT 1 FROM provider_batches b WHERE b.id = ? AND b.epoch = ?)",
    )
    .bind(state)
    .bind(reply)
    .bind(model)
    .bind(error)
    .bind(id)
    .bind(batch_id)
    .bind(batch_id)
    .bind(epoch)
}

/// The same failure for all questions of the batch that a verb holds.
#[must_use]
pub fn fail_of_held(error: &LlmError) -> Sql {
    Sql::new(
        "UPDATE llm_questions SET state = 'failed', error = ?, prompt = '' WHERE state = 'sent' \
         AND batch_id IN (SELECT id FROM {held} AS held)",
    )
    .bind(to_json(error))
}

/// A job that failed by what was answered asks anew when it is run again.
#[must_use]
pub fn read(id: Uuid, job_id: Uuid, epoch: i64) -> Sql {
    Sql::new(
        "UPDATE llm_questions SET state = 'read' WHERE id = ? AND job_id = ? AND state IN ('answered', 'failed') \
         AND EXISTS (SELECT 1 FROM jobs WHERE jobs.id = llm_questions.job_id AND jobs.epoch = ? AND jobs.status = 'running')",
    )
    .bind(id)
    .bind(job_id)
    .bind(epoch)
}

/// An answer is there for the job of the question that a verb holds: it is due now, or as soon as it is put back.
#[must_use]
pub fn wake_of_held() -> Sql {
    Sql::new(
        "UPDATE jobs SET woken = TRUE, \
         due_at = CASE WHEN status = 'queued' AND error_code IN ('llm.in_batch', 'llm.batch_unknown') THEN {now} ELSE due_at END, \
         ring_at = CASE WHEN status = 'queued' AND error_code IN ('llm.in_batch', 'llm.batch_unknown') THEN {now} ELSE ring_at END \
         WHERE status IN ('queued', 'running') AND id IN (SELECT job_id FROM {held} AS held)",
    )
}

/// The same for the jobs of all questions of the batch that a verb holds.
#[must_use]
pub fn wake_all_of_held() -> Sql {
    Sql::new(
        "UPDATE jobs SET woken = TRUE, \
         due_at = CASE WHEN status = 'queued' AND error_code IN ('llm.in_batch', 'llm.batch_unknown') THEN {now} ELSE due_at END, \
         ring_at = CASE WHEN status = 'queued' AND error_code IN ('llm.in_batch', 'llm.batch_unknown') THEN {now} ELSE ring_at END \
         WHERE status IN ('queued', 'running') AND id IN (SELECT q.job_id FROM llm_questions q WHERE q.state = 'sent' \
         AND q.batch_id IN (SELECT id FROM {held} AS held))",
    )
}
