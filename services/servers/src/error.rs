//! Why there is no server.

use std::{io, process::Output, sync::Arc};

/// Why a server can't be had, or didn't do what it was told.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Unavailable {
    /// A program that isn't installed.
    #[error("there is no {program} on this machine: {mend}")]
    Missing {
        /// The program.
        program: &'static str,
        /// How to get it.
        mend: &'static str,
    },
    /// A program of an older version than can be used.
    #[error("{program} has the version {found}, which is too old: install {least} or later")]
    TooOld {
        /// The program.
        program: &'static str,
        /// Its version.
        found: String,
        /// The oldest that will do.
        least: u32,
    },
    /// A program that ended with a failure.
    #[error("{program} failed: {output}")]
    Failed {
        /// The program.
        program: String,
        /// What it said.
        output: String,
    },
    /// A server that did not come up.
    #[error("{server} {problem}: see the end of its log:\n{log}")]
    NotReady {
        /// The server's program.
        server: String,
        /// What happened instead.
        problem: &'static str,
        /// The last lines of its log.
        log: String,
    },
    /// A setting of this crate that can't be read by the server.
    #[error("{what} cannot be used: {mend}")]
    Unusable {
        /// What it is.
        what: String,
        /// What to do.
        mend: &'static str,
    },
    /// Tests with this server are switched off from outside.
    #[error("there is no {server} here: {reason}")]
    SwitchedOff {
        /// The server.
        server: &'static str,
        /// Why, in the words of who did it.
        reason: String,
    },
    /// The system refused something.
    #[error("cannot {action}")]
    System {
        /// What was tried.
        action: String,
        /// What the system said.
        #[source]
        source: Arc<io::Error>,
    },
}

impl Unavailable {
    /// Tells what was tried when the system refused it.
    pub(crate) fn system(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { action: action.into(), source: Arc::new(source) }
    }
}

/// What a program that has ended said on its standard output.
pub(crate) fn checked(program: &str, output: &Output) -> Result<String, Unavailable> {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let output = format!("{}\n{}", said.trim(), complaint.trim()).trim().to_owned();
    Err(Unavailable::Failed { program: program.to_owned(), output })
}
