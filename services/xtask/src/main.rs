//! Usher's own automation. It has no dependencies, so that it is there at once.

mod cluster;
mod command;
mod demo;
mod deny;
mod kafka;
mod packages;
mod test;

use std::{env, process::ExitCode};

const HELP: &str = "\
Usher's own automation.

Usage: cargo xtask <TASK>

Tasks:
  test   format, lints, licences and sources of dependencies, all tests; installs what they need
  demo   builds the program and runs its demo, with further arguments; installs what the build needs
  cluster up
         starts PostgreSQL, Apache Kafka and three nodes on this machine, sends the demo's sample through
         Kafka, and compares the numbers with the demo's; further arguments: --once to stop then,
         --nodes NUMBER; installs what it needs
  help   this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let names: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match names.as_slice() {
        ["test"] => test::run(),
        ["demo", further @ ..] => demo::run(further),
        ["cluster", "up", further @ ..] => cluster::up(further),
        ["help" | "--help" | "-h"] | [] => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("error: there is no such task\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
