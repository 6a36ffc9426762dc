//! Large licensees are read before a command needs them.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

use journal::{
    BlockState, EventBlock, FirstNamed, Head, HistoryFilter, JournalError, Moment, NextDue, Page, PastIndex,
    PersonalEvent, PersonalPlace, Positions, Snapshot, StoredEvent, StoredOutcome, StreamHead, StreamIndex,
};
use licensing::Instant;

use crate::fixture::*;

/// From so many members on a licensee is read ahead.
const LARGE: u32 = 10_000;
const PATIENCE: Duration = Duration::from_secs(60);

/// An index that tells which threads begin to read the state of a licensee.
struct Observed {
    index: Arc<dyn StreamIndex>,
    readers: Sender<String>,
    /// The streams with large snapshots, so that no test has to make any.
    largest: Vec<(String, u64)>,
}

/// An engine that was started anew on a store with `acme`, and who began to read that.
fn started_anew(largest: &[&str]) -> (Fixture, Receiver<String>) {
    let mut fixture = Fixture::manual();
    fixture.with_pro("acme", 2, &["u-1"]);
    let (readers, observer) = channel();
    let largest = largest.iter().map(|stream| ((*stream).to_owned(), u64::MAX)).collect();
    fixture.restart_over(|index| Arc::new(Observed { index, readers, largest }));
    (fixture, observer)
}

fn readers(observer: &Receiver<String>) -> Vec<String> {
    observer.try_iter().collect()
}

#[test]
fn whoever_gives_a_command_does_not_wait_for_what_was_read_ahead() {
    let (fixture, observer) = started_anew(&[]);
    fixture.engine().read_ahead(&licensee("acme"), LARGE);
    // From here on it is under way: the writer waits for it rather than read it a second time.
    assert_eq!(observer.recv_timeout(PATIENCE).unwrap(), "usher-preparing");
    assert!(fixture.call("acme", assign("u-1")).outcome.is_ok());
    assert_eq!(readers(&observer), [""; 0]);
    assert_eq!(fixture.holders("acme"), ["u-1"]);
}

#[test]
fn the_largest_licensees_are_read_before_anybody_looks_at_them() {
    let (fixture, observer) = started_anew(&["user/u-1", "licensee/nobody", "licensee/acme"]);
    assert_eq!(observer.recv_timeout(PATIENCE).unwrap(), "usher-preparing");
    assert!(fixture.call("acme", assign("u-1")).outcome.is_ok());
    assert_eq!(readers(&observer), [""; 0]);
}

#[test]
fn a_small_licensee_is_read_when_it_is_needed() {
    let (fixture, observer) = started_anew(&[]);
    fixture.engine().read_ahead(&licensee("acme"), LARGE - 1);
    assert!(fixture.call("acme", assign("u-1")).outcome.is_ok());
    assert_eq!(readers(&observer), ["usher-writer"]);
}

impl PastIndex for Observed {
    fn blocks(&self, stream: &str) -> Result<Vec<EventBlock>, JournalError> {
        self.index.blocks(stream)
    }

    fn block_states(&self, stream: &str, versions: &[u64]) -> Result<Vec<BlockState>, JournalError> {
        self.index.block_states(stream, versions)
    }

    fn history_about(&self, stream: &str, user: &str, filter: &HistoryFilter) -> Result<Page, JournalError> {
        self.index.history_about(stream, user, filter)
    }

    fn personal_events(
        &self,
        stream: &str,
        behind: Option<&PersonalPlace>,
        descending: bool,
        limit: usize,
    ) -> Result<Vec<PersonalEvent>, JournalError> {
        self.index.personal_events(stream, behind, descending, limit)
    }

    fn personal_events_of(&self, stream: &str, users: &[&str]) -> Result<Vec<PersonalEvent>, JournalError> {
        self.index.personal_events_of(stream, users)
    }

    fn last_uses_at(&self, users: &[&str], moment: &Moment) -> Result<Vec<Option<Instant>>, JournalError> {
        self.index.last_uses_at(users, moment)
    }

    fn memberships_ever(&self, user: &str) -> Result<Vec<String>, JournalError> {
        self.index.memberships_ever(user)
    }

    fn first_named(&self, user: &str) -> Result<Option<FirstNamed>, JournalError> {
        self.index.first_named(user)
    }

    fn past_state(&self, stream: &str, version_max: u64) -> Result<Option<Snapshot>, JournalError> {
        self.index.past_state(stream, version_max)
    }

    fn put_past_state(&self, stream: &str, state: &Snapshot) -> Result<(), JournalError> {
        self.index.put_past_state(stream, state)
    }
}

impl StreamIndex for Observed {
    fn snapshot(&self, stream: &str) -> Result<Option<Snapshot>, JournalError> {
        if stream == "licensee/acme" {
            let _ = self.readers.send(thread::current().name().unwrap_or_default().to_owned());
        }
        self.index.snapshot(stream)
    }

    fn progress(&self) -> Result<Vec<Head>, JournalError> {
        self.index.progress()
    }

    fn wait_until(&self, shard: u16, number: u64, timeout: Duration) -> Result<bool, JournalError> {
        self.index.wait_until(shard, number, timeout)
    }

    fn wait_for(&self, positions: &Positions, timeout: Duration) -> Result<bool, JournalError> {
        self.index.wait_for(positions, timeout)
    }

    fn wait_for_lag_below(&self, records: u64, timeout: Duration) -> Result<bool, JournalError> {
        self.index.wait_for_lag_below(records, timeout)
    }

    fn has_stream(&self, stream: &str) -> Result<bool, JournalError> {
        self.index.has_stream(stream)
    }

    fn stream_head(&self, stream: &str) -> Result<Option<StreamHead>, JournalError> {
        self.index.stream_head(stream)
    }

    fn stream(&self, stream: &str, after_version: u64, limit: usize) -> Result<Vec<StoredEvent>, JournalError> {
        self.index.stream(stream, after_version, limit)
    }

    fn history(&self, stream: &str, filter: &HistoryFilter) -> Result<Page, JournalError> {
        self.index.history(stream, filter)
    }

    fn outcome(&self, command_id: &str) -> Result<Option<StoredOutcome>, JournalError> {
        self.index.outcome(command_id)
    }

    fn outcomes(&self, command_ids: &[&str]) -> Result<Vec<Option<StoredOutcome>>, JournalError> {
        self.index.outcomes(command_ids)
    }

    fn last_uses(&self, users: &[&str]) -> Result<Vec<Option<Instant>>, JournalError> {
        self.index.last_uses(users)
    }

    fn memberships(&self, user: &str) -> Result<Vec<String>, JournalError> {
        self.index.memberships(user)
    }

    fn timers(&self) -> Result<Vec<NextDue>, JournalError> {
        self.index.timers()
    }

    fn largest_snapshots(&self, limit: usize) -> Result<Vec<(String, u64)>, JournalError> {
        Ok(self.largest.iter().take(limit).cloned().collect())
    }

    fn put_snapshot(&self, stream: &str, snapshot: &Snapshot) -> Result<(), JournalError> {
        self.index.put_snapshot(stream, snapshot)
    }
}
