//! How a stand is made.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use crate::client::{EMAIL, PASSWORD};
use crate::form::Form;

/// A setting and its value.
pub(crate) type Set = (&'static str, String);

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Of the scenario.
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    /// Stories in Jira.
    pub(crate) stories: usize,
    /// How long a worker owns its jobs.
    pub(crate) lease: Duration,
    /// How long the model thinks.
    pub(crate) model_ms: u64,
    /// Settings of all processes.
    pub(crate) all: Vec<Set>,
    /// Settings of each worker.
    pub(crate) workers: Vec<Vec<Set>>,
}

impl Plan {
    /// Two workers.
    pub(crate) fn new(name: &'static str, form: Form, stories: usize) -> Self {
        let lease = Duration::from_secs(form.pick(3, 4));
        Self { name, form, stories, lease, model_ms: 800, all: Vec::new(), workers: vec![Vec::new(), Vec::new()] }
    }

    /// All processes have this setting.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.all.push((name, value.into()));
        self
    }

    /// What all processes are told.
    pub(crate) fn settings(&self, sandbox: &str, folder: &Path) -> Vec<Set> {
        let mut settings = vec![
            ("JQA_DATA_DIR", folder.display().to_string()),
            ("JQA_SECRET_KEY", "c4a05-K7vX2mQz9LwRb3TnYd8JhGf6Se1Pa".to_owned()),
            ("JQA_ADMIN_EMAIL", EMAIL.to_owned()),
            ("JQA_ADMIN_PASSWORD", PASSWORD.to_owned()),
            ("JQA_JIRA_URL", sandbox.to_owned()),
            ("JQA_JIRA_EMAIL", EMAIL.to_owned()),
            ("JQA_JIRA_TOKEN", "sandbox".to_owned()),
            ("JQA_LLM_PROVIDER", "openai_compatible".to_owned()),
            // Each job pays for itself: that is what is counted.
            ("JQA_LLM_REUSE", "off".to_owned()),
            ("JQA_LLM_BASE_URL", format!("{sandbox}/llm/v1")),
            ("JQA_LLM_API_KEY", "sandbox".to_owned()),
            ("JQA_LLM_MODEL", format!("sandbox-slow-{}", self.model_ms)),
            ("JQA_REDIS_PREFIX", self.name.replace(' ', "-")),
            ("JQA_LEASE", format!("{}ms", self.lease.as_millis())),
            ("JQA_RETRY_BASE", "200ms".to_owned()),
            ("JQA_RETRY_CAP", "2s".to_owned()),
            ("JQA_MAX_ATTEMPTS", "50".to_owned()),
            ("JQA_PUBLISH_MARGIN", "2s".to_owned()),
            ("JQA_DRAIN", "100ms".to_owned()),
            ("JQA_LOG", "info".to_owned()),
            ("JQA_LOG_FORMAT", "text".to_owned()),
        ];
        settings.extend(self.all.iter().cloned());
        settings
    }
}

/// Free a moment ago; the product cannot tell us which port it took.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a free port")
}
