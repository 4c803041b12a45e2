//! The product at work: its processes, the Jira and the model they speak to, and who uses it.

use std::time::{Duration, Instant};

use sandbox::{Options, Sandbox, many};
use tempfile::TempDir;
use uuid::Uuid;

use crate::client::Client;
use crate::form::{Form, say};
use crate::losses::Losses;
use crate::plan::{Plan, Set, free_address};
use crate::process::{Process, Signal};
use crate::rows::{JobRow, Rows};
use crate::waiting::{lasts, until};

/// See the module.
pub(crate) struct Stand {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    pub(crate) lease: Duration,
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
    began: Instant,
    folder: TempDir,
}

impl Stand {
    /// `jqa api` and the planned workers on PostgreSQL and Redis.
    pub(crate) async fn scaled(plan: Plan, database: &str, redis: &str) -> Self {
        let servers = vec![("JQA_DATABASE_URL", database.to_owned()), ("JQA_REDIS_URL", redis.to_owned())];
        let mut stand = Self::of(&plan, "api", servers, database, new_folder()).await;
        for own in plan.workers {
            stand.add_worker(own);
        }
        stand.client.log_in().await;
        for worker in 0..stand.workers.len() {
            stand.has_joined(worker).await;
        }
        stand.began = Instant::now();
        stand
    }

    /// `jqa serve` on SQLite.
    pub(crate) async fn embedded(plan: Plan) -> Self {
        let folder = new_folder();
        let database = format!("sqlite://{}", folder.path().join("jqa.sqlite").display());
        let mut stand = Self::of(&plan, "serve", Vec::new(), &database, folder).await;
        stand.client.log_in().await;
        stand.began = Instant::now();
        stand
    }

    async fn of(plan: &Plan, command: &'static str, servers: Vec<Set>, database: &str, folder: TempDir) -> Self {
        migration::migrate(database).await.expect("a schema");
        let nowhere = ([127, 0, 0, 1], 0).into();
        let sandbox = sandbox::bind(nowhere, Options::with_stories(many(plan.stories))).await.expect("a sandbox");
        let bind = free_address();
        let common = [plan.settings(&sandbox.url(), folder.path()), servers].concat();
        let api = [common.clone(), vec![("JQA_BIND", bind.to_string())]].concat();
        Self {
            name: plan.name,
            form: plan.form,
            lease: plan.lease,
            sandbox,
            api: Process::start(command, command, api, folder.path()),
            workers: Vec::new(),
            rows: Rows::open(database).await,
            client: Client::nobody(bind),
            accepted: Vec::new(),
            losses: Losses::default(),
            common,
            began: Instant::now(),
            folder,
        }
    }

    /// Says what happens, and when.
    pub(crate) fn tell(&self, words: &str) {
        say(&format!("{} {:.1} s: {words}", self.name, self.began.elapsed().as_secs_f64()));
    }

    /// One more worker, with these settings besides the common ones.
    pub(crate) fn add_worker(&mut self, own: Vec<Set>) {
        let name = format!("worker-{}", self.workers.len() + 1);
        let settings = [self.common.clone(), vec![("JQA_OPS_BIND", "127.0.0.1:0".to_owned())], own].concat();
        self.workers.push(Process::start(&name, "worker", settings, self.folder.path()));
    }

    /// Starts a worker again that listens where nobody rings.
    pub(crate) async fn make_deaf(&mut self, worker: usize) {
        self.workers[worker].kill().await;
        self.workers[worker].set("JQA_REDIS_PREFIX", format!("{}-deaf-{worker}", self.name));
        self.workers[worker].start_again();
        self.has_joined(worker).await;
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
        until(&format!("{name} takes its lease"), self.form.patience(), async || {
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

    /// The worker that holds a job.
    pub(crate) fn holder_of(&self, job: &JobRow) -> Option<usize> {
        self.workers.iter().position(|worker| job.is_held_by(worker.pid()))
    }

    /// SIGKILL to a worker, and a new one in its place. It is frozen first, so that what it holds can be counted.
    pub(crate) async fn kill_worker(&mut self, worker: usize, storm: &'static str) {
        let pid = self.workers[worker].pid();
        self.workers[worker].send(Signal::Stop).await;
        let held = self.held_by(pid).await;
        self.workers[worker].kill().await;
        self.losses.killed(&self.rows, &held, storm);
        self.workers[worker].start_again();
    }

    /// SIGKILL to `jqa serve`, and a new one in its place.
    pub(crate) async fn kill_server(&mut self, storm: &'static str) {
        let pid = self.api.pid();
        self.api.send(Signal::Stop).await;
        let held = self.held_by(pid).await;
        self.api.kill().await;
        self.losses.killed(&self.rows, &held, storm);
        self.api.start_again();
    }

    /// Waits until every job has ended.
    pub(crate) async fn all_end(&self) {
        let (mut last, patience) = (String::new(), self.form.patience());
        let began = Instant::now();
        loop {
            if let Ok(jobs) = self.rows.jobs().await {
                let open: Vec<&JobRow> = jobs.iter().filter(|job| !job.has_ended()).collect();
                if open.is_empty() && jobs.len() >= self.accepted.len() {
                    return;
                }
                let some = &open[..open.len().min(5)];
                last = format!("{} of {} jobs have not ended, such as {some:#?}", open.len(), jobs.len());
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

fn new_folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

impl Drop for Stand {
    /// When a test fails, what the processes complained of is part of its story.
    fn drop(&mut self) {
        if std::thread::panicking() {
            for process in self.workers.iter().chain([&self.api]) {
                eprintln!("---- {} complained:\n{}", process.name, process.complaints());
            }
            self.folder.disable_cleanup(true);
            eprintln!("---- all they said is in {}", self.folder.path().display());
        }
    }
}
