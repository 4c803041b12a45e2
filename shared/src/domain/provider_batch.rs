//! Batches at a provider: where one is, and what a person may decide about one that is lost.

super::words::words! {
    /// Where a batch is.
    ProviderBatchState {
        /// Its calls are chosen; an upload may be under way.
        Made = "made",
        /// Its calls are ready to be given away.
        Uploaded = "uploaded",
        /// It is being created, or nobody knows whether it was.
        Creating = "creating",
        /// The provider has it.
        Created = "created",
        /// Every call of it has come to an end.
        Ended = "ended",
        /// No call of it was made, or a person gave it up.
        Failed = "failed",
        /// It may be at the provider, and cannot be found there: a person decides.
        Unknown = "unknown",
    }
}

impl ProviderBatchState {
    /// Whether nothing is done about it any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Ended | Self::Failed)
    }
}

super::words::words! {
    /// What a person decides about a batch that may be at its provider.
    BatchDecision {
        /// It is not there, or not worth waiting for: its calls are made again.
        SendAgain = "send_again",
        /// Its jobs fail.
        GiveUp = "give_up",
        /// It is there, under the id that is given.
        Adopt = "adopt",
    }
}

/// The code of a job that waits for an answer from a batch.
pub const IN_BATCH: &str = "llm.in_batch";

/// The code of a job whose batch waits for a person.
pub const BATCH_UNKNOWN: &str = "llm.batch_unknown";

/// Whether a job with this code waits for a batch.
#[must_use]
pub fn waits_for_batch(code: &str) -> bool {
    code == IN_BATCH || code == BATCH_UNKNOWN
}
