//! Feeds one message after another, each only once it is known what became of the one before.

use contract::incoming::MessageKey;
use engine::{Done, Engine};
use journal::Positions;
use licensing::{Code, Refusal};

use super::{
    FeedError, Input, Tally,
    decoder::{Decoded, Decoder, Piece},
};
use crate::progress::Progress;

/// A message and what became of it.
pub struct Single {
    /// The line, from 1, blank ones left out.
    pub line: u64,
    /// The message's `id`, if it could be read.
    pub id: Option<String>,
    /// What became of it.
    pub done: Done,
}

/// Feeds an input to its end, and shows each message once it is decided. What became of them is in `tally`, also after an
/// error.
pub fn feed_singly<E: From<FeedError>>(
    engine: &Engine,
    input: Input,
    progress: &mut Progress,
    tally: &mut Tally,
    mut visit: impl FnMut(Single) -> Result<(), E>,
) -> Result<(), E> {
    let Input { name, bytes } = input;
    let decoder = Decoder::start(progress.counting(bytes)).map_err(FeedError::Thread)?;
    let mut line = 0_u64;
    loop {
        let lines = match decoder.next() {
            Some(Piece::Lines(lines)) => lines,
            Some(Piece::End) => return Ok(()),
            Some(Piece::Broken(source)) => return Err(FeedError::Unreadable { name, source }.into()),
            None => return Err(FeedError::DecoderGone { name }.into()),
        };
        for decoded in lines {
            line = line.saturating_add(1);
            let (id, done) = settle(engine, decoded)?;
            tally.count(&done);
            visit(Single { line, id, done })?;
        }
        progress.say(&|| format!("{} messages", tally.messages()));
    }
}

fn settle(engine: &Engine, decoded: Decoded) -> Result<(Option<String>, Done), FeedError> {
    let Decoded::Message { incoming, .. } = decoded else { return Ok((None, too_long())) };
    let id = incoming.key.as_ref().map(MessageKey::id).map(str::to_owned);
    let done = engine.message(*incoming).and_then(engine::Ticket::wait).map_err(FeedError::Engine)?;
    Ok((id, done))
}

/// A line that is too long to be read is no message at all.
fn too_long() -> Done {
    let refusal = Refusal::new(Code::MalformedEvent, "the line is longer than 8 MiB: split it");
    Done { outcome: Err(refusal), duplicate: false, events: 0, positions: Positions::default() }
}
