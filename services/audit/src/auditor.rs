//! The way through: first the journal with the index beside it, then what is derived from it.

use std::{cmp::Reverse, time::Duration};

use contract::proto::journal::record::Kind;
use journal::{Head, Journal, Positions};
use licensing::LicenseeId;
use serde::Serialize;
use serde_json::Value;

use crate::{
    AuditError, Subject,
    compare::{Mismatch, first_mismatch},
    index, past_index,
    replay::{self, KeptAs, ReadCommit, Replay, StateMark},
    seal::{Seal, Sealed, Since},
    walk,
};

/// How long index or views may take to come up to the journal.
const CATCH_UP_MAX: Duration = Duration::from_secs(60);
/// How often something that keeps changing is looked at.
const ATTEMPTS_MAX: usize = 100;
/// Begins the name of a licensee's stream.
const LICENSEE: &str = "licensee/";

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

/// What is being checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Commits, and what the index tells of their records.
    Commits,
    /// The ends of streams in the index.
    Streams,
    /// Licensees with their members in the views.
    Licensees,
    /// Users in the views.
    Users,
    /// Refusals in the views: a second time through the commits.
    Refusals,
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
    let mut auditor = Auditor { subject, replay, licensees_done: 0, tell };
    auditor.catch_up()?;
    let since = auditor.replay.check_seal_is_met()?;
    auditor.check_index()?;
    auditor.catch_up()?;
    auditor.check_kept_states_are_met()?;
    auditor.check_views()?;
    Ok((auditor.checked(), since))
}

/// Somebody who looks at a store.
pub(crate) struct Auditor<'a> {
    pub(crate) subject: &'a Subject,
    pub(crate) replay: Replay,
    pub(crate) licensees_done: u64,
    tell: &'a mut dyn FnMut(Stage, u64),
}

impl Auditor<'_> {
    pub(crate) fn tell(&mut self, stage: Stage, done: u64) {
        (self.tell)(stage, done);
    }

    /// Compares what follows from the journal with what is found.
    ///
    /// Others may write meanwhile: it is a mismatch only if, after what was found was read, the journal up to then still
    /// says what it said before.
    pub(crate) fn settled(
        &mut self,
        what: &str,
        expected: impl Fn(&Replay) -> Result<Value, AuditError>,
        found: impl Fn(&Subject) -> Result<Value, AuditError>,
    ) -> Result<Option<Mismatch>, AuditError> {
        for _ in 0..ATTEMPTS_MAX {
            let expected_before = expected(&self.replay)?;
            let Some(mismatch) = first_mismatch(&found(self.subject)?, &expected_before) else { return Ok(None) };
            self.catch_up()?;
            if expected(&self.replay)? == expected_before {
                return Ok(Some(mismatch));
            }
        }
        Err(AuditError::Restless { what: what.to_owned() })
    }

    /// Replays what the journal holds by now, and waits until index and views show it.
    pub(crate) fn catch_up(&mut self) -> Result<(), AuditError> {
        for end in self.subject.journal.heads()? {
            self.replay_shard(end)?;
            walk::check_end(&*self.subject.journal, self.replay.head(end.shard), end)?;
        }
        let reached: Positions = self.replay.heads.iter().copied().filter(|head| head.position > 0).collect();
        if !self.subject.views.wait_for(&reached, CATCH_UP_MAX)? {
            return Err(AuditError::Standstill { what: "the read models" });
        }
        Ok(())
    }

    fn replay_shard(&mut self, end: Head) -> Result<(), AuditError> {
        let journal = &*self.subject.journal;
        while self.replay.head(end.shard).commit_number < end.commit_number {
            let stored = walk::next(journal, self.replay.head(end.shard), end)?;
            let Some(last) = stored.last() else { break };
            let commits = stored.iter().map(replay::read).collect::<Result<Vec<_>, _>>()?;
            self.note_kept_states(&commits)?;
            let uses = past_index::fresh_uses(&self.replay, &commits);
            for (stored, commit) in stored.iter().zip(&commits) {
                self.replay.take(stored, commit)?;
            }
            // Last: whatever is wrong with the journal itself is told first, not what somebody made of it.
            self.wait_for_index(end.shard, last.number)?;
            index::check_records(&*self.subject.index, &commits)?;
            past_index::check_uses(&*self.subject.index, &uses)?;
            let accounts = self.replay.block_accounts.as_mut().map(std::mem::take).unwrap_or_default();
            past_index::check_block_accounts(&*self.subject.index, &accounts)?;
            self.tell(Stage::Commits, self.replay.counts.commits);
        }
        Ok(())
    }

    fn wait_for_index(&self, shard: u16, number: u64) -> Result<(), AuditError> {
        if self.subject.index.wait_until(shard, number, CATCH_UP_MAX)? {
            return Ok(());
        }
        Err(AuditError::Standstill { what: "the index" })
    }

    /// Notes the states that are kept of licensees that begin in these commits; when the fold comes to them, they are
    /// compared.
    fn note_kept_states(&mut self, commits: &[ReadCommit]) -> Result<(), AuditError> {
        for (_, kind) in commits.iter().flat_map(|commit| &commit.records) {
            let Kind::Event(event) = kind else { continue };
            let Some(licensee) = event.stream.strip_prefix(LICENSEE).filter(|_| event.version == 1) else { continue };
            let Ok(licensee) = LicenseeId::parse(licensee) else { continue };
            let mut marks = past_index::kept_states(&*self.subject.index, &event.stream)?;
            let snapshot = self.subject.index.snapshot(&event.stream)?;
            marks.extend(snapshot.and_then(|snapshot| StateMark::of(KeptAs::Snapshot, &snapshot)));
            marks.sort_unstable_by_key(|mark| Reverse(mark.version));
            if !marks.is_empty() {
                self.replay.kept_states.insert(licensee, marks);
            }
        }
        Ok(())
    }

    fn checked(&self) -> Checked {
        let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        Checked {
            commits: self.replay.counts.commits,
            events: self.replay.counts.events,
            streams: count(self.replay.streams.len()),
            licensees: count(self.replay.licensees.len()),
        }
    }
}
