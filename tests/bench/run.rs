//! One composition under load.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures::stream::{self, StreamExt};
use reqwest::Client;
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::Process;

/// Connections of the driver.
const CONNECTIONS: usize = 64;

const EMAIL: &str = "bench@localhost";
const PASSWORD: &str = "seven lamps of slate";

/// Servers that `make bench` started.
#[derive(Debug)]
pub(crate) struct Services {
    postgres: String,
    redis: String,
    /// The script that steers them, and their folder.
    control: (String, String),
}

#[expect(clippy::disallowed_methods, reason = "the bench is told about its servers by make")]
pub(crate) fn services() -> Option<Services> {
    let variable = |name| std::env::var(name).ok();
    Some(Services {
        postgres: variable("JQA_TEST_POSTGRES_URL")?,
        redis: variable("JQA_TEST_REDIS_URL")?,
        control: (variable("JQA_TEST_SERVICES")?, variable("JQA_TEST_SERVICES_DIR")?),
    })
}

impl Services {
    /// Freezes Redis, thaws it, or does what else the script knows.
    pub(crate) fn redis(&self, verb: &str) -> Result<()> {
        let (script, folder) = &self.control;
        let done = std::process::Command::new(script).args(["ctl", folder, "redis", verb]).status()?;
        if done.success() { Ok(()) } else { bail!("Redis could not be told to {verb}") }
    }
}

/// What was measured.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) name: &'static str,
    submits_per_second: f64,
    pub(crate) jobs_per_second: f64,
    cpu_per_thousand: f64,
    peak_mib: f64,
    idle_p50_ms: f64,
    idle_p99_ms: f64,
    commits_per_job: Option<f64>,
    start_ms: f64,
}

impl Figures {
    pub(crate) fn header() -> String {
        format!(
            "{:<20} {:>10} {:>8} {:>14} {:>9} {:>9} {:>9} {:>12} {:>9}",
            "composition", "submits/s", "jobs/s", "CPU-s/1,000", "peak MiB", "idle p50", "idle p99", "commits/job", "start"
        )
    }

    fn row(&self) -> String {
        let commits = self.commits_per_job.map_or_else(|| "-".to_owned(), |n| format!("{n:.1}"));
        format!(
            "{:<20} {:>10.0} {:>8.0} {:>14.2} {:>9.0} {:>6.1} ms {:>6.1} ms {:>12} {:>6.0} ms",
            self.name,
            self.submits_per_second,
            self.jobs_per_second,
            self.cpu_per_thousand,
            self.peak_mib,
            self.idle_p50_ms,
            self.idle_p99_ms,
            commits,
            self.start_ms
        )
    }
}

/// A composition that runs.
pub(crate) struct Bench {
    name: &'static str,
    processes: Vec<Process>,
    url: String,
    client: Client,
    token: String,
    postgres: Option<String>,
    start_ms: f64,
    _sandbox: Sandbox,
    _data: TempDir,
}

/// Who asks, and where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) client: &'a Client,
    pub(crate) url: &'a str,
    pub(crate) token: &'a str,
}

/// The Jira calls of a job, made by a loop: what the machine gives without any program between.
pub(crate) async fn baseline(jobs: usize) -> Result<f64> {
    let sandbox = jira(jobs).await?;
    let (client, url) = (client()?, sandbox.url());
    let began = Instant::now();
    let calls = stream::iter(1..=jobs).map(|n| {
        let (client, url) = (client.clone(), url.clone());
        async move {
            let issue = format!("{url}/rest/api/3/issue/LOAD-{n}");
            let auth = |request: reqwest::RequestBuilder| request.basic_auth(EMAIL, Some("sandbox"));
            auth(client.get(&issue)).send().await?.bytes().await?;
            let text = json!({ "type": "text", "text": "baseline" });
            let body =
                json!({ "body": { "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [text] }] } });
            auth(client.post(format!("{issue}/comment"))).json(&body).send().await?.error_for_status()?.bytes().await?;
            auth(client.get(format!("{issue}/comment"))).send().await?.bytes().await?;
            Ok::<_, reqwest::Error>(())
        }
    });
    let done: Vec<_> = calls.buffer_unordered(CONNECTIONS).collect().await;
    for result in done {
        result?;
    }
    Ok(jobs as f64 / began.elapsed().as_secs_f64())
}

impl Bench {
    /// `jqa serve` on SQLite.
    pub(crate) async fn embedded(jobs: usize) -> Result<Self> {
        let (sandbox, data, port) = (jira(jobs + 1_000).await?, tempfile::tempdir()?, free_port()?);
        let settings = settings(&sandbox, &data, port);
        Self::start("embedded", &["serve"], settings, port, sandbox, data, None).await
    }

    /// `jqa api` and `jqa worker` on PostgreSQL and Redis.
    pub(crate) async fn scaled(services: &Services, jobs: usize) -> Result<Self> {
        Self::scaled_with(services, jobs, &["api", "worker"], []).await
    }

    /// Some of its processes, with further settings.
    pub(crate) async fn scaled_with(
        services: &Services,
        jobs: usize,
        commands: &[&str],
        further: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Result<Self> {
        let (sandbox, data, port) = (jira(jobs + 1_000).await?, tempfile::tempdir()?, free_port()?);
        let mut settings = settings(&sandbox, &data, port);
        settings.insert("JQA_DATABASE_URL", services.postgres.clone());
        settings.insert("JQA_REDIS_URL", services.redis.clone());
        settings.insert("JQA_REDIS_PREFIX", format!("bench-{}", std::process::id()));
        settings.insert("JQA_SECRET_KEY", "bench-K7vX2mQz9LwRb3TnYd8JhGf6Se1Pa0Uc".to_owned());
        settings.insert("JQA_OPS_BIND", format!("127.0.0.1:{}", free_port()?));
        settings.extend(further);
        migration::migrate(&services.postgres).await?;
        Self::start("PostgreSQL + Redis", commands, settings, port, sandbox, data, Some(services.postgres.clone())).await
    }

    async fn start(
        name: &'static str,
        commands: &[&str],
        mut settings: BTreeMap<&'static str, String>,
        port: u16,
        sandbox: Sandbox,
        data: TempDir,
        postgres: Option<String>,
    ) -> Result<Self> {
        let began = Instant::now();
        let mut processes = Vec::new();
        for command in commands {
            processes.push(Process::start(command, &settings)?);
            if settings.contains_key("JQA_OPS_BIND") {
                settings.insert("JQA_OPS_BIND", format!("127.0.0.1:{}", free_port()?));
            }
        }
        let (client, url) = (client()?, format!("http://127.0.0.1:{port}"));
        let token = login(&client, &url).await?;
        let start_ms = began.elapsed().as_secs_f64() * 1000.0;
        Ok(Self { name, processes, url, client, token, postgres, start_ms, _sandbox: sandbox, _data: data })
    }

    /// Saturates it, then runs jobs one by one.
    pub(crate) async fn measure(self, jobs: usize, idle: usize) -> Result<Figures> {
        let (cpu_before, commits_before) = (self.cpu(), self.commits().await);
        let began = Instant::now();
        let submitted = stream::iter(1..=jobs).map(|n| self.submit(n)).buffer_unordered(CONNECTIONS);
        let ids: Vec<String> = submitted.collect::<Vec<_>>().await.into_iter().collect::<Result<_>>()?;
        let submits_per_second = jobs as f64 / began.elapsed().as_secs_f64();
        self.all_succeed(ids.len()).await?;
        let took = began.elapsed().as_secs_f64();
        let (cpu, commits) = (self.cpu() - cpu_before, self.commits().await);
        let mut latencies = Vec::new();
        for n in 0..idle {
            latencies.push(self.one(jobs + 1 + n).await?);
        }
        latencies.sort_by(f64::total_cmp);
        let at = |share: f64| {
            latencies
                .get(((latencies.len() as f64 * share) as usize).min(latencies.len().saturating_sub(1)))
                .copied()
                .unwrap_or(0.0)
        };
        let figures = Figures {
            name: self.name,
            submits_per_second,
            jobs_per_second: jobs as f64 / took,
            cpu_per_thousand: cpu * 1000.0 / jobs as f64,
            peak_mib: self.processes.iter().map(Process::peak_mib).sum(),
            idle_p50_ms: at(0.5),
            idle_p99_ms: at(0.99),
            commits_per_job: commits_before.zip(commits).map(|(before, after)| (after - before) / jobs as f64),
            start_ms: self.start_ms,
        };
        println!("{}", figures.row());
        Ok(figures)
    }

    /// A client of the API, for what only some benches do.
    pub(crate) fn caller(&self) -> Caller<'_> {
        Caller { client: &self.client, url: &self.url, token: &self.token }
    }

    fn cpu(&self) -> f64 {
        self.processes.iter().map(Process::cpu).sum()
    }

    /// Commits of the database so far.
    async fn commits(&self) -> Option<f64> {
        use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};

        let db = Database::connect(self.postgres.as_ref()?).await.ok()?;
        let sql = "SELECT CAST(xact_commit AS BIGINT) AS n FROM pg_stat_database WHERE datname = current_database()";
        let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.ok()??;
        Some(row.try_get::<i64>("", "n").ok()? as f64)
    }

    pub(crate) async fn submit(&self, n: usize) -> Result<String> {
        let body = json!({ "issue_key": format!("LOAD-{n}"), "publish": [{ "mode": "comment" }] });
        let request = self.client.post(format!("{}/api/v1/generate/full-pipeline", self.url)).bearer_auth(&self.token);
        let answer = request.header("Idempotency-Key", format!("bench-{n}")).json(&body).send().await?;
        let status = answer.status();
        let body: Value = answer.json().await?;
        body["id"].as_str().map(str::to_owned).with_context(|| format!("a submission was answered {status}: {body}"))
    }

    /// Waits until every job succeeded.
    async fn all_succeed(&self, jobs: usize) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(300);
        loop {
            let open = self.count("queued").await? + self.count("running").await?;
            if open == 0 {
                break;
            }
            if Instant::now() > deadline {
                bail!("jobs are still open after five minutes");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let failed = self.count("failed").await?;
        if failed > 0 { bail!("{failed} of {jobs} jobs failed") } else { Ok(()) }
    }

    /// Jobs in a state, counted to one page: enough to know whether there are any.
    async fn count(&self, status: &str) -> Result<usize> {
        let url = format!("{}/api/v1/jobs?status={status}&limit=1", self.url);
        let page: Value = self.client.get(url).bearer_auth(&self.token).send().await?.json().await?;
        Ok(page["items"].as_array().map_or(0, Vec::len))
    }

    /// Milliseconds from submission to the end of one job.
    async fn one(&self, n: usize) -> Result<f64> {
        let began = Instant::now();
        let id = self.submit(n).await?;
        let url = format!("{}/api/v1/jobs/{id}?wait=30s", self.url);
        let job: Value = self.client.get(url).bearer_auth(&self.token).send().await?.json().await?;
        if job["status"] != "succeeded" {
            bail!("a job ended otherwise: {job}");
        }
        Ok(began.elapsed().as_secs_f64() * 1000.0)
    }
}

async fn jira(stories: usize) -> Result<Sandbox> {
    let options = Options { journal_entries: 100, ..Options::with_stories(sandbox::many(stories)) };
    Ok(sandbox::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), options).await?)
}

fn settings(sandbox: &Sandbox, data: &TempDir, port: u16) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("JQA_DATA_DIR", data.path().display().to_string()),
        ("JQA_BIND", format!("127.0.0.1:{port}")),
        ("JQA_ADMIN_EMAIL", EMAIL.to_owned()),
        ("JQA_ADMIN_PASSWORD", PASSWORD.to_owned()),
        ("JQA_JIRA_URL", sandbox.url()),
        ("JQA_JIRA_EMAIL", EMAIL.to_owned()),
        ("JQA_JIRA_TOKEN", "sandbox".to_owned()),
        ("JQA_JIRA_MAX_IN_FLIGHT", "64".to_owned()),
        ("JQA_LOG", "warn".to_owned()),
        // As much is counted as elsewhere, but nothing is refused.
        ("JQA_LIMIT_SUBMIT", "1000000/1s".to_owned()),
        ("JQA_LIMIT_READ", "1000000/1s".to_owned()),
        ("JQA_LIMIT_IP", "1000000/1s".to_owned()),
        ("JQA_MAX_CONNECTIONS_PER_IP", "10000".to_owned()),
    ])
}

fn client() -> Result<Client> {
    Ok(Client::builder().pool_max_idle_per_host(CONNECTIONS).timeout(Duration::from_secs(60)).tcp_nodelay(true).build()?)
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Asks until the server is there.
pub(crate) async fn login(client: &Client, url: &str) -> Result<String> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let asked =
            client.post(format!("{url}/api/v1/auth/login")).json(&json!({ "email": EMAIL, "password": PASSWORD })).send().await;
        if let Ok(answer) = asked
            && answer.status().is_success()
        {
            let body: Value = answer.json().await?;
            return body["access_token"].as_str().map(str::to_owned).context("a login without a token");
        }
        if Instant::now() > deadline {
            bail!("the server did not start");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
