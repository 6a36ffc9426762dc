//! The port to the truth: what every store has to do.

use contract::{
    borrowed::DamagedMessage,
    proto::journal::Commit,
    stored::{self, RecordRef},
};
use licensing::Instant;
use prost::Message;

use crate::{DetailChange, Head, JournalError, LicenseeDetails, Person, Position, StatusNews, StatusReason, Watch};

/// The largest block of one commit, bytes: room for the removal of a million seats at one go.
pub const BLOCK_BYTES_MAX: usize = 512 * 1024 * 1024;

/// The event store. Any number of threads may use it; a store of several processes lets each write the shards that it
/// holds (see [`Held`](crate::Held)).
pub trait Journal: Send + Sync {
    /// Into how many shards the store is divided; fixed when it was made.
    fn shard_count(&self) -> u16;

    /// Where each shard ends, in the order of the shards.
    fn heads(&self) -> Result<Vec<Head>, JournalError>;

    /// As [`heads`](Self::heads), for whoever follows the journal: as far as this process knows, without asking the store. What it
    /// appends itself is known at once; [`watch`](Self::watch) is notified whenever more is known.
    fn known_heads(&self) -> Result<Vec<Head>, JournalError> {
        self.heads()
    }

    /// The kept clock; `None` before it was first set.
    fn clock(&self) -> Result<Option<Instant>, JournalError>;

    /// Writes a batch in one transaction, all of it or nothing; durable when it returns.
    ///
    /// Fails with [`JournalError::Conflict`] when a commit does not follow its shard's head, with
    /// [`JournalError::NotHeld`] when another process holds a shard, and with [`JournalError::Full`] without room; then
    /// nothing is written. After any other error only [`heads`](Self::heads) tells what is there.
    fn append(&self, batch: &Batch) -> Result<(), JournalError>;

    /// The commits of `shard` after number `after_commit`, in order, their checksums verified.
    ///
    /// Gives as many as fit into `max_bytes` of blocks, but at least one if there is one; empty at the end.
    fn read(&self, shard: u16, after_commit: u64, max_bytes: usize) -> Result<Vec<StoredCommit>, JournalError>;

    /// As [`read`](Self::read), for whoever follows the commits as they come: those that this process has just written may be
    /// given from its memory. Whoever has to know what the store holds reads.
    fn follow(&self, shard: u16, after_commit: u64, max_bytes: usize) -> Result<Vec<StoredCommit>, JournalError> {
        self.read(shard, after_commit, max_bytes)
    }

    /// Is notified after each append; of one by another process shortly after it.
    fn watch(&self) -> Watch;

    /// The person behind a user id.
    fn person(&self, user: &str) -> Result<Option<Person>, JournalError>;

    /// The persons behind many user ids, in their order.
    fn persons(&self, users: &[&str]) -> Result<Vec<Option<Person>>, JournalError>;

    /// The user ids that bear a user name, in byte order; more than one where a name was given twice, 16 at most.
    fn users_named(&self, username: &str) -> Result<Vec<String>, JournalError>;

    /// The user ids that bear each of many user names, in the order of the names, as [`users_named`](Self::users_named).
    fn users_of_names(&self, usernames: &[&str]) -> Result<Vec<Vec<String>>, JournalError> {
        usernames.iter().map(|username| self.users_named(username)).collect()
    }

    /// The details of a licensee.
    fn licensee_details(&self, licensee: &str) -> Result<Option<LicenseeDetails>, JournalError>;

    /// The details of many licensees, in their order.
    fn licensees_details(&self, licensees: &[&str]) -> Result<Vec<Option<LicenseeDetails>>, JournalError>;

    /// The reasons for changes of a user's status, by command id; 1,000 at most.
    fn status_reasons(&self, user: &str) -> Result<Vec<StatusReason>, JournalError>;
}

/// What is written at one go.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The commits; several of one shard follow each other.
    pub commits: Vec<NewCommit>,
    /// The clock to be kept; an earlier one than is kept changes nothing.
    pub clock: Option<Instant>,
    /// Changes of the erasable details, applied in order.
    pub details: Vec<DetailChange>,
    /// Changes of users' statuses that other processes have to hear of; in a store of a single process there are none.
    pub news: Vec<StatusNews>,
}

/// A commit to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommit {
    /// The shard.
    pub shard: u16,
    /// The shard's last commit number + 1.
    pub number: u64,
    /// The shard's last position + 1.
    pub first_position: u64,
    /// How many records the block holds.
    pub records: u32,
    /// The encoded [`Commit`].
    pub block: Vec<u8>,
    /// When it was decided.
    pub recorded_at: Instant,
}

impl NewCommit {
    /// The commit that follows `head`.
    pub fn following(head: Head, commit: &Commit, recorded_at: Instant) -> Self {
        Self {
            shard: head.shard,
            number: head.commit_number.saturating_add(1),
            first_position: head.position.saturating_add(1),
            records: u32::try_from(commit.records.len()).unwrap_or(u32::MAX),
            block: commit.encode_to_vec(),
            recorded_at,
        }
    }

    /// Where the shard ends once this commit is written.
    pub fn head(&self) -> Head {
        Head {
            shard: self.shard,
            commit_number: self.number,
            position: last_position(self.first_position, self.records),
        }
    }
}

/// A commit as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCommit {
    /// The shard.
    pub shard: u16,
    /// Its number in the shard, from 1.
    pub number: u64,
    /// The position of its first record.
    pub first_position: u64,
    /// How many records the block holds.
    pub records: u32,
    /// When it was decided.
    pub recorded_at: Instant,
    /// The first 8 bytes of SHA-256 over all of the above and the block.
    pub checksum: u64,
    /// The encoded [`Commit`].
    pub block: Vec<u8>,
}

impl StoredCommit {
    /// Where the shard ended when this was its last commit.
    pub fn head(&self) -> Head {
        Head {
            shard: self.shard,
            commit_number: self.number,
            position: last_position(self.first_position, self.records),
        }
    }

    /// The commit; fails on a block that does not hold what it should, which no store writes.
    pub fn decode(&self) -> Result<Commit, prost::DecodeError> {
        Commit::decode(self.block.as_slice())
    }

    /// The records of the commit where they lie in the block, each with its position; as many as there are, whatever
    /// [`records`](Self::records) says. After an error there are no more.
    pub fn read_records(&self) -> impl Iterator<Item = Result<(Position, RecordRef<'_>), DamagedMessage>> {
        (self.first_position..).zip(stored::records(&self.block)).map(|(position, record)| {
            let position = Position { shard: self.shard, position };
            record.map(|record| (position, record))
        })
    }
}

/// The position of the last of `records` from `first_position` on.
fn last_position(first_position: u64, records: u32) -> u64 {
    first_position.saturating_add(u64::from(records)).saturating_sub(1)
}
