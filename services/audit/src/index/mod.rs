//! The index, held against the commits that it is made of and against the replay.
//!
//! While commits are replayed, [`check_records`] and what is in [`kept`] look at what the index made of each. Once that is done,
//! [`Auditor::check_index`](crate::auditor::Auditor::check_index) compares what it comes to as a whole.

mod form;
pub(crate) mod kept;
mod past;
mod records;
mod whole;

pub(crate) use records::check_records;

/// How many outcomes or users are asked for at one go.
const ASKED_AT_ONCE: usize = 1_000;
