//! Every metric there is. The names of the first group are fixed by the specification; `prometheus-client` appends
//! `_total` to counters itself.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::ports::Usage;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct HttpLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ProviderLabels {
    provider: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct TokenLabels {
    provider: &'static str,
    direction: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OperationLabels {
    operation: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct CodeLabels {
    code: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct LaneLabels {
    lane: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct JobLabels {
    status: &'static str,
    lane: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ResultLabels {
    result: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct BudgetLabels {
    budget: &'static str,
}

type Timer<L> = Family<L, Histogram, fn() -> Histogram>;

/// The metrics of a process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    http_requests: Family<HttpLabels, Counter>,
    http_duration: Timer<RouteLabels>,
    llm_requests: Family<ProviderLabels, Counter>,
    llm_duration: Timer<ProviderLabels>,
    llm_tokens: Family<TokenLabels, Counter>,
    llm_cost: Family<ProviderLabels, Counter<f64, AtomicU64>>,
    jira_requests: Family<OperationLabels, Counter>,
    jira_publish_success: Counter,
    criteria_generated: Counter,
    scenarios_generated: Counter,
    pipeline_duration: Histogram,
    jobs: Family<JobLabels, Gauge>,
    provider_batches: Family<StateLabels, Gauge>,
    oldest_due: Family<LaneLabels, Gauge<f64, AtomicU64>>,
    retries: Family<CodeLabels, Counter>,
    leases_lost: Counter,
    deliveries: Family<ResultLabels, Counter>,
    jira_events: Family<ResultLabels, Counter>,
    suspects: Counter,
    queue_up: Family<LaneLabels, Gauge>,
    rate_limited: Family<BudgetLabels, Counter>,
    limiter_shared: Gauge,
    audit_unsealed: Gauge,
    audit_refused: Gauge,
}

fn http_timer() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 14))
}

fn llm_timer() -> Histogram {
    Histogram::new(exponential_buckets(0.05, 2.0, 15))
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            http_requests: Family::default(),
            http_duration: Family::new_with_constructor(http_timer),
            llm_requests: Family::default(),
            llm_duration: Family::new_with_constructor(llm_timer),
            llm_tokens: Family::default(),
            llm_cost: Family::default(),
            jira_requests: Family::default(),
            jira_publish_success: Counter::default(),
            criteria_generated: Counter::default(),
            scenarios_generated: Counter::default(),
            pipeline_duration: Histogram::new(exponential_buckets(0.005, 2.0, 18)),
            jobs: Family::default(),
            provider_batches: Family::default(),
            oldest_due: Family::default(),
            retries: Family::default(),
            leases_lost: Counter::default(),
            deliveries: Family::default(),
            jira_events: Family::default(),
            suspects: Counter::default(),
            queue_up: Family::default(),
            rate_limited: Family::default(),
            limiter_shared: Gauge::default(),
            audit_unsealed: Gauge::default(),
            audit_refused: Gauge::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let r = &mut self.registry;
        r.register("http_requests", "HTTP requests answered", self.http_requests.clone());
        r.register("http_request_duration_seconds", "Time to answer a request", self.http_duration.clone());
        r.register("llm_requests", "Model calls made", self.llm_requests.clone());
        r.register("llm_request_duration_seconds", "Time of a model call", self.llm_duration.clone());
        r.register("jqa_llm_cost_usd", "Dollars that model calls of known price cost", self.llm_cost.clone());
        r.register("llm_tokens_used", "Tokens used", self.llm_tokens.clone());
        r.register("jira_requests", "Requests sent to Jira", self.jira_requests.clone());
        r.register("jira_publish_success", "Publications written to Jira", self.jira_publish_success.clone());
        r.register("acceptance_criteria_generated", "Criteria that passed the checks", self.criteria_generated.clone());
        r.register("test_scenarios_generated", "Scenarios that passed the checks", self.scenarios_generated.clone());
        r.register(
            "full_pipeline_duration_seconds",
            "From submission to the end of a full pipeline",
            self.pipeline_duration.clone(),
        );
        r.register("jqa_jobs", "Jobs that wait or run, sampled", self.jobs.clone());
        r.register("jqa_oldest_due_seconds", "Age of the oldest due job, sampled", self.oldest_due.clone());
        r.register(
            "jqa_provider_batches",
            "Batches at model providers that have not ended, sampled; `unknown` ones wait for an administrator",
            self.provider_batches.clone(),
        );
        r.register("jqa_job_retries", "Tries that will be repeated", self.retries.clone());
        r.register("jqa_leases_lost", "Runs that lost their lease", self.leases_lost.clone());
        r.register("jqa_webhook_deliveries", "Webhook tries by result", self.deliveries.clone());
        r.register("jqa_jira_events", "Events of Jira by what became of them", self.jira_events.clone());
        r.register("jqa_results_suspect", "Results that turned out to be out of date", self.suspects.clone());
        r.register("jqa_queue_up", "1 while the lane's bell is heard, 0 while workers help themselves", self.queue_up.clone());
        r.register("jqa_rate_limited", "Requests refused because a budget was used up", self.rate_limited.clone());
        r.register("jqa_limiter_shared", "1 while Redis counts requests, 0 while the process does", self.limiter_shared.clone());
        r.register("jqa_audit_unsealed", "Audit entries that are not sealed yet, sampled", self.audit_unsealed.clone());
        r.register(
            "jqa_audit_refused",
            "1 while the audit log is not sealed because its head is not to be trusted",
            self.audit_refused.clone(),
        );
        r.register("jqa_build", "What is running", Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]));
    }

    /// The text that Prometheus scrapes (OpenMetrics 1.0).
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// A request was answered.
    pub fn http(&self, method: &'static str, route: &str, status: u16, seconds: f64) {
        self.http_requests.get_or_create(&HttpLabels { method, route: route.to_owned(), status }).inc();
        self.http_duration.get_or_create(&RouteLabels { method, route: route.to_owned() }).observe(seconds);
    }

    /// A model call ended.
    pub fn llm_call(&self, provider: &'static str, seconds: f64, usage: &Usage) {
        self.llm_duration.get_or_create(&ProviderLabels { provider }).observe(seconds);
        self.llm_batched(provider, usage);
    }

    /// A call in a batch of the provider ended: nobody waited for it, so that its time says nothing.
    pub fn llm_batched(&self, provider: &'static str, usage: &Usage) {
        self.llm_requests.get_or_create(&ProviderLabels { provider }).inc();
        #[expect(clippy::cast_precision_loss, reason = "shown; what counts is kept in whole nano-dollars")]
        let cost = usage.cost_nano_usd.unwrap_or(0).max(0) as f64 / 1e9;
        self.llm_cost.get_or_create(&ProviderLabels { provider }).inc_by(cost);
        for (direction, tokens) in [("input", usage.input_tokens), ("output", usage.output_tokens)] {
            self.llm_tokens.get_or_create(&TokenLabels { provider, direction }).inc_by(u64::try_from(tokens).unwrap_or(0));
        }
    }

    /// A request went to Jira; `operation` is `read` or `write`.
    pub fn jira_call(&self, operation: &'static str) {
        self.jira_requests.get_or_create(&OperationLabels { operation }).inc();
    }

    /// A publication was written.
    pub fn published(&self) {
        self.jira_publish_success.inc();
    }

    /// Items passed the checks.
    pub fn generated(&self, criteria: usize, scenarios: usize) {
        self.criteria_generated.inc_by(criteria as u64);
        self.scenarios_generated.inc_by(scenarios as u64);
    }

    /// A full pipeline ended well, this long after it was submitted.
    pub fn pipeline_ended(&self, seconds: f64) {
        self.pipeline_duration.observe(seconds);
    }

    /// A try will be repeated.
    pub fn retried(&self, code: &'static str) {
        self.retries.get_or_create(&CodeLabels { code }).inc();
    }

    /// A run lost its lease.
    pub fn lease_lost(&self) {
        self.leases_lost.inc();
    }

    /// A webhook was tried: `ok`, `again` or `failed`.
    pub fn delivery(&self, result: &'static str) {
        self.deliveries.get_or_create(&ResultLabels { result }).inc();
    }

    /// An event of Jira was `received`, or had been (`duplicate`); it was worked on: `done`, `again` or `failed`.
    pub fn jira_event(&self, result: &'static str) {
        self.jira_events.get_or_create(&ResultLabels { result }).inc();
    }

    /// A result turned out to be out of date.
    pub fn result_suspect(&self) {
        self.suspects.inc();
    }

    /// Whether a lane's bell is heard.
    pub fn queue_up(&self, lane: &'static str, up: bool) {
        self.queue_up.get_or_create(&LaneLabels { lane }).set(i64::from(up));
    }

    /// A request was refused: the budget `login`, `submit`, `read` or `ip` was used up.
    pub fn rate_limited(&self, budget: &'static str) {
        self.rate_limited.get_or_create(&BudgetLabels { budget }).inc();
    }

    /// Whether Redis counts requests, for all processes together.
    pub fn limiter_shared(&self, shared: bool) {
        self.limiter_shared.set(i64::from(shared));
    }

    /// A sample of the audit entries that wait to be sealed.
    pub fn audit_unsealed(&self, entries: i64) {
        self.audit_unsealed.set(entries);
    }

    /// Whether the sealer refuses to go on from the head of the audit log.
    pub fn audit_refused(&self, refused: bool) {
        self.audit_refused.set(i64::from(refused));
    }

    /// A sample of the batches at providers in a state.
    pub fn provider_batches(&self, state: &'static str, batches: i64) {
        self.provider_batches.get_or_create(&StateLabels { state }).set(batches);
    }

    /// A sample of the backlog.
    pub fn backlog(&self, status: &'static str, lane: &'static str, jobs: i64, oldest_due_seconds: f64) {
        self.jobs.get_or_create(&JobLabels { status, lane }).set(jobs);
        if status == "queued" {
            self.oldest_due.get_or_create(&LaneLabels { lane }).set(oldest_due_seconds);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scraped_names_are_those_of_the_specification() {
        let metrics = Metrics::default();
        metrics.http("GET", "/api/v1/jobs", 200, 0.01);
        let usage = Usage { input_tokens: 10, output_tokens: 20, cost_nano_usd: Some(1_500_000_000), ..Usage::default() };
        metrics.llm_call("openai", 1.0, &usage);
        metrics.jira_call("read");
        metrics.jira_call("write");
        metrics.published();
        metrics.generated(2, 3);
        metrics.pipeline_ended(1.0);
        let text = metrics.render();
        for line in [
            "http_requests_total{",
            "http_request_duration_seconds_bucket{",
            "llm_requests_total{provider=\"openai\"} 1",
            "llm_request_duration_seconds_count{provider=\"openai\"} 1",
            "llm_tokens_used_total{",
            "jqa_llm_cost_usd_total{provider=\"openai\"} 1.5",
            "jira_requests_total{operation=\"read\"} 1",
            "jira_requests_total{operation=\"write\"} 1",
            "jira_publish_success_total 1",
            "acceptance_criteria_generated_total 2",
            "test_scenarios_generated_total 3",
            "full_pipeline_duration_seconds_count 1",
            "jqa_build_info{version=",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
