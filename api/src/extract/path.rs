//! An id or a key in the path.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use shared::domain::issue_key::{IssueKey, project_key};
use uuid::Uuid;

use crate::problem::{Problem, codes};

/// The `{id}` of the path; what is no id names nothing.
#[derive(Debug, Clone, Copy)]
pub struct Id(pub Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Path::<Uuid>::from_request_parts(parts, state).await.map(|Path(id)| Self(id)).map_err(|_| no_id())
    }
}

/// All ids of a path, in its order.
#[derive(Debug, Clone, Copy)]
pub struct Ids<const N: usize>(pub [Uuid; N]);

impl<S: Send + Sync, const N: usize> FromRequestParts<S> for Ids<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let ids = Path::<Vec<Uuid>>::from_request_parts(parts, state).await.ok().and_then(|Path(ids)| ids.try_into().ok());
        ids.map(Self).ok_or_else(no_id)
    }
}

fn no_id() -> Problem {
    Problem::new(codes::NOT_FOUND, "The id in the address is not a UUID, so there is nothing here.")
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

/// The `{key}` of the path of a project.
#[derive(Debug, Clone)]
pub struct ProjectKey(pub String);

impl<S: Send + Sync> FromRequestParts<S> for ProjectKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let key = Path::<String>::from_request_parts(parts, state).await.ok().and_then(|Path(key)| project_key(&key));
        key.map(Self).ok_or_else(|| Problem::field("key", "should be the key of a Jira project, such as SHOP"))
    }
}
