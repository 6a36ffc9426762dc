//! Reads and decodes lines on a thread of its own.

use std::{
    io::{self, Read},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use contract::incoming::{self, Incoming};

use super::lines::{Line, Lines};

/// How many lines are passed on at one go.
const PIECE_LINES_MAX: usize = 256;
/// How many bytes of lines are passed on at one go, unless a single line has more.
const PIECE_BYTES_MAX: usize = 1024 * 1024;
/// How many pieces may wait.
const PIECES_MAX: usize = 8;

/// A line, decoded.
pub(super) enum Decoded {
    /// A message, or what was sent in place of one.
    Message {
        /// The message.
        incoming: Box<Incoming>,
        /// The length of its line.
        bytes: usize,
    },
    /// A line that was too long to be read.
    TooLong,
}

/// Some of an input, in order.
pub(super) enum Piece {
    /// The next lines.
    Lines(Vec<Decoded>),
    /// There are no more.
    End,
    /// The rest can't be read.
    Broken(io::Error),
}

/// A thread at work on an input. Once nobody takes its pieces it ends, at the latest with the next line.
pub(super) struct Decoder(Receiver<Piece>);

impl Decoder {
    pub(super) fn start(bytes: impl Read + Send + 'static) -> io::Result<Self> {
        let (pieces, taken) = sync_channel(PIECES_MAX);
        thread::Builder::new().name("usher-decoder".to_owned()).spawn(move || {
            let last = decode_all(bytes, &pieces).map_or_else(Piece::Broken, |()| Piece::End);
            // Nobody takes it where feeding has failed.
            let _ = pieces.send(last);
        })?;
        Ok(Self(taken))
    }

    /// The next piece; `None` if the thread ended without a last one.
    pub(super) fn next(&self) -> Option<Piece> {
        self.0.recv().ok()
    }
}

fn decode_all(bytes: impl Read + 'static, pieces: &SyncSender<Piece>) -> io::Result<()> {
    let mut lines = Lines::of(bytes)?;
    loop {
        let (piece, outcome) = decode_piece(&mut lines);
        let is_last = piece.is_empty();
        if !is_last && pieces.send(Piece::Lines(piece)).is_err() {
            return Ok(());
        }
        outcome?;
        if is_last {
            return Ok(());
        }
    }
}

/// As many lines as make a piece, and whether reading failed behind them; none at the end.
fn decode_piece(lines: &mut Lines) -> (Vec<Decoded>, io::Result<()>) {
    let mut piece = Vec::with_capacity(PIECE_LINES_MAX);
    let mut piece_bytes = 0_usize;
    while piece.len() < PIECE_LINES_MAX && piece_bytes < PIECE_BYTES_MAX {
        match lines.next() {
            Ok(Some(Line::Whole(line))) => {
                piece_bytes = piece_bytes.saturating_add(line.len());
                let incoming = Box::new(incoming::from_json(line));
                piece.push(Decoded::Message { incoming, bytes: line.len() });
            }
            Ok(Some(Line::TooLong)) => piece.push(Decoded::TooLong),
            Ok(None) => break,
            Err(error) => return (piece, Err(error)),
        }
    }
    (piece, Ok(()))
}
