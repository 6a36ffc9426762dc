//! Feeds JSON Lines of CloudEvents to the engine.
//!
//! One thread reads and decodes, this one hands in and counts. The order of the lines is kept throughout; what waits at
//! either place is bounded by number and by bytes.

mod decoder;
mod lines;
mod singly;
mod source;
mod tally;

use std::{collections::VecDeque, io, io::Read};

use engine::{Done, Engine, EngineError, Ticket};

use crate::progress::Progress;
use decoder::{Decoded, Decoder, Piece};

pub use lines::{Line, Lines};
pub use singly::{Single, feed_singly};
pub use source::Sources;
pub use tally::Tally;

/// How many messages may wait for their outcome.
const IN_FLIGHT_MAX: usize = 8_192;
/// How many bytes of lines may wait for their outcome, unless a single line has more.
const IN_FLIGHT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Why messages were not fed to the end.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The input can't be opened.
    #[error("cannot open {name}: check that it exists and may be read")]
    Unopenable {
        /// Which input.
        name: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The input can't be read to its end.
    #[error(
        "cannot read {name} to its end: check that it is whole, then feed it again, as what got in does no harm twice"
    )]
    Unreadable {
        /// Which input.
        name: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A line of the input is too long to be sent.
    #[error(
        "line {number} of {name} is longer than 8 MiB: take it out, then send the input again, as what got through does no harm twice"
    )]
    LineTooLong {
        /// Which input.
        name: String,
        /// The line, from 1, blank ones left out.
        number: u64,
    },
    /// The thread that decodes can't be started.
    #[error("cannot start a thread: raise the limit on threads")]
    Thread(#[source] io::Error),
    /// The thread that decodes has gone without a word.
    #[error("the thread that decodes {name} ended before its time: report this, with the input")]
    DecoderGone {
        /// Which input.
        name: String,
    },
    /// The engine gives no outcomes any more.
    #[error(
        "the messages cannot be kept: mend the cause, then feed the input again, as what got in does no harm twice"
    )]
    Engine(#[source] EngineError),
}

/// A source of JSON Lines, plain or compressed with gzip.
pub struct Input {
    /// How it is called in messages.
    pub name: String,
    /// The bytes.
    pub bytes: Box<dyn Read + Send>,
}

/// Feeds an input to its end. What became of its lines is in `tally`, also after an error.
pub fn feed(engine: &Engine, input: Input, progress: &mut Progress, tally: &mut Tally) -> Result<(), FeedError> {
    let Input { name, bytes } = input;
    let decoder = Decoder::start(progress.counting(bytes)).map_err(FeedError::Thread)?;
    let mut in_flight = InFlight::default();
    let fed = loop {
        match decoder.next() {
            Some(Piece::Lines(lines)) => {
                if let Err(error) = lines.into_iter().try_for_each(|line| in_flight.add(engine, line, tally)) {
                    break Err(FeedError::Engine(error));
                }
                progress.say(&|| format!("{} messages", tally.messages()));
            }
            Some(Piece::End) => break Ok(()),
            Some(Piece::Broken(source)) => break Err(FeedError::Unreadable { name, source }),
            None => break Err(FeedError::DecoderGone { name }),
        }
    };
    // Also after an error: what was handed in is decided, and counts.
    let settled = in_flight.settle(tally).map_err(FeedError::Engine);
    fed.and(settled)
}

/// What was handed in and has no outcome yet, in order.
#[derive(Default)]
struct InFlight {
    tickets: VecDeque<Waiting>,
    bytes: usize,
}

struct Waiting {
    ticket: Ticket<Done>,
    bytes: usize,
}

impl InFlight {
    fn add(&mut self, engine: &Engine, line: Decoded, tally: &mut Tally) -> Result<(), EngineError> {
        let Decoded::Message { incoming, bytes } = line else {
            tally.count_too_long();
            return Ok(());
        };
        while self.tickets.len() >= IN_FLIGHT_MAX || self.bytes.saturating_add(bytes) > IN_FLIGHT_BYTES_MAX {
            if !self.settle_oldest(tally)? {
                break;
            }
        }
        self.tickets.push_back(Waiting { ticket: engine.message(*incoming)?, bytes });
        self.bytes = self.bytes.saturating_add(bytes);
        Ok(())
    }

    fn settle(mut self, tally: &mut Tally) -> Result<(), EngineError> {
        let mut first_error = None;
        while !self.tickets.is_empty() {
            if let Err(error) = self.settle_oldest(tally) {
                first_error.get_or_insert(error);
            }
        }
        first_error.map_or(Ok(()), Err)
    }

    /// Waits for the oldest outcome; whether there was any to wait for.
    fn settle_oldest(&mut self, tally: &mut Tally) -> Result<bool, EngineError> {
        let Some(Waiting { ticket, bytes }) = self.tickets.pop_front() else { return Ok(false) };
        self.bytes = self.bytes.saturating_sub(bytes);
        tally.count(&ticket.wait()?);
        Ok(true)
    }
}
