//! The interface over a real store, engine and read models, without a socket.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod bad_requests;
mod document;
mod errors_page;
mod events;
mod history;
mod messages;
mod positions;
mod process;
mod reads;
mod reply;
mod schema_check;
mod seats;
mod server;
mod synchronisation;
mod time;
