//! The remote control: faults, journal, webhook sink, edits by hand, and pages to look at.

pub(crate) mod faults;
pub(crate) mod hooks;
pub(crate) mod journal;
pub(crate) mod pages;
pub(crate) mod routes;
pub(crate) mod webhooks;
