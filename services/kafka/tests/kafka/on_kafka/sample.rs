//! A journal with something in it.

use std::{collections::HashMap, sync::Arc};

use contract::proto::journal::{Commit, Event, Outcome, Record, Usage, record::Kind};
use journal::{
    Batch, Head, Journal, NewCommit, Position, chain,
    sqlite::{Options, SqliteStore},
};
use licensing::Instant;
use parking_lot::Mutex;
use tempfile::TempDir;
use uuid::Uuid;

pub const SHARDS: u16 = 2;

/// A store and what was written to it.
pub struct Sample {
    pub id: [u8; 16],
    pub journal: Arc<dyn Journal>,
    written: Mutex<Written>,
    _store: SqliteStore,
    _folder: TempDir,
}

#[derive(Default)]
struct Written {
    heads: HashMap<u16, Head>,
    chains: HashMap<String, (u64, chain::Hash)>,
    events: Vec<(Position, Event)>,
}

impl Sample {
    pub fn new() -> Self {
        Self::with_id(*Uuid::now_v7().as_bytes())
    }

    pub fn with_id(id: [u8; 16]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { shards: SHARDS, ..Options::new(journal::EventReader::NOTHING) };
        let store = SqliteStore::open(folder.path(), &options).unwrap();
        Self { id, journal: store.journal(), written: Mutex::default(), _store: store, _folder: folder }
    }

    /// Writes a commit with as many events, and other records between them.
    pub fn write(&self, shard: u16, events: usize) {
        let mut written = self.written.lock();
        let head = *written.heads.entry(shard).or_insert(Head { shard, commit_number: 0, position: 0 });
        let mut records = vec![Kind::Usage(Usage { user: "u-1".into(), used_at_us: 1 })];
        for _ in 0..events {
            let position = Position { shard, position: head.position + 1 + records.len() as u64 };
            let event = written.next_event(position);
            written.events.push((position, event.clone()));
            records.push(Kind::Event(event));
            if position.position.is_multiple_of(3) {
                records.push(Kind::Outcome(Outcome { command_id: format!("{position:?}"), ..Outcome::default() }));
            }
        }
        let records = records.into_iter().map(|kind| Record { kind: Some(kind) }).collect();
        let recorded_at = Instant::from_timestamp_micros(1_000).unwrap();
        let commit = NewCommit::following(head, &Commit { records, timers: Vec::new() }, recorded_at);
        written.heads.insert(shard, commit.head());
        self.journal.append(&Batch { commits: vec![commit], ..Batch::default() }).unwrap();
    }

    /// Every event that was written, shard by shard in order.
    pub fn events(&self) -> Vec<(Position, Event)> {
        let mut events = self.written.lock().events.clone();
        events.sort_by_key(|(position, _)| *position);
        events
    }
}

impl Written {
    fn next_event(&mut self, position: Position) -> Event {
        let stream = match position.position % 4 {
            0 => format!("user/u-{}", position.shard),
            licensee => format!("licensee/l-{}-{licensee}", position.shard),
        };
        let (version, previous) = self.chains.entry(stream.clone()).or_insert((0, chain::START));
        *version += 1;
        let mut event = Event {
            stream,
            version: *version,
            id: Uuid::now_v7().as_bytes().to_vec(),
            r#type: "usher.licensing.v1.SeatAssigned".into(),
            schema_version: 1,
            effective_at_us: 1_709_280_000_000_000 + i64::try_from(position.position).unwrap(),
            recorded_at_us: 1_709_280_000_000_000,
            command_id: format!("/billing#{}", position.position),
            actor: "/billing".into(),
            correlation_id: if version.is_multiple_of(2) { "whole".into() } else { String::new() },
            causation_id: "Grüße".into(),
            data: position.position.to_be_bytes().repeat(5),
            hash: Vec::new(),
        };
        *previous = chain::hash(previous, &event);
        event.hash = previous.to_vec();
        event
    }
}
