//! Measures reads of the past of a licensee with a long history.
//!
//! `cargo run -p past --example long_history -- [EVENTS] [MEMBERS] [FOLDER]`; with `--release` as fast as it is in use. With a
//! folder, which must not be there yet, the store stays in it, for `usher serve` and others to be tried on.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant as Stopwatch},
};

use contract::{
    event::encode_licensee_event,
    proto::journal::{Commit, Event as Record, Record as CommitRecord, record::Kind},
};
use journal::{
    Batch, Head, Moment, NewCommit, chain, shard_of,
    sqlite::{Options, SqliteStore},
};
use licensing::{Catalogue, Event, Instant, LicenseeId, Role, UserId, UserStatus, UserType};
use past::Past;
use views::{MembersQuery, Views};

const EVENTS_A_COMMIT: u64 = 1_000;
const START_SECOND: i64 = 1_700_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mut number = |otherwise| arguments.next().map_or(Ok(otherwise), |text| text.parse::<u64>());
    let (events, members) = (number(1_000_000)?, number(10_000)?.max(1));
    let temporary = tempfile::tempdir()?;
    let folder = arguments.next().map_or_else(|| temporary.path().join("store"), PathBuf::from);
    fs::create_dir(&folder)?;
    let licensee = LicenseeId::parse("long")?;
    fill(&folder, &licensee, events, members)?;
    println!("{events} events of one licensee with {members} members");

    let read = |what: &str, past: &Past, at: u64| -> Result<(), Box<dyn Error>> {
        let moment = Moment::of(effective_at(at));
        let started = Stopwatch::now();
        let then = past.licensee_at(&licensee, &moment)?.ok_or("it was not there")?;
        println!("{what}: version {} in {:.2?}", then.account.version(), started.elapsed());
        assert_eq!(then.account.version(), at);
        Ok(())
    };
    let (middle, end) = (events / 2 + 437, events - 1);
    let opened = Opened::new(&folder)?;
    read("the middle", &opened.past, middle)?;
    read("the middle again", &opened.past, middle)?;
    read("the end", &opened.past, end)?;
    drop(opened);
    let opened = Opened::new(&folder)?;
    read("the middle, after a restart", &opened.past, middle)?;
    let moment = Moment::of(effective_at(middle));
    for (what, limit) in [("a page of 100 members", 100), ("a page of 1,000 members", 1_000)] {
        let then = opened.past.licensee_at(&licensee, &moment)?.ok_or("it was not there")?;
        let query = MembersQuery { limit, ..MembersQuery::default() };
        let started = Stopwatch::now();
        let page = opened.past.members_of(&then, &moment, &query)?;
        println!("{what}: {} in {:.2?}", page.items.len(), started.elapsed());
    }
    for name in ["journal.db", "index.db"] {
        println!("{name}: {} MiB", fs::metadata(folder.join(name))?.len() / 1024 / 1024);
    }
    Ok(())
}

// In the order in which they go.
struct Opened {
    past: Past,
    _store: SqliteStore,
}

impl Opened {
    fn new(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let store = SqliteStore::open(folder, &Options::new(engine::EVENT_READER))?;
        store.index().wait_for_lag_below(1, Duration::from_secs(3_600))?;
        let catalogue = Arc::new(Catalogue::built_in()?);
        let views = Arc::new(Views::open(folder, store.journal(), store.journal_path(), catalogue.clone())?);
        let past = Past::new(store.index(), store.journal(), views, catalogue);
        Ok(Self { past, _store: store })
    }
}

/// One event a second.
fn effective_at(version: u64) -> Instant {
    Instant::from_timestamp(START_SECOND + i64::try_from(version).unwrap(), 0).unwrap()
}

/// First everybody joins, then roles go up and down.
fn event(number: u64, members: u64) -> Event {
    let user = UserId::parse(&format!("u-{:07}", number % members)).unwrap();
    let (role, user_type) = (if number.is_multiple_of(2) { Role::Developer } else { Role::Owner }, UserType::Human);
    if number < members {
        return Event::MemberAdded { user, role, user_type, status: UserStatus::Active };
    }
    Event::MemberUpdated { user, role, user_type }
}

fn fill(folder: &Path, licensee: &LicenseeId, events: u64, members: u64) -> Result<(), Box<dyn Error>> {
    let store = SqliteStore::open(folder, &Options { shards: 16, ..Options::new(engine::EVENT_READER) })?;
    let shard = shard_of(licensee.as_str(), 16);
    let mut head = Head { shard, commit_number: 0, position: 0 };
    let mut hash = chain::START;
    for first in (0..events).step_by(usize::try_from(EVENTS_A_COMMIT)?) {
        let numbers = first..events.min(first + EVENTS_A_COMMIT);
        let records = numbers.map(|number| {
            let version = number + 1;
            let encoded = encode_licensee_event(licensee, &event(number, members));
            let at = effective_at(version).timestamp_micros();
            let record = Record {
                stream: format!("licensee/{licensee}"),
                version,
                id: vec![7; 16],
                r#type: encoded.type_name.to_owned(),
                schema_version: encoded.schema_version,
                effective_at_us: at,
                recorded_at_us: at,
                command_id: format!("directory#{number}"),
                actor: "directory".into(),
                data: encoded.data,
                ..Record::default()
            };
            hash = chain::hash(&hash, &record);
            CommitRecord { kind: Some(Kind::Event(Record { hash: hash.to_vec(), ..record })) }
        });
        let commit = Commit { records: records.collect(), timers: Vec::new() };
        let commit = NewCommit::following(head, &commit, effective_at(first + 1));
        head = commit.head();
        store.journal().append(&Batch { commits: vec![commit], ..Batch::default() })?;
    }
    store.index().wait_for_lag_below(1, Duration::from_secs(3_600))?;
    Ok(())
}
