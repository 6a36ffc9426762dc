//! A node: `usher serve` in a process of its own.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use super::{program::Program, wait::wait_for};

const ARGUMENTS: &str = "serve --listen 127.0.0.1:0 --shards 4 --clock manual:2025-01-01T00:00:00Z";
/// How long a node may take to answer, or to end, on a machine that has other things to do.
const START_WITHIN: Duration = Duration::from_secs(60);
const STOP_WITHIN: Duration = Duration::from_secs(30);
/// How much of the log of a node is shown when a test fails.
const LOG_LINES_SHOWN: usize = 60;

/// A node; killed, not stopped, when it goes away.
pub struct Node {
    child: Child,
    pub name: String,
    pub address: String,
    log: PathBuf,
}

impl Node {
    /// Starts it and waits until it says where it listens.
    pub fn start(program: &Program, name: &str) -> Self {
        let log = program.folder.join(format!("{name}.log"));
        let mut command = program.command(ARGUMENTS);
        let mut child = command.stdout(Stdio::piped()).stderr(File::create(&log).unwrap()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut node = Self { child, name: name.to_owned(), address: String::new(), log };
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            // An error is an empty line to whoever waits, and nobody waits once that has taken too long.
            let _ = stdout.read_line(&mut line);
            let _ = tell.send(line);
        });
        let line = told.recv_timeout(START_WITHIN).unwrap_or_default();
        let Some(address) = line.strip_prefix("usher listens on ") else { panic!("{name} does not listen: {line:?}") };
        address.trim_end().clone_into(&mut node.address);
        node
    }

    /// Ends it as a crash does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it in order.
    pub fn stop(mut self) {
        self.signal("TERM");
        let ended = || self.child.try_wait().unwrap().ok_or_else(|| "it runs".to_owned());
        let status: ExitStatus = wait_for("a node to end", STOP_WITHIN, ended);
        assert!(status.success(), "{} ended with {status}", self.name);
    }

    /// Lets it stand still.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let mut kill = Command::new("kill");
        assert!(kill.arg(format!("-{signal}")).arg(self.child.id().to_string()).status().unwrap().success());
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Both fail where it has ended, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let last = &lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..];
            eprintln!("--- {} ends its log with:\n{}", self.name, last.join("\n"));
        }
    }
}
