//! What every index of a journal does alike: gathering commits, and turning them into rows.

mod gather;
mod rest;
mod rows;

pub(crate) use gather::Gatherer;
pub(crate) use rest::rest_after;
pub(crate) use rows::{
    CommandRow, ConcernRow, EventRow, Rows, ShardMark, Times, UseRow, command_key, decode, outcomes_at,
};
