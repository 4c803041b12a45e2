//! A provider's batches: many calls given away at once, answered within a day, for half the price.
//!
//! A batch is made in two steps, because some providers want a file first: [`upload`](LlmBatches::upload), then
//! [`create`](LlmBatches::create). Either may happen although its answer is lost ([`BatchError::leaves_open`]); whoever made the
//! call then looks ([`find_upload`](LlmBatches::find_upload), [`find`](LlmBatches::find)) before it is made again.

use std::collections::HashSet;
use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;

use super::llm::{Completion, LlmError, LlmFailure, Prompt, Usage};

/// One call of a batch.
#[derive(Clone, Debug)]
pub struct BatchRequest {
    /// Our name for it, by which its answer is known: 1 to 64 ASCII letters, digits, `_` and `-`; no two in a batch are the same.
    pub custom_id: String,
    /// The call.
    pub prompt: Prompt,
}

/// What one batch may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    /// Calls.
    pub most_requests: usize,
    /// Bytes of all calls as they are sent.
    pub most_bytes: usize,
}

/// The provider's id of a batch; worth writing down.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BatchRef(pub String);

/// The provider's id of a file that was uploaded; worth writing down.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UploadRef(pub String);

/// The calls of a batch, ready for [`LlmBatches::create`].
#[derive(Clone, PartialEq, Eq)]
pub enum BatchInput {
    /// They lie with the provider, which has done nothing with them yet.
    Uploaded(UploadRef),
    /// They go with the request that creates the batch; nothing was sent yet.
    Inline(Bytes),
}

impl fmt::Debug for BatchInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uploaded(upload) => f.debug_tuple("Uploaded").field(upload).finish(),
            // Stories are in it.
            Self::Inline(body) => write!(f, "Inline({} bytes)", body.len()),
        }
    }
}

/// What a search by our own id found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<T> {
    /// It.
    Yes(T),
    /// There is none.
    No,
    /// The provider does not keep our id. These came into being in the time that was asked for, and one of them may be it; only
    /// the ids in its results can tell.
    Perhaps(Vec<T>),
}

impl<T> Found<T> {
    /// The same of something else.
    pub fn map<U>(self, change: impl Fn(T) -> U) -> Found<U> {
        match self {
            Self::Yes(it) => Found::Yes(change(it)),
            Self::No => Found::No,
            Self::Perhaps(some) => Found::Perhaps(some.into_iter().map(change).collect()),
        }
    }
}

/// Where a batch is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchState {
    /// It is worked on, or it is being cancelled.
    Running {
        /// Calls that ended, well or not.
        done: u64,
        /// All calls, once the provider has counted them; zero before.
        total: u64,
    },
    /// Every call has ended.
    Ended,
    /// The provider did not take it as a whole: no call was made. With its code for why.
    Failed(String),
    /// Its time ran out; some calls may have been answered.
    Expired,
    /// It was cancelled; some calls may have been answered.
    Cancelled,
}

impl BatchState {
    /// Whether results may be there to be read; they are complete.
    #[must_use]
    pub const fn has_results(&self) -> bool {
        matches!(self, Self::Ended | Self::Expired | Self::Cancelled)
    }
}

/// Why a call of a batch has no completion.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// It failed as a single call may fail.
    #[error(transparent)]
    Failed(#[from] LlmFailure),
    /// The batch's time ran out before it was made; it is not billed.
    #[error("the batch expired before this call was made")]
    Expired,
    /// The batch was cancelled before it was made; it is not billed.
    #[error("the batch was cancelled before this call was made")]
    Cancelled,
}

/// Why a line of the results answers none of the calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stray {
    /// Its id is none of those that were asked for.
    Unknown,
    /// A line with this id came before; that one counts.
    Twice,
    /// It is no line of results, or it has been cut.
    Unreadable,
}

/// A line of the results.
#[derive(Clone, Debug)]
pub enum BatchLine {
    /// What became of a call.
    Answer {
        /// Our name for the call.
        custom_id: String,
        /// Its completion, at the price of a batch.
        result: Result<Completion, Unanswered>,
    },
    /// A line that is to be reported and otherwise passed over.
    Stray {
        /// Its id, shortened; empty where it has none.
        custom_id: String,
        /// What is wrong with it.
        why: Stray,
    },
    /// The results are all read, and nothing is said of this call, though the batch ended well or a line could not be read.
    /// Whether it was billed is not known.
    Missing {
        /// Our name for the call.
        custom_id: String,
    },
}

/// Why something about a batch could not be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// As with a single call.
    #[error(transparent)]
    Call(#[from] LlmError),
    /// More than one batch holds; nothing was sent.
    #[error("this is more than one batch of the model provider holds: the first {fits} calls would fit")]
    TooLarge {
        /// How many of the calls, from the first, fit.
        fits: usize,
    },
    /// An id that providers refuse, or that two calls have, or no call at all; nothing was sent.
    #[error("the calls cannot be a batch: {0}")]
    Unfit(&'static str),
    /// It has not ended, or it has failed as a whole.
    #[error("the batch has no results, or none yet")]
    NoResults,
    /// The provider lists more batches or files than are looked through.
    #[error("the model provider lists too many batches to find one among them")]
    ListTooLong,
}

impl BatchError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Call(error) => error.code(),
            Self::TooLarge { .. } => "llm.batch_too_large",
            Self::Unfit(_) => "llm.batch_unfit",
            Self::NoResults => "llm.batch_no_results",
            Self::ListTooLong => "llm.batch_list_too_long",
        }
    }

    /// Whether the provider may have done what it was asked for all the same: then look before asking again.
    #[must_use]
    pub const fn leaves_open(&self) -> bool {
        matches!(
            self,
            Self::Call(LlmError::NoAnswer(_) | LlmError::InvalidReply(_) | LlmError::Unavailable(_) | LlmError::Overloaded(_))
        )
    }
}

/// A provider that takes batches. Every call is made once; what is repeated, and when, is for the job to decide.
#[async_trait]
pub trait LlmBatches: Send + Sync {
    /// What one batch may hold.
    fn limits(&self) -> BatchLimits;

    /// Whether the provider keeps our own id with a batch, so that [`find`](Self::find) is sure.
    fn finds_own(&self) -> bool;

    /// What a call in a batch costs that uses so much; `None` where no price is known.
    fn cost(&self, usage: Usage) -> Option<i64>;

    /// The most that a call in a batch may use, as [`Llm::most`](super::Llm::most), at the price of a batch.
    fn most(&self, prompt: &Prompt) -> Usage;

    /// Makes the calls ready, under our own id (a UUID: at most 64 ASCII letters, digits and `-`). Where the provider wants a
    /// file, it is uploaded; else nothing is sent.
    async fn upload(&self, own_id: &str, requests: &[BatchRequest]) -> Result<BatchInput, BatchError>;

    /// Finds what was uploaded under our own id since then. Always [`Found::No`] where nothing is uploaded.
    async fn find_upload(&self, own_id: &str, since: DateTime<Utc>) -> Result<Found<UploadRef>, BatchError>;

    /// Creates the batch: from here on it is worked on and billed.
    async fn create(&self, own_id: &str, input: BatchInput) -> Result<BatchRef, BatchError>;

    /// Finds the batch that was created under our own id since then; clocks may differ by some minutes.
    async fn find(&self, own_id: &str, since: DateTime<Utc>) -> Result<Found<BatchRef>, BatchError>;

    /// Asks where the batch is.
    async fn poll(&self, batch: &BatchRef) -> Result<BatchState, BatchError>;

    /// Reads the results, in whatever order they come: one [`BatchLine::Answer`] or [`BatchLine::Missing`] for each of the ids
    /// that were asked for, and a [`BatchLine::Stray`] for each line that belongs to none. They end with an error when they
    /// cannot be read to their end; then they may be read again, from the first.
    async fn results<'a>(
        &'a self,
        batch: &BatchRef,
        asked: HashSet<String>,
    ) -> Result<BoxStream<'a, Result<BatchLine, BatchError>>, BatchError>;

    /// Asks that no more calls be made. Those under way may still be answered and billed; [`poll`](Self::poll) tells when it has
    /// ended. A batch that has ended already is an error of the provider's ([`LlmError::Rejected`]).
    async fn cancel(&self, batch: &BatchRef) -> Result<(), BatchError>;

    /// Has the provider delete what it keeps of a batch that has ended: the calls and the results. What is gone already is no
    /// error; a batch that has not ended is ([`BatchError::NoResults`]).
    async fn forget(&self, batch: &BatchRef) -> Result<(), BatchError>;
}
