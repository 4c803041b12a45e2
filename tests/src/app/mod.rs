//! A whole installation in a test: the pipeline over a real database and real HTTP to the sandbox, and a clock that is moved.
//!
//! * [`order`]: a request in a few words
//! * [`hand`]: a worker that is driven step by step
//! * [`machine`]: the real runner, for what only it does
//! * [`site`]: the two kinds of Jira
//! * [`looks`]: what a test looks at afterwards

mod hand;
mod looks;
mod machine;
mod order;
mod setup;
mod site;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sandbox::{Sandbox, State};
use shared::adapters::connections::Connections;
use shared::adapters::pacer::LocalPacer;
use shared::adapters::queue::ChannelQueue;
use shared::config::Settings;
use shared::domain::job::JobKind;
use shared::jobs::{Jobs, Ring};
use shared::ports::{Clock, TestClock};
use shared::store::audit::Actor;
use shared::store::batch;
use shared::telemetry::Metrics;
use shared::vault::Vault;
use tempfile::TempDir;
use tokio::sync::mpsc;
use uuid::Uuid;
use worker::batches::Batches;
use worker::deliveries::Deliveries;
use worker::economy::Economy;
use worker::inbound::Inbound;
use worker::pipeline::Pipeline;

pub use hand::Hand;
pub use looks::Call;
pub use machine::Machine;
pub use order::Order;
pub use setup::Setup;
pub use site::Site;

use crate::proxy::{Proxy, Way};

/// Who asks in tests.
pub const PERSON: Uuid = Uuid::from_u128(7);

/// What callbacks are signed with.
pub const CALLBACK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// See the module. When it is dropped, every request to Jira must have kept to the official documents.
pub struct App {
    /// The double of Jira and of the model.
    pub site: Sandbox,
    way: Option<Proxy>,
    /// The verbs.
    pub jobs: Jobs,
    /// The clock, which stands still until it is moved.
    pub clock: Arc<TestClock>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What it was set up with.
    pub settings: Settings,
    /// The connections of a process.
    pub connections: Arc<Connections>,
    pacer: Arc<LocalPacer>,
    /// The verbs of connections and their secrets.
    pub vault: Vault,
    queue: Arc<ChannelQueue>,
    heard: Mutex<Option<mpsc::Receiver<Ring>>>,
    _folder: TempDir,
}

impl App {
    /// The built-in stories and the drafter that needs no model.
    pub async fn start() -> Self {
        Setup::default().start().await
    }

    /// The built-in stories and this model of the sandbox.
    pub async fn with_model(model: &str) -> Self {
        Setup::default().model(model).start().await
    }

    /// The handle to look into the sandbox and to order faults.
    #[must_use]
    pub fn jira(&self) -> &State {
        self.site.state()
    }

    /// What passes between the product and Jira.
    ///
    /// # Panics
    /// When the setup did not ask for [`Setup::that_can_be_cut_off`].
    pub fn set_way_to_jira(&self, way: Way) {
        self.way.as_ref().expect("a way that can be cut off").set(way);
    }

    /// A request.
    #[must_use]
    pub fn asks(&self, kind: JobKind, key: &str) -> Order<'_> {
        Order::new(self, kind, key)
    }

    /// A worker that is driven step by step.
    #[must_use]
    pub fn worker(&self, name: &str) -> Hand {
        Hand::new(self, name)
    }

    /// Runs everything that is due, until nothing is.
    pub async fn run_jobs(&self) {
        self.worker(&format!("worker-{}", self.clock.new_id().simple())).run_jobs().await;
    }

    /// Moves the clock.
    pub fn later(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Moves the clock by seconds.
    pub fn seconds_later(&self, seconds: u64) {
        self.later(Duration::from_secs(seconds));
    }

    /// Moves the clock to when a job is due, and runs what is due then.
    pub async fn run_when_due(&self, id: Uuid) {
        let wait = self.job(id).await.due_at - self.clock.now_ms();
        self.later(Duration::from_millis(u64::try_from(wait).unwrap_or(0)));
        self.run_jobs().await;
    }

    /// Somebody.
    #[must_use]
    pub fn person(&self) -> Actor {
        Actor { user_id: Some(PERSON), request_id: Some("request".into()), ..Actor::default() }
    }

    fn pipeline(&self) -> Pipeline {
        let write_timeout = self.settings.jira.as_ref().map_or(Duration::from_secs(30), |jira| jira.timeout);
        Pipeline::new(self.jobs.clone(), self.connections.clone(), self.metrics.clone(), self.pacer.clone(), write_timeout, 64)
            .reusing_replies(self.settings.llm.reuse)
    }

    /// What looks after batches at providers, by the settings.
    #[must_use]
    pub fn economy(&self) -> Economy {
        Economy::new(self.jobs.clone(), self.connections.clone(), self.metrics.clone(), self.settings.llm.economy.clone())
    }

    /// What works on events of Jira, by the settings.
    #[must_use]
    pub fn inbound(&self) -> Inbound {
        Inbound::new(self.jobs.clone(), self.connections.clone(), self.metrics.clone(), self.settings.events_tick)
    }

    /// What finds the stories of batches, by the settings.
    #[must_use]
    pub fn batches(&self) -> Batches {
        Batches::new(self.jobs.clone(), self.connections.clone(), self.settings.events_tick)
    }

    /// Finds stories and runs jobs of batches until nothing is due.
    ///
    /// # Panics
    /// The database does not answer, or it never ends.
    pub async fn run_batches(&self) {
        for _ in 0..200 {
            self.batches().look("batches").await;
            let waits = !batch::waiting(self.jobs.db()).await.expect("batches").is_empty();
            self.jobs.top_up_batches().await.expect("a top-up");
            self.run_jobs().await;
            self.jobs.look_after_batches().await.expect("a look");
            if !waits {
                return;
            }
        }
        panic!("the same batches come again and again");
    }

    fn deliveries(&self) -> Deliveries {
        setup::deliveries(&self.settings, self.jobs.clone(), self.vault.clone(), self.metrics.clone())
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("site", &self.site.url()).finish_non_exhaustive()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.jira().violations(), Vec::<String>::new(), "a request broke the documents of Jira");
        }
    }
}
