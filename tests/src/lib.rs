//! What the tests of all levels share: a database of their own, a clock that they move, requests in a few words.

pub mod app;
mod asked;
mod backend;
mod doubles;
mod environment;
mod fixture;
pub mod http_app;
pub mod identity_provider;
mod outcome;
mod proxy;
mod rows;

pub use asked::{Asked, made, result_of};
pub use backend::Backend;
pub use doubles::BoundedQueue;
pub use environment::{postgres_url, redis_url};
pub use fixture::{Fixture, Worker};
pub use outcome::{fenced, held};
pub use proxy::{Proxy, Way};
