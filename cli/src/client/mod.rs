//! The HTTP API as the client commands see it.
//!
//! * [`http`]: requests, retries, the login; [`calls`]: one function a call
//! * [`views`]: what comes back
//! * [`problem`]: what comes back when the server refuses
//! * [`sse`]: event streams
//! * [`follow`]: a job from here to its end, whatever happens to the connection
//! * [`credentials`]: the login that is kept in a file

mod calls;
pub(crate) mod credentials;
mod error;
pub(crate) mod follow;
mod http;
mod problem;
mod sse;
#[cfg(test)]
mod tests;
pub(crate) mod views;

pub(crate) use calls::JobFilter;
pub(crate) use error::ClientError;
pub(crate) use http::{Client, Identity, Renewal};
#[cfg(test)]
pub(crate) use problem::Problem;
