//! Exit codes; the help text of `jqa` lists them.

use std::process::ExitCode;

use crate::client::ClientError;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// All went well.
    Success = 0,
    /// A job failed, or the server refused.
    Failure = 1,
    /// The command line or a value in it was wrong.
    Usage = 2,
    /// The server cannot be reached or does not accept the login.
    Unreachable = 3,
    /// A person is to decide: a job waits for review, or left in Jira what somebody had changed.
    Undecided = 4,
    /// The time to wait was up.
    TimedOut = 5,
    /// A measure is under what `--fail-under` asks.
    Under = 6,
    /// Ctrl-C.
    Interrupted = 130,
}

impl Exit {
    /// The code of a command that ended in an error.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        if error.is::<UsageError>() {
            return Self::Usage;
        }
        match error.downcast_ref::<ClientError>() {
            Some(ClientError::Unreachable { .. } | ClientError::NoLogin { .. } | ClientError::NotOurs { .. }) => {
                Self::Unreachable
            }
            Some(ClientError::Url { .. }) => Self::Usage,
            Some(ClientError::Problem(problem)) => match problem.status {
                401 => Self::Unreachable,
                400 | 422 => Self::Usage,
                _ => Self::Failure,
            },
            Some(ClientError::Malformed { .. }) | None => Self::Failure,
        }
    }

    /// The code that says most about several jobs: a failure hides what merely is not done.
    pub(crate) fn worst(exits: impl IntoIterator<Item = Self>) -> Self {
        const BY_WEIGHT: [Exit; 8] = [
            Exit::Success,
            Exit::Undecided,
            Exit::Under,
            Exit::TimedOut,
            Exit::Usage,
            Exit::Unreachable,
            Exit::Failure,
            Exit::Interrupted,
        ];
        let weight = |exit: &Self| BY_WEIGHT.iter().position(|known| known == exit);
        exits.into_iter().max_by_key(weight).unwrap_or(Self::Success)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Something typed is wrong that the argument parser could not see.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UsageError(pub(crate) String);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Problem;

    fn exit_for(status: u16) -> Exit {
        Exit::of(&anyhow::Error::new(ClientError::Problem(Box::new(Problem { status, ..Problem::default() }))).context("SHOP-1"))
    }

    #[test]
    fn a_problem_decides_the_exit_code_by_its_status() {
        assert_eq!(exit_for(401), Exit::Unreachable);
        assert_eq!(exit_for(422), Exit::Usage);
        assert_eq!(exit_for(404), Exit::Failure);
        assert_eq!(exit_for(503), Exit::Failure);
        assert_eq!(Exit::of(&anyhow::anyhow!("other")), Exit::Failure);
        assert_eq!(Exit::of(&UsageError("no".to_owned()).into()), Exit::Usage);
    }

    #[test]
    fn a_failure_hides_what_merely_is_not_done() {
        use Exit::*;
        assert_eq!(Exit::worst([Success, TimedOut, Failure, Undecided]), Failure);
        assert_eq!(Exit::worst([Success, Undecided]), Undecided);
        assert_eq!(Exit::worst([Under, Success]), Under);
        assert_eq!(Exit::worst([Under, Failure]), Failure);
        assert_eq!(Exit::worst([]), Success);
    }
}
