//! Chaos: processes are killed and frozen, servers go away and come back, answers get lost, and nothing is lost or
//! done twice. The processes are the real program; Jira and the model are doubles in the test.
//!
//! `make test` runs the short form; `make chaos` the long one, in which 300 jobs meet everything. Both print a seed that
//! repeats their schedule, and what was done, lost and how soon it ran again.
//!
//! * [`outages`]: workers are killed all the time while Redis and PostgreSQL come and go
//! * [`publishing`]: a worker freezes in the middle of a write; a write appears long after its connection was lost
//! * [`cut_off`]: a worker that reaches Jira but not PostgreSQL
//! * [`deaf`]: a doorbell that never rings again
//! * [`limits`]: Redis freezes while it counts requests
//! * [`poison`]: a job that ends the process of whoever runs it
//! * [`starting`]: a worker starts just when PostgreSQL restarts
//! * [`embedded`]: `jqa serve` on SQLite is killed
//!
//! [`stand`] is the product at work, made by a [`plan`]; [`losses`] what kills cost, [`promises`] what must be true at the end.

mod batching;
mod client;
mod cut_off;
mod deaf;
mod embedded;
mod form;
mod limits;
mod losses;
mod outages;
mod plan;
mod poison;
mod process;
mod promises;
mod publishing;
mod rows;
mod servers;
mod stand;
mod starting;
mod storm;
mod waiting;
