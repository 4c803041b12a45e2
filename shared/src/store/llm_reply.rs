//! What models answered, so that the same question is not paid for twice.

use std::time::Duration;

use sea_orm::FromQueryResult;

use super::{Db, Sql, StoreError};
use crate::domain::duration::ms;

/// An answer that is kept.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Reply {
    /// A hash of all that was asked, and of whom.
    pub question: String,
    /// The model that answered, as the provider named it.
    pub model: String,
    /// Its words.
    pub reply: String,
}

/// Keeps an answer with the stage of the job that a verb holds. The latest of a question stays.
#[must_use]
pub fn keep(reply: &Reply) -> Sql {
    Sql::new(
        "INSERT INTO llm_replies (question, model, reply, created_at) SELECT ?, ?, ?, {now} FROM {held} AS held WHERE TRUE \
         ON CONFLICT (question) DO UPDATE SET model = excluded.model, reply = excluded.reply, created_at = excluded.created_at",
    )
    .bind(reply.question.clone())
    .bind(reply.model.clone())
    .bind(reply.reply.clone())
}

/// Keeps an answer, whatever became of its job.
#[must_use]
pub fn keep_now(reply: &Reply) -> Sql {
    Sql::new(
        "INSERT INTO llm_replies (question, model, reply, created_at) VALUES (?, ?, ?, {now}) \
         ON CONFLICT (question) DO UPDATE SET model = excluded.model, reply = excluded.reply, created_at = excluded.created_at",
    )
    .bind(reply.question.clone())
    .bind(reply.model.clone())
    .bind(reply.reply.clone())
}

/// The answer to a question that was given within a time: by the primary key.
pub async fn find(db: &Db, question: &str, within: Duration) -> Result<Option<Reply>, StoreError> {
    let sql = Sql::new("SELECT question, model, reply FROM llm_replies WHERE question = ? AND created_at > {now} - ?");
    db.read_one(sql.bind(question.to_owned()).bind(ms(within))).await
}
