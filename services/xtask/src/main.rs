//! Usher's own automation. It has no dependencies, so that it is there at once.

mod bench;
mod browser;
mod cluster;
mod command;
mod demo;
mod deny;
mod doc;
mod faults;
mod instructions;
mod kafka;
mod packages;
mod test;
mod tools;

use std::{env, process::ExitCode};

const HELP: &str = "\
Usher's own automation.

Usage: cargo xtask <TASK>

Tasks:
  test   format, lints, licences and sources of dependencies, all tests; installs what they need
  demo   builds the program and runs its demo, with further arguments; installs what the build needs
  faults [TIMES]
         runs the fault tests so many times in a row, minutes each time: three nodes under load, while a node,
         Kafka or PostgreSQL is killed; they are among the tests above, once
  bench [NAME...]
         measures the speed beside what it is compared with, half an hour for all; further arguments: --quick,
         --list, --help and more; installs what it needs
  instructions
         counts how many instructions the hot paths take, and compares with their limits; is part of the tests
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
        ["bench", further @ ..] => bench::run(further),
        ["instructions"] => instructions::check().map(|outcome| {
            outcome.closing_line().iter().for_each(|line| println!("{line}"));
        }),
        ["cluster", "up", further @ ..] => cluster::up(further),
        ["faults"] => faults::run(1),
        ["faults", times] if times.parse::<u32>().is_ok_and(|times| times > 0) => {
            faults::run(times.parse().unwrap_or(1))
        }
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
