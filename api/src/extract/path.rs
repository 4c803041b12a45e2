//! An id or a key in the path.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use shared::domain::issue_key::IssueKey;
use uuid::Uuid;

use crate::problem::{Problem, codes};

/// The `{id}` of the path; what is no id names nothing.
#[derive(Debug, Clone, Copy)]
pub struct Id(pub Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<Uuid>::from_request_parts(parts, state).await {
            Ok(Path(id)) => Ok(Self(id)),
            Err(_) => Err(Problem::new(codes::NOT_FOUND, "The id in the address is not a UUID, so there is nothing here.")),
        }
    }
}

/// The `{key}` of the path.
#[derive(Debug, Clone)]
pub struct Key(pub IssueKey);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Ok(Path(key)) = Path::<String>::from_request_parts(parts, state).await else {
            return Err(Problem::field("key", "is not text; it should look like SHOP-12"));
        };
        IssueKey::parse(&key).map(Self).map_err(|error| Problem::field("key", error.to_string()))
    }
}
