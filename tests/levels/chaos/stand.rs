//! The product at work: its processes, the Jira and the model they speak to, and who uses it.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use sandbox::{Options, Sandbox, many};
use tempfile::TempDir;
use uuid::Uuid;

use crate::client::{Client, EMAIL, PASSWORD};
use crate::form::Form;
use crate::losses::Losses;
use crate::process::{Process, Signal};
use crate::rows::{JobRow, Rows};
use crate::waiting::{lasts, until};

/// A setting and its value.
pub(crate) type Set = (&'static str, String);

/// How a stand is made.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) form: Form,
    /// Stories in Jira.
    pub(crate) stories: usize,
    /// How long the model thinks.
    pub(crate) model_ms: u64,
    /// Settings of all processes.
    pub(crate) all: Vec<Set>,
    /// Settings of each worker.
    pub(crate) workers: Vec<Vec<Set>>,
}

impl Plan {
    /// Two workers.
    pub(crate) fn new(form: Form, stories: usize) -> Self {
        Self { form, stories, model_ms: 800, all: Vec::new(), workers: vec![Vec::new(), Vec::new()] }
    }

    /// All processes have this setting.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.all.push((name, value.into()));
        self
    }
}

/// See the module.
pub(crate) struct Stand {
    pub(crate) form: Form,
    pub(crate) sandbox: Sandbox,
    /// `jqa api`, or `jqa serve`.
    pub(crate) api: Process,
    pub(crate) workers: Vec<Process>,
    pub(crate) rows: Rows,
    pub(crate) client: Client,
    /// The jobs that were accepted, with their stories.
    pub(crate) accepted: Vec<(Uuid, String)>,
    pub(crate) losses: Losses,
    /// Settings of all processes.
    common: Vec<Set>,
    folder: TempDir,
}

impl Stand {
    /// `jqa api` and the planned workers on PostgreSQL and Redis.
    pub(crate) async fn scaled(plan: Plan, database: &str, redis: &str) -> Self {
        migration::migrate(database).await.expect("a schema");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let sandbox = sandbox(&plan).await;
        let bind = free_address();
        let mut common = common(&plan, &sandbox, folder.path());
        common.extend([("JQA_DATABASE_URL", database.to_owned()), ("JQA_REDIS_URL", redis.to_owned())]);
        common.extend(plan.all.iter().cloned());
        let api = [common.clone(), vec![("JQA_BIND", bind.to_string())]].concat();
        let api = Process::start("api", "api", api, folder.path());
        let client = Client::of(bind).await;
        let (rows, losses) = (Rows::open(database).await, Losses::default());
        let form = plan.form;
        let mut stand =
            Self { form, sandbox, api, workers: Vec::new(), rows, client, accepted: Vec::new(), losses, common, folder };
        for own in plan.workers {
            stand.add_worker(own);
        }
        for worker in 0..stand.workers.len() {
            stand.has_joined(worker).await;
        }
        stand
    }

    /// One more worker, with these settings besides the common ones.
    pub(crate) fn add_worker(&mut self, own: Vec<Set>) {
        let name = format!("worker-{}", self.workers.len() + 1);
        let settings = [self.common.clone(), vec![("JQA_OPS_BIND", "127.0.0.1:0".to_owned())], own].concat();
        self.workers.push(Process::start(&name, "worker", settings, self.folder.path()));
    }

    /// `jqa serve` on SQLite.
    pub(crate) async fn embedded(plan: Plan) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let sandbox = sandbox(&plan).await;
        let bind = free_address();
        let mut settings = common(&plan, &sandbox, folder.path());
        settings.push(("JQA_BIND", bind.to_string()));
        settings.extend(plan.all.iter().cloned());
        let api = Process::start("serve", "serve", settings, folder.path());
        let client = Client::of(bind).await;
        let rows = Rows::open(&format!("sqlite://{}?mode=ro", folder.path().join("jqa.sqlite").display())).await;
        let (form, losses) = (plan.form, Losses::default());
        Self { form, sandbox, api, workers: Vec::new(), rows, client, accepted: Vec::new(), losses, common: Vec::new(), folder }
    }

    /// Submits the next stories.
    pub(crate) async fn submit(&mut self, count: usize) {
        for _ in 0..count {
            let key = format!("LOAD-{}", self.accepted.len() + 1);
            let id = self.client.submit(&key).await;
            self.accepted.push((id, key));
        }
    }

    /// Waits until a worker that was started holds its lease.
    pub(crate) async fn has_joined(&self, worker: usize) {
        let sign = format!("-{}-", self.workers[worker].pid());
        let name = &self.workers[worker].name;
        until(&format!("{name} takes its lease"), Duration::from_secs(20), async || {
            let workers = self.rows.workers().await.ok()?;
            workers.iter().any(|id| id.contains(&sign)).then_some(())
        })
        .await;
    }

    /// Waits until a job is in this state of things.
    pub(crate) async fn sees(&self, what: &str, mut condition: impl FnMut(&JobRow) -> bool) -> JobRow {
        until(what, self.form.patience(), async || self.rows.jobs().await.ok()?.into_iter().find(|job| condition(job))).await
    }

    /// The jobs that a worker holds now.
    pub(crate) async fn held_by(&self, pid: u32) -> Vec<JobRow> {
        let jobs = until("the jobs are read", self.form.patience(), async || self.rows.jobs().await.ok()).await;
        jobs.into_iter().filter(|job| job.is_held_by(pid)).collect()
    }

    /// SIGKILL to a worker, and a new one in its place. It is frozen first, so that what it holds can be counted.
    pub(crate) async fn kill_worker(&mut self, worker: usize, when: &'static str) {
        let pid = self.workers[worker].pid();
        self.workers[worker].send(Signal::Stop).await;
        let held = self.held_by(pid).await;
        self.workers[worker].kill().await;
        self.losses.killed(&self.rows, &held, when);
        self.workers[worker].start_again();
    }

    /// SIGKILL to `jqa serve`, and a new one in its place.
    pub(crate) async fn kill_server(&mut self, when: &'static str) {
        let pid = self.api.pid();
        self.api.send(Signal::Stop).await;
        let held = self.held_by(pid).await;
        self.api.kill().await;
        self.losses.killed(&self.rows, &held, when);
        self.api.start_again();
    }

    /// Waits until every job has ended.
    pub(crate) async fn all_end(&self) {
        let (mut last, patience) = (String::new(), self.form.patience());
        let began = std::time::Instant::now();
        loop {
            if let Ok(jobs) = self.rows.jobs().await {
                let open: Vec<&JobRow> = jobs.iter().filter(|job| !job.has_ended()).collect();
                if open.is_empty() && jobs.len() >= self.accepted.len() {
                    return;
                }
                last = format!("{} of {} jobs have not ended, such as {:?}", open.len(), jobs.len(), open.first());
            }
            assert!(began.elapsed() < patience, "not within {patience:?}: {last}");
            lasts(Duration::from_millis(100)).await;
        }
    }

    /// Ends everything; the database may be removed afterwards.
    pub(crate) async fn close(&mut self) {
        for process in self.workers.iter_mut().chain([&mut self.api]) {
            if process.runs() {
                process.kill().await;
            }
        }
        self.rows.close().await;
    }
}

impl Drop for Stand {
    /// When a test fails, what the processes complained of is part of its story.
    fn drop(&mut self) {
        if std::thread::panicking() {
            for process in self.workers.iter().chain([&self.api]) {
                eprintln!("---- {} complained:\n{}", process.name, process.complaints());
            }
        }
    }
}

async fn sandbox(plan: &Plan) -> Sandbox {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    sandbox::bind(nowhere, Options::with_stories(many(plan.stories))).await.expect("a sandbox")
}

fn common(plan: &Plan, sandbox: &Sandbox, folder: &Path) -> Vec<Set> {
    let url = sandbox.url();
    let ms = |duration: Duration| format!("{}ms", duration.as_millis());
    vec![
        ("JQA_DATA_DIR", folder.display().to_string()),
        ("JQA_SECRET_KEY", "a secret key for chaos, long enough".to_owned()),
        ("JQA_ADMIN_EMAIL", EMAIL.to_owned()),
        ("JQA_ADMIN_PASSWORD", PASSWORD.to_owned()),
        ("JQA_JIRA_URL", url.clone()),
        ("JQA_JIRA_EMAIL", EMAIL.to_owned()),
        ("JQA_JIRA_TOKEN", "sandbox".to_owned()),
        ("JQA_LLM_PROVIDER", "openai_compatible".to_owned()),
        ("JQA_LLM_BASE_URL", format!("{url}/llm/v1")),
        ("JQA_LLM_API_KEY", "sandbox".to_owned()),
        ("JQA_LLM_MODEL", format!("sandbox-slow-{}", plan.model_ms)),
        ("JQA_LEASE", ms(plan.form.lease())),
        ("JQA_RETRY_BASE", "200ms".to_owned()),
        ("JQA_RETRY_CAP", "2s".to_owned()),
        ("JQA_MAX_ATTEMPTS", "50".to_owned()),
        ("JQA_PUBLISH_MARGIN", "2s".to_owned()),
        ("JQA_DRAIN", "100ms".to_owned()),
        ("JQA_LOG", "info".to_owned()),
        ("JQA_LOG_FORMAT", "text".to_owned()),
    ]
}

/// Free a moment ago; the product cannot tell us which port it took.
fn free_address() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a free port")
}
