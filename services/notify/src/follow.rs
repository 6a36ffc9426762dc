//! Reading on in the journal.

use contract::proto::journal::{Event, record::Kind};
use journal::{Head, Journal, Position, StoredCommit};

use crate::NotifyError;

/// Bytes of commits that are read at one go; more only if a single commit has more.
const READ_BYTES: usize = 1024 * 1024;

/// Some commits of a shard, decoded.
pub(crate) struct Stretch {
    /// Where the shard ended before them.
    pub(crate) from: Head,
    /// Where it ended with the last of them.
    pub(crate) to: Head,
    /// The events in them, in order, and where each lies.
    pub(crate) events: Vec<(Position, Event)>,
}

impl Stretch {
    /// What follows `from`; `None` at the end of the shard.
    pub(crate) fn after(journal: &dyn Journal, from: Head) -> Result<Option<Self>, NotifyError> {
        let commits = journal.follow(from.shard, from.commit_number, READ_BYTES)?;
        let Some(last) = commits.last() else { return Ok(None) };
        let to = last.head();
        let mut events = Vec::new();
        for commit in &commits {
            events.extend(events_of(commit)?);
        }
        Ok(Some(Self { from, to, events }))
    }
}

fn events_of(stored: &StoredCommit) -> Result<impl Iterator<Item = (Position, Event)> + use<>, NotifyError> {
    let (shard, first) = (stored.shard, stored.first_position);
    let commit = stored.decode().map_err(|source| NotifyError::Record {
        position: Position { shard, position: first },
        source: Box::new(source),
    })?;
    Ok((first..).zip(commit.records).filter_map(move |(position, record)| match record.kind {
        Some(Kind::Event(event)) => Some((Position { shard, position }, event)),
        Some(Kind::Usage(_) | Kind::Outcome(_)) | None => None,
    }))
}
