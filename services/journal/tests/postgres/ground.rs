//! Databases to try a store on.

use std::{
    thread,
    time::{Duration, Instant},
};

use journal::{
    Batch, Duty, Epoch, JournalError, NewCommit, Node, NodeId, Task,
    postgres::{DatabaseUrl, Options, PostgresStore},
};
use postgres::{Client, NoTls};
use servers::{Database, Postgres};
use uuid::Uuid;

use crate::conformance::{LONG, Maker, Opened, samples::READER};

/// An empty database that goes away with it.
pub struct Ground {
    database: Database,
}

impl Ground {
    pub fn new() -> Self {
        Self { database: Postgres::shared().unwrap().database().unwrap() }
    }

    pub fn url(&self) -> DatabaseUrl {
        self.url_text().parse().unwrap()
    }

    pub fn url_text(&self) -> String {
        self.database.url()
    }

    /// Host and port of the server.
    pub fn address(&self) -> String {
        let url = self.url_text();
        let (_, behind) = url.split_once('@').unwrap();
        behind.split_once('/').unwrap().0.to_owned()
    }

    /// The same database by another way.
    pub fn url_by(&self, address: &str) -> DatabaseUrl {
        self.url_text().replace(&self.address(), address).parse().unwrap()
    }

    /// The store, which holds no shard.
    pub fn store(&self) -> PostgresStore {
        self.try_store(&options()).unwrap()
    }

    pub fn try_store(&self, options: &Options) -> Result<PostgresStore, JournalError> {
        PostgresStore::open(&self.url(), options)
    }

    /// A connection beside the store.
    pub fn client(&self) -> Client {
        Client::connect(&self.url_text(), NoTls).unwrap()
    }

    /// Changes something behind the store's back.
    pub fn change(&self, sql: &str) {
        self.client().batch_execute(sql).unwrap();
    }

    /// One number that a query gives.
    pub fn number(&self, sql: &str) -> i64 {
        self.client().query_one(sql, &[]).unwrap().get(0)
    }

    /// Waits until some statements in the database wait for a lock.
    pub fn wait_until_blocked(&self, statements: i64) {
        let waiting = "SELECT count(*) FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        wait_until(|| self.number(waiting) >= statements);
    }

    /// Lets everybody's leases run out.
    pub fn expire_all(&self) {
        self.change("UPDATE usher.nodes SET alive_until = clock_timestamp() - interval '1 second'");
    }
}

impl Maker for Ground {
    fn open(&self) -> Opened {
        let store = self.store();
        store.hold_all().unwrap();
        opened(store)
    }
}

pub fn options() -> Options {
    Options::new(READER)
}

pub fn opened(store: PostgresStore) -> Opened {
    Opened { journal: store.journal(), index: store.index(), store: Box::new(store) }
}

pub fn wait_until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + LONG;
    while !is_so() {
        assert!(Instant::now() < deadline, "it never came to be");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A process that only exists on the roster.
pub fn node() -> Node {
    Node { id: NodeId(Uuid::now_v7()), address: "127.0.0.1:1".into(), duties: Duty::ALL.to_vec() }
}

pub fn writing(shard: u16) -> Task {
    Task { duty: Duty::Write, shard }
}

/// Lets `store` take a shard under a node of its own, as the leases have it.
pub fn take(store: &PostgresStore, node: &Node, shard: u16) -> Epoch {
    let roster = store.leases().renew(node, Duration::from_secs(600)).unwrap();
    let lease = roster.leases.iter().find(|lease| lease.task == writing(shard)).unwrap();
    let epoch = store.leases().take(node.id, lease.task, lease.epoch).unwrap().unwrap();
    store.held().take(shard, epoch);
    epoch
}

pub fn batch(commits: Vec<NewCommit>) -> Batch {
    Batch { commits, ..Batch::default() }
}
