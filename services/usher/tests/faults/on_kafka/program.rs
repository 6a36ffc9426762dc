//! Running the built program.

use std::{
    path::PathBuf,
    process::{Command, Output, Stdio},
};

/// The program, and what its commands are to work on.
#[derive(Debug, Clone)]
pub struct Program {
    /// Where it is run, and where its files are.
    pub folder: PathBuf,
    pub database_url: String,
    pub brokers: String,
    /// What the names of its topics begin with.
    pub prefix: String,
}

impl Program {
    /// The program with these words as arguments, without the environment of whoever runs the tests.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
        command.args(arguments.split_whitespace()).current_dir(&self.folder).stdin(Stdio::null()).env_clear();
        command.env("USHER_DATABASE_URL", &self.database_url);
        command.env("USHER_KAFKA", &self.brokers).env("USHER_KAFKA_PREFIX", &self.prefix);
        command
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &str) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What it writes to standard output; an error is what it writes to standard error instead.
    pub fn printed(&self, arguments: &str) -> Result<String, String> {
        let Output { status, stdout, stderr } = self.run(arguments);
        if !status.success() {
            return Err(format!("usher {arguments}: {status}: {}", String::from_utf8_lossy(&stderr)));
        }
        Ok(String::from_utf8(stdout).unwrap())
    }
}
