//! Finds the last record of a partition that a reader sees.

use super::{Shared, problem::Problem};
use crate::{
    KafkaError, Settings, headers,
    reader::{Isolation, Reader, Span},
    record::{Place, place},
};
use rdkafka::Message;

/// How many offsets are looked at first, and by how much more each time: transactions that were aborted, and the marks
/// of all, take offsets without being records.
const FIRST_LOOK: i64 = 64;
const LOOK_GROWTH: i64 = 16;

/// Where the last committed record of the partition lies in the journal; `None` if there is none yet.
///
/// To be called once the transactional id was taken over: then nothing of ours is open, and nothing more comes.
pub(super) fn last_record(shared: &Shared, partition: i32) -> Result<Option<Place>, Problem> {
    let whole = whole(shared, partition)?;
    let mut look = FIRST_LOOK;
    loop {
        let from = whole.end.saturating_sub(look).max(whole.from);
        let found = last_of(shared, Span { from, ..whole })?;
        if found.is_some() {
            return Ok(found);
        }
        if from == whole.from {
            break;
        }
        look = look.saturating_mul(LOOK_GROWTH);
    }
    if whole.from > 0 {
        return Err(Problem::Deleted { topic: shared.topic.clone(), partition });
    }
    Ok(None)
}

/// Tells where partitions end, for all shards: a client each would be threads and connections each, and a relay begins with
/// all of its shards at once.
pub(super) struct Ends {
    committed: Reader,
    everything: Reader,
}

impl Ends {
    pub(super) fn new(settings: &Settings, topic: &str) -> Result<Self, KafkaError> {
        let reader = |isolation| Reader::new(settings, topic.to_owned(), isolation);
        Ok(Self { committed: reader(Isolation::Committed)?, everything: reader(Isolation::Uncommitted)? })
    }
}

/// The partition, if nothing in it is still open: behind an open transaction nobody sees whether there are records.
fn whole(shared: &Shared, partition: i32) -> Result<Span, Problem> {
    let committed = shared.ends.committed.whole(partition)?;
    let everything = shared.ends.everything.whole(partition)?;
    if committed.end < everything.end {
        return Err(Problem::ForeignTransaction { topic: shared.topic.clone(), partition });
    }
    Ok(committed)
}

/// The last record of a span that a relay wrote.
fn last_of(shared: &Shared, mut span: Span) -> Result<Option<Place>, Problem> {
    let reader = Reader::new(&shared.settings, shared.topic.clone(), Isolation::Committed)?;
    reader.begin(&span)?;
    let mut last = None;
    while let Some(message) = reader.next(&mut span)? {
        let headers = headers::read(message.headers());
        match place(headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()))) {
            Ok(place) => last = Some(place),
            Err(error) => {
                let (topic, offset) = (shared.topic.as_str(), message.offset());
                let error = &error as &dyn std::error::Error;
                tracing::warn!(topic, partition = span.partition, offset, error, "a record is none of ours");
            }
        }
    }
    Ok(last)
}
