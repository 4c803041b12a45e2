//! The API and the worker, built on a foundation.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use api::{Api, ApiSettings, Drain, EventHub, Ops, Parts, Sso};
use shared::accounts::Sessions;
use shared::adapters::connections::JIRA_IN_FLIGHT;
use shared::adapters::oidc::Provider;
use shared::adapters::webhook::{HttpWebhookSender, OutboundPolicy, OutboundSettings};
use shared::crypto::{Passwords, Sealer, TokenSettings, Tokens};
use shared::domain::job::{JobStatus, Lane};
use shared::domain::provider_batch::ProviderBatchState;
use shared::domain::webhook::secret_key;
use shared::jobs::{Lease, Retention};
use shared::store::{audit_chain, job, provider_batch};
use tokio_util::sync::CancellationToken;
use worker::batches::Batches;
use worker::deliveries::Deliveries;
use worker::economy::Economy;
use worker::inbound::Inbound;
use worker::pipeline::Pipeline;
use worker::{Runner, RunnerSettings, Work};

use super::foundation::Foundation;

/// Time limit of one webhook.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(20);

/// Longer addresses are nobody's.
const LONGEST_CALLBACK: usize = 2048;

/// How often gauges are sampled.
const SAMPLE: Duration = Duration::from_secs(10);

/// How often it is written when API keys were last used.
const KEY_USES: Duration = Duration::from_secs(60);

/// How often old rows are looked for.
const PRUNE: Duration = Duration::from_secs(60);

/// Rest between two chunks of old rows.
const PRUNE_REST: Duration = Duration::from_millis(100);

/// The API's state, with its event hub at work until the API is `closed`.
pub(super) fn api(f: &Foundation, drain: Drain, public_url: &str, closed: CancellationToken) -> anyhow::Result<Api> {
    let hub = EventHub::new();
    f.lifecycle.spawn(hub.clone().run(f.jobs.clone(), closed.clone()));
    let policy = f.settings.outbound.clone();
    let accounts = &f.settings.accounts;
    let mut tokens =
        TokenSettings { life: accounts.access_token_life, algorithm: accounts.token_algorithm, ..TokenSettings::default() };
    // Where people reach it tells an installation from another; an address that was only guessed may differ by process.
    if let Some(url) = &f.settings.http.public_url {
        url.as_str().clone_into(&mut tokens.issuer);
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let passwords = Passwords::new((cores / 2).max(1));
    let api = Api::new(Parts {
        jobs: f.jobs.clone(),
        connections: f.connections.clone(),
        tokens: Tokens::new(tokens, &f.keys, f.jobs.clock().clone()),
        sessions: Sessions::new(f.jobs.db().clone(), f.keys.clone(), accounts.sessions),
        vault: f.vault.clone(),
        passwords,
        hub,
        settings: ApiSettings {
            public_url: Some(public_url.to_owned()),
            budgets: f.settings.http.budgets.clone(),
            trusted_proxies: f.settings.http.trusted_proxies.clone(),
            cors_origins: f.settings.http.cors_origins.clone(),
            longest_api_key: f.settings.accounts.longest_api_key,
            registration: f.settings.accounts.registration,
            registration_domains: f.settings.accounts.registration_domains.clone(),
            ..ApiSettings::default()
        },
        limiter: f.limiter.clone(),
        metrics: f.metrics.clone(),
        outbound: Arc::new(move |url| callback_problem(&policy, url).map_or(Ok(()), Err)),
        sso: sso(f)?,
        drain,
    });
    f.lifecycle.spawn(write_key_uses(api.clone(), closed));
    Ok(api)
}

/// Single sign-on, when it is set up. The provider is asked when somebody first signs in.
fn sso(f: &Foundation) -> anyhow::Result<Option<Sso>> {
    let Some(settings) = f.settings.oidc.clone() else { return Ok(None) };
    let provider = Provider::new(settings, f.jobs.clock().clone()).context("single sign-on cannot be set up")?;
    Ok(Some(Sso { provider, sealer: Sealer::new(f.keys.clone()) }))
}

/// Writes when API keys were last used, once a minute and at the end.
async fn write_key_uses(api: Api, closed: CancellationToken) {
    loop {
        let goes_on = rested(KEY_USES, &closed).await;
        if let Err(error) = api.write_key_uses().await {
            tracing::warn!(%error, "when API keys were last used could not be written");
        }
        if !goes_on {
            return;
        }
    }
}

/// What the ops routes tell.
pub(super) fn ops(f: &Foundation, drain: Drain) -> Ops {
    let queue_away = f.jobs.bell().clone();
    Ops { db: f.jobs.db().clone(), metrics: f.metrics.clone(), drain, queue_up: Arc::new(move || !queue_away.is_away()) }
}

/// A worker that holds nothing yet.
pub(super) fn worker(f: &Foundation, public_url: &str) -> anyhow::Result<Arc<Runner>> {
    let write_timeout = f.settings.jira.as_ref().map_or(Duration::from_secs(30), |jira| jira.timeout);
    // A job makes one call to Jira at a time, so more would only wait for each other, with their stories in memory.
    let at_work = f.settings.jira.as_ref().map_or(JIRA_IN_FLIGHT, |jira| jira.max_in_flight);
    let (connections, metrics, pacer) = (f.connections.clone(), f.metrics.clone(), f.pacer.clone());
    let pipeline = Pipeline::new(f.jobs.clone(), connections, metrics, pacer, write_timeout, at_work);
    let pipeline = pipeline.reusing_replies(f.settings.llm.reuse);
    let sender = HttpWebhookSender::new(&OutboundSettings { policy: f.settings.outbound.clone(), timeout: WEBHOOK_TIMEOUT })
        .map_err(|error| anyhow::anyhow!("webhooks cannot be set up: {error}"))?;
    let key = match &f.settings.accounts.callback_secret {
        Some(secret) => secret_key(secret).context("JQA_CALLBACK_SECRET cannot be used")?,
        None => f.keys.current().derive("callback").expose().to_vec(),
    };
    let deliveries =
        Deliveries::new(f.jobs.clone(), f.vault.clone(), Arc::new(sender), key, public_url.to_owned(), f.metrics.clone());
    let economy = Economy::new(f.jobs.clone(), f.connections.clone(), f.metrics.clone(), f.settings.llm.economy.clone());
    let inbound = Inbound::new(f.jobs.clone(), f.connections.clone(), f.metrics.clone(), f.settings.events_tick);
    let batches = Batches::new(f.jobs.clone(), f.connections.clone(), f.settings.events_tick);
    let work = Work { pipeline, deliveries, economy, inbound, batches };
    let lease = Lease::new(worker::runner::new_owner(&f.jobs), f.jobs.clock().clone());
    let sizes = &f.settings.worker;
    let settings = RunnerSettings {
        slots: [sizes.interactive, sizes.bulk, sizes.webhook],
        grace: sizes.grace,
        database_url: f.settings.database.url.clone(),
    };
    Ok(Runner::new(f.jobs.clone(), work, lease, f.lifecycle.clone(), f.metrics.clone(), settings))
}

/// What is wrong with a callback address. It is stored as it came, so what a parser would tidy up is refused.
fn callback_problem(policy: &OutboundPolicy, url: &str) -> Option<String> {
    if url.len() > LONGEST_CALLBACK {
        return Some(format!("is longer than {LONGEST_CALLBACK} bytes"));
    }
    if url.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Some("holds white space, control characters or backslashes".to_owned());
    }
    policy.check_url(url).err().map(|problem| problem.to_string())
}

/// Samples the backlog for the gauges.
pub(super) async fn sample(jobs: shared::jobs::Jobs, metrics: Arc<shared::telemetry::Metrics>, stop: CancellationToken) {
    while rested(SAMPLE, &stop).await {
        if let Ok(backlog) = audit_chain::backlog(jobs.db()).await {
            metrics.audit_unsealed(backlog.entries);
        }
        if let Ok(open) = provider_batch::open(jobs.db()).await {
            for state in ProviderBatchState::ALL.iter().filter(|state| !state.is_final()) {
                let count = open.iter().find(|row| row.state == state.as_str()).map_or(0, |row| row.batches);
                metrics.provider_batches(state.as_str(), count);
            }
        }
        let Ok(rows) = job::backlog(jobs.db()).await else { continue };
        let now = jobs.clock().now_ms();
        for &lane in Lane::ALL {
            for status in [JobStatus::Queued, JobStatus::Running] {
                let row = rows.iter().find(|row| row.lane == lane.as_str() && row.status == status.as_str());
                let count = row.map_or(0, |row| row.jobs);
                let oldest = row.and_then(|row| row.oldest_due).map_or(0, |due| (now - due).max(0));
                metrics.backlog(status.as_str(), lane.as_str(), count, oldest as f64 / 1000.0);
            }
        }
    }
}

/// Removes what is old, a chunk at a time.
pub(super) async fn prune(jobs: shared::jobs::Jobs, keep: Retention, stop: CancellationToken) {
    while rested(PRUNE, &stop).await {
        loop {
            match jobs.prune(&keep).await {
                Ok(0) => break,
                Ok(rows) => tracing::debug!(rows, "old rows were removed"),
                Err(error) => {
                    tracing::warn!(%error, "old rows could not be removed");
                    break;
                }
            }
            if !rested(PRUNE_REST, &stop).await {
                return;
            }
        }
    }
}

/// `false` = the process stops.
pub(super) async fn rested(wait: Duration, stop: &CancellationToken) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        () = tokio::time::sleep(wait) => true,
    }
}
