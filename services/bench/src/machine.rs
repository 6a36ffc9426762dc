//! On what, of what and when something was measured.

use std::{env, fs, process::Command, thread};

use chrono::{DateTime, SubsecRound, Utc};
use serde::Serialize;

use crate::effort::Effort;

/// What one has to know to judge a figure, and to make it again.
#[derive(Debug, Clone, Serialize)]
pub struct Circumstances {
    /// The command that makes the figures.
    pub command: String,
    /// When it began.
    pub date: DateTime<Utc>,
    /// The commit that was measured; `+` behind it if files differed from it. `unknown` outside of a repository.
    pub commit: String,
    /// Whether it was only for a look.
    pub quick: bool,
    /// Rounds of each contender.
    pub rounds: usize,
    /// Whether it was built to be fast.
    pub release: bool,
    /// The machine.
    pub machine: Machine,
}

/// A machine.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// Its processor.
    pub processor: String,
    /// How many threads it runs at a time.
    pub threads: usize,
    /// Its memory, bytes.
    pub memory_bytes: u64,
    /// Its kernel.
    pub kernel: String,
    /// What else it had to do: threads that wanted to run in the minute before.
    pub load: String,
}

impl Circumstances {
    /// Those of this moment.
    pub fn now(effort: Effort) -> Self {
        Self {
            command: command(env::args().skip(1)),
            date: Utc::now().trunc_subsecs(0),
            commit: commit(),
            quick: effort.quick,
            rounds: effort.rounds,
            release: !cfg!(debug_assertions),
            machine: Machine::this(),
        }
    }
}

impl Machine {
    fn this() -> Self {
        let load = read("/proc/loadavg");
        let memory_kib =
            field("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
        Self {
            processor: field("/proc/cpuinfo", "model name").unwrap_or_else(|| env::consts::ARCH.to_owned()),
            threads: thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: memory_kib.unwrap_or_default().saturating_mul(1024),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load: load.split(' ').next().unwrap_or_default().to_owned(),
        }
    }
}

/// The command as somebody typed it: where programs were built is for `xtask` to say.
fn command(arguments: impl Iterator<Item = String>) -> String {
    let (mut typed, mut arguments) = ("cargo xtask bench".to_owned(), arguments);
    while let Some(argument) = arguments.next() {
        if ["--usher", "--peer"].contains(&argument.as_str()) {
            arguments.next();
            continue;
        }
        typed.push(' ');
        typed.push_str(&argument);
    }
    typed
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// What stands behind a name and a colon.
fn field(path: &str, name: &str) -> Option<String> {
    let text = read(path);
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else { return "unknown".to_owned() };
    let is_changed = git(&["status", "--porcelain"]).is_none_or(|changes| !changes.is_empty());
    if is_changed { format!("{commit}+") } else { commit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_told_without_what_xtask_adds() {
        let arguments = ["http", "--quick", "--usher", "/a/usher", "--peer", "/a/peer"];
        assert_eq!(command(arguments.map(str::to_owned).into_iter()), "cargo xtask bench http --quick");
        assert_eq!(command(std::iter::empty()), "cargo xtask bench");
    }
}
