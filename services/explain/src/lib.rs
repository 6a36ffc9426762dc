//! What moved, and why: two readings of the events of one licensee.
//!
//! [`Differ`] tells what moved between two instants, [`Inquiry`] why a user has a seat or has none. Both are fed with one
//! [`Fact`] after another, in the order of the stream, and keep little of what they read. Neither needs all of it: the one
//! begins with a state, the other reads what concerns its user. Nothing here does I/O, and no rule of the domain is
//! repeated: states are folded and commands tried by the domain itself.

mod change;
mod command;
mod diff;
mod fact;
mod rule;
mod why;

pub use change::{Change, Field, FieldValue};
pub use command::{Background, CommandFacts, CommandKind, CommandShown};
pub use diff::{Diff, Differ, Move, MovesWanted, Net, NetSeats, NetTotals, Range, What};
pub use fact::{Cited, Fact, UnreadableFact};
pub use rule::Rule;
pub use why::{
    Action, Case, Evidence, Explanation, Inquiry, Link, LinkEvent, Obstacle, Overage, PoolShown, ProductExplanation,
    Remedy, RemovalEvidence, Standing,
};
