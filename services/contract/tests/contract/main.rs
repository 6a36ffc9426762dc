//! The wire contract, from the outside: messages in every form they may come in, and events as they are kept.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod arbitrary_bytes;
mod arbitrary_events;
mod attributes;
mod batch;
mod every_type;
mod golden;
mod history;
mod malformed;
mod messages;
mod samples;
mod send;
mod stored_events;
