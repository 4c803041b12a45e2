//! The promises of the job model, each kept on SQLite and on PostgreSQL by the same code, and those of the queues.

mod accounts;
mod api_keys;
mod auditing;
mod budgets;
mod cancelling;
mod claiming;
mod deliveries;
mod doorbell;
mod economizing;
mod failing;
mod hooking;
mod limiting;
mod load;
mod pacing;
mod pruning;
mod publishing;
mod queues;
mod reclaiming;
mod relaying;
mod reviewing;
mod schema;
mod sessions;
mod signing_in;
mod stages;
mod submitting;
mod vault;
