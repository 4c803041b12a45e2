//! What Jira tells when an issue changes. It is a reason to look, never what is looked at: of what comes only ids, names of
//! fields, and the status and labels an issue got are kept.
//!
//! * [`told`]: from a webhook's body, or a changelog, to what is kept
//! * [`rule`]: what an administrator wants to be started by it
//! * [`signature`]: whether it comes from Jira

pub mod rule;
pub mod signature;
pub mod told;

pub use rule::{Poll, Rule, When};
pub use told::{Change, Incoming};

/// What came of an event; of one that failed, the code of its failure.
pub mod outcome {
    /// Nothing of ours is known of the story, and no rule wants anything.
    pub const NOT_OURS: &str = "not_ours";
    /// The results are as up to date as they were.
    pub const UNCHANGED: &str = "unchanged";
    /// At least one result is out of date now, or in other parts than before.
    pub const SUSPECT: &str = "suspect";
    /// At least one result is up to date again, and none is out of date.
    pub const CLEARED: &str = "cleared";
    /// A rule started a job.
    pub const STARTED: &str = "started";
    /// Nobody answers for the rules: the account is gone, or is not active.
    pub const NO_OWNER: &str = "rule.owner_inactive";
    /// Who answers for the rules may not start what they start.
    pub const NOT_ALLOWED: &str = "rule.not_allowed";
    /// The connection is not there any more.
    pub const NO_CONNECTION: &str = "jira.not_configured";
}
