//! The commits of a batch, and the fence around them.

use std::collections::BTreeMap;

use postgres::types::Type;

use crate::{
    BLOCK_BYTES_MAX, Epoch, Head, Held, JournalError, NewCommit,
    postgres::{statement::Statement, value::Param},
};

/// The most bytes of blocks of one batch: a statement and its parameters have to stay below PostgreSQL's 1 GiB.
const BATCH_BYTES_MAX: usize = BLOCK_BYTES_MAX + BLOCK_BYTES_MAX / 2;

/// A row of the clock, and what it is set to.
pub(super) struct Clock {
    pub(super) slot: i32,
    pub(super) now_us: i64,
}

/// Commits, column by column, and by shard how its head moves.
#[derive(Default)]
pub(super) struct Commits<'a> {
    shards: Vec<i32>,
    numbers: Vec<i64>,
    first_positions: Vec<i64>,
    records: Vec<i64>,
    recorded_at_us: Vec<i64>,
    checksums: Vec<i64>,
    blocks: Vec<&'a [u8]>,
    moves: Moves,
    /// The first commit of each shard, to tell what did not follow.
    firsts: BTreeMap<u16, &'a NewCommit>,
    held: BTreeMap<u16, Epoch>,
}

/// What the heads have to be, and become.
#[derive(Default)]
struct Moves {
    shards: Vec<i32>,
    epochs: Vec<i64>,
    numbers_before: Vec<i64>,
    positions_before: Vec<i64>,
    numbers: Vec<i64>,
    positions: Vec<i64>,
}

impl<'a> Commits<'a> {
    /// Checks what can be told without the server. `head_of` is asked for the end of a shard that a commit can't follow.
    pub(super) fn of(
        commits: &'a [NewCommit],
        shards: u16,
        held: &Held,
        head_of: impl Fn(u16) -> Result<Head, JournalError>,
    ) -> Result<Self, JournalError> {
        check_sizes(commits)?;
        let mut all = Self::default();
        let mut ends: BTreeMap<u16, Head> = BTreeMap::new();
        for commit in commits {
            let shard = commit.shard;
            if shard >= shards {
                return Err(JournalError::UnknownShard { shard, shards });
            }
            let epoch = held.epoch(shard).ok_or(JournalError::NotHeld { shard })?;
            if ends.get(&shard).is_some_and(|end| !follows(commit, *end)) {
                return Err(conflict(commit, ends.get(&shard).copied().map_or_else(|| head_of(shard), Ok)?));
            }
            if all.push(commit).is_none() {
                return Err(conflict(commit, head_of(shard)?));
            }
            ends.insert(shard, commit.head());
            all.firsts.entry(shard).or_insert(commit);
            all.held.insert(shard, epoch);
        }
        all.note_moves(&ends);
        Ok(all)
    }

    /// Adds a row; `None` if its numbers are beyond those that were ever given out.
    fn push(&mut self, commit: &'a NewCommit) -> Option<()> {
        // Also of the end, which is what the head becomes.
        i64::try_from(commit.head().position).ok()?;
        self.numbers.push(i64::try_from(commit.number).ok()?);
        self.first_positions.push(i64::try_from(commit.first_position).ok()?);
        self.shards.push(commit.shard.into());
        self.records.push(commit.records.into());
        self.recorded_at_us.push(commit.recorded_at.timestamp_micros());
        self.checksums.push(commit.checksum().cast_signed());
        self.blocks.push(&commit.block);
        Some(())
    }

    fn note_moves(&mut self, ends: &BTreeMap<u16, Head>) {
        let moves = &mut self.moves;
        for ((shard, first), (end, epoch)) in self.firsts.iter().zip(ends.values().zip(self.held.values())) {
            moves.shards.push((*shard).into());
            moves.epochs.push(epoch.0.cast_signed());
            // All of them fit, or `push` would have said so. Number 0 follows none: -1 is nobody's.
            moves.numbers_before.push(first.number.cast_signed().wrapping_sub(1));
            moves.positions_before.push(first.first_position.cast_signed().wrapping_sub(1));
            moves.numbers.push(end.commit_number.cast_signed());
            moves.positions.push(end.position.cast_signed());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shards.is_empty()
    }

    pub(super) fn count(&self) -> usize {
        self.shards.len()
    }

    /// The shards that the batch writes to.
    pub(super) fn moved_shards(&self) -> Param<'_> {
        (&self.moves.shards, Type::INT4_ARRAY)
    }

    /// Shard, number and checksum of each commit.
    pub(super) fn marks(&self) -> [Param<'_>; 3] {
        [(&self.shards, Type::INT4_ARRAY), (&self.numbers, Type::INT8_ARRAY), (&self.checksums, Type::INT8_ARRAY)]
    }

    /// Sets the fence, which locks the heads, compares them and their epochs, and writes the commits behind them and the clock.
    pub(super) fn add_to<'s>(&'s self, clock: Option<&'s Clock>, statement: &mut Statement<'s>) {
        if self.is_empty() && clock.is_none() {
            return;
        }
        let moves = &self.moves;
        let (clock_shard, clock_now_us): (Param<'_>, Param<'_>) = match clock {
            Some(Clock { slot, now_us }) => ((slot, Type::INT4), (now_us, Type::INT8)),
            None => ((&None::<i32>, Type::INT4), (&None::<i64>, Type::INT8)),
        };
        statement.fence(
            "usher.append_batch(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (&moves.shards, Type::INT4_ARRAY),
                (&moves.epochs, Type::INT8_ARRAY),
                (&moves.numbers_before, Type::INT8_ARRAY),
                (&moves.positions_before, Type::INT8_ARRAY),
                (&moves.numbers, Type::INT8_ARRAY),
                (&moves.positions, Type::INT8_ARRAY),
                (&self.shards, Type::INT4_ARRAY),
                (&self.numbers, Type::INT8_ARRAY),
                (&self.first_positions, Type::INT8_ARRAY),
                (&self.records, Type::INT8_ARRAY),
                (&self.recorded_at_us, Type::INT8_ARRAY),
                (&self.checksums, Type::INT8_ARRAY),
                (&self.blocks, Type::BYTEA_ARRAY),
                clock_shard,
                clock_now_us,
            ],
        );
    }

    /// Why the fence did not hold, by the heads as they are; a lost shard counts before one that went on.
    pub(super) fn refusal(&self, ends: &[(Head, Epoch)]) -> JournalError {
        let is_lost = |(head, epoch): &&(Head, Epoch)| self.held.get(&head.shard) != Some(epoch);
        if let Some((head, _)) = ends.iter().find(is_lost) {
            return JournalError::NotHeld { shard: head.shard };
        }
        let offered = ends.iter().filter_map(|(head, _)| Some((*head, *self.firsts.get(&head.shard)?)));
        let mut conflicts = offered.clone().filter(|(head, first)| !follows(first, *head));
        match conflicts.next().or_else(|| offered.clone().next()) {
            Some((head, first)) => conflict(first, head),
            // No head at all: the shard is nobody's.
            None => JournalError::NotHeld { shard: self.firsts.keys().next().copied().unwrap_or_default() },
        }
    }
}

fn check_sizes(commits: &[NewCommit]) -> Result<(), JournalError> {
    let sizes = commits.iter().map(|commit| commit.block.len());
    let largest = sizes.clone().max().unwrap_or_default();
    if largest > BLOCK_BYTES_MAX {
        return Err(JournalError::TooLarge { bytes: largest, bytes_max: BLOCK_BYTES_MAX });
    }
    let bytes = sizes.fold(0usize, usize::saturating_add);
    if bytes > BATCH_BYTES_MAX {
        return Err(JournalError::TooLarge { bytes, bytes_max: BATCH_BYTES_MAX });
    }
    Ok(())
}

/// Whether a commit is the one after `head`.
fn follows(commit: &NewCommit, head: Head) -> bool {
    Some(commit.number) == head.commit_number.checked_add(1)
        && Some(commit.first_position) == head.position.checked_add(1)
}

fn conflict(commit: &NewCommit, head: Head) -> JournalError {
    JournalError::Conflict {
        shard: commit.shard,
        head,
        offered_number: commit.number,
        offered_first_position: commit.first_position,
    }
}
