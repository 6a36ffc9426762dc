//! What views have to do, whatever keeps them: `crate::store` says what that is.

mod access;
pub mod chance;
mod following;
mod licensees;
mod members;
mod rebuild;
mod rebuilding_in_place;
mod refusals;
mod restarting;
mod users;
pub mod world;
