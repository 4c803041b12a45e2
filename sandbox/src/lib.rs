//! A Jira (Cloud and Data Center) and Chat Completions double with memory and faults.
//!
//! [`bind`] starts it; [`State`] is the handle to look inside and to order faults. What it knows of Jira:
//! `site` holds the issues, `jira` speaks REST v3 over them (and v2, where the
//! site is in a data centre), `adf` judges documents. What it knows of language
//! models: `llm` answers from the words of the story it is shown. `xray` and `zephyr` keep tests beside the issues. `control` is the remote control over HTTP.

mod adf;
mod clock;
mod contract;
mod control;
mod jira;
mod llm;
mod loader;
mod markup;
mod options;
mod server;
mod site;
mod state;
mod stories;
mod story;
mod xray;
mod zephyr;

pub use adf::rules::check as check_adf;
pub use control::faults::{Action, Cut, Fault, Faults, Matching};
pub use control::hooks::Delivery;
pub use control::journal::{JournalEntry, Loss};
pub use control::webhooks::{SentWebhook, Webhook};
pub use llm::answer::names as llm_models;
pub use llm::counts::LlmCounts;
pub use loader::{LoadError, stories_from_jsonl, story_from_markdown};
pub use options::{Deployment, Options};
pub use server::{Sandbox, bind};
pub use state::State;
pub use stories::{built_in, many};
pub use story::{Story, StoryComment, StoryLink, Text};
