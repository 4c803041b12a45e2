//! Versioned results.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{Db, Sql, StoreError, entity};

/// A row of `generation_history`.
pub type History = entity::history::Model;

/// A result to keep.
#[derive(Debug, Clone)]
pub struct NewHistory {
    /// UUIDv7.
    pub id: Uuid,
    /// Jira's numeric id.
    pub issue_id: String,
    /// Whether it counts as accepted.
    pub accepted: bool,
    /// Criteria as JSON.
    pub criteria: Option<String>,
    /// Scenarios as JSON.
    pub suite: Option<String>,
    /// Who wrote it.
    pub provider: String,
    /// The model that answered.
    pub model: String,
    /// Version of the prompts.
    pub prompt_version: String,
    /// Hash of the story.
    pub source_hash: String,
    /// Hashes of its parts as JSON.
    pub sources: String,
    /// Usage as JSON.
    pub usage: String,
    /// Hash of the result.
    pub content_hash: String,
}

/// Keeps the result of the job a verb holds; a second one of the same job replaces the first (an edit in review).
#[must_use]
pub fn keep(history: &NewHistory) -> Sql {
    Sql::new(
        "INSERT INTO generation_history (id, job_id, connection, issue_id, issue_key, kind, version, accepted, acceptance_criteria_json, \
         test_scenarios_json, provider, model, prompt_version, source_hash, sources_json, usage_json, content_hash, created_by, created_at) \
         SELECT ?, held.id, held.connection, ?, held.issue_key, held.kind, \
         1 + COALESCE((SELECT MAX(h.version) FROM generation_history h WHERE h.connection = held.connection AND h.issue_id = ?), 0), \
         ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, held.owner_id, {now} FROM {held} AS held WHERE TRUE \
         ON CONFLICT (job_id) DO UPDATE SET accepted = excluded.accepted, acceptance_criteria_json = excluded.acceptance_criteria_json, \
         test_scenarios_json = excluded.test_scenarios_json, content_hash = excluded.content_hash",
    )
    .bind(history.id)
    .bind(history.issue_id.clone())
    .bind(history.issue_id.clone())
    .bind(history.accepted)
    .bind(history.criteria.clone())
    .bind(history.suite.clone())
    .bind(history.provider.clone())
    .bind(history.model.clone())
    .bind(history.prompt_version.clone())
    .bind(history.source_hash.clone())
    .bind(history.sources.clone())
    .bind(history.usage.clone())
    .bind(history.content_hash.clone())
}

/// Replaces what an edit changed of the result of the job a verb holds.
#[must_use]
pub fn replace_result(criteria: Option<&str>, suite: Option<&str>, content_hash: &str) -> Sql {
    Sql::new(
        "UPDATE generation_history SET acceptance_criteria_json = COALESCE(?, acceptance_criteria_json), \
         test_scenarios_json = COALESCE(?, test_scenarios_json), content_hash = ?, accepted = FALSE \
         WHERE job_id IN (SELECT id FROM {held} AS held)",
    )
    .bind(criteria.map(str::to_owned))
    .bind(suite.map(str::to_owned))
    .bind(content_hash)
}

/// Marks the result of the job a verb holds as accepted.
#[must_use]
pub fn accept() -> Sql {
    Sql::new("UPDATE generation_history SET accepted = TRUE WHERE job_id IN (SELECT id FROM {held} AS held)")
}

/// Reads a result.
pub async fn find(db: &Db, id: Uuid) -> Result<Option<History>, StoreError> {
    db.read_one(Sql::new("SELECT * FROM generation_history WHERE id = ?").bind(id)).await
}

/// The result that an id stands for: its own, or that of its job. Ids are unique among both.
pub async fn named_by(db: &Db, id: Uuid) -> Result<Option<History>, StoreError> {
    db.read_one(Sql::new("SELECT * FROM generation_history WHERE id = ? OR job_id = ?").bind(id).bind(id)).await
}

/// The result of a job.
pub async fn of_job(db: &Db, job_id: Uuid) -> Result<Option<History>, StoreError> {
    db.read_one(Sql::new("SELECT * FROM generation_history WHERE job_id = ?").bind(job_id)).await
}

/// The latest accepted criteria of a story. Test scenarios keep the criteria they were written for, which may be older ones.
///
/// `created_by` = only those of this user, for somebody who may not see those of others.
pub async fn latest_accepted_criteria(
    db: &Db,
    connection: &str,
    issue_id: &str,
    created_by: Option<Uuid>,
) -> Result<Option<History>, StoreError> {
    db.read_one(
        Sql::new(
            "SELECT * FROM generation_history WHERE connection = ? AND issue_id = ? AND accepted AND acceptance_criteria_json IS NOT NULL \
             AND kind <> 'test-scenarios' AND created_by = COALESCE(?, created_by) ORDER BY version DESC, id DESC LIMIT 1",
        )
        .bind(connection)
        .bind(issue_id)
        .bind(created_by),
    )
    .await
}

/// The latest accepted scenarios of a story, with the criteria they were written for; `created_by` as above.
pub async fn latest_accepted_suite(
    db: &Db,
    connection: &str,
    issue_id: &str,
    created_by: Option<Uuid>,
) -> Result<Option<History>, StoreError> {
    db.read_one(
        Sql::new(
            "SELECT * FROM generation_history WHERE connection = ? AND issue_id = ? AND accepted AND acceptance_criteria_json IS NOT NULL \
             AND test_scenarios_json IS NOT NULL AND created_by = COALESCE(?, created_by) ORDER BY version DESC, id DESC LIMIT 1",
        )
        .bind(connection)
        .bind(issue_id)
        .bind(created_by),
    )
    .await
}

/// The latest result of a story with criteria and the latest with scenarios before this job, for stable ids.
pub async fn latest(db: &Db, connection: &str, issue_id: &str) -> Result<(Option<String>, Option<String>), StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        acceptance_criteria_json: Option<String>,
        test_scenarios_json: Option<String>,
    }
    let text = "SELECT acceptance_criteria_json, test_scenarios_json FROM generation_history \
                WHERE connection = ? AND issue_id = ? ORDER BY version DESC LIMIT 5";
    let rows: Vec<Row> = db.read_all(Sql::new(text).bind(connection).bind(issue_id)).await?;
    let (mut criteria, mut suite) = (None, None);
    for row in rows {
        criteria = criteria.or(row.acceptance_criteria_json);
        suite = suite.or(row.test_scenarios_json);
    }
    Ok((criteria, suite))
}

/// Which results.
#[derive(Debug, Clone, Default)]
pub struct Filter<'a> {
    /// Only those of this user.
    pub created_by: Option<Uuid>,
    /// Only those of this story.
    pub issue_key: Option<&'a str>,
    /// Only those that are suspect and that no later result of their kind replaced; or only the others.
    pub suspect: Option<bool>,
}

/// A result that is suspect and was not replaced; of few rows (`history_suspect`) each is looked up in `history_story`.
const TO_BE_MADE_ANEW: &str = "generation_history.suspect_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM generation_history later \
     WHERE later.connection = generation_history.connection AND later.issue_id = generation_history.issue_id \
     AND later.kind = generation_history.kind AND later.version > generation_history.version)";

/// Results, newest first, older than `before`.
pub async fn list(db: &Db, filter: &Filter<'_>, before: Option<Uuid>, limit: u64) -> Result<Vec<History>, StoreError> {
    use entity::history::Column as C;

    let to_be_made_anew = || Expr::cust(TO_BE_MADE_ANEW);
    let condition = Condition::all()
        .add_option(filter.created_by.map(|creator| C::CreatedBy.eq(creator)))
        .add_option(filter.issue_key.map(|key| C::IssueKey.eq(key)))
        .add_option(filter.suspect.map(|suspect| if suspect { to_be_made_anew() } else { to_be_made_anew().not() }))
        .add_option(before.map(|before| C::Id.lt(before)));
    Ok(entity::history::Entity::find().filter(condition).order_by_desc(C::Id).limit(limit).all(db.reader()).await?)
}

/// The latest result of each kind of a story: `history_story`.
pub async fn latest_of_kinds(db: &Db, connection: &str, issue_id: &str) -> Result<Vec<History>, StoreError> {
    let text = "SELECT h.* FROM generation_history h WHERE h.connection = ? AND h.issue_id = ? \
                AND NOT EXISTS (SELECT 1 FROM generation_history later WHERE later.connection = h.connection \
                AND later.issue_id = h.issue_id AND later.kind = h.kind AND later.version > h.version) ORDER BY h.version";
    db.read_all(Sql::new(text).bind(connection).bind(issue_id)).await
}

/// A story was looked at, and says of a result what was said before: an older one has no say any more.
pub async fn looked_at(db: &Db, id: Uuid, judged_at: i64) -> Result<(), StoreError> {
    let sql = Sql::new("UPDATE generation_history SET judged_at = ? WHERE id = ? AND COALESCE(judged_at, 0) < ?");
    db.execute(sql.bind(judged_at).bind(id).bind(judged_at)).await.map(drop)
}

/// Records what a story says of a result, unless a younger story said something: the guard of a verb. `None` = it is up to date.
#[must_use]
pub fn judge(id: Uuid, suspect: Option<&str>, judged_at: i64) -> Sql {
    Sql::new(
        "UPDATE generation_history SET suspect_at = CASE WHEN ? THEN COALESCE(suspect_at, {now}) ELSE NULL END, suspect_json = ?, \
         judged_at = ? WHERE id = ? AND COALESCE(judged_at, 0) <= ?",
    )
    .bind(suspect.is_some())
    .bind(suspect.map(str::to_owned))
    .bind(judged_at)
    .bind(id)
    .bind(judged_at)
}
