//! The built program, as whoever calls it sees it: arguments in, output and exit status out.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod authentication;
mod backtest;
mod database;
mod demo;
mod dry_run;
mod erase;
mod grpc;
mod help;
mod history;
mod ingest;
mod load;
mod mail;
mod messages;
mod nodes;
mod on_kafka;
mod program;
mod reasons;
mod rebuild;
mod rebuild_by_server;
#[path = "../../../notify/tests/support/receiver.rs"]
mod receiver;
mod reconcile;
mod seal;
mod seats;
mod serve;
mod settings;
mod show;
#[path = "../../../notify/tests/support/smtp.rs"]
mod smtp;
mod stores;
mod then;
mod timers;
mod undo;
mod verify;
mod webhooks;
