//! Checks of a server's surroundings: settings, database, queue, Jira, model.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use shared::adapters::connections::{Author, Connections};
use shared::adapters::llm;
use shared::adapters::pacer::LocalPacer;
use shared::adapters::queue::{RedisQueue, connect};
use shared::adapters::trial::{self, TrialResult};
use shared::config::Settings;
use shared::domain::job::Lane;
use shared::ports::{Clock, Queue, SystemClock};
use shared::telemetry::Metrics;
use url::Url;

use super::{foundation, read_settings, secrets};
use crate::commands::Check;

/// A service that takes longer to answer counts as away.
const PATIENCE: Duration = Duration::from_secs(10);

/// Checks settings, database, queue, Jira and the model.
pub(crate) async fn doctor(config: Option<PathBuf>) -> Vec<Check> {
    let settings = match read_settings(config.as_deref()) {
        Ok(settings) => settings,
        Err(error) => return vec![Check::bad("settings", format!("{error:#}"), "Correct the variables named above.")],
    };
    let mut checks = vec![Check::good("settings", "every value can be used")];
    checks.push(database(&settings).await);
    checks.push(queue(&settings).await);
    checks.extend(connections(&settings).await);
    checks.push(keys(&settings).await);
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

/// Whether every sealed secret can be opened with the keys that are given.
async fn keys(settings: &Settings) -> Check {
    let looked = tokio::time::timeout(PATIENCE, async {
        match secrets::vault(settings).await? {
            Some(vault) => Ok::<_, anyhow::Error>(Some(vault.missing_keys().await?)),
            None => Ok(None),
        }
    });
    match looked.await {
        Ok(Ok(None)) => Check::skipped("keys", "no secrets are stored yet"),
        Ok(Ok(Some(missing))) if missing.is_empty() => Check::good("keys", "every stored secret can be opened"),
        Ok(Ok(Some(missing))) => Check::bad(
            "keys",
            format!("stored secrets are sealed with keys that are not given: {}", missing.join(", ")),
            "Add them to JQA_SECRET_KEYS_OLD, or set those secrets again.",
        ),
        Ok(Err(error)) => Check::bad("keys", format!("{error:#}"), "Check JQA_SECRET_KEY and JQA_DATABASE_URL."),
        Err(_) => Check::bad("keys", "no answer in time", "Check JQA_DATABASE_URL and the network between."),
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
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let pacer = Arc::new(LocalPacer::new(clock.clone()));
    let connections = match Connections::of(settings, &Arc::new(Metrics::default()), pacer, clock) {
        Ok(connections) => connections,
        Err(problem) => return vec![Check::bad("connections", problem.to_string(), "Correct the variable named.")],
    };
    let known = connections.of_settings();
    let jira = match known.jira(None) {
        None => Check::bad(
            "jira",
            "no connection is configured",
            "Set JQA_JIRA_URL, JQA_JIRA_TOKEN and, but for a personal access token, JQA_JIRA_EMAIL.",
        ),
        Some(connection) => match connection.clients() {
            Ok(jira) => {
                let options = &connection.read_options;
                found("jira", trial::jira(&connection.name, &jira, options, &trial::JIRA_SETTINGS).await)
            }
            Err(failure) => {
                Check::bad("jira", failure.message, "Check JQA_JIRA_URL, JQA_JIRA_EMAIL, JQA_JIRA_TOKEN and JQA_JIRA_CA_FILE.")
            }
        },
    };
    let model = match known.author(None) {
        Ok(Author::Offline) => Check::good("model", "the offline drafter writes; it needs no model and no key"),
        Ok(Author::Model(model)) => {
            let usual = llm::spec(&settings.llm.provider).and_then(|spec| spec.api.as_ref()?.base_url);
            let address = settings.llm.base_url.as_ref().map_or(usual.unwrap_or_default(), Url::as_str);
            found("model", trial::model(&*model.llm, address, !settings.llm.api_key.is_empty(), &trial::LLM_SETTINGS).await)
        }
        Err(failure) => Check::bad("model", failure.message, "Check JQA_LLM_PROVIDER and its settings."),
    };
    vec![jira, model]
}

fn found(name: &'static str, finding: TrialResult) -> Check {
    if !finding.ok {
        return Check::bad(name, finding.detail, finding.mend);
    }
    let missing: Vec<String> =
        finding.checks.iter().filter(|check| !check.ok).map(|check| format!("{}: {}", check.name, check.detail)).collect();
    let detail = if missing.is_empty() { finding.detail } else { format!("{}; {}", finding.detail, missing.join("; ")) };
    Check::good(name, detail)
}

#[cfg(test)]
mod tests {
    use shared::config::Source;

    use super::*;

    async fn checked(variables: &[(&str, &str)]) -> String {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let settings = Settings::read(&Source::new(variables, None).unwrap()).unwrap();
        let Check { ok, detail, mend, .. } = connections(&settings).await.remove(1);
        format!("{} {detail}\n→ {mend}", ok.unwrap()).trim_end().to_owned()
    }

    async fn model_at(base: &str, key: &str, model: &str) -> String {
        let compatible = [("JQA_LLM_PROVIDER", "openai_compatible"), ("JQA_LLM_BASE_URL", base), ("JQA_LLM_MODEL", model)];
        checked(&[&compatible[..], &[("JQA_LLM_API_KEY", key)]].concat()).await
    }

    #[tokio::test]
    async fn the_models_address_key_and_name_are_tried_without_a_call_that_costs() {
        let sandbox = sandbox::bind(([127, 0, 0, 1], 0).into(), sandbox::Options::default()).await.unwrap();
        let base = format!("{}/llm/v1", sandbox.url());
        let mut told = vec![model_at(&base, "key", "sandbox").await];
        told.push(model_at(&base, "key", "sandbax").await);
        told.push(model_at(&base, "", "sandbox").await);
        sandbox.state().order(sandbox::Fault::status(401).on("GET", "/llm/v1/models"));
        told.push(model_at(&base, "s3cret-key", "sandbox").await);
        told.push(model_at(&format!("{base}/v2"), "key", "sandbox").await);
        assert_eq!(sandbox.state().llm_calls(), 0, "the model itself was not asked");
        sandbox.stop().await;
        told.push(model_at(&base, "key", "sandbox").await);
        let others = format!("and {} more", sandbox::llm_models().count() - 5);
        insta::assert_snapshot!(told.join("\n").replace(&base, "BASE").replace(&others, "and N more"), @r"
        true openai_compatible writes: BASE has sandbox
        →
        false BASE answers, but does not list the model 'sandbax'; it lists sandbox, sandbox-slow-500, sandbox-429, sandbox-overloaded, sandbox-no-credit and N more
        → Set JQA_LLM_MODEL to a model that the server has.
        false BASE wants an API key, and none is set
        → Set JQA_LLM_API_KEY, or JQA_LLM_API_KEY_FILE.
        false BASE does not accept the API key
        → Renew JQA_LLM_API_KEY; it must be one of this provider.
        false BASE/v2 has no list of models: the model provider refused the request (404): there is no such address; check the base URL
        → Check JQA_LLM_BASE_URL: for most servers it ends in /v1. A server that lists none can be tried by one story alone.
        false BASE cannot be reached: no connection: Connection refused (os error 111)
        → Check JQA_LLM_BASE_URL, that the server runs, and the network between.
        ");
    }

    #[tokio::test]
    async fn the_offline_drafter_needs_nothing() {
        assert_eq!(checked(&[]).await, "true the offline drafter writes; it needs no model and no key\n→");
    }
}
