//! Measures a fresh store: records appended and indexed a second.
//!
//! `cargo run --release -p journal --example append -- [EVENTS] [EVENTS_A_COMMIT]`
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::{
    collections::HashMap,
    env,
    error::Error,
    fs,
    time::{Duration, Instant},
};

use contract::proto::journal::{Commit, Event, Outcome, Record, record::Kind};
use journal::{
    Batch, EventReader, Head, NewCommit,
    sqlite::{Options, SqliteStore},
};

const SHARDS: u16 = 16;
/// Streams of one shard.
const STREAMS: u64 = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1).map(|text| text.parse::<u64>());
    let events = arguments.next().transpose()?.unwrap_or(1_000_000);
    let events_a_commit = arguments.next().transpose()?.unwrap_or(1_000);
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path(), &Options { shards: SHARDS, ..Options::new(EventReader::NOTHING) })?;
    let commits = commits(events, events_a_commit);
    let records: u64 = commits.iter().map(|commit| u64::from(commit.records)).sum();
    let block_bytes: usize = commits.iter().map(|commit| commit.block.len()).sum();
    println!(
        "{events} events, {records} records in {} commits of {} KiB",
        commits.len(),
        block_bytes / commits.len() / 1024
    );

    let (journal, index) = (store.journal(), store.index());
    let started = Instant::now();
    for commit in commits {
        journal.append(&Batch { commits: vec![commit], ..Batch::default() })?;
    }
    report("appended, the indexer running beside", events, records, started.elapsed());
    println!("  behind by then: {} records", records - index.progress()?.iter().map(|head| head.position).sum::<u64>());
    index.wait_for_lag_below(1, Duration::from_secs(3600))?;
    report("appended and indexed", events, records, started.elapsed());
    drop((journal, index, store));
    for name in ["journal.db", "index.db"] {
        println!("  {name}: {} MiB", fs::metadata(folder.path().join(name))?.len() / 1024 / 1024);
    }

    fs::remove_file(folder.path().join("index.db"))?;
    let store = SqliteStore::open(folder.path(), &Options::new(EventReader::NOTHING))?;
    let started = Instant::now();
    store.index().wait_for_lag_below(1, Duration::from_secs(3600))?;
    report("indexed anew", events, records, started.elapsed());

    let started = Instant::now();
    let asked: Vec<String> = (0..10_000).map(|number| command_id(number * (events / 10_000).max(1))).collect();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let found = store.index().outcomes(&asked)?.into_iter().flatten().count();
    println!("{found} outcomes found in bulk: {:.0?}", started.elapsed());
    let started = Instant::now();
    store.index().outcome(&command_id(events / 2))?;
    println!("one outcome: {:.0?}", started.elapsed());
    Ok(())
}

fn report(what: &str, events: u64, records: u64, took: Duration) {
    let seconds = took.as_secs_f64();
    println!(
        "{what}: {seconds:.2} s, {:.0} events/s, {:.0} records/s",
        events as f64 / seconds,
        records as f64 / seconds
    );
}

fn commits(events: u64, events_a_commit: u64) -> Vec<NewCommit> {
    let mut heads: Vec<Head> = (0..SHARDS).map(|shard| Head { shard, commit_number: 0, position: 0 }).collect();
    let mut versions: HashMap<(u16, u64), u64> = HashMap::new();
    let now = chrono::Utc::now();
    let mut commits = Vec::new();
    for number in 0..events / events_a_commit {
        let shard = u16::try_from(number % u64::from(SHARDS)).unwrap();
        let first = number * events_a_commit;
        let records = (first..first + events_a_commit).flat_map(|number| {
            let version = versions.entry((shard, number % STREAMS)).or_default();
            *version += 1;
            records(shard, number, *version)
        });
        let head = &mut heads[usize::from(shard)];
        let commit = NewCommit::following(*head, &Commit { records: records.collect(), timers: Vec::new() }, now);
        *head = commit.head();
        commits.push(commit);
    }
    commits
}

fn command_id(number: u64) -> String {
    // As a sender gives them out: neighbours in time are not neighbours in the index.
    format!("billing#{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// An event of about 200 bytes and the outcome of its command.
fn records(shard: u16, number: u64, version: u64) -> [Record; 2] {
    let command_id = command_id(number);
    let event = Event {
        stream: format!("licensee/{shard}-{}", number % STREAMS),
        version,
        id: vec![7; 16],
        r#type: "usher.licensing.v1.SeatAssigned".into(),
        schema_version: 1,
        effective_at_us: 1_700_000_000_000_000,
        recorded_at_us: 1_700_000_000_000_000,
        command_id: command_id.clone(),
        actor: "billing".into(),
        data: vec![1; 40],
        hash: vec![9; 32],
        ..Event::default()
    };
    let outcome = Outcome {
        command_id,
        digest: vec![5; 32],
        r#type: "usher.seats.v1.AssignSeats".into(),
        actor: "billing".into(),
        licensee: format!("{shard}-{}", number % STREAMS),
        recorded_at_us: 1_700_000_000_000_000,
        events: 1,
        ..Outcome::default()
    };
    [Record { kind: Some(Kind::Event(event)) }, Record { kind: Some(Kind::Outcome(outcome)) }]
}
