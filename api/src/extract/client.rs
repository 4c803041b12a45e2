//! Where a request comes from, as far as the audit log wants to know.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use shared::store::audit::Actor;
use uuid::Uuid;

use crate::front::RequestId;

/// Characters of a `User-Agent` that are kept.
const USER_AGENT_CHARS: usize = 200;

/// The other side of a request.
#[derive(Debug, Clone)]
pub struct Client {
    /// The request's id.
    pub request_id: Arc<str>,
    /// The address the connection came from; behind a proxy, the proxy's.
    pub ip: Option<String>,
    /// Its `User-Agent`, shortened.
    pub user_agent: Option<String>,
}

impl Client {
    pub(super) fn of(parts: &Parts) -> Self {
        let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        Self {
            request_id: parts.extensions.get::<RequestId>().map_or_else(|| "".into(), |id| Arc::clone(&id.0)),
            ip: parts
                .extensions
                .get::<ConnectInfo<SocketAddr>>()
                .map(|ConnectInfo(address)| address.ip().to_canonical().to_string()),
            user_agent: user_agent.map(|text| text.chars().take(USER_AGENT_CHARS).collect()),
        }
    }

    /// This client as the actor of an audit entry.
    #[must_use]
    pub fn actor(&self, user_id: Option<Uuid>) -> Actor {
        Actor {
            user_id,
            ip: self.ip.clone(),
            user_agent: self.user_agent.clone(),
            request_id: Some(self.request_id.to_string()),
            ..Actor::default()
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}
