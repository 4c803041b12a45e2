//! A test for each rung; what must hold for any reply is in `property`.

mod existing;
mod fixture;
mod foreign;
mod property;
mod recheck;
mod rungs;
mod screen;
mod sets;
