//! A server's process, which ends with ours however ours ends.

use std::{
    fs,
    io::{BufRead, BufReader, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{Unavailable, folder::Folder};

/// The shell script that keeps the server: the pipe to it closes with our process, and then it kills the server.
const SCRIPT: &str = include_str!("supervise.sh");
/// How long a server may take until it is ready.
const READY_WITHIN: Duration = Duration::from_secs(90);
/// How often the log is looked at meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How much of the log an error shows, in lines.
const LOG_LINES_SHOWN: usize = 30;

/// What is kept running, and how one sees that it is ready.
#[derive(Debug)]
pub struct Program {
    /// Its name.
    pub name: &'static str,
    /// Program and arguments.
    pub command: Vec<String>,
    /// What it says in its log once it takes connections.
    pub ready: &'static str,
    /// The signal that ends it in order.
    pub stop: &'static str,
}

/// A server's process.
#[derive(Debug)]
pub struct Supervisor {
    program: Program,
    log: PathBuf,
    line: Mutex<Line>,
}

/// The pipes to the shell.
#[derive(Debug)]
struct Line {
    shell: Child,
    /// `None` once it is hung up.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// The server, while it runs or should run.
    server: Option<u32>,
}

impl Supervisor {
    /// Takes a folder over, which is removed in the end; the server itself comes with [`restart`](Self::restart).
    pub fn new(program: Program, folder: &Folder, guard: TempDir) -> Result<Self, Unavailable> {
        let log = folder.join("log");
        // In a session of its own: what is meant for ours, such as Ctrl-C or the end of a terminal, must not keep the shell
        // from cleaning up; nor must the SIGHUP that the kernel sends to a group with a stopped process in it (which the
        // server is while it is killed) at the moment when the group's parent ends.
        let mut command = Command::new("setsid");
        command.args(["sh", "-c", SCRIPT, "supervise"]).arg(folder.path()).arg(&log).args(&program.command);
        command.current_dir("/").env("LC_ALL", "C").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut shell = command.spawn().map_err(Unavailable::system("start sh"))?;
        let (Some(orders), Some(answers)) = (shell.stdin.take(), shell.stdout.take()) else {
            return Err(Unavailable::Missing { program: "pipe to sh", mend: "close some files" });
        };
        // Now it is the shell that removes it.
        let _ = guard.keep();
        let line = Line { shell, orders: Some(orders), answers: BufReader::new(answers), server: None };
        Ok(Self { program, log, line: Mutex::new(line) })
    }

    /// Stops the server in order, if it runs, and starts it again; waits until it is ready.
    pub fn restart(&self) -> Result<(), Unavailable> {
        let mut line = self.line();
        line.stop(self.program.stop)?;
        let said_before = fs::metadata(&self.log).map_or(0, |log| log.len());
        let answer = line.order("start")?;
        let server = answer.parse().map_err(|_| Unavailable::Failed { program: "sh".to_owned(), output: answer })?;
        line.server = Some(server);
        self.wait_until_ready(server, said_before)
    }

    /// Kills the server and its children, as `kill -9` does; nothing happens if it does not run.
    pub fn kill(&self) -> Result<(), Unavailable> {
        let mut line = self.line();
        line.order("kill")?;
        line.server = None;
        Ok(())
    }

    /// Stops the server in order; nothing happens if it does not run.
    pub fn stop(&self) -> Result<(), Unavailable> {
        self.line().stop(self.program.stop)
    }

    /// Sends a signal, such as `STOP`, to the server and its children.
    pub fn signal(&self, signal: &str) -> Result<(), Unavailable> {
        let answer = self.line().order(&format!("signal {signal}"))?;
        if answer == "done" {
            return Ok(());
        }
        Err(Unavailable::Unusable { what: format!("{} is down and", self.program.name), mend: "restart it before" })
    }

    /// The server's process id, while it should run.
    pub fn pid(&self) -> Option<u32> {
        self.line().server
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_until_ready(&self, server: u32, said_before: u64) -> Result<(), Unavailable> {
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            // Looked at before the log: its last words might be that it is ready.
            let is_running = is_running(server);
            if read_from(&self.log, said_before).contains(self.program.ready) {
                return Ok(());
            }
            if !is_running {
                return Err(self.not_ready("ended instead of getting ready"));
            }
            if Instant::now() > deadline {
                return Err(self.not_ready("did not get ready in time"));
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    fn not_ready(&self, problem: &'static str) -> Unavailable {
        let log = read_from(&self.log, 0);
        let lines: Vec<&str> = log.lines().collect();
        let last = lines.get(lines.len().saturating_sub(LOG_LINES_SHOWN)..).unwrap_or_default();
        Unavailable::NotReady { server: self.program.name.to_owned(), problem, log: last.join("\n") }
    }
}

impl Line {
    fn order(&mut self, order: &str) -> Result<String, Unavailable> {
        let lost = || Unavailable::system("reach the shell that keeps the server");
        let hung_up = || Unavailable::Missing { program: "shell that keeps the server", mend: "start the server anew" };
        let orders = self.orders.as_mut().ok_or_else(hung_up)?;
        orders.write_all(format!("{order}\n").as_bytes()).map_err(lost())?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer).map_err(lost())?;
        if answer.is_empty() {
            return Err(hung_up());
        }
        Ok(answer.trim_end().to_owned())
    }

    fn stop(&mut self, signal: &str) -> Result<(), Unavailable> {
        self.order(&format!("stop {signal}"))?;
        self.server = None;
        Ok(())
    }
}

impl Drop for Line {
    /// Hangs up, and waits until the shell has cleaned up.
    fn drop(&mut self) {
        self.orders = None;
        // There is nobody to tell if the shell can't be waited for; it cleans up all the same.
        let _ = self.shell.wait();
    }
}

/// Whether a process runs: a zombie does not.
fn is_running(process: u32) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{process}/status")) else { return false };
    let state = status.lines().find_map(|line| line.strip_prefix("State:"));
    state.is_none_or(|state| !state.trim_start().starts_with(['Z', 'X']))
}

/// A file from a certain byte on; nothing if it can't be read.
fn read_from(path: &Path, start: u64) -> String {
    let Ok(mut file) = fs::File::open(path) else { return String::new() };
    let mut bytes = Vec::new();
    if file.seek(SeekFrom::Start(start)).is_ok() {
        // What can't be read is as good as not written: then the server doesn't get ready, which is told.
        let _ = std::io::Read::read_to_end(&mut file, &mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
