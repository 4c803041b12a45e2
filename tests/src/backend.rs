//! The two databases, and the macro that makes one promise a test on each.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::FutureExt;
use sea_orm::{ConnectionTrait, Database};
use shared::jobs::Limits;
use tempfile::TempDir;

use crate::environment::postgres_url;
use crate::fixture::Fixture;

/// A database that the product supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file of its own for each test.
    Sqlite,
    /// A database of its own for each test, on the server that the environment names.
    Postgres,
}

/// A database that nobody else uses.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) url: String,
    server: Option<(String, String)>,
    folder: Option<TempDir>,
}

impl Place {
    /// An empty one; `None` where there is no server.
    pub(crate) async fn empty(backend: Backend) -> Option<Self> {
        match backend {
            Backend::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let url = format!("sqlite://{}", folder.path().join("jqa.db").display());
                Some(Self { url, server: None, folder: Some(folder) })
            }
            Backend::Postgres => {
                static NEXT: AtomicU32 = AtomicU32::new(0);
                let server = postgres_url()?;
                let name = format!("jqa_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
                run(&server, &format!("CREATE DATABASE {name}")).await;
                let (base, _) = server.rsplit_once('/').expect("a URL with a database");
                Some(Self { url: format!("{base}/{name}"), server: Some((server, name)), folder: None })
            }
        }
    }

    pub(crate) async fn remove(self) {
        if let Some((server, name)) = self.server {
            run(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
        drop(self.folder);
    }
}

async fn run(server: &str, sql: &str) {
    let db = Database::connect(server).await.expect("the server for tests");
    db.execute_unprepared(sql).await.expect("a database for the test");
    db.close().await.expect("a connection that closes");
}

impl Backend {
    /// Runs `promise` on a migrated database with default limits; removes the database whatever comes of it.
    pub async fn keeps<F, R>(self, promise: F)
    where
        F: FnOnce(Arc<Fixture>) -> R,
        R: Future<Output = ()>,
    {
        self.keeps_with(Limits::default(), promise).await;
    }

    /// The same with other limits.
    pub async fn keeps_with<F, R>(self, limits: Limits, promise: F)
    where
        F: FnOnce(Arc<Fixture>) -> R,
        R: Future<Output = ()>,
    {
        self.with_url(async |url: String| {
            migration::migrate(&url).await.expect("a schema");
            let fixture = Arc::new(Fixture::open(self, &url, limits).await);
            promise(fixture.clone()).await;
            fixture.db.close().await;
        })
        .await;
    }

    /// Runs `test` with the URL of an empty database.
    pub async fn with_url(self, test: impl AsyncFnOnce(String)) {
        let Some(place) = Place::empty(self).await else { return };
        let outcome = AssertUnwindSafe(test(place.url.clone())).catch_unwind().await;
        place.remove().await;
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
    }
}

/// Makes each function a test on SQLite and one on PostgreSQL: `name::sqlite`, `name::postgres`.
#[macro_export]
macro_rules! contract {
    ($($(#[$meta:meta])* async fn $name:ident($fixture:ident: $type:ty) $promise:block)+) => {
        $(mod $name {
            use super::*;

            $(#[$meta])*
            async fn promise($fixture: $type) $promise

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $crate::Backend::Sqlite.keeps(promise).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $crate::Backend::Postgres.keeps(promise).await;
            }
        })+
    };
}
