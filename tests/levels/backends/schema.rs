//! The schema: made by any number of processes at once, undone and made again, and the same as the entities.

use std::collections::BTreeSet;

use migration::Migrator;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, EntityTrait, Iterable, Statement};
use sea_orm_migration::MigratorTrait;
use shared::store::entity;
use tests::Backend;

async fn connect(url: &str) -> DatabaseConnection {
    let url = if url.starts_with("sqlite:") { format!("{url}?mode=rwc") } else { url.to_owned() };
    Database::connect(url).await.expect("a database")
}

async fn five_at_once(backend: Backend) {
    backend
        .with_url(async |url: String| {
            let migrations: Vec<_> = (0..5)
                .map(|_| {
                    let url = url.clone();
                    tokio::spawn(async move { migration::migrate(&url).await })
                })
                .collect();
            for migration in migrations {
                migration.await.expect("a task").expect("a migration");
            }
            let db = connect(&url).await;
            assert!(migration::is_current(&db).await.expect("an answer"));
            db.close().await.expect("a connection that closes");
            migration::migrate(&url).await.expect("nothing left to do");
        })
        .await;
}

async fn names(db: &DatabaseConnection) -> BTreeSet<String> {
    let sql = match db.get_database_backend() {
        sea_orm::DbBackend::Postgres => {
            "SELECT relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'public'"
        }
        _ => "SELECT name FROM sqlite_master",
    };
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("names");
    let names = rows.iter().map(|row| row.try_get::<String>("", "name").expect("a name"));
    names.filter(|name| !name.contains("seaql_migrations")).collect()
}

async fn up_down_up(backend: Backend) {
    backend
        .with_url(async |url: String| {
            let db = connect(&url).await;
            Migrator::up(&db, None).await.expect("up");
            let first = names(&db).await;
            assert!(first.contains("jobs") && first.contains("jobs_due"), "{first:?}");
            Migrator::down(&db, None).await.expect("down");
            assert_eq!(names(&db).await, BTreeSet::new(), "something is left");
            Migrator::up(&db, None).await.expect("up again");
            assert_eq!(names(&db).await, first);
            db.close().await.expect("a connection that closes");
        })
        .await;
}

/// The columns of a table: name and whether it may be empty.
async fn migrated(db: &DatabaseConnection, table: &str) -> BTreeSet<(String, bool)> {
    let backend = db.get_database_backend();
    let sql = match backend {
        sea_orm::DbBackend::Postgres => format!(
            "SELECT column_name AS name, is_nullable = 'YES' AS nullable FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name = '{table}'"
        ),
        _ => format!("SELECT name, \"notnull\" = 0 AS nullable FROM pragma_table_info('{table}')"),
    };
    let rows = db.query_all_raw(Statement::from_string(backend, sql)).await.expect("columns");
    rows.iter().map(|row| (row.try_get("", "name").expect("a name"), row.try_get("", "nullable").expect("a flag"))).collect()
}

async fn compare<E: EntityTrait>(db: &DatabaseConnection, entity: E) {
    use sea_orm::{ColumnTrait, Iden};

    let expected: BTreeSet<_> = E::Column::iter().map(|column| (column.unquoted().to_owned(), column.def().is_null())).collect();
    assert_eq!(migrated(db, entity.table_name()).await, expected, "table {}", entity.table_name());
}

async fn same_as_entities(backend: Backend) {
    backend
        .with_url(async |url: String| {
            migration::migrate(&url).await.expect("a schema");
            let db = connect(&url).await;
            compare(&db, entity::audit::Entity).await;
            compare(&db, entity::api_key::Entity).await;
            compare(&db, entity::delivery::Entity).await;
            compare(&db, entity::event::Entity).await;
            compare(&db, entity::history::Entity).await;
            compare(&db, entity::idempotency::Entity).await;
            compare(&db, entity::identity::Entity).await;
            compare(&db, entity::jira_configuration::Entity).await;
            compare(&db, entity::job::Entity).await;
            compare(&db, entity::llm_configuration::Entity).await;
            compare(&db, entity::publication::Entity).await;
            compare(&db, entity::user::Entity).await;
            compare(&db, entity::webhook_endpoint::Entity).await;
            db.close().await.expect("a connection that closes");
        })
        .await;
}

/// How many changes there were when versions were not unique yet.
const BEFORE_VERSIONS: u32 = 6;

async fn numbered_anew(backend: Backend) {
    backend
        .with_url(async |url: String| {
            let db = connect(&url).await;
            Migrator::up(&db, Some(BEFORE_VERSIONS)).await.expect("up");
            let id = |n: u8| match backend {
                Backend::Sqlite => format!("x'{n:032x}'"),
                Backend::Postgres => format!("CAST('{n:032x}' AS UUID)"),
            };
            for (n, issue, version) in [(1, "10001", 4), (2, "10001", 4), (3, "10001", 5), (4, "10002", 4), (5, "10002", 7)] {
                let insert = format!(
                    "INSERT INTO generation_history (id, job_id, connection, issue_id, issue_key, kind, version, accepted, provider, model, \
                     prompt_version, source_hash, sources_json, usage_json, content_hash, created_by, created_at) \
                     VALUES ({id}, {id}, 'default', '{issue}', 'SHOP-1', 'full-pipeline', {version}, TRUE, '', '', '', '', '', '', '', {id}, {n})",
                    id = id(n),
                );
                db.execute_unprepared(&insert).await.expect("a row");
            }
            Migrator::up(&db, None).await.expect("up");
            let sql = "SELECT version FROM generation_history ORDER BY created_at";
            let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("versions");
            let versions: Vec<i64> = rows.iter().map(|row| row.try_get("", "version").expect("a version")).collect();
            assert_eq!(versions, [1, 2, 3, 4, 7], "a story whose versions were fine keeps them");
            db.close().await.expect("a connection that closes");
        })
        .await;
}

macro_rules! on_both {
    ($($name:ident: $test:ident),+ $(,)?) => {
        $(mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$test(tests::Backend::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$test(tests::Backend::Postgres).await;
            }
        })+
    };
}

on_both! {
    five_processes_migrate_an_empty_database_at_once: five_at_once,
    what_was_migrated_can_be_undone_and_made_again: up_down_up,
    entities_have_the_columns_that_were_migrated: same_as_entities,
    results_that_were_numbered_alike_are_numbered_anew: numbered_anew,
}
