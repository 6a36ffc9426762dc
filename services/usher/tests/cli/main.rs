//! The built program, as whoever calls it sees it: arguments in, output and exit status out.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod authentication;
mod backtest;
mod database;
mod demo;
mod erase;
mod help;
mod history;
mod ingest;
mod load;
mod messages;
mod nodes;
mod on_kafka;
mod program;
mod reasons;
mod rebuild;
mod rebuild_by_server;
mod reconcile;
mod seal;
mod seats;
mod serve;
mod settings;
mod show;
mod stores;
mod then;
mod timers;
mod verify;
