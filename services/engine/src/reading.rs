//! Reads the streams of the aggregates, from the index.

use std::{
    fmt::Display,
    time::{Duration, Instant as Stopwatch},
};

use contract::event::{StreamEvent, decode_recorded, licensee_stream};
use journal::{Head, StoredEvent, StreamHead, StreamIndex};
use licensing::{Instant, Licensee, LicenseeId};

use crate::{EngineError, snapshots};

/// How many events are read at a time.
const PAGE_EVENTS: usize = 10_000;
/// How long one wait for the index lasts, until it is said that it is slow.
pub(crate) const INDEX_WAIT: Duration = Duration::from_secs(10);

/// How long one look at the index lasts, until it is asked whether the shard is still held.
const HELD_LOOK: Duration = Duration::from_millis(200);

/// Waits until the index knows all that these shards hold, however long that takes; but not for a shard whose lease has run
/// out: nobody fills its index until somebody begins with it anew. Gives back those that it did not wait for, whose index
/// may lack something, whoever holds them by now.
pub(crate) fn wait_for_index<'a>(
    index: &dyn StreamIndex,
    heads: impl Iterator<Item = &'a Head>,
    is_held: impl Fn(u16) -> bool,
) -> Result<Vec<u16>, EngineError> {
    let mut left_out = Vec::new();
    for head in heads {
        let mut told_at = Stopwatch::now();
        while !index.wait_until(head.shard, head.commit_number, HELD_LOOK)? {
            if !is_held(head.shard) {
                left_out.push(head.shard);
                break;
            }
            if told_at.elapsed() >= INDEX_WAIT {
                told_at = Stopwatch::now();
                tracing::info!(shard = head.shard, "waiting for the index to catch up");
            }
        }
    }
    Ok(left_out)
}

/// Reads the state of a licensee: an earlier one, else the snapshot, if there is one, and what came after it. Gives the
/// version that it began with, too.
pub(crate) fn read_state(
    licensee: &LicenseeId,
    index: &dyn StreamIndex,
    earlier: Option<Licensee>,
) -> Result<(Licensee, u64), EngineError> {
    let stream = licensee_stream(licensee);
    let begins_with = match earlier {
        Some(earlier) => Some(earlier),
        None => index.snapshot(&stream)?.as_ref().and_then(snapshots::state_in),
    };
    let end = index.stream_head(&stream)?.map_or(0, |head| head.version);
    let mut state = begins_with.filter(|state| state.version() <= end).unwrap_or_default();
    let began_at = state.version();
    for_each_event(&stream, began_at, index, |event, at| {
        if let StreamEvent::Licensee { event, .. } = event {
            state.evolve(&event, at);
        }
    })?;
    Ok((state, began_at))
}

/// Goes through the events of a stream, each with the instant at which it took effect.
pub(crate) fn for_each_event(
    stream: &str,
    after_version: u64,
    index: &dyn StreamIndex,
    mut visit: impl FnMut(StreamEvent, Instant),
) -> Result<(), EngineError> {
    let mut after_version = after_version;
    loop {
        let page = index.stream(stream, after_version, PAGE_EVENTS)?;
        for StoredEvent { event: record, .. } in &page {
            let event = decode_recorded(record).map_err(|error| unreadable(stream, &error))?;
            let at = Instant::from_timestamp_micros(record.effective_at_us)
                .ok_or_else(|| unreadable(stream, &"an event's time is out of range"))?;
            visit(event, at);
            after_version = record.version;
        }
        if page.len() < PAGE_EVENTS {
            return Ok(());
        }
    }
}

/// Holds what was read of a stream against where the store says that it ends.
pub(crate) fn check_end(stream: &str, version: u64, head: StreamHead) -> Result<(), EngineError> {
    if version == head.version {
        return Ok(());
    }
    Err(unreadable(stream, &format!("it ends at version {}, but {version} events can be read", head.version)))
}

/// Something in a stream that this program can't read.
pub(crate) fn unreadable(stream: &str, detail: &dyn Display) -> EngineError {
    EngineError::Unreadable { place: stream.to_owned(), detail: detail.to_string() }
}
