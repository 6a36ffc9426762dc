//! What a licensee's own stream tells of an earlier command, for one that undoes it (ADR 16).

use contract::event::{StreamEvent, decode_recorded, licensee_stream};
use journal::{StoredEvent, StreamIndex};
use licensing::{LicenseeId, PastEvent, VersionRange};

use crate::{
    Engine, EngineError,
    reading::{INDEX_WAIT, unreadable},
};

/// How many events are read at one go.
const PAGE_EVENTS: u64 = 10_000;

impl Engine {
    /// Where the events of a command lie in a licensee's stream; `None` if none bears its id. Of an id that was used anew
    /// after its time, where those of the last use lie. Blocks: it looks from the end of the stream, so that what
    /// happened lately is found at once.
    ///
    /// # Errors
    /// [`EngineError::Busy`] when the index is far behind, others when the store can't be read.
    pub fn find_command(&self, licensee: &LicenseeId, command_id: &str) -> Result<Option<VersionRange>, EngineError> {
        self.wait_for_all_committed(licensee)?;
        let stream = licensee_stream(licensee);
        let mut unseen = self.index.stream_head(&stream)?.map_or(0, |head| head.version);
        let mut found = Found::default();
        while unseen > 0 && !found.is_whole {
            let before = unseen.saturating_sub(PAGE_EVENTS);
            let limit = usize::try_from(unseen.saturating_sub(before)).unwrap_or(usize::MAX);
            for StoredEvent { event, .. } in self.index.stream(&stream, before, limit)?.iter().rev() {
                found.look_at(event.version, event.command_id == command_id);
            }
            unseen = before;
        }
        Ok(found.versions)
    }

    /// Whoever was answered finds what they did.
    fn wait_for_all_committed(&self, licensee: &LicenseeId) -> Result<(), EngineError> {
        let shard = self.shard_of(licensee.as_str());
        let heads = self.journal.heads()?;
        let Some(head) = heads.iter().find(|head| head.shard == shard) else { return Ok(()) };
        let is_indexed = self.index.wait_until(shard, head.commit_number, INDEX_WAIT)?;
        if is_indexed { Ok(()) } else { Err(EngineError::Busy) }
    }
}

/// The last run of events that bear an id, found backwards.
#[derive(Default)]
struct Found {
    versions: Option<VersionRange>,
    /// Whether the event before the first was seen.
    is_whole: bool,
}

impl Found {
    fn look_at(&mut self, version: u64, bears_the_id: bool) {
        match (&mut self.versions, bears_the_id) {
            _ if self.is_whole => {}
            (versions @ None, true) => *versions = Some(VersionRange { first: version, last: version }),
            (Some(versions), true) => versions.first = version,
            (Some(_), false) => self.is_whole = true,
            (None, false) => {}
        }
    }
}

/// Some of a licensee's events, which have to be indexed.
pub(crate) fn read_past_events(
    index: &dyn StreamIndex,
    licensee: &LicenseeId,
    VersionRange { first, last }: VersionRange,
) -> Result<Vec<PastEvent>, EngineError> {
    let stream = licensee_stream(licensee);
    let before = first.saturating_sub(1);
    let limit = usize::try_from(last.saturating_sub(before)).unwrap_or(usize::MAX);
    let mut past = Vec::new();
    for StoredEvent { event: record, .. } in index.stream(&stream, before, limit)? {
        let event = decode_recorded(&record).map_err(|error| unreadable(&stream, &error))?;
        if let StreamEvent::Licensee { event, .. } = event {
            past.push(PastEvent { version: record.version, event });
        }
    }
    Ok(past)
}
