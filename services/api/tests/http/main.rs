//! The interface over a real store, engine and read models, without a socket.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod authentication;
mod bad_requests;
mod document;
mod doors;
mod errors_page;
mod events;
mod grpc;
mod history;
mod messages;
mod past;
mod positions;
mod previews;
mod process;
mod reads;
mod reasons;
mod rebuilds;
mod replayed_past;
mod reply;
mod schema_check;
mod seats;
mod secrets;
mod server;
mod synchronisation;
mod time;
mod tokens;
mod undo;
mod webhooks;
