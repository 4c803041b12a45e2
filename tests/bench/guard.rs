//! How callers fare while somebody attacks, and while Redis is frozen: ratios against the same calls a moment before.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures::stream::{self, StreamExt};
use rand::Rng as _;
use reqwest::StatusCode;
use serde_json::json;

use crate::run::{self, Bench, Caller, Services};

/// Lists that are read in a measurement.
const READS: usize = 10_000;

/// Who floods.
const INTRUDERS: usize = 200;

/// Submissions a second, for as long as a measurement lasts.
const PACE: u64 = 25;

/// How long Redis is frozen.
const FROZEN: Duration = Duration::from_secs(60);

/// How long the same calls are measured before.
const BEFORE: Duration = Duration::from_secs(20);

/// Bounds that are asked for with each request and never reached.
const WIDE: [(&str, &str); 4] = [
    ("JQA_LIMIT_IP", "1000000/1m"),
    ("JQA_LIMIT_LOGIN", "1000000/1m"),
    ("JQA_LIMIT_SUBMIT", "1000000/1m"),
    ("JQA_LIMIT_READ", "1000000/1m"),
];

/// Times of calls, in milliseconds, and how many were refused.
#[derive(Debug)]
struct Times {
    sorted: Vec<f64>,
    refused: usize,
}

impl Times {
    fn of(calls: Vec<(f64, bool)>) -> Self {
        let refused = calls.iter().filter(|(_, is_fine)| !is_fine).count();
        let mut sorted: Vec<f64> = calls.into_iter().map(|(ms, _)| ms).collect();
        sorted.sort_by(f64::total_cmp);
        Self { sorted, refused }
    }

    fn at(&self, share: f64) -> f64 {
        let index = (self.sorted.len() as f64 * share) as usize;
        self.sorted.get(index.min(self.sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    }

    fn tell(&self, what: &str, before: Option<&Self>) {
        let ratio = before.map_or_else(String::new, |before| format!(", p99 {:.2} × before", self.at(0.99) / before.at(0.99)));
        let (n, refused) = (self.sorted.len(), self.refused);
        println!("{what:<46} {n:>5} calls, {refused} refused, p50 {:.1} ms, p99 {:.1} ms{ratio}", self.at(0.5), self.at(0.99));
    }
}

/// Measures all of it.
pub(crate) async fn measure() -> Result<()> {
    let services = run::services().context("this measures PostgreSQL and Redis; run it by `make bench ARGS=guard`")?;
    flood(&services).await?;
    limits(&services).await?;
    frozen(&services).await
}

/// Logins from ever new addresses for ever new names, so that nothing but the bound on password checks stands in the way.
async fn flood(services: &Services) -> Result<()> {
    let proxy = ("JQA_TRUSTED_PROXIES", "127.0.0.0/8".to_owned());
    let settings = WIDE.map(|(name, value)| (name, value.to_owned())).into_iter().chain([proxy]);
    let bench = Bench::scaled_with(services, 0, &["api"], settings).await?;
    let caller = bench.caller();
    let before = read(caller).await;
    before.tell("lists, alone", None);
    let (is_over, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    let attack = stream::iter(0..INTRUDERS).for_each_concurrent(None, |_| intrude(caller, &is_over, &answered));
    let (during, ()) = tokio::join!(
        async {
            let times = read(caller).await;
            is_over.store(true, Ordering::Relaxed);
            times
        },
        attack
    );
    during.tell(&format!("lists, while {INTRUDERS} log in at once"), Some(&before));
    println!("{:<46} {:>5} answered meanwhile", "logins", answered.load(Ordering::Relaxed));
    Ok(())
}

async fn intrude(caller: Caller<'_>, is_over: &AtomicBool, answered: &AtomicUsize) {
    while !is_over.load(Ordering::Relaxed) {
        let (name, address) = {
            let mut random = rand::rng();
            (random.random::<u64>(), random.random::<u32>())
        };
        let body = json!({ "email": format!("{name}@example.org"), "password": "guess after guess" });
        let request = caller.client.post(format!("{}/api/v1/auth/login", caller.url));
        let address = std::net::Ipv4Addr::from(address | 0x0800_0000).to_string();
        // A login that fails is what is measured; one that is not answered leaves the count as it is.
        if request.header("x-forwarded-for", address).json(&body).send().await.is_ok() {
            answered.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What a look at the limits costs a submission: one to a process with limits, one to a process without, by turns.
async fn limits(services: &Services) -> Result<()> {
    let off = Bench::scaled_with(services, 0, &["api"], WIDE.map(|(name, _)| (name, "off".to_owned()))).await?;
    let on = Bench::scaled_with(services, 0, &["api"], WIDE.map(|(name, value)| (name, value.to_owned()))).await?;
    let (without, with) = tokio::join!(submissions(&off, 1, BEFORE), submissions(&on, 10_000, BEFORE));
    without.tell("submissions, limits off", None);
    with.tell("submissions, limits on", Some(&without));
    Ok(())
}

/// Redis stops to answer without closing a connection.
async fn frozen(services: &Services) -> Result<()> {
    let on = WIDE.map(|(name, value)| (name, value.to_owned()));
    let bench = Bench::scaled_with(services, 0, &["api"], on.clone()).await?;
    let other = Bench::scaled_with(services, 0, &["api"], on).await?;
    let before = submissions(&bench, 20_000, BEFORE).await;
    before.tell("submissions, Redis answers", None);
    let leaving = run::login(bench.caller().client, bench.caller().url).await?;
    services.redis("freeze")?;
    let (during, revoked) = tokio::join!(submissions(&bench, 30_000, FROZEN), revoke(bench.caller(), other.caller(), &leaving));
    services.redis("thaw")?;
    during.tell(&format!("submissions, Redis frozen for {} s", FROZEN.as_secs()), Some(&before));
    println!("{:<46} refused {:.2} s after its logout", "a token at another process, Redis frozen", revoked?.as_secs_f64());
    Ok(())
}

/// Logs out at one process, and asks another, which knows the token, until it is refused there.
async fn revoke(here: Caller<'_>, there: Caller<'_>, token: &str) -> Result<Duration> {
    let ask = || there.client.get(format!("{}/api/v1/auth/me", there.url)).bearer_auth(token).send();
    ask().await?.error_for_status().context("a token that was just issued")?;
    let logout = here.client.post(format!("{}/api/v1/auth/logout", here.url)).bearer_auth(token).send();
    logout.await?.error_for_status().context("a logout")?;
    let began = Instant::now();
    while ask().await?.status() != StatusCode::UNAUTHORIZED {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(began.elapsed())
}

async fn read(caller: Caller<'_>) -> Times {
    let mut times = Vec::with_capacity(READS);
    for _ in 0..READS {
        let ask = caller.client.get(format!("{}/api/v1/jobs?limit=20", caller.url)).bearer_auth(caller.token);
        times.push(timed(async { ask.send().await.is_ok_and(|answer| answer.status().is_success()) }).await);
    }
    Times::of(times)
}

/// Submissions at a steady pace, whether or not those before were answered.
async fn submissions(bench: &Bench, first: usize, during: Duration) -> Times {
    let total = usize::try_from(during.as_secs() * PACE).unwrap_or(usize::MAX);
    let began = tokio::time::Instant::now();
    let calls = stream::iter(0..total).map(|n| async move {
        tokio::time::sleep_until(began + Duration::from_millis(1000 / PACE) * u32::try_from(n).unwrap_or(u32::MAX)).await;
        timed(async { bench.submit(first + n).await.inspect_err(|error| eprintln!("refused: {error:#}")).is_ok() }).await
    });
    Times::of(calls.buffer_unordered(total.max(1)).collect().await)
}

async fn timed(call: impl Future<Output = bool>) -> (f64, bool) {
    let began = Instant::now();
    let is_fine = call.await;
    (began.elapsed().as_secs_f64() * 1000.0, is_fine)
}
