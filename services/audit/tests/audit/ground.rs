//! A small store in a folder in which everything occurs.

use std::{sync::Arc, time::Duration};

use audit::{AuditError, Checked, Difference, Part, Subject, verify};
use contract::{
    event::{StreamEvent, decode},
    incoming::from_json,
};
use engine::{ClockMode, Options};
use journal::{Journal, Snapshot, StreamIndex, sqlite::SqliteStore};
use licensing::{Catalogue, Instant, Licensee};
use rusqlite::{Connection, Params};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use views::Views;

/// Few, so that each has several commits.
pub const SHARDS: u16 = 2;

pub struct Ground {
    subject: Subject,
    // The subject's handles first.
    _store: SqliteStore,
    folder: TempDir,
}

/// A commit's row.
#[derive(Debug, Clone)]
pub struct Row {
    pub key: i64,
    pub first_position: i64,
    pub records: u32,
    pub recorded_at_us: i64,
    pub block: Vec<u8>,
}

impl Row {
    pub fn shard(&self) -> u16 {
        u16::try_from(self.key >> 40).unwrap()
    }

    pub fn number(&self) -> u64 {
        u64::try_from(self.key & ((1 << 40) - 1)).unwrap()
    }

    /// What a store keeps beside it.
    pub fn checksum(&self) -> i64 {
        let mut hasher = Sha256::new();
        hasher.update(self.key.to_be_bytes());
        hasher.update(self.first_position.to_be_bytes());
        hasher.update(self.records.to_be_bytes());
        hasher.update(self.recorded_at_us.to_be_bytes());
        hasher.update(&self.block);
        i64::from_be_bytes(hasher.finalize()[..8].try_into().unwrap())
    }
}

impl Ground {
    /// With some of everything.
    pub fn new() -> Self {
        Self::of(messages())
    }

    /// With so little that every byte of it can be tried.
    pub fn tiny() -> Self {
        Self::of(few_messages())
    }

    /// With more than a thousand events of one licensee.
    pub fn long() -> Self {
        let mut all = messages();
        all.extend((0..1_000).map(|number| ("directory.v1.MemberAdded", joined("acme", &format!("m{number}")))));
        Self::of(all)
    }

    /// The state of `acme` at a version, or at its last if that is earlier.
    pub fn state(&self, version: usize) -> Snapshot {
        state_at(&*self.subject.index, version)
    }

    fn of(messages: Vec<(&'static str, Value)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = journal::sqlite::Options::new(engine::EVENT_READER);
        options.shards = SHARDS;
        let store = SqliteStore::open(folder.path(), &options).unwrap();
        let catalogue = Arc::new(Catalogue::built_in().unwrap());
        fill(store.journal(), store.index(), &catalogue, messages);
        // In the middle of its history.
        let index = store.index();
        index.put_snapshot("licensee/acme", &state_at(&*index, 3)).unwrap();
        let views = Views::open(folder.path(), store.journal(), store.journal_path(), catalogue.clone()).unwrap();
        let subject =
            Subject { journal: store.journal(), index: store.inspected_index(), views: Arc::new(views), catalogue };
        let ground = Self { subject, _store: store, folder };
        // Index and views are there from now on, so that what is changed is not taken for what is new.
        ground.verify().unwrap();
        ground
    }

    pub fn verify(&self) -> Result<Checked, AuditError> {
        verify(&self.subject, &mut |_, _| {})
    }

    #[track_caller]
    pub fn difference(&self) -> Difference {
        match self.verify() {
            Err(AuditError::Difference(difference)) => *difference,
            other => panic!("nothing was found: {other:?}"),
        }
    }

    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The file of a part, opened beside those who work with it.
    pub fn open(&self, file: &str) -> Connection {
        let connection = Connection::open(self.folder.path().join(file)).unwrap();
        connection.execute_batch("PRAGMA synchronous = OFF").unwrap();
        connection
    }

    /// The commits, shard by shard.
    pub fn rows(&self) -> Vec<Row> {
        let connection = self.open("journal.db");
        let mut statement = connection
            .prepare("SELECT key, first_position, records, recorded_at_us, block FROM commits ORDER BY key")
            .unwrap();
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Row {
                key: row.get(0)?,
                first_position: row.get(1)?,
                records: row.get(2)?,
                recorded_at_us: row.get(3)?,
                block: row.get(4)?,
            })
        };
        statement.query_map([], read).unwrap().collect::<Result<_, _>>().unwrap()
    }
}

/// Puts a commit as somebody would who knows how its checksum is made.
pub fn put(connection: &Connection, row: &Row) {
    let Row { key, first_position, records, recorded_at_us, block } = row;
    let sql = "INSERT OR REPLACE INTO commits (key, first_position, records, recorded_at_us, checksum, block)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    run(connection, sql, (key, first_position, records, recorded_at_us, row.checksum(), block));
}

/// Runs a statement that changes something.
#[track_caller]
pub fn run(connection: &Connection, sql: &str, params: impl Params) {
    assert!(connection.execute(sql, params).unwrap() > 0, "nothing was changed by {sql}");
}

/// Whether it is the difference that was made.
#[track_caller]
pub fn assert_names(difference: &Difference, part: Part, told: &str) {
    assert_eq!(difference.part, part, "{difference}");
    assert!(difference.to_string().contains(told), "{told:?} is not told: {difference}");
}

/// One of each of a few types.
pub fn few_messages() -> Vec<(&'static str, Value)> {
    let wanted = ["SubscriptionStarted", "MemberAdded", "AssignSeats", "CodeSuggestionsUsed"];
    let of_type = |wanted: &str| messages().into_iter().find(|(name, _)| name.ends_with(wanted)).unwrap();
    wanted.into_iter().map(of_type).collect()
}

/// Lets an engine decide messages, one a day, and the index take them in.
pub fn fill(
    journal: Arc<dyn Journal>,
    index: Arc<dyn StreamIndex>,
    catalogue: &Arc<Catalogue>,
    messages: Vec<(&str, Value)>,
) {
    let mut options = Options::new(catalogue.clone());
    options.clock = ClockMode::EventTime(None);
    let running = engine::start(journal.clone(), index.clone(), options).unwrap();
    for (day, (message_type, data)) in (1..).zip(messages) {
        let message = json!({
            "specversion": "1.0", "source": "/tests", "id": day.to_string(), "type": format!("usher.{message_type}"),
            "time": time_of(day), "data": data
        });
        let incoming = from_json(message.to_string().as_bytes());
        running.engine().message(incoming).unwrap().wait().unwrap();
    }
    let ends: journal::Positions = journal.heads().unwrap().into_iter().collect();
    assert!(index.wait_for(&ends, Duration::from_secs(60)).unwrap(), "the index does not follow");
}

/// Midnight of a day of January, and what comes after the thirteenth within that day.
fn time_of(day: u64) -> String {
    let seconds = day.saturating_sub(13);
    format!("2025-01-{:02}T{:02}:{:02}:{:02}Z", day.min(13), seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

fn joined(licensee: &str, user: &str) -> Value {
    json!({
        "licensee": licensee, "user": user, "username": user, "name": user, "email": format!("{user}@example.com"),
        "role": "developer", "type": "human"
    })
}

fn messages() -> Vec<(&'static str, Value)> {
    let started = |licensee: &str| {
        json!({
            "licensee": licensee, "name": licensee, "offering": "gitlab_com", "subscription": "S-1", "plan": "premium",
            "seats": 10, "starts_at": "2025-01-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z",
            "add_ons": [{"add_on": "duo_pro", "quantity": 2}]
        })
    };
    let seats = |users: &[&str]| json!({"licensee": "acme", "product": "duo", "users": users});
    vec![
        ("billing.v1.SubscriptionStarted", started("acme")),
        ("billing.v1.SubscriptionStarted", started("globex")),
        ("directory.v1.MemberAdded", joined("acme", "ann")),
        ("directory.v1.MemberAdded", joined("acme", "bob")),
        ("directory.v1.MemberAdded", joined("acme", "cat")),
        ("directory.v1.MemberAdded", joined("globex", "ann")),
        ("seats.v1.AssignSeats", seats(&["ann", "bob"])),
        ("seats.v1.AssignSeats", seats(&["cat"])),
        (
            "billing.v1.SeatsPurchased",
            json!({"licensee": "acme", "add_on": "duo_pro", "quantity": 99, "channel": "sales"}),
        ),
        ("usage.v1.CodeSuggestionsUsed", json!({"user": "ann", "used_at": "2025-01-09T12:00:00Z"})),
        ("directory.v1.UserBlocked", json!({"user": "bob"})),
        ("directory.v1.MemberRemoved", json!({"licensee": "acme", "user": "cat"})),
        ("seats.v1.AssignSeats", seats(&["nobody"])),
    ]
}

/// The state of `acme` at a version, or at its last if that is earlier.
fn state_at(index: &dyn StreamIndex, version: usize) -> Snapshot {
    let mut state = Licensee::default();
    for stored in index.stream("licensee/acme", 0, version).unwrap() {
        let record = stored.event;
        let StreamEvent::Licensee { event, .. } = decode(&record.r#type, 1, &record.data).unwrap() else { panic!() };
        state.evolve(&event, Instant::from_timestamp_micros(record.effective_at_us).unwrap());
    }
    let bytes = postcard::to_stdvec(&state).unwrap();
    Snapshot { version: state.version(), state_version: licensing::Licensee::FORMAT, bytes }
}
