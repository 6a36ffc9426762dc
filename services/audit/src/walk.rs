//! Walking through the commits of a shard.

use journal::{Head, Journal, JournalError, StoredCommit};

use crate::{AuditError, Part, Place, error::differs, replay::Replay};

/// How much of a shard is read at one go, bytes of blocks.
const READ_BYTES: usize = 4 * 1024 * 1024;

/// The next commits of a shard after `reached`, some at a time, up to `end`; empty where there are none.
pub(crate) fn next(journal: &dyn Journal, reached: Head, end: Head) -> Result<Vec<StoredCommit>, AuditError> {
    let read = read(journal, reached.shard, reached.commit_number)?;
    Ok(read.into_iter().take_while(|commit| commit.number <= end.commit_number).collect())
}

/// Hands a replay the commits of a shard up to `end`, where they have to end; `take` is to bring it forward.
pub(crate) fn to(
    journal: &dyn Journal,
    replay: &mut Replay,
    end: Head,
    mut take: impl FnMut(&mut Replay, &StoredCommit) -> Result<(), AuditError>,
) -> Result<(), AuditError> {
    while replay.head(end.shard).commit_number < end.commit_number {
        let stored = next(journal, replay.head(end.shard), end)?;
        if stored.is_empty() {
            break;
        }
        stored.iter().try_for_each(|stored| take(replay, stored))?;
    }
    check_end(journal, replay.head(end.shard), end)
}

/// Checks that the shard's commits, which were read up to `reached`, end where its head says.
pub(crate) fn check_end(journal: &dyn Journal, reached: Head, end: Head) -> Result<(), AuditError> {
    let wrong = |field, found: u64, expected: u64| {
        let place = Place { shard: Some(end.shard), ..Place::default() };
        differs(Part::Journal, place, field, found, expected)
    };
    if reached.commit_number != end.commit_number {
        return Err(wrong("last commit", reached.commit_number, end.commit_number));
    }
    if reached.position != end.position {
        return Err(wrong("last position", reached.position, end.position));
    }
    let beyond = read(journal, end.shard, end.commit_number)?;
    let Some(beyond) = beyond.first() else { return Ok(()) };
    // Written since, unless the head still does not know it.
    let is_unknown = journal.heads()?.contains(&end);
    if is_unknown { Err(wrong("last commit", beyond.number, end.commit_number)) } else { Ok(()) }
}

/// Reads commits of a shard. One that is damaged is named, once those before it were read.
fn read(journal: &dyn Journal, shard: u16, after: u64) -> Result<Vec<StoredCommit>, AuditError> {
    let mut bytes = READ_BYTES;
    loop {
        match journal.read(shard, after, bytes) {
            // Fewer at a time, until the damaged one is the very next.
            Err(JournalError::Corrupt { .. }) if bytes > 1 => bytes = (bytes / 16).max(1),
            Err(JournalError::Corrupt { detail, .. }) => {
                let place = Place::of_commit(shard, after.saturating_add(1));
                let found = format!("damaged ({detail})");
                return Err(differs(Part::Journal, place, "the row", found, "as it was written"));
            }
            outcome => return Ok(outcome?),
        }
    }
}
