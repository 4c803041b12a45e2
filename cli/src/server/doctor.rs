//! Checks of a server's surroundings: settings, database, queue, Jira, model.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use shared::adapters::connections::Connections;
use shared::adapters::queue::{RedisQueue, connect};
use shared::config::Settings;
use shared::domain::job::Lane;
use shared::ports::Queue;
use shared::telemetry::Metrics;

use super::{foundation, read_settings};
use crate::commands::Check;

/// A service that takes longer to answer counts as away.
const PATIENCE: Duration = Duration::from_secs(10);

/// Checks settings, database, queue and Jira.
pub(crate) async fn doctor(config: Option<PathBuf>) -> Vec<Check> {
    let settings = match read_settings(config.as_deref()) {
        Ok(settings) => settings,
        Err(error) => return vec![Check::bad("settings", format!("{error:#}"), "Correct the variables named above.")],
    };
    let mut checks = vec![Check::good("settings", "every value can be used")];
    checks.push(database(&settings).await);
    checks.push(queue(&settings).await);
    checks.extend(connections(&settings).await);
    checks
}

async fn database(settings: &Settings) -> Check {
    if let Some(file) = settings.database.sqlite_file().filter(|file| !file.exists()) {
        return Check::skipped("database", format!("{} will be made by the first `jqa serve`", file.display()));
    }
    let kind = if settings.database.url.starts_with("sqlite:") { "SQLite" } else { "PostgreSQL" };
    let looked = tokio::time::timeout(PATIENCE, async {
        let db = foundation::open(settings).await?;
        db.ping().await?;
        Ok::<_, anyhow::Error>(migration::is_current(db.reader()).await?)
    });
    match looked.await {
        Ok(Ok(true)) => Check::good("database", format!("{kind} answers and its schema is current")),
        Ok(Ok(false)) => Check::bad("database", format!("{kind} answers, but its schema is not current"), "Run `jqa migrate`."),
        Ok(Err(error)) => Check::bad("database", format!("{error:#}"), "Check JQA_DATABASE_URL and that the server runs."),
        Err(_) => Check::bad("database", "no answer in time", "Check JQA_DATABASE_URL and the network between."),
    }
}

async fn queue(settings: &Settings) -> Check {
    let Some(url) = &settings.redis_url else { return Check::good("queue", "within the process") };
    let looked = tokio::time::timeout(PATIENCE, async {
        let connection = connect(redis::Client::open(url.as_str())?)?;
        let queue = RedisQueue::new(connection.clone(), settings.redis_prefix.clone(), settings.queue_bound);
        queue.room(Lane::Interactive).await?;
        let mut connection = connection;
        let policy: Vec<String> =
            redis::cmd("CONFIG").arg("GET").arg("maxmemory-policy").query_async(&mut connection).await.unwrap_or_default();
        Ok::<_, anyhow::Error>(policy.get(1).cloned().unwrap_or_default())
    });
    match looked.await {
        Ok(Ok(policy)) if policy.is_empty() || policy == "noeviction" => Check::good("queue", "Redis answers"),
        Ok(Ok(policy)) => Check::bad(
            "queue",
            format!("Redis answers, but evicts keys ({policy})"),
            "Set maxmemory-policy noeviction; jobs are safe either way, their start is delayed.",
        ),
        Ok(Err(error)) => {
            Check::bad("queue", format!("{error:#}"), "Check JQA_REDIS_URL; without Redis jobs run with a delay of some seconds.")
        }
        Err(_) => Check::bad("queue", "no answer in time", "Check JQA_REDIS_URL and the network between."),
    }
}

async fn connections(settings: &Settings) -> Vec<Check> {
    let connections = match Connections::of(settings, &Arc::new(Metrics::default())) {
        Ok(connections) => connections,
        Err(problem) => return vec![Check::bad("connections", problem.to_string(), "Correct the variable named.")],
    };
    let jira = match connections.jira(None) {
        None => Check::bad("jira", "no connection is configured", "Set JQA_JIRA_URL, JQA_JIRA_EMAIL and JQA_JIRA_TOKEN."),
        Some((name, jira)) => match jira.myself().await {
            Ok(account) => Check::good("jira", format!("connection '{name}' acts as {account}")),
            Err(error) => Check::bad("jira", error.to_string(), "Check JQA_JIRA_URL, JQA_JIRA_EMAIL and JQA_JIRA_TOKEN."),
        },
    };
    let model = match connections.author(None) {
        Ok(_) => Check::good("model", format!("{} writes", settings.llm.provider)),
        Err(failure) => Check::bad("model", failure.message, "Check JQA_LLM_PROVIDER and its settings."),
    };
    vec![jira, model]
}
