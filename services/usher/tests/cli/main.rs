//! The built program, as whoever calls it sees it: arguments in, output and exit status out.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod authentication;
mod database;
mod demo;
mod dry_run;
mod help;
mod history;
mod ingest;
mod messages;
mod nodes;
mod on_kafka;
mod program;
mod rebuild;
mod seats;
mod serve;
mod settings;
mod show;
mod stores;
mod timers;
mod undo;
mod verify;
