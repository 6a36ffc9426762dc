//! Logs: to standard error, for people or for programs.

use std::{
    io::{self, IsTerminal},
    str::FromStr,
};

use tracing_subscriber::EnvFilter;

/// Which log lines are wanted: a level, or levels by crate as in `warn,engine=debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(String);

/// A text that selects no log lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("use error, warn, info, debug, trace or off, or levels by crate such as warn,engine=debug")]
pub struct InvalidLogFilter;

impl FromStr for LogFilter {
    type Err = InvalidLogFilter;

    fn from_str(text: &str) -> Result<Self, InvalidLogFilter> {
        let is_level = |level: &str| ["off", "error", "warn", "info", "debug", "trace"].contains(&level);
        let is_directive = |part: &str| is_level(part.rsplit('=').next().unwrap_or_default().trim());
        // A word alone would be taken for a crate's name, so that a mistyped level went by unnoticed.
        if text.split(',').all(is_directive) && EnvFilter::try_new(text).is_ok() {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidLogFilter)
        }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one object a line.
    Json,
}

/// How much is told where nothing else is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// Only what is wrong: of a command that ends by itself.
    Warnings,
    /// Also what goes on: of a server.
    Info,
}

/// Starts logging; to be called once.
pub fn start(filter: Option<&LogFilter>, otherwise: Verbosity, format: LogFormat) {
    let text = match (filter, otherwise) {
        (Some(LogFilter(text)), _) => text.as_str(),
        (None, Verbosity::Warnings) => "warn",
        (None, Verbosity::Info) => "info",
    };
    let to_stderr = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(text)).with_writer(io::stderr);
    let started = match format {
        LogFormat::Text => to_stderr.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => to_stderr.json().try_init(),
    };
    // It fails only where logs go somewhere already.
    debug_assert!(started.is_ok(), "logging was started twice");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_levels_and_nothing_else() {
        for good in ["info", "off", "warn,engine=debug", "usher=trace,warn"] {
            assert!(good.parse::<LogFilter>().is_ok(), "{good:?} was refused");
        }
        for bad in ["loud", "", "info,", "engine", "engine=loud"] {
            assert!(bad.parse::<LogFilter>().is_err(), "{bad:?} was taken");
        }
    }
}
