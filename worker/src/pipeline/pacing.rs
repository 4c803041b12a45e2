//! Turns at model accounts: limits that all workers share, and accounts that are left alone for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use shared::adapters::connections::Model;
use shared::domain::breaker::Breaker;
use shared::domain::pace::{PLACE, Wait};
use shared::domain::verdict::{Failure, Verdict};
use shared::jobs::Jobs;
use shared::ports::{Clock, LlmError, Pacer, Prompt, Turn};
use shared::store::StoreError;
use uuid::Uuid;

/// Longer waits are for the database: a job that waits there holds no slot.
const PATIENCE: Duration = Duration::from_secs(3);

/// The shortest wait in the database.
const SNOOZE: Duration = Duration::from_secs(5);

/// How long the number of workers is remembered.
const MEMORY: Duration = Duration::from_secs(5);

/// How long an account is left alone that asked to slow down and did not say for how long.
const UNTOLD: Duration = Duration::from_secs(10);

/// One word of a provider is believed for no shorter and no longer.
const SHORTEST_HOLD: Duration = Duration::from_secs(1);
const LONGEST_HOLD: Duration = Duration::from_secs(3600);

/// Bytes of a token, about, and tokens of an answer: what a call is counted as until its usage is known.
const BYTES_OF_A_TOKEN: usize = 3;
const TOKENS_OF_AN_ANSWER: usize = 2000;

/// See the module.
pub(super) struct Pacing {
    pacer: Arc<dyn Pacer>,
    clock: Arc<dyn Clock>,
    began: Instant,
    /// By account and model.
    breakers: Mutex<HashMap<String, Breaker>>,
    workers: Mutex<Option<(Instant, u32)>>,
}

/// Why a call does not begin now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotNow {
    /// The limits of the account leave no room.
    Limits(Duration),
    /// Its provider asked to wait.
    Held(Duration),
    /// The account failed again and again.
    LeftAlone(Duration),
}

/// A turn that was taken.
pub(super) struct Place<'a> {
    pacing: &'a Pacing,
    model: Arc<Model>,
    id: Uuid,
    tokens: u32,
    workers: u32,
}

impl Pacing {
    pub(super) fn new(pacer: Arc<dyn Pacer>, clock: Arc<dyn Clock>) -> Self {
        Self { pacer, began: clock.monotonic(), clock, breakers: Mutex::default(), workers: Mutex::default() }
    }

    /// Takes a turn for a call, within a few seconds or not at all.
    pub(super) async fn turn(
        &self,
        jobs: &Jobs,
        model: &Arc<Model>,
        id: Uuid,
        prompt: &Prompt,
    ) -> Result<Result<Place<'_>, NotNow>, StoreError> {
        if let Err(wait) = self.with_breaker(model, |breaker, now| breaker.is_open(now)) {
            return Ok(Err(NotNow::LeftAlone(wait)));
        }
        let workers = if model.share.is_unlimited() { 1 } else { self.workers(jobs).await? };
        let tokens = (prompt.system.len() + prompt.user.len()) / BYTES_OF_A_TOKEN + TOKENS_OF_AN_ANSWER;
        let tokens = u32::try_from(tokens).unwrap_or(u32::MAX);
        let place = Place { pacing: self, model: model.clone(), id, tokens, workers };
        let mut left = PATIENCE;
        while let Err(Wait { time, is_held }) = self.pacer.turn(place.turn()).await {
            if time > left {
                return Ok(Err(if is_held { NotNow::Held(time) } else { NotNow::Limits(time) }));
            }
            left -= time;
            tokio::time::sleep(time).await;
        }
        // Only who really asks may be the one who tries.
        if let Err(wait) = self.with_breaker(model, Breaker::may_ask) {
            place.leave(Some(0)).await;
            return Ok(Err(NotNow::LeftAlone(wait)));
        }
        Ok(Ok(place))
    }

    /// Learns from how a call ended.
    pub(super) async fn learn(&self, model: &Model, error: Option<&LlmError>) {
        match error {
            Some(LlmError::Overloaded(_) | LlmError::Unavailable(_) | LlmError::NoAnswer(_)) => {
                if self.with_breaker(model, Breaker::failed) {
                    tracing::warn!(
                        llm.provider = model.llm.provider(),
                        llm.model = model.llm.model(),
                        "a model failed five times in a row and is left alone for a while"
                    );
                }
            }
            Some(LlmError::RateLimited { retry_after }) => {
                self.with_breaker(model, |breaker, _| breaker.answered());
                self.pacer.hold(&model.account, retry_after.unwrap_or(UNTOLD).clamp(SHORTEST_HOLD, LONGEST_HOLD)).await;
            }
            _ => self.with_breaker(model, |breaker, _| breaker.answered()),
        }
    }

    fn with_breaker<T>(&self, model: &Model, what: impl FnOnce(&mut Breaker, Duration) -> T) -> T {
        let now = self.clock.monotonic().saturating_duration_since(self.began);
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        what(breakers.entry(format!("{} {}", model.account, model.llm.model())).or_default(), now)
    }

    async fn workers(&self, jobs: &Jobs) -> Result<u32, StoreError> {
        let now = self.clock.monotonic();
        let known = *self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, workers)) = known.filter(|(since, _)| now.saturating_duration_since(*since) < MEMORY) {
            return Ok(workers);
        }
        let workers = jobs.live_workers().await?.max(1);
        *self.workers.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, workers));
        Ok(workers)
    }
}

impl Place<'_> {
    /// Waits for a call, and says meanwhile that somebody does.
    pub(super) async fn during<F: Future>(&self, call: F) -> F::Output {
        if self.model.share.at_once.is_none() {
            return call.await;
        }
        tokio::pin!(call);
        loop {
            tokio::select! {
                answer = &mut call => return answer,
                () = tokio::time::sleep(PLACE / 3) => self.pacing.pacer.keep(self.turn()).await,
            }
        }
    }

    /// Gives it back; `used` = the tokens of the call, where they are known.
    pub(super) async fn leave(&self, used: Option<i64>) {
        if self.model.share.is_unlimited() {
            return;
        }
        let unused = used.map_or(0, |used| i64::from(self.tokens) - used);
        self.pacing.pacer.leave(self.turn(), unused).await;
    }

    fn turn(&self) -> Turn<'_> {
        Turn { account: &self.model.account, share: self.model.share, id: self.id, tokens: self.tokens, workers: self.workers }
    }
}

impl NotNow {
    /// Whether another model may be asked instead. Our own limits are meant: nobody stands in for them.
    pub(super) const fn is_overload(self) -> bool {
        matches!(self, Self::Held(_) | Self::LeftAlone(_))
    }

    /// How the job waits.
    pub(super) fn failure(self, id: Uuid) -> Failure {
        let (wait, code, message) = match self {
            Self::Limits(wait) => {
                (wait, "llm.paced", "the limits of the model connection leave no room at the moment; the job waits for its turn")
            }
            Self::Held(wait) => {
                (wait, "llm.paced", "the model provider asked this account to wait; the job waits with the others")
            }
            Self::LeftAlone(wait) => {
                (wait, "llm.left_alone", "the model failed again and again and is left alone for a while; the job waits")
            }
        };
        let failure = Failure { verdict: Verdict::Snooze(wait.max(SNOOZE)), code, message: message.to_owned() };
        spread(failure, id)
    }
}

/// A failure that waits, a little longer than it must and for each job another time, so that not all come back at once.
pub(super) fn spread(failure: Failure, id: Uuid) -> Failure {
    let Verdict::Snooze(wait) = failure.verdict else { return failure };
    let part = f64::from(u16::try_from(id.as_u128() & 0xffff).unwrap_or(0)) / f64::from(u16::MAX);
    Failure { verdict: Verdict::Snooze(wait + SNOOZE.mul_f64(part)), ..failure }
}
