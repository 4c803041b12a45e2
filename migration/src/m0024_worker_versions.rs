//! `workers.version`: which version of the program a worker is; empty = one from before this.
//!
//! Read with the table, which has a row for each process.

crate::migration!(
    "m0024_worker_versions",
    up: "ALTER TABLE workers ADD COLUMN version TEXT",
    down: "ALTER TABLE workers DROP COLUMN version"
);
