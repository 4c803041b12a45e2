//! Laying an [`App`]'s foundation, as a process does: settings by name, adapters by settings.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sandbox::{Options, Story};
use serde_json::Value;
use shared::adapters::bus::LocalBus;
use shared::adapters::connections::Connections;
use shared::adapters::pacer::LocalPacer;
use shared::adapters::queue::ChannelQueue;
use shared::adapters::webhook::{HttpWebhookSender, OutboundSettings};
use shared::config::{Settings, Source};
use shared::crypto::{KeyRing, SecretKey};
use shared::domain::user::Role;
use shared::domain::webhook::secret_key;
use shared::jobs::{Bell, Jobs};
use shared::ports::{Clock, TestClock};
use shared::store::user::{self, NewUser};
use shared::store::{Db, DbOptions};
use shared::telemetry::Metrics;
use shared::vault::Vault;
use worker::deliveries::Deliveries;

use super::{App, CALLBACK_SECRET, PERSON, Site};
use crate::http_app::SECRET_KEY;
use crate::proxy::Proxy;

/// Any time will do.
const BEGINNING: i64 = 1_700_000_000_000;

/// The official documents, where the workspace lies beside them.
const CONTRACTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/contracts");

/// How an [`App`] is set up.
#[derive(Debug, Default)]
pub struct Setup {
    site: Site,
    stories: Option<Vec<Story>>,
    model: Option<String>,
    values: Vec<(String, String)>,
    can_be_cut_off: bool,
    jira_options: Option<Value>,
    sandbox: Vec<fn(&mut Options)>,
}

impl Setup {
    /// On this kind of Jira.
    #[must_use]
    pub fn at(mut self, site: Site) -> Self {
        self.site = site;
        self
    }

    /// These stories in place of the built-in ones.
    #[must_use]
    pub fn stories(mut self, stories: Vec<Story>) -> Self {
        self.stories = Some(stories);
        self
    }

    /// A model of the sandbox, asked over HTTP.
    #[must_use]
    pub fn model(mut self, model: &str) -> Self {
        self.model = Some(model.to_owned());
        self
    }

    /// Jira is reached by a way that is cut by [`App::set_way_to_jira`].
    #[must_use]
    pub fn that_can_be_cut_off(mut self) -> Self {
        self.can_be_cut_off = true;
        self
    }

    /// Further options of the connection; `{site}` in them is the address of the sandbox.
    #[must_use]
    pub fn jira_options(mut self, options: Value) -> Self {
        self.jira_options = Some(options);
        self
    }

    /// A sandbox of another kind.
    #[must_use]
    pub fn sandbox(mut self, change: fn(&mut Options)) -> Self {
        self.sandbox.push(change);
        self
    }

    /// A setting, by its name in the environment.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.values.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it.
    pub async fn start(self) -> App {
        let validate = Path::new(CONTRACTS).is_dir().then(|| CONTRACTS.into());
        if validate.is_none() {
            eprintln!("requests are not checked against the official documents: {CONTRACTS} is absent");
        }
        let stories = self.stories.unwrap_or_else(|| Options::default().stories);
        let mut options = self.site.options(Options { validate, ..Options::with_stories(stories) });
        self.sandbox.iter().for_each(|change| change(&mut options));
        let site = sandbox::bind(([127, 0, 0, 1], 0).into(), options).await.expect("a sandbox");
        let way = if self.can_be_cut_off { Some(Proxy::to(site.addr()).await) } else { None };
        let jira = way.as_ref().map_or_else(|| site.url(), |way| format!("http://{}", way.addr()));
        let jira = format!("{jira}{}", site.context());
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("jqa.db").display());
        let mut values = vec![
            ("JQA_DATABASE_URL".to_owned(), url),
            ("JQA_DIRECT_AFTER".to_owned(), "0ms".to_owned()),
            ("JQA_CALLBACK_SECRET".to_owned(), CALLBACK_SECRET.to_owned()),
            ("JQA_JIRA_URL".to_owned(), jira),
            ("JQA_JIRA_TOKEN".to_owned(), "sandbox".to_owned()),
        ];
        values.extend(self.site.settings());
        if let Some(options) = self.jira_options {
            let file = folder.path().join("jira-options.json");
            std::fs::write(&file, options.to_string().replace("{site}", &site.url())).expect("a file of options");
            values.push(("JQA_JIRA_OPTIONS_FILE".to_owned(), file.display().to_string()));
        }
        // The clock stands still: nothing would come back.
        // Most tests ask the same again and again, and count how often.
        values.push(("JQA_LLM_REUSE".to_owned(), "off".to_owned()));
        let budgets = ["JQA_LIMIT_LOGIN", "JQA_LIMIT_SUBMIT", "JQA_LIMIT_READ", "JQA_LIMIT_HOOK", "JQA_LIMIT_IP"];
        values.extend(budgets.map(|name| (name.to_owned(), "off".to_owned())));
        if let Some(model) = self.model {
            values.push(("JQA_LLM_PROVIDER".to_owned(), "openai_compatible".to_owned()));
            values.push(("JQA_LLM_BASE_URL".to_owned(), format!("{}/llm/v1", site.url())));
            values.push(("JQA_LLM_API_KEY".to_owned(), "key".to_owned()));
            values.push(("JQA_LLM_MODEL".to_owned(), model));
        }
        values.extend(self.values);
        let settings = Settings::read(&Source::new(values, None).expect("settings")).expect("settings that can be read");

        migration::migrate(&settings.database.url).await.expect("a schema");
        let clock = Arc::new(TestClock::at(BEGINNING));
        let db_options = DbOptions { pool: 8, acquire_timeout: Duration::from_secs(30) };
        let db = Db::open(&settings.database.url, db_options, clock.clone()).await.expect("a database");
        let person =
            NewUser { id: PERSON, email: "qa@example.org".into(), name: "Q".into(), role: Role::Qa, password_hash: "-".into() };
        user::insert(&db, person, clock.now_ms()).await.expect("an account");

        let metrics = Arc::new(Metrics::default());
        let vault = Vault::new(db.clone(), key_ring(&settings));
        let pacer = Arc::new(LocalPacer::new(clock.clone()));
        let connections = Connections::of(&settings, &metrics, pacer.clone(), clock.clone()).expect("connections");
        let connections = Arc::new(connections.and_those_kept_in(db.clone(), vault.sealer().clone()));
        let (bell, heard) = Bell::new();
        let jobs = Jobs::new(db, settings.limits.clone(), bell, Arc::new(LocalBus::default()));
        let queue = Arc::new(ChannelQueue::new(settings.queue_bound));
        App {
            site,
            way,
            jobs,
            pacer,
            clock,
            metrics,
            settings,
            connections,
            vault,
            queue,
            heard: Mutex::new(Some(heard)),
            _folder: folder,
        }
    }
}

/// The keys of the settings, or the one that all tests share.
fn key_ring(settings: &Settings) -> KeyRing {
    let shared = || SecretKey::from_text(SECRET_KEY).expect("a key");
    KeyRing::new(settings.accounts.secret_key.clone().unwrap_or_else(shared), settings.accounts.older_keys.iter().cloned())
}

/// Webhooks as the settings allow them.
pub(super) fn deliveries(settings: &Settings, jobs: Jobs, vault: Vault, metrics: Arc<Metrics>) -> Deliveries {
    let policy = settings.outbound.clone();
    let sender = HttpWebhookSender::new(&OutboundSettings { policy, timeout: Duration::from_secs(20) }).expect("a sender");
    let key = secret_key(CALLBACK_SECRET).expect("a key");
    Deliveries::new(jobs, vault, Arc::new(sender), key, "https://jqa.example.org".into(), metrics)
}
