//! What every index of a journal does alike: gathering commits, and turning them into rows.

mod gather;
mod rows;

pub(crate) use gather::Gatherer;
pub(crate) use rows::{CommandRow, EventRow, Rows, ShardMark, Times, UseRow, command_key, decode, outcomes_at};
