//! Writing a bundle.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use contract::proto::journal::{Event, Outcome, record::Kind};
use journal::Journal;
use licensing::{Instant, LicenseeId};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    BUNDLE_FORMAT, BUNDLE_VERSION, Heading,
    line::{EventLine, Line, RefusalLine},
};
use crate::{
    AuditError,
    replay::{self, ReadCommit, Replay},
    seal::{Contents, Hex, SigningKey, seal_of, store_name},
    walk,
};

/// Whose history is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's.
    Store,
    /// That of these licensees.
    Licensees(BTreeSet<LicenseeId>),
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Written {
    /// Events.
    pub events: u64,
    /// Refusals.
    pub refusals: u64,
}

/// Why no bundle was written to its end.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The journal is not sound, or can't be read.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// There is nothing of a licensee.
    #[error("there is no licensee {0}: name one that the store has events of")]
    UnknownLicensee(LicenseeId),
    /// It can't be written.
    #[error("the bundle cannot be written: check where it leads to")]
    Output(#[from] io::Error),
}

/// Replays the journal up to where it ends now, and writes what is wanted of it with a seal behind it; `tell` hears how many
/// commits are done. What was written before an error is no bundle.
///
/// # Errors
/// [`WriteError`].
pub fn write_bundle(
    journal: &dyn Journal,
    store: &[u8],
    scope: &Scope,
    made_at: Instant,
    key: &SigningKey,
    to: impl Write,
    tell: &mut dyn FnMut(u64),
) -> Result<Written, WriteError> {
    let licensees = match scope {
        Scope::Store => None,
        Scope::Licensees(licensees) => Some(licensees.iter().cloned().collect::<Vec<_>>()),
    };
    let mut replay = Replay::new(journal.shard_count());
    let mut lines = Lines { to: io::BufWriter::new(to), hasher: Sha256::new(), lines: 0, events: 0, refusals: 0 };
    lines.write(&Line::Bundle(Heading {
        format: BUNDLE_FORMAT.to_owned(),
        version: BUNDLE_VERSION,
        store: store_name(store),
        shards: journal.shard_count(),
        licensees: licensees.clone(),
    }))?;
    for end in journal.heads().map_err(AuditError::from)? {
        walk::to(journal, &mut replay, end, |replay, stored| {
            let commit = replay::read(stored)?;
            replay.take(stored, &commit)?;
            tell(replay.counts.commits);
            lines.write_commit(&commit, scope).map_err(|source| AuditError::Output { source })
        })?;
    }
    for licensee in licensees.iter().flatten() {
        if !replay.licensees.contains_key(licensee) {
            return Err(WriteError::UnknownLicensee(licensee.clone()));
        }
    }
    lines.finish(&replay, store_name(store), licensees, made_at, key)
}

struct Lines<W: Write> {
    to: io::BufWriter<W>,
    hasher: Sha256,
    lines: u64,
    events: u64,
    refusals: u64,
}

impl<W: Write> Lines<W> {
    fn write_commit(&mut self, commit: &ReadCommit, scope: &Scope) -> io::Result<()> {
        for (position, kind) in &commit.records {
            let line = match kind {
                Kind::Event(event) if scope.has_event(event) => {
                    self.events += 1;
                    EventLine::of(*position, event).map(|line| Line::Event(Box::new(line)))
                }
                Kind::Outcome(outcome) if outcome.refusal.is_some() && scope.has_outcome(outcome) => {
                    self.refusals += 1;
                    RefusalLine::of(*position, outcome).map(|line| Line::Refusal(Box::new(line)))
                }
                _ => continue,
            };
            let line = line.ok_or_else(|| io::Error::other("a record cannot be shown: run usher verify"))?;
            self.write(&line)?;
        }
        Ok(())
    }

    fn write(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.hasher.update(&text);
        self.lines += 1;
        self.to.write_all(&text)
    }

    fn finish(
        mut self,
        replay: &Replay,
        store: String,
        licensees: Option<Vec<LicenseeId>>,
        made_at: Instant,
        key: &SigningKey,
    ) -> Result<Written, WriteError> {
        let contents = Contents {
            events: self.events,
            licensees,
            lines: self.lines,
            refusals: self.refusals,
            sha256: Hex(self.hasher.clone().finalize().into()),
        };
        let seal = seal_of(replay, store, made_at, Some(contents)).map_err(AuditError::from)?;
        self.write(&Line::Seal(Box::new(seal.sign(key)?)))?;
        self.to.flush()?;
        Ok(Written { events: self.events, refusals: self.refusals })
    }
}

impl Scope {
    fn has_event(&self, event: &Event) -> bool {
        match self {
            Self::Store => true,
            Self::Licensees(licensees) => {
                event.stream.strip_prefix("licensee/").is_some_and(|licensee| licensees.contains(licensee))
            }
        }
    }

    fn has_outcome(&self, outcome: &Outcome) -> bool {
        match self {
            Self::Store => true,
            Self::Licensees(licensees) => licensees.contains(outcome.licensee.as_str()),
        }
    }
}
