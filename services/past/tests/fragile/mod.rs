//! A journal out of which whoever reads names the first time comes not back.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use journal::{Batch, Head, Journal, JournalError, LicenseeDetails, Person, StatusReason, StoredCommit, Watch};
use licensing::Instant;

/// A journal in which the first reading of several names panics.
pub struct Fragile {
    journal: Arc<dyn Journal>,
    has_panicked: AtomicBool,
}

impl Fragile {
    pub fn panics_once(journal: Arc<dyn Journal>) -> Self {
        Self { journal, has_panicked: AtomicBool::new(false) }
    }
}

impl Journal for Fragile {
    fn persons(&self, users: &[&str]) -> Result<Vec<Option<Person>>, JournalError> {
        assert!(self.has_panicked.swap(true, Ordering::Relaxed), "this is to happen, once");
        self.journal.persons(users)
    }

    fn shard_count(&self) -> u16 {
        self.journal.shard_count()
    }

    fn heads(&self) -> Result<Vec<Head>, JournalError> {
        self.journal.heads()
    }

    fn clock(&self) -> Result<Option<Instant>, JournalError> {
        self.journal.clock()
    }

    fn append(&self, batch: &Batch) -> Result<(), JournalError> {
        self.journal.append(batch)
    }

    fn read(&self, shard: u16, after_commit: u64, max_bytes: usize) -> Result<Vec<StoredCommit>, JournalError> {
        self.journal.read(shard, after_commit, max_bytes)
    }

    fn watch(&self) -> Watch {
        self.journal.watch()
    }

    fn person(&self, user: &str) -> Result<Option<Person>, JournalError> {
        self.journal.person(user)
    }

    fn users_named(&self, username: &str) -> Result<Vec<String>, JournalError> {
        self.journal.users_named(username)
    }

    fn licensee_details(&self, licensee: &str) -> Result<Option<LicenseeDetails>, JournalError> {
        self.journal.licensee_details(licensee)
    }

    fn licensees_details(&self, licensees: &[&str]) -> Result<Vec<Option<LicenseeDetails>>, JournalError> {
        self.journal.licensees_details(licensees)
    }

    fn status_reasons(&self, user: &str) -> Result<Vec<StatusReason>, JournalError> {
        self.journal.status_reasons(user)
    }
}
