//! What a handler asks for in its signature. Whoever holds the value has passed the check.
//!
//! * [`Caller`]: a verified token of an active account
//! * [`Allowed`]: a caller whose role holds a permission
//! * [`Body`], [`Query`]: what came in, with every field error at once; [`Id`], [`Key`]: what the path names
//! * [`Client`], [`IdempotencyKey`], [`IfMatch`]: the headers

mod allowed;
mod body;
mod caller;
mod client;
mod fields;
mod headers;
mod params;
mod path;
mod shape;
mod wording;

pub use allowed::{Administer, Allowed, GenerateCriteria, GenerateScenarios, Needs, PublishCriteria, Read};
pub use body::Body;
pub use caller::Caller;
pub use client::Client;
pub use fields::{Fields, FromFields};
pub use headers::{IdempotencyKey, IfMatch, etag};
pub use params::{FromParams, Params, Query};
pub use path::{Id, Key};
