//! One page of the moves, so that a long history is never in memory as a whole.

use std::collections::BTreeMap;

use super::Move;

/// Which of the moves are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovesWanted {
    /// Only those behind this version of the licensee; 0 for all.
    pub after_version: u64,
    /// How many at most.
    pub limit: usize,
}

/// The moves of one page, by the version of their event, which no two share.
pub(super) struct Page {
    wanted: MovesWanted,
    moves: BTreeMap<u64, Move>,
    more: bool,
}

impl Page {
    pub(super) const fn new(wanted: MovesWanted) -> Self {
        Self { wanted, moves: BTreeMap::new(), more: false }
    }

    /// Takes a move, in any order: what was sold is told once its command was read to its end.
    pub(super) fn add(&mut self, told: Move) {
        if told.event.version <= self.wanted.after_version {
            return;
        }
        self.moves.insert(told.event.version, told);
        if self.moves.len() > self.wanted.limit {
            self.moves.pop_last();
            self.more = true;
        }
    }

    /// The moves in order, and whether more follow.
    pub(super) fn finish(self) -> (Vec<Move>, bool) {
        (self.moves.into_values().collect(), self.more)
    }
}
