//! Everything that a change has to pass.

mod counts;

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use crate::{
    bench,
    browser::Browser,
    command::{self, Failure, cargo, shown},
    deny, doc, instructions,
    kafka::Kafka,
    packages::{self, BUILD, TEST},
};
use counts::Counts;

/// Runs all checks and tests, the quick ones first; stops at the first that fails.
///
/// # Errors
/// [`Failure`] of that one.
pub fn run() -> Result<(), Failure> {
    packages::install_missing(&[BUILD, TEST])?;
    command::run(cargo(&["fmt", "--all", "--check"]))?;
    bench::check_format()?;
    command::run(cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    doc::check()?;
    deny::check()?;
    let instructions = instructions::check()?;
    let kafka = Kafka::fetch()?;
    // All of them, also behind a failure: whoever mends wants to know of all at once.
    let mut tests = cargo(&["test", "--workspace", "--locked", "--no-fail-fast"]);
    kafka.restrict(&mut tests);
    let browser = Browser::fetch()?;
    browser.restrict(&mut tests);
    let closing_lines = |left_out| [kafka.closing_line(left_out), instructions.closing_line(), browser.closing_line()];
    run_counted(tests, closing_lines)
}

/// Runs tests with their output shown, and closes with what was left out and with how many there were in all.
fn run_counted(mut tests: Command, closing_lines: impl Fn(u64) -> [Option<String>; 3]) -> Result<(), Failure> {
    let step = shown(&tests);
    eprintln!("==> {step}");
    let not_started = |error| Failure::NotStarted(step.clone(), error);
    let mut child = tests.stdout(Stdio::piped()).spawn().map_err(not_started)?;
    let mut counts = Counts::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line.map_err(not_started)?;
            let line = String::from_utf8_lossy(&line);
            counts.add(&line);
            println!("{line}");
        }
    }
    let status = child.wait().map_err(not_started)?;
    for line in closing_lines(counts.left_out()).into_iter().flatten() {
        println!("{line}");
    }
    println!("{counts}");
    if status.success() { Ok(()) } else { Err(Failure::Failed(step, status)) }
}
