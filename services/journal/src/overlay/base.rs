//! The store beneath, as it was when the overlay was made.

use std::sync::Arc;

use contract::proto::journal::{Commit, Outcome};

use crate::{
    Head, HistoryFilter, Journal, JournalError, Page, PersonalEvent, PersonalPlace, Position, StoredCommit,
    StoredOutcome, StreamHead, StreamIndex,
    indexing::{decode, outcomes_at},
};

/// How many bytes of commits are read at one go.
const READ_BYTES: usize = 8 * 1024 * 1024;
/// How many events are read at one go when the end of a stream has moved.
const PAGE_EVENTS: u64 = 256;

/// The store beneath.
pub(super) struct Base {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) index: Arc<dyn StreamIndex>,
    /// Where each shard ended.
    pub(super) heads: Vec<Head>,
    /// Up to where each shard was indexed; what lies behind is in memory.
    indexed: Vec<Head>,
}

impl Base {
    pub(super) fn new(journal: Arc<dyn Journal>, index: Arc<dyn StreamIndex>) -> Result<Self, JournalError> {
        // In this order, so that none is indexed beyond its end.
        let indexed = index.progress()?;
        let heads = journal.heads()?;
        Ok(Self { journal, index, heads, indexed })
    }

    /// Visits the commits that were there and not indexed, each shard's in order.
    pub(super) fn for_each_unindexed(
        &self,
        mut visit: impl FnMut(&StoredCommit, Commit) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        for (head, indexed) in self.heads.iter().zip(&self.indexed) {
            let mut after = indexed.commit_number;
            while after < head.commit_number {
                let commits = self.read(head.shard, after, READ_BYTES)?;
                let Some(last) = commits.last() else {
                    return Err(damaged(format!("shard {} ends too soon", head.shard)));
                };
                after = last.number;
                for stored in &commits {
                    visit(stored, decode(stored).map_err(damaged)?)?;
                }
            }
        }
        Ok(())
    }

    /// The commits that were there after a number, as [`Journal::read`] gives them.
    pub(super) fn read(
        &self,
        shard: u16,
        after_commit: u64,
        max_bytes: usize,
    ) -> Result<Vec<StoredCommit>, JournalError> {
        let last = self.last_commit(shard);
        if after_commit >= last {
            return Ok(Vec::new());
        }
        let mut commits = self.journal.read(shard, after_commit, max_bytes)?;
        commits.retain(|commit| commit.number <= last);
        Ok(commits)
    }

    /// The number of a shard's last commit.
    pub(super) fn last_commit(&self, shard: u16) -> u64 {
        self.heads.get(usize::from(shard)).map_or(0, |head| head.commit_number)
    }

    /// Whether the index had got to a position.
    fn was_indexed(&self, position: Position) -> bool {
        self.indexed.get(usize::from(position.shard)).is_some_and(|head| position.position <= head.position)
    }

    /// The end of a stream, as far as was indexed.
    pub(super) fn stream_head(&self, stream: &str) -> Result<Option<StreamHead>, JournalError> {
        let Some(head) = self.index.stream_head(stream)? else { return Ok(None) };
        // Asked after the stream, so that the stream has not moved if the index has not.
        if self.index.progress()? == self.indexed {
            return Ok(Some(head));
        }
        self.end_before_it_moved(stream, head.version)
    }

    fn end_before_it_moved(&self, stream: &str, version: u64) -> Result<Option<StreamHead>, JournalError> {
        let mut unseen = version;
        while unseen > 0 {
            let before = unseen.saturating_sub(PAGE_EVENTS);
            let limit = usize::try_from(unseen.saturating_sub(before)).unwrap_or(usize::MAX);
            let events = self.index.stream(stream, before, limit)?;
            if let Some(last) = events.iter().rev().find(|stored| self.was_indexed(stored.position)) {
                return head_of(last.event.version, &last.event.hash).map(Some);
            }
            unseen = before;
        }
        Ok(None)
    }

    /// A page of a stream's history, or of what concerns a user in it, as far as was indexed.
    pub(super) fn history(
        &self,
        stream: &str,
        about: Option<&str>,
        filter: &HistoryFilter,
    ) -> Result<Page, JournalError> {
        if filter.newest_first {
            return self.newest_first(stream, about, filter);
        }
        let Page { mut items, more } = self.page(stream, about, filter)?;
        let found = items.len();
        items.retain(|stored| self.was_indexed(stored.position));
        let is_cut = items.len() < found;
        Ok(Page { items, more: more && !is_cut })
    }

    /// The events of a stream behind a place that concern one user each, as far as was indexed; `limit` at most, none only
    /// where there are no more.
    pub(super) fn personal_events(
        &self,
        stream: &str,
        behind: Option<&PersonalPlace>,
        descending: bool,
        limit: usize,
    ) -> Result<Vec<PersonalEvent>, JournalError> {
        let end = self.stream_head(stream)?.map_or(0, |head| head.version);
        let mut behind = behind.cloned();
        loop {
            let mut events = self.index.personal_events(stream, behind.as_ref(), descending, limit)?;
            let Some(PersonalEvent { user, version, .. }) = events.last() else { return Ok(Vec::new()) };
            behind = Some(PersonalPlace { user: user.clone(), version: *version });
            events.retain(|event| event.version <= end);
            if !events.is_empty() {
                return Ok(events);
            }
        }
    }

    /// The events of a stream that concern one of these users alone, as far as was indexed.
    pub(super) fn personal_events_of(&self, stream: &str, users: &[&str]) -> Result<Vec<PersonalEvent>, JournalError> {
        let end = self.stream_head(stream)?.map_or(0, |head| head.version);
        let mut events = self.index.personal_events_of(stream, users)?;
        events.retain(|event| event.version <= end);
        Ok(events)
    }

    /// A page from the end that a stream had.
    fn newest_first(&self, stream: &str, about: Option<&str>, filter: &HistoryFilter) -> Result<Page, JournalError> {
        let Some(head) = self.stream_head(stream)? else { return Ok(Page { items: Vec::new(), more: false }) };
        let behind_head = head.version.saturating_add(1);
        let before = if filter.after_version == 0 { behind_head } else { filter.after_version.min(behind_head) };
        self.page(stream, about, &HistoryFilter { after_version: before, ..filter.clone() })
    }

    fn page(&self, stream: &str, about: Option<&str>, filter: &HistoryFilter) -> Result<Page, JournalError> {
        match about {
            Some(user) => self.index.history_about(stream, user, filter),
            None => self.index.history(stream, filter),
        }
    }

    /// What became of commands, as far as was indexed.
    pub(super) fn outcomes(&self, command_ids: &[&str]) -> Result<Vec<Option<StoredOutcome>>, JournalError> {
        let outcomes = self.index.outcomes(command_ids)?;
        Ok(outcomes.into_iter().map(|outcome| outcome.filter(|stored| self.was_indexed(stored.position))).collect())
    }
}

/// The end of a stream by its last event.
pub(super) fn head_of(version: u64, hash: &[u8]) -> Result<StreamHead, JournalError> {
    let hash = hash.try_into().map_err(|_| damaged(format!("event {version} of a stream bears no hash")))?;
    Ok(StreamHead { version, hash })
}

/// The outcome at a place of a commit.
pub(super) fn outcome_at(stored: &StoredCommit, place: u32) -> Result<Outcome, JournalError> {
    let outcome = outcomes_at(stored, std::iter::once(place)).and_then(|outcomes| outcomes.into_iter().next());
    outcome.ok_or_else(|| damaged(format!("commit {} holds no outcome where it should", stored.number)))
}

/// The store beneath is not as it should be.
pub(super) fn damaged(detail: String) -> JournalError {
    JournalError::Corrupt { file: "the store beneath".into(), detail }
}
