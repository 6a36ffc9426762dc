//! The events that follow from messages, read from the store as they come.

use std::sync::Arc;

use contract::{
    event::{ReadEvent, ShownEvent, StreamEvent, UnreadableEvent},
    proto::journal::{Event as StoredRecord, record::Kind},
};
use journal::{Head, Journal, JournalError, StoredCommit};
use licensing::Instant;
use serde::Serialize;
use serde_json::Value;

use crate::store::Store;

/// Why it can't be said what would happen.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The store can't be read.
    #[error("the store cannot be read: see the cause")]
    Journal(#[from] JournalError),
    /// A commit holds something else.
    #[error("commit {number} of shard {shard} cannot be read: check the store with usher verify")]
    Commit {
        /// The shard.
        shard: u16,
        /// The commit's number.
        number: u64,
        /// Why.
        #[source]
        source: prost::DecodeError,
    },
    /// An event can't be read.
    #[error(transparent)]
    Event(#[from] UnreadableEvent),
}

/// An event that would follow.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Foreseen {
    pub(super) stream: String,
    #[serde(skip)]
    pub(super) version: u64,
    r#type: &'static str,
    effective_at: Instant,
    /// The message's, or that of a timer which it made due.
    command_id: String,
    data: Value,
    #[serde(skip)]
    pub(super) event: StreamEvent,
}

/// Follows the journal.
pub(super) struct Watcher {
    journal: Arc<dyn Journal>,
    seen: Vec<Head>,
}

impl Watcher {
    /// Begins behind what the store holds now.
    pub(super) fn of(store: &Store) -> Result<Self, PreviewError> {
        let journal = store.journal();
        let seen = journal.heads()?;
        Ok(Self { journal, seen })
    }

    /// The events since the last time, in the order in which they took effect.
    pub(super) fn new_events(&mut self) -> Result<Vec<Foreseen>, PreviewError> {
        let heads = self.journal.heads()?;
        let mut events = Vec::new();
        for (head, seen) in heads.iter().zip(&self.seen).filter(|(head, seen)| head.commit_number > seen.commit_number)
        {
            for commit in self.journal.read(head.shard, seen.commit_number, usize::MAX)? {
                add_events(&commit, &mut events)?;
            }
        }
        self.seen = heads;
        // Stable: those of one stream stay in their order.
        events.sort_by_key(|event: &Foreseen| event.effective_at);
        Ok(events)
    }
}

fn add_events(stored: &StoredCommit, events: &mut Vec<Foreseen>) -> Result<(), PreviewError> {
    let unreadable = |source| PreviewError::Commit { shard: stored.shard, number: stored.number, source };
    for record in stored.decode().map_err(unreadable)?.records {
        if let Some(Kind::Event(record)) = record.kind {
            events.push(Foreseen::of(record)?);
        }
    }
    Ok(())
}

impl Foreseen {
    fn of(record: StoredRecord) -> Result<Self, PreviewError> {
        let ShownEvent { type_name, effective_at, data, .. } = ShownEvent::of(&record)?;
        let event = ReadEvent::of(&record)?.event;
        let StoredRecord { stream, version, command_id, .. } = record;
        Ok(Self { stream, version, r#type: type_name, effective_at, command_id, data, event })
    }
}
