//! `usher`: an event-sourced licensing backend for seat-based add-ons, in one program.
//!
//! [`cli`] says what can be asked, [`commands`] does it, [`config`] finds the settings for it, [`store`] wires the crates
//! below together. Results go to standard output, logs, progress and errors to standard error.

mod args;
mod broker;
mod cli;
mod client;
mod commands;
mod config;
mod error;
mod evidence;
mod exit;
mod feed;
mod letters;
mod logging;
mod moment;
mod notices;
mod output;
mod progress;
mod store;
mod then;

use std::process::ExitCode;

use clap::Parser;

use crate::{cli::Cli, exit::ExitStatus};

/// Commands are made on one thread and freed on another, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let status = match Cli::try_parse() {
        Ok(cli) => cli.run().unwrap_or_else(|error| {
            error::report(&error);
            error.exit_status()
        }),
        Err(told) => {
            // Nothing can be done where even this can't be written.
            let _ = told.print();
            if told.use_stderr() { ExitStatus::Usage } else { ExitStatus::Done }
        }
    };
    status.into()
}
