//! Settings: one table of names ([`SETTINGS`]), read from the environment, then from a file, then the defaults.
//!
//! Every setting can also be given as `NAME_FILE`, the path of a file that holds the value.

mod oidc;
mod problem;
mod read;
#[cfg(test)]
mod readme_tests;
mod sections;
mod source;
mod table;

pub use problem::ConfigProblem;
pub use sections::{Accounts, Budgets, DatabaseSettings, HttpSettings, JiraSection, LlmSection, Settings, WorkerSettings};
pub use source::Source;
pub use table::{SETTINGS, Setting};
