//! Whatever happens to who started them, nothing is left of the servers.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// A process that keeps servers, in a temporary folder of its own.
struct Keeper {
    process: Child,
    /// What it said about each server.
    lines: Vec<String>,
    temporary: TempDir,
}

impl Keeper {
    fn of(servers: &[&str]) -> Self {
        let mut keeper = Self::starting(servers);
        let said = BufReader::new(keeper.process.stdout.take().unwrap());
        keeper.lines = said.lines().take(servers.len()).map(Result::unwrap).collect();
        assert_eq!(keeper.lines.len(), servers.len(), "{:?}", keeper.lines);
        keeper
    }

    /// One that has hardly begun.
    fn starting(servers: &[&str]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        // The server's user has to get in.
        fs::set_permissions(temporary.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_servers"));
        command.args(servers).env("TMPDIR", temporary.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        Self { process: command.spawn().unwrap(), lines: Vec::new(), temporary }
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn server(&self, number: usize) -> u32 {
        self.lines[number].rsplit_once(' ').unwrap().1.parse().unwrap()
    }

    fn assert_nothing_is_left(&self) {
        let folders = || fs::read_dir(self.temporary.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        let processes = || mentioning(self.temporary.path());
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let left: (Vec<PathBuf>, Vec<String>) = (folders(), processes());
            if left.0.is_empty() && left.1.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "still there: {left:?}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The command lines of processes that name a folder: the shells and the servers do.
fn mentioning(folder: &Path) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(folder.to_str().unwrap())).collect()
}

fn signal(signal: &str, process: u32) {
    assert!(Command::new("kill").args([signal, &process.to_string()]).status().unwrap().success());
}

#[test]
fn a_process_that_is_killed_leaves_nothing() {
    let mut keeper = Keeper::of(&["postgres", "postgres", "postgres"]);
    assert!(!mentioning(keeper.temporary.path()).is_empty());
    // Not even a server that stands still, or one that somebody else has killed.
    signal("-STOP", keeper.server(1));
    signal("-KILL", keeper.server(2));
    keeper.kill();
    keeper.assert_nothing_is_left();
}

/// The kernel sends SIGHUP to a process group with a stopped process in it, when its parent ends: once that killed the
/// shell while it killed the server, though not often.
#[test]
fn nothing_is_left_however_often_one_tries() {
    for _ in 0..6 {
        let mut keeper = Keeper::of(&["postgres"]);
        keeper.kill();
        keeper.assert_nothing_is_left();
    }
}

#[test]
fn a_process_that_is_killed_while_it_starts_a_server_leaves_nothing() {
    for after_ms in [1, 100, 400, 800] {
        let mut keeper = Keeper::starting(&["postgres"]);
        thread::sleep(Duration::from_millis(after_ms));
        keeper.kill();
        keeper.assert_nothing_is_left();
    }
}

#[test]
fn a_process_that_ends_in_order_has_cleaned_up_by_then() {
    let mut keeper = Keeper::of(&["postgres"]);
    drop(keeper.process.stdin.take());
    assert!(keeper.process.wait().unwrap().success());
    assert_eq!(fs::read_dir(keeper.temporary.path()).unwrap().count(), 0);
    keeper.assert_nothing_is_left();
}

mod on_kafka {
    use super::*;

    #[test]
    fn a_process_that_is_killed_leaves_no_broker() {
        let mut keeper = Keeper::of(&["kafka"]);
        keeper.kill();
        keeper.assert_nothing_is_left();
    }
}
