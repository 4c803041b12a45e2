//! The API as its clients meet it: the router over a database with real migrations, a running worker, and Jira over HTTP.
//!
//! Of every answer [`tests::http_app`] checks the security headers, the form of problems, that no secret is in it, and that
//! the OpenAPI document describes it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails, in its helpers too")]

mod api_keys;
mod attacks;
mod auditing;
mod batches;
mod budgets;
mod connections;
mod data_center;
mod document;
mod documentation;
mod economy;
mod ending;
mod hooks;
mod hygiene;
mod idempotency;
mod jira;
mod limits;
mod ops;
mod paging;
mod people;
mod permissions;
mod policies;
mod publishing;
mod queue;
mod refusals;
mod results;
mod reviewing;
mod secrets;
mod sessions;
mod single_sign_on;
mod tls;
mod usage;
mod visibility;
mod waiting;
mod webhooks;
mod wire;
