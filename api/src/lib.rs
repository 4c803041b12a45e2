//! HTTP in: validate, authorise, call one verb, say what came of it.
//!
//! * [`routes`]: the contents page of the API, one file for each noun
//! * [`extract`]: who calls ([`extract::Caller`]), what they may ([`extract::Allowed`]), what came in
//! * [`problem`]: every way to say no, in one table
//! * [`hub`]: who waits for which job; live streams and long polls
//! * [`front`]: what every request passes: its id, its metrics, panics, security headers
//! * [`limits`]: how many requests are answered, by the [`budget`] of each route; [`origin`]: whom they are counted for
//! * [`screen`], [`cors`]: what is refused for its form, and which web pages may call
//! * [`server`]: connections, their limits and a graceful end; [`tls`]
//!
//! A process makes an [`Api`] of its [`Parts`], a [`router()`] of that, and [`serve`]s it.

mod audit;
mod budget;
mod callers;
mod cors;
pub mod drain;
pub mod extract;
pub mod front;
pub mod hub;
mod keys;
mod limits;
mod memory;
pub mod openapi;
pub mod origin;
pub mod problem;
pub mod routes;
mod screen;
pub mod server;
mod sso;
mod state;
pub mod tls;
pub mod view;

pub use drain::Drain;
pub use hub::EventHub;
pub use origin::Origin;
pub use routes::{ops_router, router};
pub use server::{ServeSettings, serve};
pub use sso::Sso;
pub use state::{Api, ApiSettings, Ops, OutboundCheck, Parts};
pub use tls::Tls;
