//! Commits of the journal, looked through, and how many of them go into a transaction.

use contract::{
    borrowed::DamagedMessage,
    stored::{EventRef, RecordRef},
};
use journal::{Head, Position, StoredCommit};

use super::problem::Problem;

/// The most events of one transaction, unless a single commit has more.
const TRANSACTION_EVENTS_MAX: usize = 10_000;

/// A commit, and how many events are in it. They are read where they lie: very many of them are sent.
pub(super) struct Counted {
    stored: StoredCommit,
    pub(super) events: usize,
}

impl Counted {
    pub(super) fn new(stored: StoredCommit) -> Result<Self, Problem> {
        let mut events = 0;
        for read in read_events(&stored) {
            read.map_err(|source| Problem::Commit { number: stored.number, source })?;
            events += 1;
        }
        Ok(Self { stored, events })
    }

    /// Where the shard ended when this was its last commit.
    pub(super) fn head(&self) -> Head {
        self.stored.head()
    }

    /// The events and where each lies.
    pub(super) fn events(&self) -> impl Iterator<Item = Result<(Position, EventRef<'_>), Problem>> {
        let number = self.stored.number;
        read_events(&self.stored).map(move |read| read.map_err(|source| Problem::Commit { number, source }))
    }
}

fn read_events(stored: &StoredCommit) -> impl Iterator<Item = Result<(Position, EventRef<'_>), DamagedMessage>> {
    stored.read_records().filter_map(|read| match read {
        Ok((position, RecordRef::Event(event))) => Some(Ok((position, event))),
        Ok((_, RecordRef::Usage(_) | RecordRef::Outcome(_) | RecordRef::Unknown)) => None,
        Err(damaged) => Some(Err(damaged)),
    })
}

/// Splits off the commits of the next transaction: as many as fit, at least one if there is one.
pub(super) fn next_transaction(commits: &[Counted]) -> (&[Counted], &[Counted]) {
    let mut events = 0;
    let fits = |commit: &&Counted| {
        let is_first = events == 0;
        events += commit.events;
        is_first || events <= TRANSACTION_EVENTS_MAX
    };
    let count = commits.iter().take_while(fits).count();
    commits.split_at_checked(count).unwrap_or((commits, &[]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use contract::proto::journal::{Commit, Event, Record, Usage, record::Kind};
    use prost::Message;

    use super::*;

    fn commit(events: usize) -> Counted {
        let event = Record { kind: Some(Kind::Event(Event::default())) };
        let usage = Record { kind: Some(Kind::Usage(Usage::default())) };
        let records: Vec<Record> = std::iter::once(usage).chain(std::iter::repeat_n(event, events)).collect();
        Counted::new(StoredCommit {
            shard: 3,
            number: 1,
            first_position: 10,
            records: u32::try_from(records.len()).unwrap(),
            recorded_at: chrono::DateTime::UNIX_EPOCH,
            checksum: 0,
            block: Commit { records, timers: Vec::new() }.encode_to_vec(),
        })
        .unwrap()
    }

    #[test]
    fn a_transaction_holds_whole_commits_and_at_least_one() {
        let check = |events: &[usize], expected| {
            let commits: Vec<Counted> = events.iter().copied().map(commit).collect();
            let (now, later) = next_transaction(&commits);
            assert_eq!((now.len(), later.len()), (expected, events.len() - expected), "{events:?}");
        };
        check(&[], 0);
        check(&[1, 2, 3], 3);
        check(&[TRANSACTION_EVENTS_MAX, 0, 1], 2);
        check(&[TRANSACTION_EVENTS_MAX + 1, 1], 1);
        check(&[0, TRANSACTION_EVENTS_MAX + 1, 1], 2);
    }

    #[test]
    fn an_event_lies_at_its_place_among_all_records() {
        let counted = commit(2);
        let positions: Vec<Position> = counted.events().map(|read| read.unwrap().0).collect();
        assert_eq!(positions, [11, 12].map(|position| Position { shard: 3, position }));
        assert_eq!(counted.head(), Head { shard: 3, commit_number: 1, position: 12 });
    }

    #[test]
    fn a_damaged_commit_is_found_before_anything_of_it_is_sent() {
        let Counted { mut stored, .. } = commit(2);
        stored.block.pop();
        assert!(matches!(Counted::new(stored), Err(Problem::Commit { number: 1, .. })));
    }
}
