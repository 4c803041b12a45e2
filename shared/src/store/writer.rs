//! The one writer of SQLite: whatever waits is written in one transaction, so that many writes share one sync of the
//! disk and none ever meets "database is locked" from within the process.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, QueryResult, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait,
};
use tokio::sync::{mpsc, oneshot};

use super::error::StoreError;

/// Writes that wait; whoever comes later waits for room.
const ROOM: usize = 1024;

/// Writes that share a transaction: a reader of the log must not wait for ever.
const GROUP: usize = 64;

/// The way to the writer. When the last one is dropped, the writer ends.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    works: mpsc::Sender<Work>,
}

#[derive(Debug)]
struct Work {
    write: Write,
    answer: Answer,
}

type Answer = oneshot::Sender<Result<Written, StoreError>>;

/// What is to be written: all or nothing, and apart from what others write.
#[derive(Debug, Clone)]
enum Write {
    /// Statements, separated by semicolons, whose `RETURNING` rows are wanted.
    Rows(Statement),
    /// A statement whose number of rows is wanted.
    Count(Statement),
}

#[derive(Debug)]
enum Written {
    Rows(Vec<QueryResult>),
    Count(u64),
}

impl Writer {
    /// Starts the writer; nothing else may write over `connection`, a pool of one.
    pub(super) fn start(connection: DatabaseConnection) -> Self {
        let (works, waiting) = mpsc::channel(ROOM);
        tokio::spawn(write_what_comes(connection, waiting));
        Self { works }
    }

    /// Runs statements in a transaction; answers their rows.
    pub(super) async fn rows(&self, statements: Statement) -> Result<Vec<QueryResult>, StoreError> {
        match self.write(Write::Rows(statements)).await? {
            Written::Rows(rows) => Ok(rows),
            Written::Count(_) => Err(StoreError::Bug("rows were asked for and counted".into())),
        }
    }

    /// Runs a statement in a transaction; answers how many rows it wrote.
    pub(super) async fn count(&self, statement: Statement) -> Result<u64, StoreError> {
        match self.write(Write::Count(statement)).await? {
            Written::Count(rows) => Ok(rows),
            Written::Rows(_) => Err(StoreError::Bug("rows were to be counted".into())),
        }
    }

    async fn write(&self, write: Write) -> Result<Written, StoreError> {
        let (answer, answered) = oneshot::channel();
        let ended = || StoreError::Unavailable("the writer of the database has ended".into());
        self.works.send(Work { write, answer }).await.map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?
    }
}

async fn write_what_comes(connection: DatabaseConnection, mut waiting: mpsc::Receiver<Work>) {
    let mut group = Vec::with_capacity(GROUP);
    while waiting.recv_many(&mut group, GROUP).await > 0 {
        let together = if group.len() > 1 { together(&connection, &group).await.ok() } else { None };
        match together {
            Some(all) => group.drain(..).zip(all).for_each(|(work, written)| tell(work.answer, Ok(written))),
            // Nobody waits beside it; or one of them is refused, which is no matter of the others.
            None => {
                for Work { write, answer } in group.drain(..) {
                    tell(answer, alone(&connection, write).await.map_err(StoreError::from));
                }
            }
        }
    }
}

/// A transaction of its own, in one message to the thread of the connection.
async fn alone(connection: &DatabaseConnection, write: Write) -> Result<Written, DbErr> {
    let Write::Rows(mut statements) = write else {
        // A statement is a transaction.
        return write.run(connection).await;
    };
    statements.sql = format!("BEGIN IMMEDIATE; {}; COMMIT", statements.sql.trim_end_matches([';', ' ']));
    let written = Write::Rows(statements).run(connection).await;
    if written.is_err() {
        // Refused where the transaction did not begin, or is over.
        let _ = connection.execute_unprepared("ROLLBACK").await;
    }
    written
}

async fn together(connection: &DatabaseConnection, group: &[Work]) -> Result<Vec<Written>, DbErr> {
    let immediate =
        TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..TransactionOptions::default() };
    let transaction = connection.begin_with_options(immediate).await?;
    let mut all = Vec::with_capacity(group.len());
    for work in group {
        match work.write.clone().run(&transaction).await {
            Ok(written) => all.push(written),
            Err(error) => {
                transaction.rollback().await?;
                return Err(error);
            }
        }
    }
    transaction.commit().await?;
    Ok(all)
}

impl Write {
    async fn run(self, connection: &impl ConnectionTrait) -> Result<Written, DbErr> {
        Ok(match self {
            Self::Rows(statements) => Written::Rows(connection.query_all_raw(statements).await?),
            Self::Count(statement) => Written::Count(connection.execute_raw(statement).await?.rows_affected()),
        })
    }
}

/// Whoever asked may have gone away; what is written is written.
fn tell(answer: Answer, written: Result<Written, StoreError>) {
    let _ = answer.send(written);
}
