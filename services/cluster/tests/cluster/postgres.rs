//! A store for several nodes in a real PostgreSQL.

use journal::postgres::{DatabaseUrl, Options, PostgresStore};

use crate::ground::{Ground, Parts};

pub struct Postgres(servers::Database);

impl Postgres {
    pub fn new() -> Self {
        Self(servers::Postgres::shared().unwrap().database().unwrap())
    }
}

impl Ground for Postgres {
    fn parts(&self) -> Parts {
        let url: DatabaseUrl = self.0.url().parse().unwrap();
        let mut options = Options::new(engine::EVENT_READER);
        // Several nodes are on one server here.
        options.connections_max = 4;
        let store = PostgresStore::open(&url, &options).unwrap();
        Parts {
            journal: store.journal(),
            index: store.index(),
            users: store.users(),
            leases: store.leases(),
            held: store.held(),
            store: Some(Box::new(store)),
        }
    }
}
