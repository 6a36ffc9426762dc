//! How many instructions the hot paths take: a guard against slower code that does not go by time.

use std::process::Command;

use crate::{
    command::{self, Failure, cargo},
    packages::{self, BUILD, INSTRUCTIONS},
    tools::Tool,
};

/// Its version has to be that of the library.
const RUNNER: Tool = Tool { name: "gungraun-runner", version: "0.17.2", options: &[] };
/// The compiler that the limits in `services/instructions/benches` were counted with: another one makes other code of the
/// same source.
const COUNTED_WITH: &str = "1.95.0";

/// What came of it.
#[must_use]
pub enum Outcome {
    /// No path takes more than its limit.
    Kept,
    /// Nothing was counted, or compared, for this reason.
    NotRun(String),
}

impl Outcome {
    /// The line to close with, where something was left out.
    pub fn closing_line(&self) -> Option<String> {
        match self {
            Self::Kept => None,
            Self::NotRun(reason) => Some(format!("not run: the limits of instructions: {reason}")),
        }
    }
}

/// Counts, and compares with the limits.
///
/// # Errors
/// [`Failure`] if a path takes more than its limit.
pub fn check() -> Result<Outcome, Failure> {
    packages::install_missing(&[BUILD])?;
    if let Err(failure) = packages::install_missing(&[INSTRUCTIONS]) {
        return Ok(Outcome::NotRun(failure.to_string()));
    }
    if let Some(reason) = other_machine() {
        return Ok(Outcome::NotRun(reason));
    }
    let runner = match RUNNER.installed() {
        Ok(runner) => runner,
        Err(failure) => return Ok(Outcome::NotRun(failure.to_string())),
    };
    let mut bench = cargo(&["bench", "--locked", "--package", "instructions"]);
    bench.env("GUNGRAUN_RUNNER", runner);
    command::run(bench)?;
    Ok(Outcome::Kept)
}

/// Why counts of this machine can't be compared with the limits.
fn other_machine() -> Option<String> {
    if cfg!(not(all(target_arch = "x86_64", target_os = "linux"))) {
        return Some("they hold for Linux on x86-64 only".to_owned());
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        return Some("valgrind is not installed".to_owned());
    }
    let compiler = Command::new("rustc").arg("--version").output().ok()?;
    let compiler = String::from_utf8_lossy(&compiler.stdout).trim().to_owned();
    let is_same = compiler.split_whitespace().any(|word| word == COUNTED_WITH);
    (!is_same).then(|| format!("they were counted with rustc {COUNTED_WITH}, and this is {compiler}"))
}
