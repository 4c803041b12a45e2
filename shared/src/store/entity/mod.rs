//! Rows as sea-orm sees them, the same on SQLite and PostgreSQL.

pub mod api_key;
pub mod audit;
pub mod delivery;
pub mod event;
pub mod history;
pub mod idempotency;
pub mod identity;
pub mod jira_configuration;
pub mod job;
pub mod llm_configuration;
pub mod publication;
pub mod user;
pub mod webhook_endpoint;
