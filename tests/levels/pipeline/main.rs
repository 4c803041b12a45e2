//! The pipeline from a request to Jira: real HTTP to the sandbox, a real database, a clock that is moved.

mod asking;
mod authorship;
mod cancelling;
mod colliding;
mod comments;
mod continuing;
mod crashing;
mod delivering;
mod descriptions;
mod fetching;
mod generating;
mod removing;
mod reviewing;
mod support;
mod suspects;
