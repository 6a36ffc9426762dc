//! Standard output: tables for people, JSON for programs.

mod table;

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

pub use table::Table;

/// How results look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// Why a result could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// Whoever read it has closed it.
    #[error("nobody reads standard output any more")]
    Closed,
    /// The system refused.
    #[error("cannot write to standard output: check where it leads to")]
    Unwritable(#[source] io::Error),
}

impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Unwritable(error),
        }
    }
}

/// Writes a line.
pub fn line(text: &str) -> Result<(), OutputError> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
    Ok(stdout.flush()?)
}

/// Writes a value as JSON, on one line.
pub fn json_line(value: &impl Serialize) -> Result<(), OutputError> {
    line(&to_json(value)?)
}

/// A value as JSON for people to read too, on many lines.
pub fn pretty_json(value: &impl Serialize) -> Result<String, OutputError> {
    serde_json::to_string_pretty(value).map_err(|error| OutputError::Unwritable(error.into()))
}

/// Writes a JSON array piece by piece, so that it never has to be in memory as a whole.
#[derive(Debug, Default)]
pub struct JsonArray {
    items: u64,
}

impl JsonArray {
    /// Writes the next item.
    pub fn push(&mut self, item: &impl Serialize) -> Result<(), OutputError> {
        let separator = if self.items == 0 { "[" } else { ",\n " };
        self.items = self.items.saturating_add(1);
        Ok(write!(io::stdout().lock(), "{separator}{}", to_json(item)?)?)
    }

    /// Ends the array.
    pub fn end(self) -> Result<(), OutputError> {
        line(if self.items == 0 { "[]" } else { "]" })
    }
}

fn to_json(value: &impl Serialize) -> Result<String, OutputError> {
    serde_json::to_string(value).map_err(|error| OutputError::Unwritable(error.into()))
}

/// Writes a line for people to standard error: what goes on, never a result.
pub fn remark(text: &str) {
    // Nobody needs it, so nothing is lost where it can't be written.
    let _ = writeln!(io::stderr().lock(), "{text}");
}
