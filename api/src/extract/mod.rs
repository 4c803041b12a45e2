//! What a handler asks for in its signature. Whoever holds the value has passed the check.
//!
//! * [`Caller`]: a verified token or API key of an active account; [`Credential`]: which of the two
//! * [`Allowed`]: a caller who holds a permission; [`InPerson`]: one who came without an API key
//! * [`Body`], [`Query`]: what came in, with every field error at once; [`Id`], [`Key`]: what the path names
//! * [`FromJira`]: a webhook that Jira signed
//! * [`Client`], [`IdempotencyKey`], [`IfMatch`]: the headers

mod allowed;
mod body;
mod caller;
mod client;
mod credential;
mod fields;
mod from_jira;
mod headers;
mod in_person;
mod params;
mod path;
mod shape;
mod wording;

pub use allowed::{
    Administer, Allowed, GenerateCriteria, GenerateScenarios, ManageOwn, Needs, PublishCriteria, Read, RunBatches,
};
pub use body::{Body, json_of};
pub use caller::Caller;
pub use client::Client;
pub use credential::Credential;
pub use fields::{Fields, FromFields};
pub use from_jira::FromJira;
pub use headers::{IdempotencyKey, IfMatch, etag};
pub use in_person::InPerson;
pub use params::{FromParams, Params, Query};
pub use path::{Id, Ids, Key, ProjectKey};
