//! What the tests of all levels share: a database of their own, a clock that they move, requests in a few words.

mod asked;
mod backend;
mod doubles;
mod environment;
mod fixture;
mod outcome;

pub use asked::{Asked, made, result_of};
pub use backend::Backend;
pub use doubles::BoundedQueue;
pub use environment::{postgres_url, redis_url};
pub use fixture::{Fixture, Worker};
pub use outcome::{fenced, held};
