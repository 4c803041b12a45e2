//! The database: entities, statements, and the one way to run them on SQLite and PostgreSQL.
//!
//! Functions here write what they are given; ids, times and policy come from [`jobs`](crate::jobs).

pub mod api_key;
pub mod artifact;
mod asked;
pub mod audit;
pub mod audit_chain;
pub mod batch;
pub mod budget;
pub mod connection;
mod db;
pub mod delivery;
pub mod entity;
mod error;
pub mod event;
pub mod history;
pub mod idempotency;
pub mod identity;
pub mod jira_event;
pub mod jira_poll;
pub mod job;
pub mod llm_call;
pub mod llm_question;
pub mod llm_reply;
pub mod made;
mod plan;
pub mod policy;
pub mod provider_batch;
pub mod publication;
pub mod sealed;
pub mod session;
mod sql;
pub mod user;
mod verb;
pub mod webhook;
pub mod worker;
mod writer;

pub use db::{Alone, Db, DbOptions};
pub use error::StoreError;
pub use plan::Plan;
pub use sql::Sql;
pub use verb::Verb;
