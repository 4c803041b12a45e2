//! What can go wrong between us and the database.

use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// By what the caller does about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique index refused the row.
    #[error("the row exists already")]
    Conflict,
    /// Only an administrator may, and who acts is none any more.
    #[error("only an active administrator may do this, and you are none any more")]
    NotAdministrator,
    /// The database is away, restarting or out of connections: try again.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// A statement or a row is wrong: a mistake of ours.
    #[error("the database refused a statement: {0}")]
    Bug(String),
}

impl StoreError {
    /// Whether another try may mend it.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
            return Self::Conflict;
        }
        match &error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::Unavailable(error.to_string()),
            DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
                if is_transient(cause) {
                    Self::Unavailable(error.to_string())
                } else {
                    Self::Bug(error.to_string())
                }
            }
            _ => Self::Bug(error.to_string()),
        }
    }
}

/// Connection losses, and PostgreSQL's classes 08 (connection), 40 (rollback: serialisation, deadlock), 53 (resources),
/// 57 (operator intervention, such as a restart); SQLite's BUSY and LOCKED.
fn is_transient(cause: &sea_orm::sqlx::Error) -> bool {
    use sea_orm::sqlx::Error as E;
    match cause {
        E::Io(_) | E::Tls(_) | E::Protocol(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => true,
        E::Database(database) => database.code().is_some_and(|code| {
            ["08", "40", "53", "57"].iter().any(|class| code.len() == 5 && code.starts_with(class))
                // A lock that was not to be had in time, a transaction that was idle for too long.
                || matches!(code.as_ref(), "55P03" | "25P03" | "5" | "6" | "261" | "262" | "517")
        }),
        _ => false,
    }
}
