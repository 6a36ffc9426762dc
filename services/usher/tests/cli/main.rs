//! The built program, as whoever calls it sees it: arguments in, output and exit status out.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod authentication;
mod database;
mod demo;
mod help;
mod history;
mod ingest;
mod mail;
mod messages;
mod nodes;
mod on_kafka;
mod program;
mod rebuild;
mod seats;
mod serve;
mod settings;
mod show;
#[path = "../../../notify/tests/support/smtp.rs"]
mod smtp;
mod stores;
mod timers;
mod verify;
