//! The program as people start it: a process with settings in its environment, and what it prints.
#![cfg(unix)]

mod evaluating;
mod installation;
mod keeping_secrets;
mod logging_out;
mod starting;
mod users;
