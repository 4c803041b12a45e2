//! Why a call has no answer.

use std::error::Error;

use super::problem::Problem;

/// What can go wrong between a client command and the server, by what the caller does about it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// No answer came.
    #[error(
        "the server at {url} cannot be reached: {reason}. Is it running there? Check --url or JQA_URL; `jqa doctor` says more"
    )]
    Unreachable {
        /// The base URL.
        url: String,
        /// The innermost cause.
        reason: String,
    },
    /// Something answered that is not the server.
    #[error("{url} answers, but not as the server does ({reason}). Check --url or JQA_URL")]
    NotOurs {
        /// The base URL.
        url: String,
        /// What was seen instead.
        reason: String,
    },
    /// There is no token to send.
    #[error("there is no login for {url}. Run `jqa login --url {url}`, or set JQA_TOKEN")]
    NoLogin {
        /// The base URL.
        url: String,
    },
    /// The base URL is none.
    #[error("'{url}' is not the URL of a server; it should look like https://jqa.example.com")]
    Url {
        /// What was given.
        url: String,
    },
    /// The server refused.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// The answer does not have the expected shape.
    #[error("the answer to {call} cannot be read: {reason}. Are client ({version}) and server of the same version?", version = env!("CARGO_PKG_VERSION"))]
    Malformed {
        /// Method and path.
        call: String,
        /// What was wrong with it.
        reason: String,
    },
}

impl ClientError {
    /// Whether the same request may fare better a little later.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Problem(problem) => matches!(problem.status, 429 | 502 | 503 | 504),
            Self::NotOurs { .. } | Self::NoLogin { .. } | Self::Url { .. } | Self::Malformed { .. } => false,
        }
    }
}

/// The innermost cause of an error, which names the trouble ("connection refused") better than its wrappings.
pub(crate) fn innermost(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
