//! A test for each rung; what must hold for any reply is in `property`.

mod fixture;
mod property;
mod recheck;
mod rungs;
mod sets;
