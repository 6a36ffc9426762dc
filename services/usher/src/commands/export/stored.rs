//! Events out of a store.

use contract::stored::{EventRef, RecordRef};
use journal::{Journal, Position, StoredCommit, beginnings, read_ahead};

use super::ExportError;
use crate::error::CommandError;

/// How much of a shard is read at one go, bytes.
const READ_BYTES: usize = 4 * 1024 * 1024;

/// Visits every event of the store as it is now, shard by shard, oldest first. Ends with the first error.
pub(super) fn for_each_event(
    journal: &dyn Journal,
    mut visit: impl FnMut(Position, &EventRef<'_>) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    let visited = read_ahead(journal, &beginnings(journal), READ_BYTES, |stretches| {
        for stretch in stretches {
            let commits = stretch.map_err(ExportError::from)?;
            commits.iter().try_for_each(|commit| for_each_event_of(commit, &mut visit))?;
        }
        Ok(())
    });
    visited.map_err(ExportError::from)?
}

fn for_each_event_of(
    commit: &StoredCommit,
    visit: &mut impl FnMut(Position, &EventRef<'_>) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    let StoredCommit { shard, number, .. } = *commit;
    for read in commit.read_records() {
        let (position, record) = read.map_err(|source| ExportError::Commit { shard, number, source })?;
        if let RecordRef::Event(event) = record {
            visit(position, &event)?;
        }
    }
    Ok(())
}
