//! Budgets of requests: first of the address, before anything else is done, then of whoever turns out to call.
//!
//! The budget of all requests of an address protects this process and is counted in it; those of logins and accounts
//! protect what processes share, so they share the count (see [`RateLimiter`]).

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use shared::adapters::limiter::LocalLimiter;
use shared::config::Budgets;
use shared::domain::rate::Standing;
use shared::ports::{Clock, Draw, RateLimiter};
use shared::telemetry::Metrics;

use crate::budget::Budget;
use crate::origin::{Origin, block};
use crate::problem::{Problem, codes};
use crate::state::Api;

/// The most that is granted at once, what is left, and the seconds until all is back.
pub(crate) const RATE_LIMIT: [HeaderName; 3] = [
    HeaderName::from_static("ratelimit-limit"),
    HeaderName::from_static("ratelimit-remaining"),
    HeaderName::from_static("ratelimit-reset"),
];

/// See the module.
pub(crate) struct Limits {
    budgets: Budgets,
    shared: Arc<dyn RateLimiter>,
    here: LocalLimiter,
    metrics: Arc<Metrics>,
}

/// A request's budget, and the tightest standing so far.
#[derive(Debug, Clone)]
struct Tally {
    budget: Budget,
    tightest: Arc<Mutex<Option<Standing>>>,
}

impl Limits {
    pub(crate) fn new(budgets: Budgets, shared: Arc<dyn RateLimiter>, clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Self {
        Self { budgets, shared, here: LocalLimiter::new(clock), metrics }
    }

    /// Draws from the budgets of a caller: each key is `kind:id`.
    pub(crate) async fn admit(&self, parts: &Parts, keys: &[String]) -> Result<(), Problem> {
        let Some(tally) = parts.extensions.get::<Tally>() else { return Ok(()) };
        for key in keys {
            self.draw(tally, key).await?;
        }
        Ok(())
    }

    /// Draws from the budgets of an address.
    async fn open_to(&self, ip: IpAddr, tally: &Tally) -> Result<(), Problem> {
        let ip = block(ip).to_string();
        if let Some(rate) = self.budgets.ip {
            self.note(tally, "ip", self.here.take(&ip, rate))?;
        }
        // Who is not known by an account is known by an address.
        let by_address = matches!(tally.budget, Budget::Login | Budget::Hook);
        if by_address { self.draw(tally, &format!("ip:{ip}")).await } else { Ok(()) }
    }

    async fn draw(&self, tally: &Tally, key: &str) -> Result<(), Problem> {
        let Some(rate) = tally.budget.rate(&self.budgets) else { return Ok(()) };
        let key = format!("{}:{key}", tally.budget.name());
        let standing = self.shared.draw(Draw { key: &key, rate, fails_closed: tally.budget == Budget::Login }).await;
        self.note(tally, tally.budget.name(), standing)
    }

    fn note(&self, tally: &Tally, budget: &'static str, standing: Standing) -> Result<(), Problem> {
        let mut tightest = tally.tightest.lock().unwrap_or_else(PoisonError::into_inner);
        *tightest = Some(tightest.map_or(standing, |other| other.tighter(standing)));
        let Some(wait) = standing.refused else { return Ok(()) };
        self.metrics.rate_limited(budget);
        let detail = format!("The budget '{budget}' is used up; wait as long as Retry-After says and send the request again.");
        Err(Problem::new(codes::RATE_LIMITED, detail).retry_after(wait))
    }
}

impl Tally {
    fn tell(&self, headers: &mut HeaderMap) {
        let Some(standing) = *self.tightest.lock().unwrap_or_else(PoisonError::into_inner) else { return };
        let reset = standing.reset.as_secs() + u64::from(standing.reset.subsec_nanos() > 0);
        let values = [u64::from(standing.limit), u64::from(standing.remaining), reset];
        for (name, value) in RATE_LIMIT.into_iter().zip(values) {
            headers.insert(name, value.into());
        }
    }
}

/// The limits as a layer (`axum::middleware::from_fn_with_state`).
pub(crate) async fn limit(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let tally = Tally { budget: Budget::of(request.method(), route), tightest: Arc::default() };
    let ip = request.extensions().get::<Origin>().and_then(|origin| origin.ip);
    let opened = match ip {
        Some(ip) => api.limits.open_to(ip, &tally).await,
        None => Ok(()),
    };
    let mut response = match opened {
        Ok(()) => {
            request.extensions_mut().insert(tally.clone());
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    };
    tally.tell(response.headers_mut());
    response
}
