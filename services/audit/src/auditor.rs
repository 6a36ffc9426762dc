//! Somebody who looks at a store: brings a replay up to it, and holds what is found against that.

use std::{cmp::Reverse, time::Duration};

use contract::proto::journal::record::Kind;
use journal::{Head, Positions};
use licensing::LicenseeId;
use serde_json::Value;

use crate::{
    AuditError, Subject,
    compare::{Mismatch, first_mismatch},
    index::{self, kept},
    replay::{self, KeptAs, ReadCommit, Replay, StateMark},
    walk,
};

/// How long index or views may take to come up to the journal.
const CATCH_UP_MAX: Duration = Duration::from_secs(60);
/// How often something that keeps changing is looked at.
const ATTEMPTS_MAX: usize = 100;
/// Begins the name of a licensee's stream.
const LICENSEE: &str = "licensee/";

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

/// Somebody who looks at a store.
pub(crate) struct Auditor<'a> {
    pub(crate) subject: &'a Subject,
    pub(crate) replay: Replay,
    pub(crate) licensees_done: u64,
    tell: &'a mut dyn FnMut(Stage, u64),
}

impl<'a> Auditor<'a> {
    /// Somebody who has not looked at anything yet; `tell` hears how far they are.
    pub(crate) fn new(subject: &'a Subject, replay: Replay, tell: &'a mut dyn FnMut(Stage, u64)) -> Self {
        Self { subject, replay, licensees_done: 0, tell }
    }

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
            let uses = kept::fresh_uses(&self.replay, &commits);
            for (stored, commit) in stored.iter().zip(&commits) {
                self.replay.take(stored, commit)?;
            }
            // Last: whatever is wrong with the journal itself is told first, not what somebody made of it.
            self.wait_for_index(end.shard, last.number)?;
            index::check_records(&*self.subject.index, &commits)?;
            kept::check_uses(&*self.subject.index, &uses)?;
            let accounts = self.replay.block_accounts.as_mut().map(std::mem::take).unwrap_or_default();
            kept::check_block_accounts(&*self.subject.index, &accounts)?;
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
            let mut marks = kept::kept_states(&*self.subject.index, &event.stream)?;
            let snapshot = self.subject.index.snapshot(&event.stream)?;
            marks.extend(snapshot.and_then(|snapshot| StateMark::of(KeptAs::Snapshot, &snapshot)));
            marks.sort_unstable_by_key(|mark| Reverse(mark.version));
            if !marks.is_empty() {
                self.replay.kept_states.insert(licensee, marks);
            }
        }
        Ok(())
    }
}
