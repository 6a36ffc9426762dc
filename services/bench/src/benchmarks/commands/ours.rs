//! Usher's engine, as the interface calls it: each command with an idempotency key of its own.

use std::time::Duration;

use super::RATE;
use crate::{
    contest::Contender,
    error::BenchError,
    ground::{
        crowd::Crowd,
        load::{Load, closed_loop},
        store::Store,
    },
    measure::Reading,
};

/// What it is called.
pub const NAME: &str = "usher";
/// How many commands tell how large one is.
const SAMPLE: u64 = 2_000;
/// How many are under way while that is found out.
const SAMPLE_IN_FLIGHT: u64 = 256;
/// How much of a shard is read at a time, bytes.
const READ_BYTES: usize = 4 * 1024 * 1024;

/// A store full of licensees.
pub struct Ours {
    store: Store,
    crowd: Crowd,
    next: u64,
}

impl Ours {
    /// Fills a store.
    ///
    /// # Errors
    /// [`BenchError`] if it can't be filled.
    pub fn new(store: Store, crowd: Crowd) -> Result<Self, BenchError> {
        crowd.join(&store.engine())?;
        Ok(Self { store, crowd, next: 0 })
    }

    /// The store.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// How many commands there were so far.
    pub const fn asked(&self) -> u64 {
        self.next
    }

    /// As a contender, with so many commands under way.
    pub const fn with(&mut self, in_flight: u64) -> OursWith<'_> {
        OursWith { ours: self, in_flight }
    }

    /// Asks for so long.
    ///
    /// # Errors
    /// [`BenchError`] if a command is refused, or fails.
    pub fn drive(&mut self, in_flight: u64, time: Duration) -> Result<Load, BenchError> {
        let engine = self.store.engine();
        let (crowd, next) = (self.crowd, &mut self.next);
        closed_loop(
            in_flight,
            time,
            || {
                let call = crowd.turn(*next).call(&format!("b-{next}"))?;
                *next += 1;
                Ok(engine.try_call(call)?)
            },
            |ticket| {
                let done = ticket.wait()?;
                match (done.outcome, done.events) {
                    (Ok(_), 1..) => Ok(()),
                    (outcome, events) => Err(BenchError::wrong(format!("{events} events, {outcome:?}"))),
                }
            },
        )
    }

    /// How many bytes of a block a command takes, everything included.
    ///
    /// # Errors
    /// [`BenchError`] if the journal can't be read.
    pub fn bytes_per_command(&mut self) -> Result<usize, BenchError> {
        let journal = self.store.journal();
        let before = journal.heads()?;
        let (mut commands, first) = (0, self.next);
        while commands < SAMPLE {
            self.drive(SAMPLE_IN_FLIGHT, Duration::from_millis(50))?;
            commands = self.next - first;
        }
        let mut bytes = 0;
        for head in before {
            let mut after = head.commit_number;
            loop {
                let commits = journal.read(head.shard, after, READ_BYTES)?;
                let Some(last) = commits.last() else { break };
                after = last.number;
                bytes += commits.iter().map(|commit| commit.block.len()).sum::<usize>();
            }
        }
        Ok(bytes.div_ceil(usize::try_from(commands).unwrap_or(usize::MAX)))
    }
}

/// It, with so many commands under way.
pub struct OursWith<'a> {
    ours: &'a mut Ours,
    in_flight: u64,
}

impl Contender for OursWith<'_> {
    fn name(&self) -> String {
        NAME.to_owned()
    }

    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError> {
        Ok(self.ours.drive(self.in_flight, time)?.readings(RATE))
    }

    fn settle(&mut self) -> Result<(), BenchError> {
        self.ours.store.wait_for_index()
    }
}
