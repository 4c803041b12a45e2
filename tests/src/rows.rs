//! Rows as tests look at them.

use sea_orm::FromQueryResult;
use shared::store::{Db, Sql};
use uuid::Uuid;

/// The audited actions about a job, in order.
pub(crate) async fn audited(db: &Db, id: Uuid) -> Vec<String> {
    #[derive(FromQueryResult)]
    struct Row {
        action: String,
    }
    let sql = Sql::new("SELECT action FROM audit_logs WHERE resource_id = ? ORDER BY id").bind(id.to_string());
    db.read_all::<Row>(sql).await.expect("entries").into_iter().map(|row| row.action).collect()
}

/// The answer to a `SELECT COUNT(*) AS n …`.
pub(crate) async fn count(db: &Db, sql: Sql) -> i64 {
    #[derive(FromQueryResult)]
    struct Row {
        n: i64,
    }
    db.read_one::<Row>(sql).await.expect("an answer").expect("a count").n
}
