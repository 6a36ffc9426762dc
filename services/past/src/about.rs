//! Reading the events that concern somebody, of however many there are.

use contract::event::StreamName;
use journal::{About, BLOCK_EVENTS, StoredEvent};
use licensing::LicenseeId;

use crate::{Moment, Past, PastError, reading::instant};

/// How many events are read at one go.
const EVENTS_AT_ONCE: usize = 1_000;

impl Past {
    /// Visits the events of a licensee that concern somebody and count at a moment, in order.
    ///
    /// # Errors
    /// When the index can't be read, and as `visit`.
    pub fn for_each_about<E: From<PastError>>(
        &self,
        licensee: &LicenseeId,
        about: &About<'_>,
        moment: &Moment,
        mut visit: impl FnMut(StoredEvent) -> Result<(), E>,
    ) -> Result<(), E> {
        let stream = StreamName::Licensee(licensee.clone()).to_string();
        let known = self.last_known(&stream, moment)?;
        let mut after = 0;
        loop {
            let page = self.index.events_about(&stream, after, about, EVENTS_AT_ONCE).map_err(PastError::from)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.event.version;
            for stored in page {
                if stored.event.version > known {
                    return Ok(());
                }
                if moment.has_in_effect(instant(stored.event.effective_at_us)) {
                    visit(stored)?;
                }
            }
        }
    }

    /// Visits every event of the command that made an event, in order: in a stream they follow each other.
    ///
    /// # Errors
    /// When the index can't be read, and as `visit`.
    pub fn for_each_of_command<E: From<PastError>>(
        &self,
        licensee: &LicenseeId,
        version: u64,
        command_id: &str,
        mut visit: impl FnMut(StoredEvent) -> Result<(), E>,
    ) -> Result<(), E> {
        let stream = StreamName::Licensee(licensee.clone()).to_string();
        let mut after = self.before_command(&stream, version, command_id)?;
        loop {
            let page = self.index.stream(&stream, after, EVENTS_AT_ONCE).map_err(PastError::from)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.event.version;
            for stored in page {
                if stored.event.command_id != command_id {
                    return Ok(());
                }
                visit(stored)?;
            }
        }
    }

    /// The version before the first event of the command that made the event of a version.
    fn before_command(&self, stream: &str, version: u64, command_id: &str) -> Result<u64, PastError> {
        let mut before = version.saturating_sub(1);
        loop {
            let after = before.saturating_sub(BLOCK_EVENTS);
            let wanted = usize::try_from(before.saturating_sub(after)).unwrap_or(usize::MAX);
            let page = if wanted == 0 { Vec::new() } else { self.index.stream(stream, after, wanted)? };
            let others = page.iter().rev().find(|stored| stored.event.command_id != command_id);
            match others {
                Some(last_of_others) => return Ok(last_of_others.event.version),
                None if after == 0 => return Ok(0),
                None => before = after,
            }
        }
    }

    /// The last version of a stream before the first event that was not known yet.
    fn last_known(&self, stream: &str, moment: &Moment) -> Result<u64, PastError> {
        if moment.as_known_at.is_none() {
            return Ok(u64::MAX);
        }
        let blocks = self.index.blocks(stream)?;
        let known = blocks.iter().take_while(|block| moment.knows(block.recorded_max)).last();
        let after = known.map_or(0, |block| block.last_version);
        let at_once = usize::try_from(BLOCK_EVENTS).unwrap_or(usize::MAX);
        let behind = self.index.stream(stream, after, at_once)?;
        let unknown = behind.iter().find(|stored| !moment.knows(instant(stored.event.recorded_at_us)));
        Ok(unknown.map_or(u64::MAX, |unknown| unknown.event.version.saturating_sub(1)))
    }
}
