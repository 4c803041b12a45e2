//! A caller who holds a permission: the signature of a handler says which.

use std::marker::PhantomData;
use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use shared::domain::user::Permission;

use super::caller::Caller;
use crate::problem::Problem;
use crate::state::Api;

/// A permission as a type.
pub trait Needs: Send + Sync + 'static {
    /// Which one.
    const PERMISSION: Permission;
}

macro_rules! needs {
    ($($(#[$meta:meta])* $name:ident)+) => {
        $($(#[$meta])* #[derive(Debug)] pub struct $name;

        impl Needs for $name {
            const PERMISSION: Permission = Permission::$name;
        })+
    };
}

needs! {
    /// See [`Permission::Read`].
    Read
    /// See [`Permission::GenerateCriteria`].
    GenerateCriteria
    /// See [`Permission::GenerateScenarios`].
    GenerateScenarios
    /// See [`Permission::RunBatches`].
    RunBatches
    /// See [`Permission::PublishCriteria`].
    PublishCriteria
    /// See [`Permission::ManageOwn`].
    ManageOwn
    /// See [`Permission::Administer`].
    Administer
}

/// A caller who holds `P`.
#[derive(Debug)]
pub struct Allowed<P> {
    caller: Caller,
    permission: PhantomData<P>,
}

impl<P> Deref for Allowed<P> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl<P: Needs> FromRequestParts<Api> for Allowed<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, api).await?;
        caller.must(P::PERMISSION)?;
        Ok(Self { caller, permission: PhantomData })
    }
}
