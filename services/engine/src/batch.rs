//! What was decided and is not yet handed to the committer.

use std::collections::BTreeMap;

use contract::proto::journal::{Commit, NextTimer, Record, record::Kind};
use journal::{DetailChange, Head, NewCommit, Position, StatusNews};
use licensing::{Instant, LicenseeId};
use prost::Message;

use crate::{EngineError, Reply, ReplyTo, snapshots::SnapshotDue, teller::Telling};

/// From this many bytes of records on a batch is handed over, however few commands it holds.
const BYTES_FULL: usize = 4 * 1024 * 1024;
/// With this many answers that wait it is handed over as well.
const ANSWERS_FULL: usize = 4_096;

/// An answer that is given once the batch is committed.
pub(crate) struct Pending {
    pub(crate) to: ReplyTo,
    pub(crate) reply: Reply,
    /// What other licensees have to hear of first.
    pub(crate) news: Option<StatusNews>,
}

impl Pending {
    /// Gives the answer, or what has to happen before. Whoever asked may have gone away; then nobody needs it.
    pub(crate) fn give(self) -> Option<Telling> {
        match self.news {
            Some(news) => Some(Telling { news, answer: Some((self.to, self.reply)) }),
            None => {
                drop(self.to.send(Ok(self.reply)));
                None
            }
        }
    }

    /// Says instead that it was not committed.
    pub(crate) fn fail(self, error: EngineError) {
        drop(self.to.send(Err(error)));
    }
}

/// What one shard adds.
#[derive(Default)]
struct ShardDraft {
    records: Vec<Record>,
    timers: BTreeMap<LicenseeId, Option<Instant>>,
}

/// The batch that is being filled.
#[derive(Default)]
pub(crate) struct Batch {
    shards: BTreeMap<u16, ShardDraft>,
    details: Vec<DetailChange>,
    news: Vec<StatusNews>,
    pending: Vec<Pending>,
    snapshots: Vec<SnapshotDue>,
    bytes: usize,
}

/// A batch that is ready to be committed.
pub(crate) struct Sealed {
    pub(crate) commits: Vec<NewCommit>,
    pub(crate) details: Vec<DetailChange>,
    pub(crate) news: Vec<StatusNews>,
    /// The clock to be kept, if it has moved.
    pub(crate) clock: Option<Instant>,
    pub(crate) pending: Vec<Pending>,
    pub(crate) snapshots: Vec<SnapshotDue>,
}

impl Batch {
    /// Adds a record to a shard and gives its position; `head` is where the shard ended before this batch.
    pub(crate) fn push(&mut self, head: Head, kind: Kind) -> Position {
        let record = Record { kind: Some(kind) };
        self.bytes += record.encoded_len();
        self.shards.entry(head.shard).or_default().records.push(record);
        self.position(head)
    }

    /// Where the shard ends with what is in this batch.
    pub(crate) fn position(&self, head: Head) -> Position {
        let added = self.shards.get(&head.shard).map_or(0, |draft| draft.records.len());
        Position { shard: head.shard, position: head.position + added as u64 }
    }

    pub(crate) fn set_timer(&mut self, shard: u16, licensee: &LicenseeId, due: Option<Instant>) {
        self.shards.entry(shard).or_default().timers.insert(licensee.clone(), due);
    }

    pub(crate) fn change_detail(&mut self, change: DetailChange) {
        self.details.push(change);
    }

    pub(crate) fn answer_later(&mut self, pending: Pending) {
        self.news.extend(pending.news.clone());
        self.pending.push(pending);
    }

    pub(crate) fn keep_snapshot(&mut self, due: SnapshotDue) {
        self.snapshots.push(due);
    }

    /// Whether there is nothing to be written.
    pub(crate) fn is_blank(&self) -> bool {
        self.shards.is_empty() && self.details.is_empty()
    }

    /// Whether it should be handed over before anything is added.
    pub(crate) const fn is_full(&self) -> bool {
        self.bytes >= BYTES_FULL || self.pending.len() >= ANSWERS_FULL
    }

    /// Closes the batch; moves `heads` to behind it.
    pub(crate) fn seal(self, heads: &mut [Head], clock: Option<Instant>, recorded_at: Instant) -> Sealed {
        let mut commits = Vec::with_capacity(self.shards.len());
        for (shard, draft) in self.shards {
            let Some(head) = heads.get_mut(usize::from(shard)) else { continue };
            let timers = draft.timers.into_iter().map(|(licensee, due)| NextTimer {
                licensee: licensee.as_str().to_owned(),
                due_at_us: due.map(|due| due.timestamp_micros()),
            });
            let commit = Commit { records: draft.records, timers: timers.collect() };
            let commit = NewCommit::following(*head, &commit, recorded_at);
            *head = commit.head();
            commits.push(commit);
        }
        Sealed {
            commits,
            details: self.details,
            news: self.news,
            clock,
            pending: self.pending,
            snapshots: self.snapshots,
        }
    }

    /// Gives up what was decided; everybody who waits is told.
    pub(crate) fn abandon(self, error: &EngineError) {
        self.pending.into_iter().for_each(|pending| pending.fail(error.clone()));
    }
}
