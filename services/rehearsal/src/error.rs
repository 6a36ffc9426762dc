//! Why the rehearsal ended before its time.

use std::{error::Error, io, path::PathBuf, process::ExitStatus};

use kafka::KafkaError;
use servers::Unavailable;

/// Why the rehearsal ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// A server can't be had.
    #[error(transparent)]
    Server(#[from] Unavailable),
    /// The store can't be asked.
    #[error("the database cannot be asked: see the nodes' logs")]
    Database(#[from] postgres::Error),
    /// Kafka.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// The settings of Kafka.
    #[error(transparent)]
    Settings(#[from] kafka::InvalidSettings),
    /// The sample can't be read.
    #[error("cannot read the sample {file:?}: check that it is whole")]
    Sample {
        /// The file.
        file: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A program can't be started.
    #[error("cannot start {program:?}: build it with cargo build --package usher")]
    Program {
        /// The program.
        program: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A node ended, or said something else than where it listens.
    #[error("node {number} does not listen, see {log:?}; it said {said:?}")]
    NotListening {
        /// Which.
        number: u16,
        /// Its log.
        log: PathBuf,
        /// Its first line.
        said: String,
    },
    /// `usher demo` failed.
    #[error("usher demo failed ({0}): see above")]
    Demo(ExitStatus),
    /// A node does not answer, or not as it should.
    #[error("{url} does not answer as it should: see the nodes' logs")]
    Request {
        /// What was asked.
        url: String,
        /// What happened.
        #[source]
        source: Box<ureq::Error>,
    },
    /// A node's answer has another form.
    #[error("the answer of {url} cannot be understood: {detail}")]
    Answer {
        /// What was asked.
        url: String,
        /// What is wrong with it.
        detail: String,
    },
    /// Messages are not dealt with.
    #[error("{open} messages are not dealt with, and no fewer since {seconds} s: see the nodes' logs")]
    Standstill {
        /// How many.
        open: u64,
        /// For how long.
        seconds: u64,
    },
    /// Something else came out than in one process.
    #[error("these are not the numbers of usher demo, which are {expected}: report this")]
    Differs {
        /// What should have come out.
        expected: String,
    },
    /// The system refused something.
    #[error("the system refused: raise the limits on threads and open files")]
    System(#[source] io::Error),
}

impl RehearsalError {
    /// The system refused something that is mostly there.
    pub const fn system(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// Tells an error and all of its causes.
pub fn report(error: &RehearsalError) {
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("caused by: {error}");
        cause = error.source();
    }
}
