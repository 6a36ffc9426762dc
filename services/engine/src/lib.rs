//! The engine: takes commands, decides them one after another, commits what follows, and answers.
//!
//! [`start`] gives a [`Running`] engine and an [`Engine`], the handle that commands go in by. One thread, the writer,
//! decides everything: it drains a bounded batch, fires the timers that are due, decides each command on the state that
//! the ones before it left, and hands what follows to the committer, which writes one batch in one transaction and
//! answers only then. So a seat can't be sold twice, a directory message reaches all of a user's licensees at once, and
//! nothing is ever decided on what was not committed.

mod answer;
mod batch;
mod call;
mod clock;
mod committer;
mod error;
mod event_reader;
mod facts;
mod foresight;
mod handle;
mod hot;
mod options;
mod order;
mod past;
mod preparing;
mod preview;
mod published;
mod queue;
mod reading;
mod recent;
mod running;
mod shards;
mod snapshots;
mod submission;
mod teller;
mod writer;

pub use answer::{Answer, ChangeOutcome, Done, Moved};
pub use call::{Call, Claim, IdempotencyKey, InvalidKey};
pub use clock::{ClockMode, ClockRefused};
pub use error::EngineError;
pub use event_reader::{EVENT_READER, account_in};
pub use handle::{Engine, Ticket};
pub use options::Options;
pub use order::{News, Order, Peers, Reply, ReplyTo, home_of};
pub use preview::{Preview, PreviewEvent};
pub use running::{Running, start};
pub use shards::Shared;
pub use snapshots::{snapshot_of, state_in};
