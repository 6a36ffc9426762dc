//! Commits of the journal, decoded, and how many of them go into a transaction.

use contract::proto::journal::{Commit, Event, record::Kind};
use journal::{Head, Position, StoredCommit};

use super::problem::Problem;

/// The most events of one transaction, unless a single commit has more.
const TRANSACTION_EVENTS_MAX: usize = 10_000;

/// A commit, decoded.
pub(super) struct Decoded {
    /// Where the shard ended when this was its last commit.
    pub(super) head: Head,
    first_position: u64,
    commit: Commit,
}

impl Decoded {
    pub(super) fn new(stored: &StoredCommit) -> Result<Self, Problem> {
        let commit = stored.decode().map_err(|source| Problem::Commit { number: stored.number, source })?;
        Ok(Self { head: stored.head(), first_position: stored.first_position, commit })
    }

    /// The events and where each lies.
    pub(super) fn events(&self) -> impl Iterator<Item = (Position, &Event)> {
        let shard = self.head.shard;
        (self.first_position..).zip(&self.commit.records).filter_map(move |(position, record)| match &record.kind {
            Some(Kind::Event(event)) => Some((Position { shard, position }, event)),
            Some(Kind::Usage(_) | Kind::Outcome(_)) | None => None,
        })
    }

    pub(super) fn event_count(&self) -> usize {
        self.events().count()
    }
}

/// Splits off the commits of the next transaction: as many as fit, at least one if there is one.
pub(super) fn next_transaction(commits: &[Decoded]) -> (&[Decoded], &[Decoded]) {
    let mut events = 0;
    let fits = |decoded: &&Decoded| {
        let is_first = events == 0;
        events += decoded.event_count();
        is_first || events <= TRANSACTION_EVENTS_MAX
    };
    let count = commits.iter().take_while(fits).count();
    commits.split_at_checked(count).unwrap_or((commits, &[]))
}

#[cfg(test)]
mod tests {
    use contract::proto::journal::{Record, Usage};

    use super::*;

    fn commit(events: usize) -> Decoded {
        let event = Record { kind: Some(Kind::Event(Event::default())) };
        let usage = Record { kind: Some(Kind::Usage(Usage::default())) };
        let records = std::iter::once(usage).chain(std::iter::repeat_n(event, events)).collect();
        let head = Head { shard: 3, commit_number: 1, position: 10 };
        Decoded { head, first_position: 10, commit: Commit { records, timers: Vec::new() } }
    }

    #[test]
    fn a_transaction_holds_whole_commits_and_at_least_one() {
        let check = |events: &[usize], expected| {
            let commits: Vec<Decoded> = events.iter().copied().map(commit).collect();
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
        let decoded = commit(2);
        let positions: Vec<Position> = decoded.events().map(|(position, _)| position).collect();
        assert_eq!(positions, [11, 12].map(|position| Position { shard: 3, position }));
    }
}
