//! `cqrs-es` with `postgres-es`, as published, in a process of its own (`services/bench/peer`).
//!
//! Its licensees are new in each round, so that it doesn't pay for a history. What it does not do in the same time:
//! idempotency, a hash chain, refusals that are kept, an order over everything, outcomes for auditors, timers.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use servers::Database;

use super::RATE;
use crate::{
    contest::Contender,
    error::BenchError,
    ground::{Ground, crowd::Crowd, program::Program},
    measure::{P50, P99, Reading},
};

/// What it is called.
pub const NAME: &str = "cqrs-es";

/// What it is asked to do; see the peer's own `job.rs`.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// Many licensees.
    Round {
        /// Commands under way at a time.
        in_flight: u64,
        /// For how long, seconds.
        seconds: f64,
        /// How many licensees.
        licensees: u64,
        /// How many members each.
        members: u64,
        /// Whether a view is kept.
        with_view: bool,
    },
    /// One licensee.
    Growth {
        /// Seats held.
        seats: u64,
        /// For how long, seconds.
        seconds: f64,
    },
}

/// What came out.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Answer {
    /// Commands that were done.
    pub commands: u64,
    /// How long they took, seconds.
    pub seconds: f64,
    /// The time of a command in the middle, milliseconds.
    pub p50_ms: f64,
    /// The time that one of a hundred exceeds, milliseconds.
    pub p99_ms: f64,
}

/// The peer's process, and a database on the same server as ours.
pub struct Peer {
    // In this order they go.
    program: Program,
    _database: Database,
    crowd: Crowd,
}

impl Peer {
    /// Starts it.
    ///
    /// # Errors
    /// [`BenchError`] if it is not built, or there is no server.
    pub fn start(ground: &Ground, crowd: Crowd) -> Result<Self, BenchError> {
        let database = ground.database()?;
        let program = Program::start(ground.peer()?, &[&database.url()])?;
        Ok(Self { program, _database: database, crowd })
    }

    /// Has it do a job.
    ///
    /// # Errors
    /// [`BenchError::Program`] if it does not.
    pub fn ask(&mut self, job: Job) -> Result<Answer, BenchError> {
        self.program.ask(&job)
    }

    /// As a contender, with so many commands under way.
    pub const fn with(&mut self, in_flight: u64) -> PeerWith<'_> {
        PeerWith { peer: self, in_flight, with_view: false }
    }

    /// As a contender that also keeps its view.
    pub const fn with_view(&mut self, in_flight: u64) -> PeerWith<'_> {
        PeerWith { peer: self, in_flight, with_view: true }
    }
}

/// It, with so many commands under way.
pub struct PeerWith<'a> {
    peer: &'a mut Peer,
    in_flight: u64,
    with_view: bool,
}

impl Contender for PeerWith<'_> {
    fn name(&self) -> String {
        NAME.to_owned()
    }

    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError> {
        let Crowd { licensees, members } = self.peer.crowd;
        let (in_flight, seconds, with_view) = (self.in_flight, time.as_secs_f64(), self.with_view);
        let answer = self.peer.ask(Job::Round { in_flight, seconds, licensees, members, with_view })?;
        let rate = answer.commands as f64 / answer.seconds;
        Ok(vec![RATE.reading(rate), P50.reading(answer.p50_ms), P99.reading(answer.p99_ms)])
    }
}
