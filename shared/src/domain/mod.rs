//! Nouns and pure functions. Nothing here waits, reads a clock or talks to anything.
//!
//! * the story and what rests on it: [`story`], [`reading`], [`evidence`], [`criterion`], [`scenario`], [`finding`], [`reply`]
//! * turning one into the other: [`drafter`], [`checks`], [`measures`], [`gherkin`], [`language`], [`normal`]
//! * what a hostile story or a model that obeys it brings: [`instructions`], [`foreign`]
//! * Jira's text: [`markup`], [`adf`], [`wiki`], [`document`], [`render`]
//! * jobs: [`job`], [`verdict`], [`message`], [`event`], [`request`], [`result`], how one differs from another: [`diff`], what of
//!   one holds for a story that changed: [`delta`], [`json`], [`webhook`], [`duration`]
//! * publishing: [`publish`], [`jira_site`]
//! * what Jira tells of its own accord: [`jira_event`]
//! * people: [`user`], [`email`], [`password`], [`registration`], how they came in: [`session`], how often they may come: [`rate`],
//!   what they did: [`audit`]

pub mod adf;
pub mod audit;
pub mod batch;
pub mod breaker;
pub mod budget;
pub mod checks;
pub mod criterion;
pub mod delta;
pub mod diff;
pub mod document;
pub mod drafter;
pub mod duration;
pub mod email;
pub mod event;
pub mod evidence;
pub mod finding;
pub mod foreign;
pub mod gherkin;
pub mod identity;
pub mod instructions;
pub mod issue_key;
pub mod jira_event;
pub mod jira_site;
pub mod job;
pub mod json;
pub mod language;
pub mod markup;
pub mod measures;
pub mod message;
pub mod normal;
pub mod pace;
pub mod password;
pub mod policy;
pub mod provider_batch;
pub mod publish;
pub mod rate;
pub mod reading;
pub mod redact;
pub mod registration;
pub mod render;
pub mod reply;
pub mod request;
pub mod result;
pub mod scenario;
pub mod session;
pub mod story;
pub mod user;
pub mod verdict;
pub mod webhook;
pub mod wiki;
pub(crate) mod words;
