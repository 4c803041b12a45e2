//! The one writer of SQLite: whatever waits is written in one transaction, so that many writes share one sync of the
//! disk and none ever meets "database is locked" from within the process.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, QueryResult, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait,
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
    answer: oneshot::Sender<Result<Written, StoreError>>,
}

/// What is to be written: all or nothing, and apart from what others write.
#[derive(Debug)]
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
        match together(&connection, &group).await {
            Ok(all) => group.drain(..).zip(all).for_each(|(work, written)| work.tell(Ok(written))),
            // One of them is refused, which is no matter of the others.
            Err(_) if group.len() > 1 => {
                for work in group.drain(..) {
                    let alone = together(&connection, std::slice::from_ref(&work)).await;
                    work.tell(alone.map_err(StoreError::from).and_then(first));
                }
            }
            Err(error) => {
                let error = StoreError::from(error);
                if let Some(work) = group.pop() {
                    work.tell(Err(error));
                }
            }
        }
    }
}

fn first(written: Vec<Written>) -> Result<Written, StoreError> {
    written.into_iter().next().ok_or_else(|| StoreError::Bug("a write without an answer".into()))
}

async fn together(connection: &DatabaseConnection, group: &[Work]) -> Result<Vec<Written>, DbErr> {
    let immediate =
        TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..TransactionOptions::default() };
    let transaction = connection.begin_with_options(immediate).await?;
    let mut all = Vec::with_capacity(group.len());
    for work in group {
        match work.run(&transaction).await {
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

impl Work {
    async fn run(&self, transaction: &DatabaseTransaction) -> Result<Written, DbErr> {
        Ok(match &self.write {
            Write::Rows(statements) => Written::Rows(transaction.query_all_raw(statements.clone()).await?),
            Write::Count(statement) => Written::Count(transaction.execute_raw(statement.clone()).await?.rows_affected()),
        })
    }

    /// Whoever asked may have gone away; what is written is written.
    fn tell(self, written: Result<Written, StoreError>) {
        let _ = self.answer.send(written);
    }
}
