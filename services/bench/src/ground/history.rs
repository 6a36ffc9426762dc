//! A long history on PostgreSQL, made once a run, for whoever reads all of it.

use std::collections::HashMap;

use contract::{
    event::{StreamEvent, decode},
    stored::{EventRef, RecordRef},
};
use journal::{Journal, beginnings, read_ahead};
use licensing::{Instant, Licensee, LicenseeId};

use super::{
    Ground,
    crowd::{Crowd, seat},
    store::{Place, Store},
};
use crate::{error::BenchError, progress};

/// How much of a shard is read at a time, bytes.
const READ_BYTES: usize = 4 * 1024 * 1024;

/// A store, and how many events it holds.
pub struct History {
    /// The store.
    pub store: Store,
    /// Its events.
    pub events: u64,
}

impl History {
    /// Members who join, and then get a seat.
    ///
    /// # Errors
    /// [`BenchError`] if the store can't be filled.
    pub fn new(ground: &Ground) -> Result<Self, BenchError> {
        let crowd = Crowd { licensees: ground.effort.size(1_000, 50), members: ground.effort.size(500, 20) };
        progress::tell(&format!("a history of {} members", crowd.everybody()));
        let store = Store::new(ground, Place::Postgres)?;
        crowd.join(&store.engine())?;
        (0..crowd.licensees).try_for_each(|licensee| seat(&store.engine(), licensee, crowd.members))?;
        store.wait_for_index()?;
        let mut events = 0;
        for_each_event(&*store.journal(), |_| {
            events += 1;
            Ok(())
        })?;
        store.open_views().map(drop)?;
        Ok(Self { store, events })
    }

    /// Reads, decodes and folds every event; how many there are.
    ///
    /// # Errors
    /// [`BenchError`] if one can't be read.
    pub fn fold(&self) -> Result<u64, BenchError> {
        let (mut licensees, mut events): (HashMap<LicenseeId, Licensee>, u64) = (HashMap::new(), 0);
        for_each_event(&*self.store.journal(), |event| {
            events += 1;
            let at = Instant::from_timestamp_micros(event.effective_at_us).unwrap_or_default();
            let decoded = decode(event.r#type, event.schema_version, event.data);
            match decoded.map_err(|error| BenchError::wrong(error.to_string()))? {
                StreamEvent::Licensee { licensee, event } => licensees.entry(licensee).or_default().evolve(&event, at),
                StreamEvent::User { .. } => {}
            }
            Ok(())
        })?;
        std::hint::black_box(licensees);
        Ok(events)
    }
}

/// Visits every event of a journal, shard by shard in order; the next ones are read on another thread meanwhile.
///
/// # Errors
/// [`BenchError`] if one can't be read, or `visit` fails.
pub fn for_each_event(
    journal: &dyn Journal,
    mut visit: impl FnMut(&EventRef<'_>) -> Result<(), BenchError>,
) -> Result<(), BenchError> {
    read_ahead(journal, &beginnings(journal), READ_BYTES, |stretches| {
        for stretch in stretches {
            for commit in &stretch? {
                for read in commit.read_records() {
                    let (_, record) = read.map_err(|error| BenchError::wrong(error.to_string()))?;
                    if let RecordRef::Event(event) = record {
                        visit(&event)?;
                    }
                }
            }
        }
        Ok(())
    })?
}
