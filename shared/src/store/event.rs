//! Events of jobs.

use sea_orm::FromQueryResult;
use serde_json::Value;
use uuid::Uuid;

use super::{Db, Sql, StoreError, entity};
use crate::domain::event::{Event, EventKind};

/// Appends an event to the job a verb holds; the guard has raised `event_seq`.
#[must_use]
pub fn append(kind: EventKind, data: &Value) -> Sql {
    append_before(0, kind, data)
}

/// Appends an event that `later` others of the same verb follow; the guard has raised `event_seq` for all of them.
#[must_use]
pub fn append_before(later: usize, kind: EventKind, data: &Value) -> Sql {
    Sql::new(
        "INSERT INTO job_events (job_id, seq, kind, at, data) SELECT held.id, held.event_seq - ?, ?, {now}, ? FROM {held} AS held",
    )
    .bind(i64::try_from(later).unwrap_or(0))
    .bind(kind.as_str())
    .bind(data.to_string())
}

/// Events of a job after a number, in order.
pub async fn after(db: &Db, job_id: Uuid, seq: i64, limit: u64) -> Result<Vec<Event>, StoreError> {
    let rows: Vec<entity::event::Model> = db
        .read_all(
            Sql::new("SELECT * FROM job_events WHERE job_id = ? AND seq > ? ORDER BY seq LIMIT ?")
                .bind(job_id)
                .bind(seq)
                .bind(i64::try_from(limit).unwrap_or(i64::MAX)),
        )
        .await?;
    rows.iter().map(to_event).collect()
}

/// The newest event's number of each job that is still there.
pub async fn newest(db: &Db, jobs: &[Uuid]) -> Result<Vec<(Uuid, i64)>, StoreError> {
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

    #[derive(FromQueryResult)]
    struct Row {
        id: Uuid,
        event_seq: i64,
    }
    let rows: Vec<Row> = entity::job::Entity::find()
        .select_only()
        .column(entity::job::Column::Id)
        .column(entity::job::Column::EventSeq)
        .filter(entity::job::Column::Id.is_in(jobs.iter().copied()))
        .into_model()
        .all(db.reader())
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.event_seq)).collect())
}

fn to_event(row: &entity::event::Model) -> Result<Event, StoreError> {
    Ok(Event {
        job_id: row.job_id,
        seq: row.seq,
        kind: row.kind.parse().map_err(|error| StoreError::Bug(format!("job_events: {error}")))?,
        at: chrono::DateTime::from_timestamp_millis(row.at).unwrap_or_default(),
        data: serde_json::from_str(&row.data).unwrap_or(Value::Null),
    })
}
