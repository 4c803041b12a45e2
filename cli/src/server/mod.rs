//! The processes: settings in, wired parts out. The only place that knows which backend is used.
//!
//! * [`foundation`]: what every process has: database, queue, verbs, connections
//! * [`parts`]: the API and the worker built on it
//! * [`process`]: `serve`, `api`, `worker`: which parts run, from start to end
//! * [`lock`], [`key`], [`people`]: the SQLite lock, the secret key, the first administrator
//! * [`sealing`]: the audit log in every process; [`kept_head`]: its head beside the key; [`audit()`]: checking it
//! * [`secrets`]: `jqa keys rotate`, `jqa keys list`, and whether a key is missing
//! * [`doctor()`], [`demo`]

mod audit;
mod demo;
mod doctor;
mod foundation;
mod kept_head;
mod key;
mod lock;
mod parts;
mod people;
mod process;
mod sealing;
mod secrets;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use shared::config::{ConfigProblem, Settings, Source};

use crate::args::server::ServerCommand;
use crate::output::count;

pub(crate) use audit::audit;
pub(crate) use demo::{DemoServer, start_demo};
pub(crate) use doctor::doctor;
pub(crate) use people::accounts;

/// Nobody wonders about a silence that is shorter.
const MOMENT: Duration = Duration::from_secs(1);

/// Runs a process, or a command that opens the database.
///
/// # Errors
/// What a person should read on stderr.
pub(crate) async fn run(command: ServerCommand, config: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let settings = read_settings(config.as_deref())?;
    shared::telemetry::logs::start(&settings.log, &settings.log_format);
    match command {
        ServerCommand::Serve(_) => Box::pin(process::serve(settings)).await?,
        ServerCommand::Api(_) => Box::pin(process::api(settings)).await?,
        ServerCommand::Worker(_) => Box::pin(process::worker(settings)).await?,
        ServerCommand::Migrate(_) => migrate(&settings).await?,
        ServerCommand::CallbackSecret(_) => println!("{}", key::callback_secret(&settings)?),
        ServerCommand::RotateKeys => secrets::rotate(&settings).await?,
        ServerCommand::ListKeys => secrets::list(&settings).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn migrate(settings: &Settings) -> anyhow::Result<()> {
    make_data_dir(settings)?;
    println!("{}", up_to_date(migrate_schema(settings).await?));
    Ok(())
}

/// What became of the schema, in words.
fn up_to_date(applied: usize) -> String {
    match applied {
        0 => "the database is up to date".to_owned(),
        applied => format!("the database was brought up to date ({} applied)", count(applied, "change", "changes")),
    }
}

/// Brings the schema up to date; answers how many changes were applied. A new SQLite file is for us alone, for it holds
/// stories; its journals take after it.
async fn migrate_schema(settings: &Settings) -> anyhow::Result<usize> {
    if let Some(file) = settings.database.sqlite_file() {
        let mut options = std::fs::OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&file).with_context(|| format!("{} cannot be opened; see JQA_DATABASE_URL", file.display()))?;
    }
    let place = settings.database.place();
    let migrating = Box::pin(migration::migrate(&settings.database.url));
    let tell = || tracing::warn!("waiting for {place}: it does not answer yet, or another process migrates it");
    let migrated = told_if_slow(MOMENT, migrating, tell).await;
    migrated.with_context(|| format!("{place} cannot be migrated; see JQA_DATABASE_URL"))
}

/// Work that nobody should wait for in silence: when it takes longer than a moment, they are told once.
async fn told_if_slow<T>(moment: Duration, work: impl Future<Output = T>, tell: impl FnOnce()) -> T {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        done = &mut work => return done,
        () = tokio::time::sleep(moment) => tell(),
    }
    work.await
}

/// The settings as they were given, before they are read.
///
/// # Errors
/// What a person should read on stderr.
pub(crate) fn read_source(config: Option<&Path>) -> anyhow::Result<Source> {
    Source::of_process(config).map_err(|problems| all(&problems))
}

fn read_settings(config: Option<&Path>) -> anyhow::Result<Settings> {
    Settings::read(&read_source(config)?).map_err(|problems| all(&problems))
}

/// All problems with the settings in one error.
fn all(problems: &[ConfigProblem]) -> anyhow::Error {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    anyhow::anyhow!("the configuration cannot be used:\n  {}", lines.join("\n  "))
}

/// The data folder, for us alone.
fn make_data_dir(settings: &Settings) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let folder = &settings.data_dir;
    builder.create(folder).with_context(|| format!("the data folder {} cannot be made; see JQA_DATA_DIR", folder.display()))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn who_waits_for_more_than_a_moment_is_told_and_nobody_else() {
        assert_eq!(told_if_slow(MOMENT, std::future::ready(7), || panic!("it was done at once")).await, 7);
        // This work ends when somebody was told of it.
        let (tell, told) = tokio::sync::oneshot::channel();
        assert_eq!(told_if_slow(Duration::ZERO, told, || tell.send(8).unwrap()).await, Ok(8));
    }

    #[tokio::test]
    async fn changes_are_counted_and_the_second_time_there_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let values = vec![("JQA_DATABASE_URL".to_owned(), format!("sqlite://{}", folder.path().join("jqa.db").display()))];
        let settings = Settings::read(&Source::new(values, None).unwrap()).unwrap();
        let first = migrate_schema(&settings).await.unwrap();
        assert!(up_to_date(first).starts_with("the database was brought up to date ("), "{}", up_to_date(first));
        assert_eq!(up_to_date(migrate_schema(&settings).await.unwrap()), "the database is up to date");
    }

    #[tokio::test]
    async fn a_new_database_file_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jqa.db");
        let values = vec![("JQA_DATABASE_URL".to_owned(), format!("sqlite://{}", file.display()))];
        let settings = Settings::read(&Source::new(values, None).unwrap()).unwrap();
        migrate_schema(&settings).await.unwrap();
        let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        // Locks hold nothing.
        for file in files.filter(|file| file.extension().is_none_or(|extension| extension != "lock")) {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
        }
    }
}
