//! One node: a process of `usher serve`.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::error::RehearsalError;

/// A node's process; stopped in order when dropped, and by the system if this process is killed.
pub struct Node {
    child: Child,
    /// Which, from 1.
    pub number: u16,
    /// Where it listens: `http://127.0.0.1:PORT`.
    pub url: String,
    /// What it says.
    pub log: PathBuf,
}

impl Node {
    /// Starts a node and waits until it listens.
    pub fn start(usher: &Path, number: u16, arguments: &[String], folder: &Path) -> Result<Self, RehearsalError> {
        let log = folder.join(format!("node-{number}.log"));
        let stderr = File::create(&log).map_err(RehearsalError::system)?;
        // Run by setpriv, so that no node is left over whatever becomes of this process.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM"]).arg(usher).args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr);
        let mut child =
            command.spawn().map_err(|source| RehearsalError::Program { program: usher.to_owned(), source })?;
        let mut said = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut said).map_err(RehearsalError::system)?;
        }
        let url = said.trim_end().strip_prefix("usher listens on ").map(str::to_owned);
        // From here on it is stopped with this.
        let mut node = Self { child, number, url: String::new(), log };
        node.url = url.ok_or_else(|| RehearsalError::NotListening { number, log: node.log.clone(), said })?;
        Ok(node)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // A node that has ended already is as good.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}
