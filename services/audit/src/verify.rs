//! The way through: first the journal with the index beside it, then what is derived from it.

use journal::Journal;
use serde::Serialize;

use crate::{
    AuditError, Stage, Subject,
    auditor::Auditor,
    replay::{self, Replay, Sealed},
    seal::{Seal, Since},
    walk,
};

/// What was checked and found sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Commits of all shards.
    pub commits: u64,
    /// Events of all streams.
    pub events: u64,
    /// Streams.
    pub streams: u64,
    /// Licensees.
    pub licensees: u64,
}

/// Checks everything; `tell` hears how many of what are done so far. Changes nothing.
///
/// # Errors
/// [`AuditError::Difference`] with the first thing that is not what it should be, or what stood in the way of looking.
pub fn verify(subject: &Subject, tell: &mut dyn FnMut(Stage, u64)) -> Result<Checked, AuditError> {
    Ok(look(subject, Replay::new(subject.journal.shard_count()), tell)?.0)
}

/// As [`verify`], and that the store, which goes by the id `store`, still has the history that a seal vouches for. What
/// came after it is fine, and counted. Whether the seal itself can be trusted is asked before
/// ([`SignedSeal::check_signature`](crate::SignedSeal::check_signature)).
///
/// # Errors
/// As [`verify`].
pub fn verify_against(
    subject: &Subject,
    seal: &Seal,
    store: &[u8],
    tell: &mut dyn FnMut(Stage, u64),
) -> Result<(Checked, Since), AuditError> {
    let shards = subject.journal.shard_count();
    look(subject, Replay::against(Sealed::of(seal, store, shards)?, shards), tell)
}

/// Checks the journal alone, for a store of which nothing else can be opened.
///
/// # Errors
/// As [`verify`].
pub fn verify_journal(journal: &dyn Journal) -> Result<(), AuditError> {
    replay_journal(journal, Replay::new(journal.shard_count())).map(drop)
}

/// As [`verify_against`], of the journal alone.
///
/// # Errors
/// As [`verify`].
pub fn verify_journal_against(journal: &dyn Journal, seal: &Seal, store: &[u8]) -> Result<Since, AuditError> {
    let shards = journal.shard_count();
    replay_journal(journal, Replay::against(Sealed::of(seal, store, shards)?, shards))?.check_seal_is_met()
}

fn replay_journal(journal: &dyn Journal, mut replay: Replay) -> Result<Replay, AuditError> {
    for end in journal.heads()? {
        walk::to(journal, &mut replay, end, |replay, stored| replay.take(stored, &replay::read(stored)?))?;
    }
    Ok(replay)
}

fn look(subject: &Subject, replay: Replay, tell: &mut dyn FnMut(Stage, u64)) -> Result<(Checked, Since), AuditError> {
    let replay = Replay { block_accounts: Some(Vec::new()), ..replay };
    let mut auditor = Auditor::new(subject, replay, tell);
    auditor.catch_up()?;
    let since = auditor.replay.check_seal_is_met()?;
    auditor.check_index()?;
    auditor.catch_up()?;
    auditor.check_kept_states_are_met()?;
    auditor.check_views()?;
    Ok((Checked::of(&auditor.replay), since))
}

impl Checked {
    fn of(replay: &Replay) -> Self {
        let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        Self {
            commits: replay.counts.commits,
            events: replay.counts.events,
            streams: count(replay.streams.len()),
            licensees: count(replay.licensees.len()),
        }
    }
}
