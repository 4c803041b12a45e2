//! The pipeline from a request to Jira: real HTTP to the sandbox, a real database, a clock that is moved.

mod asking;
mod authorship;
mod budgets;
mod cancelling;
mod changing;
mod colliding;
mod comments;
mod continuing;
mod crashing;
mod delivering;
mod descriptions;
mod economizing;
mod existing;
mod fetching;
mod generating;
mod hooking;
mod hostile;
mod pacing;
mod policies;
mod removing;
mod reusing;
mod reviewing;
mod subtasks;
mod support;
mod suspects;
