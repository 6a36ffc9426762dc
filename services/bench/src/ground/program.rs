//! A program beside us that answers a line with a line, or says where it listens.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::error::BenchError;

/// A program that is stopped with this.
pub struct Program {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Program {
    /// Starts a program; what it says on standard error is shown.
    ///
    /// # Errors
    /// [`BenchError::Program`] if it can't be started.
    pub fn start(program: &Path, arguments: &[&str]) -> Result<Self, BenchError> {
        Self::start_with(program, arguments, &[])
    }

    /// As [`start`](Self::start), with variables of the environment.
    ///
    /// # Errors
    /// [`BenchError::Program`] if it can't be started.
    pub fn start_with(program: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Result<Self, BenchError> {
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // Run by setpriv, so that it is not left over whatever becomes of this process.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM"]).arg(program).args(arguments).envs(variables.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| BenchError::program(&name, error))?;
        let output = child.stdout.take().ok_or_else(|| BenchError::program(&name, "it has no output"))?;
        Ok(Self { name, input: child.stdin.take(), output: BufReader::new(output), child })
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line that it says.
    ///
    /// # Errors
    /// [`BenchError::Program`] if it ends instead.
    pub fn line(&mut self) -> Result<String, BenchError> {
        let mut line = String::new();
        let read = self.output.read_line(&mut line).map_err(|error| BenchError::program(&self.name, error))?;
        match read {
            0 => Err(BenchError::program(&self.name, "it ended: see what it says above")),
            _ => Ok(line.trim_end().to_owned()),
        }
    }

    /// Asks with a line of JSON, and reads the answer, which is one too.
    ///
    /// # Errors
    /// [`BenchError::Program`] if there is no answer.
    pub fn ask<A: DeserializeOwned>(&mut self, question: &impl Serialize) -> Result<A, BenchError> {
        let text = serde_json::to_string(question).map_err(|error| BenchError::program(&self.name, error))?;
        if let Some(input) = &mut self.input {
            let asked = writeln!(input, "{text}").and_then(|()| input.flush());
            asked.map_err(|error| BenchError::program(&self.name, error))?;
        }
        self.answer()
    }

    /// Reads an answer, a line of JSON.
    ///
    /// # Errors
    /// [`BenchError::Program`] if there is none.
    pub fn answer<A: DeserializeOwned>(&mut self) -> Result<A, BenchError> {
        let line = self.line()?;
        serde_json::from_str(&line).map_err(|error| BenchError::program(&self.name, format!("{error}: {line}")))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.input.take());
        // One that has ended already is as good.
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}
