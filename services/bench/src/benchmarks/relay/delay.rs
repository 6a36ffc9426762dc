//! How long after its answer the event of a command is with a consumer.

use std::{
    collections::HashMap,
    sync::mpsc::{Receiver, sync_channel},
    thread,
    time::{Duration, Instant},
};

use engine::{Done, Ticket};
use journal::Held;
use kafka::Relay;
use rdkafka::{Message, message::Headers};

use super::{prepared, reader::Reader};
use crate::{
    benchmarks::commands::crowd,
    contest::{self, Contender, Results},
    error::BenchError,
    ground::{
        Ground,
        background::Pace,
        load::Latencies,
        store::{Place, Store},
    },
    measure::Reading,
};

/// What it is called.
pub const NAME: &str = "usher, commit to consumer";
/// Commands a second.
const PER_SECOND: f64 = 500.0;
/// How many answers may be waited for.
const WAITING_MAX: usize = 100_000;
/// What keys begin with, so that they are told apart from the members who joined before.
const KEYS: &str = "relayed";

/// Commands at a steady pace, and a consumer that notes when it sees their events.
struct Delay<'a> {
    pace: Pace,
    reader: Reader,
    // It works as long as it is there.
    _relay: Relay,
    _store: &'a Store,
}

impl Contender for Delay<'_> {
    fn name(&self) -> String {
        NAME.to_owned()
    }

    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError> {
        let (tickets, answered) = sync_channel(WAITING_MAX);
        let (pace, reader) = (&self.pace, &mut self.reader);
        let (sent, answers, seen) = thread::scope(|scope| {
            let answers = scope.spawn(move || note_answers(answered));
            let reading = scope.spawn(move || note_events(reader, pace.first, time));
            let sent = pace.send(
                |elapsed| elapsed < time,
                |number, ticket| {
                    // Whoever waits for answers is only gone after a failure, which is told below.
                    let _ = tickets.send((number, ticket));
                    Ok(())
                },
            );
            drop(tickets);
            (sent, joined(answers.join()), joined(reading.join()))
        });
        self.pace.first += sent?;
        let (answers, seen) = (answers?, seen?);
        let mut delays = Latencies::new()?;
        for (number, answered) in &answers {
            // What was not seen before the reader left is seen in the next round, and not counted.
            if let Some(seen) = seen.get(number) {
                delays.add(seen.saturating_duration_since(*answered));
            }
        }
        Ok(delays.readings().to_vec())
    }
}

fn joined<T>(result: thread::Result<Result<T, BenchError>>) -> Result<T, BenchError> {
    result.unwrap_or_else(|_| Err(BenchError::wrong("a thread ended")))
}

type Moments = HashMap<u64, Instant>;

fn note_answers(answered: Receiver<(u64, Ticket<Done>)>) -> Result<Moments, BenchError> {
    let mut answers = Moments::new();
    for (number, ticket) in answered {
        ticket.wait()?;
        answers.insert(number, Instant::now());
    }
    Ok(answers)
}

/// Reads on for a second more than the commands last.
fn note_events(reader: &mut Reader, first: u64, time: Duration) -> Result<Moments, BenchError> {
    let (began, mut seen) = (Instant::now(), Moments::new());
    while began.elapsed() < time + Duration::from_secs(1) {
        let number = reader.poll(|message| number_of(message.headers()?))?.flatten();
        if let Some(number) = number.filter(|number| *number >= first) {
            seen.insert(number, Instant::now());
        }
    }
    Ok(seen)
}

/// The number of the command that made an event.
fn number_of(headers: &impl Headers) -> Option<u64> {
    let header = headers.iter().find(|header| header.key == "ce_commandid")?;
    let id = str::from_utf8(header.value?).ok()?;
    id.strip_prefix("key:")?.strip_prefix(KEYS)?.strip_prefix('-')?.parse().ok()
}

/// Measures it.
///
/// # Errors
/// [`BenchError`] if it doesn't come to an end.
pub fn run(ground: &Ground, bootstrap: &str) -> Result<Results, BenchError> {
    let store = Store::new(ground, Place::Embedded)?;
    let crowd = crowd(ground);
    crowd.join(&store.engine())?;
    let journal = store.journal();
    let shards = journal.shard_count();
    let settings = prepared(bootstrap, "delay.", shards)?;
    let mut reader = Reader::open(&settings, shards)?;
    let relay = Relay::start(settings, store.store_id(), journal, Held::of_all(shards))?;
    // So that what was there before is out of the way: each joined by an event, each licensee began with three or so.
    (0..crowd.everybody()).try_for_each(|_| reader.next(|_| ()))?;
    let pace = Pace { engine: store.engine(), crowd, first: 0, per_second: PER_SECOND, name: KEYS.to_owned() };
    let delay = Delay { pace, reader, _relay: relay, _store: &store };
    let mut alone: [Box<dyn Contender + '_>; 1] = [Box::new(delay)];
    contest::run("relay, delay", ground.effort, ground.effort.round_time(), &mut alone)
}
