//! A store in which seats are given, and what is kept beside it.
#![allow(dead_code, reason = "the tests that share it use different parts")]

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::Utc;
use contract::{
    event::encode_licensee_event,
    proto::journal::{Commit, Event as Record, Record as Entry, record::Kind},
};
use journal::{
    Batch, DetailChange, Head, Journal, NewCommit, Person, StreamIndex, chain,
    postgres::PostgresStore,
    sqlite::{self, SqliteStore},
};
use licensing::{AddOnId, AssignmentCause, Event, LicenseeId, Offering, ProductId, SubscriptionStarted, UserId};
use notify::{mail::MailQueue, postgres::PostgresNotify, sqlite::SqliteNotify, webhooks::WebhookStore};
use servers::{Database, Postgres};
use tempfile::TempDir;
use uuid::Uuid;

enum Store {
    Folder(SqliteStore, TempDir),
    Database(PostgresStore),
}

pub struct World {
    store: Store,
    /// Gone with the world.
    _database: Option<Database>,
    pub queue: Arc<dyn MailQueue>,
    /// The same, as webhooks see it.
    pub webhooks: Arc<dyn WebhookStore>,
    /// Of each stream: version and hash of its last event.
    ends: BTreeMap<String, (u64, chain::Hash)>,
}

impl World {
    pub fn in_a_folder() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path(), &sqlite::Options::new(journal::EventReader::NOTHING)).unwrap();
        let queue = Arc::new(SqliteNotify::open(folder.path(), store.store_id()).unwrap());
        Self {
            store: Store::Folder(store, folder),
            _database: None,
            queue: queue.clone(),
            webhooks: queue,
            ends: BTreeMap::new(),
        }
    }

    pub fn in_a_database() -> Self {
        let database = Postgres::shared().unwrap().database().unwrap();
        let options = journal::postgres::Options::new(journal::EventReader::NOTHING);
        let store = PostgresStore::open(&database.url().parse().unwrap(), &options).unwrap();
        store.hold_all().unwrap();
        let queue = Arc::new(PostgresNotify::open(store.pool(), store.store_id()).unwrap());
        Self {
            store: Store::Database(store),
            _database: Some(database),
            queue: queue.clone(),
            webhooks: queue,
            ends: BTreeMap::new(),
        }
    }

    /// One of each kind.
    pub fn each() -> [Self; 2] {
        [Self::in_a_folder(), Self::in_a_database()]
    }

    /// Forgets who sends what, as a process does that is killed.
    pub fn reopen_queue(&mut self) {
        match &self.store {
            Store::Folder(store, folder) => self.keep(SqliteNotify::open(folder.path(), store.store_id()).unwrap()),
            Store::Database(store) => self.keep(PostgresNotify::open(store.pool(), store.store_id()).unwrap()),
        }
    }

    fn keep(&mut self, kept: impl MailQueue + WebhookStore + 'static) {
        let kept = Arc::new(kept);
        (self.queue, self.webhooks) = (kept.clone(), kept);
    }

    pub fn journal(&self) -> Arc<dyn Journal> {
        match &self.store {
            Store::Folder(store, _) => store.journal(),
            Store::Database(store) => store.journal(),
        }
    }

    pub fn index(&self) -> Arc<dyn StreamIndex> {
        match &self.store {
            Store::Folder(store, _) => store.index(),
            Store::Database(store) => store.index(),
        }
    }

    fn commit(&mut self, licensee: &str, events: &[Event], details: Vec<DetailChange>) -> Vec<Uuid> {
        let stream = format!("licensee/{licensee}");
        let licensee = LicenseeId::parse(licensee).unwrap();
        let now = Utc::now();
        let mut ids = Vec::new();
        let mut records = Vec::new();
        for event in events {
            let (version, hash) = self.ends.entry(stream.clone()).or_insert((0, [0; 32]));
            *version += 1;
            let (encoded, id) = (encode_licensee_event(&licensee, event), Uuid::now_v7());
            let mut record = Record {
                stream: stream.clone(),
                version: *version,
                id: id.into_bytes().to_vec(),
                r#type: encoded.type_name.to_owned(),
                schema_version: encoded.schema_version,
                effective_at_us: now.timestamp_micros(),
                recorded_at_us: now.timestamp_micros(),
                command_id: "test".to_owned(),
                actor: "test".to_owned(),
                data: encoded.data,
                ..Record::default()
            };
            *hash = chain::hash(hash, &record);
            record.hash = hash.to_vec();
            records.push(Entry { kind: Some(Kind::Event(record)) });
            ids.push(id);
        }
        let shard = journal::shard_of(licensee.as_str(), 16);
        let head = self.head(shard);
        let commit = Commit { records, timers: Vec::new() };
        let commits = vec![NewCommit::following(head, &commit, now)];
        self.journal().append(&Batch { commits, details, ..Batch::default() }).unwrap();
        ids
    }

    pub fn head(&self, shard: u16) -> Head {
        *self.journal().heads().unwrap().iter().find(|head| head.shard == shard).unwrap()
    }

    pub fn sell(&mut self, licensee: &str, offering: Offering) {
        let now = Utc::now();
        let started = SubscriptionStarted {
            offering,
            subscription: licensing::SubscriptionId::parse("S-1").unwrap(),
            plan: licensing::PlanId::new("premium"),
            seats: licensing::Seats::at_least_one(10).unwrap(),
            starts_at: now,
            ends_at: now + Duration::from_secs(3600),
            instance_version: None,
            add_ons: Vec::new(),
        };
        self.commit(licensee, &[Event::SubscriptionStarted(started)], Vec::new());
    }

    /// Gives seats in one commit; gives the ids of the events.
    pub fn give(&mut self, licensee: &str, users: &[&str]) -> Vec<Uuid> {
        let details = users.iter().map(|user| person(user, &format!("{user}@example.com"))).collect();
        let events: Vec<Event> = users.iter().map(|user| assigned(user)).collect();
        self.commit(licensee, &events, details)
    }

    pub fn set_address(&mut self, user: &str, email: &str) {
        let batch = Batch { details: vec![person(user, email)], ..Batch::default() };
        self.journal().append(&batch).unwrap();
    }

    pub fn erase(&mut self, user: &str) {
        let details = vec![DetailChange::ErasePerson { user: user.to_owned() }];
        self.journal().append(&Batch { details, ..Batch::default() }).unwrap();
    }
}

fn person(user: &str, email: &str) -> DetailChange {
    DetailChange::PutPerson(Person {
        user: user.to_owned(),
        username: user.to_owned(),
        name: format!("{user} Müller"),
        email: email.to_owned(),
    })
}

fn assigned(user: &str) -> Event {
    Event::SeatAssigned {
        user: UserId::parse(user).unwrap(),
        product: ProductId::new("duo"),
        add_on: AddOnId::new("duo_pro"),
        cause: AssignmentCause::Requested,
    }
}
