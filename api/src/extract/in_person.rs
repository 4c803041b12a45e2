//! What only a person may do, never an API key: a key that leaked cannot grow, or outlive its being revoked.
//!
//! Making and revoking keys, passwords, sessions, and whatever changes accounts take [`InPerson`] where others take
//! [`Allowed`].

use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::allowed::{Allowed, Needs};
use super::caller::Caller;
use crate::problem::{Problem, codes};
use crate::state::Api;

/// A caller who holds `P` and has logged in.
#[derive(Debug)]
pub struct InPerson<P>(Allowed<P>);

impl<P> Deref for InPerson<P> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl<P: Needs> FromRequestParts<Api> for InPerson<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let caller = Allowed::from_request_parts(parts, api).await?;
        if caller.credential().api_key_id().is_some() {
            return Err(Problem::new(
                codes::IN_PERSON_ONLY,
                "An API key may not do this, whatever its permissions; log in and use an access token.",
            ));
        }
        Ok(Self(caller))
    }
}
