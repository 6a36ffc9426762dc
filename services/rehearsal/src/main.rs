//! A deployment as it is run for real, by processes on this machine: PostgreSQL, Apache Kafka and several nodes of usher.
//!
//! `up` starts it, sends the demo's sample through Kafka, and compares what comes out with what `usher demo` prints. What
//! it starts ends with it.

mod cluster;
mod error;
mod ledger;
mod node;
mod numbers;
mod replay;
mod schedule;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use serde_json::Value;

use cluster::Cluster;
use error::RehearsalError;

/// A deployment of several nodes with real servers, by processes on this machine
#[derive(Debug, Parser)]
#[command(arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start it, send the demo's sample through Kafka, print the numbers, and keep it until Ctrl-C
    Up(UpArgs),
}

#[derive(Debug, Args)]
struct UpArgs {
    /// The built program
    #[arg(long, value_name = "FILE")]
    usher: PathBuf,

    /// The sample, JSON Lines compressed with gzip
    #[arg(long, value_name = "FILE")]
    sample: PathBuf,

    /// How many nodes to start
    #[arg(long, value_name = "NUMBER", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=9))]
    nodes: u16,

    /// Stop once the numbers are printed
    #[arg(long)]
    once: bool,
}

fn main() -> ExitCode {
    let Command::Up(args) = Cli::parse().command;
    match up(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error::report(&error);
            ExitCode::FAILURE
        }
    }
}

fn up(args: &UpArgs) -> Result<(), RehearsalError> {
    let messages = replay::read_sample(&args.sample)?;
    let start = messages.first().map(|message| message.time).unwrap_or_default();
    let cluster = Cluster::start(&args.usher, args.nodes, start)?;
    cluster.print();
    let outcomes = replay::play(&cluster, &messages)?;
    let numbers = numbers::of_cluster(&cluster, outcomes)?;
    let expected = numbers::of_demo(&args.usher)?;
    println!("{numbers:#}");
    compare(&numbers, &expected)?;
    println!("These are the numbers of usher demo.");
    if args.once {
        return Ok(());
    }
    println!("The cluster runs until Ctrl-C.");
    wait_for_interrupt()
}

fn compare(numbers: &Value, expected: &Value) -> Result<(), RehearsalError> {
    if numbers == expected {
        return Ok(());
    }
    Err(RehearsalError::Differs { expected: format!("{expected:#}") })
}

fn wait_for_interrupt() -> Result<(), RehearsalError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(RehearsalError::system)?;
    runtime.block_on(tokio::signal::ctrl_c()).map_err(RehearsalError::system)
}
