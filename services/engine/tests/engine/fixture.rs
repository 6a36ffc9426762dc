//! An engine on a store in a folder that goes away with it.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use contract::{
    event::{StreamEvent, decode_recorded},
    incoming::from_json,
    proto::journal::{Event as Record, Outcome, record::Kind},
};
use engine::{Call, ClockMode, Done, Engine, IdempotencyKey, Options, Running, start};
use journal::{Journal, StreamIndex, sqlite};
use licensing::{Catalogue, Command, Event, Instant, Licensee, LicenseeId, ProductId, UserId};
use serde_json::{Value, json};
use tempfile::TempDir;

pub const DAY_ONE: &str = "2025-01-01T00:00:00Z";

pub fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub fn licensee(id: &str) -> LicenseeId {
    LicenseeId::parse(id).unwrap()
}

pub fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

pub fn duo() -> ProductId {
    ProductId::new("duo")
}

/// An engine at work.
pub struct Fixture {
    // In this order they are dropped.
    running: Option<Running>,
    store: Option<sqlite::SqliteStore>,
    folder: TempDir,
    clock: ClockMode,
}

impl Fixture {
    pub fn new(clock: ClockMode) -> Self {
        let mut fixture = Self { running: None, store: None, folder: tempfile::tempdir().unwrap(), clock };
        fixture.open();
        fixture
    }

    /// With a clock that stands at [`DAY_ONE`].
    pub fn manual() -> Self {
        Self::new(ClockMode::Manual(Some(at(DAY_ONE))))
    }

    pub fn with_pages_max(pages: u32) -> Self {
        let clock = ClockMode::Manual(Some(at(DAY_ONE)));
        let mut fixture = Self { running: None, store: None, folder: tempfile::tempdir().unwrap(), clock };
        let mut options = sqlite::Options::new(engine::EVENT_READER);
        options.journal_pages_max = Some(pages);
        fixture.open_with(&options);
        fixture
    }

    fn open(&mut self) {
        self.open_with(&sqlite::Options::new(engine::EVENT_READER));
    }

    fn open_with(&mut self, options: &sqlite::Options) {
        self.open_over(options, |index| index);
    }

    fn open_over(
        &mut self,
        options: &sqlite::Options,
        over: impl FnOnce(Arc<dyn StreamIndex>) -> Arc<dyn StreamIndex>,
    ) {
        let store = sqlite::SqliteStore::open(self.folder.path(), options).unwrap();
        let mut options = Options::new(Arc::new(Catalogue::built_in().unwrap()));
        options.clock = self.clock;
        self.running = Some(start(store.journal(), over(store.index()), options).unwrap());
        self.store = Some(store);
    }

    pub fn restart(&mut self) {
        self.running = None;
        self.store = None;
        self.open();
    }

    /// Starts the engine anew on what is made of the index.
    pub fn restart_over(&mut self, over: impl FnOnce(Arc<dyn StreamIndex>) -> Arc<dyn StreamIndex>) {
        self.running = None;
        self.store = None;
        self.open_over(&sqlite::Options::new(engine::EVENT_READER), over);
    }

    pub fn restart_with(&mut self, clock: ClockMode) {
        self.clock = clock;
        self.restart();
    }

    pub fn delete_index_and_restart(&mut self) {
        self.running = None;
        self.store = None;
        for file in ["index.db", "index.db-wal", "index.db-shm"] {
            let _ = std::fs::remove_file(self.folder.path().join(file));
        }
        self.open();
    }

    pub fn engine(&self) -> Engine {
        self.running.as_ref().unwrap().engine()
    }

    pub fn journal(&self) -> Arc<dyn Journal> {
        self.store.as_ref().unwrap().journal()
    }

    pub fn index(&self) -> Arc<dyn StreamIndex> {
        self.store.as_ref().unwrap().index()
    }

    /// Sends a message and waits for what becomes of it.
    pub fn send(&self, message: &Value) -> Done {
        self.engine().message(from_json(message.to_string().as_bytes())).unwrap().wait().unwrap()
    }

    pub fn accept(&self, message: &Value) -> Done {
        let done = self.send(message);
        assert!(done.outcome.is_ok() && !done.duplicate, "{done:?}");
        done
    }

    pub fn code(&self, message: &Value) -> &'static str {
        self.send(message).outcome.unwrap_err().code.as_str()
    }

    pub fn call(&self, id: &str, command: Command) -> Done {
        self.engine().try_call(call(id, None, command)).unwrap().wait().unwrap()
    }

    pub fn call_as(&self, key: &str, content: &str, id: &str, command: Command) -> Done {
        let key = IdempotencyKey::new(key, &[content.as_bytes()]).unwrap();
        self.engine().try_call(call(id, Some(key), command)).unwrap().wait().unwrap()
    }

    pub fn advance(&self, to: &str) {
        self.engine().try_advance_clock(at(to)).unwrap().wait().unwrap().unwrap();
    }

    /// A licensee of gitlab.com with this many seats of Duo Pro, and members.
    pub fn with_pro(&self, id: &str, seats: u32, members: &[&str]) {
        self.accept(&started(id, seats.max(10), Some(seats)));
        for member in members {
            self.accept(&member_added(id, member));
        }
    }

    /// Every record of the journal, shard by shard.
    pub fn records(&self) -> Vec<Kind> {
        let journal = self.journal();
        let mut kinds = Vec::new();
        for shard in 0..journal.shard_count() {
            for stored in journal.read(shard, 0, usize::MAX).unwrap() {
                kinds.extend(stored.decode().unwrap().records.into_iter().filter_map(|record| record.kind));
            }
        }
        kinds
    }

    pub fn outcomes(&self) -> Vec<Outcome> {
        let outcome = |kind| if let Kind::Outcome(outcome) = kind { Some(outcome) } else { None };
        self.records().into_iter().filter_map(outcome).collect()
    }

    /// The events of a stream, in order, their hash chain checked.
    pub fn stream(&self, stream: &str) -> Vec<Record> {
        let of_stream = |kind| match kind {
            Kind::Event(event) if event.stream == stream => Some(event),
            _ => None,
        };
        let events: Vec<Record> = self.records().into_iter().filter_map(of_stream).collect();
        let mut previous = journal::chain::START;
        for (number, event) in (1..).zip(&events) {
            assert_eq!(event.version, number);
            previous = journal::chain::verify(&previous, event).unwrap();
        }
        events
    }

    /// The short names and times of a licensee's events.
    pub fn history(&self, id: &str) -> Vec<(String, Instant)> {
        let events = self.stream(&format!("licensee/{id}"));
        events.iter().map(|event| (short_name(event), effective_at(event))).collect()
    }

    pub fn names(&self, id: &str) -> Vec<String> {
        self.history(id).into_iter().map(|(name, _)| name).collect()
    }

    /// The licensee as a plain replay of its stream has it.
    pub fn replay(&self, id: &str) -> Licensee {
        let mut state = Licensee::default();
        for record in self.stream(&format!("licensee/{id}")) {
            state.evolve(&event(&record), effective_at(&record));
        }
        state
    }

    pub fn holders(&self, id: &str) -> Vec<String> {
        self.replay(id).holders(&duo()).map(|user| user.to_string()).collect()
    }
}

pub fn call(id: &str, key: Option<IdempotencyKey>, command: Command) -> Call {
    Call { key, type_name: "TEST".to_owned(), actor: "tester".to_owned(), licensee: licensee(id), command }
}

pub fn assign(member: &str) -> Command {
    Command::AssignSeat { product: duo(), user: user(member) }
}

pub fn event(record: &Record) -> Event {
    match decode_recorded(record).unwrap() {
        StreamEvent::Licensee { event, .. } => event,
        StreamEvent::User { .. } => panic!("an event of a user in a licensee's stream"),
    }
}

pub fn effective_at(record: &Record) -> Instant {
    Instant::from_timestamp_micros(record.effective_at_us).unwrap()
}

pub fn short_name(record: &Record) -> String {
    record.r#type.rsplit('.').next().unwrap().to_owned()
}

/// A message with an id that follows from its content.
pub fn message(type_name: &str, data: Value) -> Value {
    let mut hasher = std::hash::DefaultHasher::new();
    (type_name, data.to_string()).hash(&mut hasher);
    let id = format!("{:x}", hasher.finish());
    message_as(&id, DAY_ONE, type_name, data)
}

pub fn message_as(id: &str, time: &str, type_name: &str, data: Value) -> Value {
    json!({"specversion": "1.0", "id": id, "source": "urn:test", "type": format!("usher.{type_name}"), "time": time,
        "data": data})
}

pub fn started(id: &str, seats: u32, pro: Option<u32>) -> Value {
    let add_ons: Vec<Value> = pro.iter().map(|quantity| json!({"add_on": "duo_pro", "quantity": quantity})).collect();
    message(
        "billing.v1.SubscriptionStarted",
        json!({"licensee": id, "name": "Acme Secret Ltd", "offering": "gitlab_com", "subscription": "S-1",
            "plan": "ultimate", "seats": seats, "starts_at": DAY_ONE, "ends_at": "2026-01-01T00:00:00Z",
            "contact_email": "secret.boss@example.com", "add_ons": add_ons}),
    )
}

pub fn member_added(id: &str, member: &str) -> Value {
    message("directory.v1.MemberAdded", member_data(id, member))
}

pub fn member_data(id: &str, member: &str) -> Value {
    json!({"licensee": id, "user": member, "username": format!("{member}-login"), "name": "Jane Secret",
        "email": format!("{member}.secret@example.com"), "role": "developer", "type": "human"})
}
