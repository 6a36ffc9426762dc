//! The truth in the schema `usher`.

use std::sync::Arc;

use licensing::Instant;
use postgres::{Row, types::Type};

use super::{
    append::{self, read_head},
    details,
    ends::Ends,
    failure::{Failure, damaged},
    fresh::FreshCommits,
    pool::Pool,
    value::{instant, limit, plain, shard, unsigned},
};
use crate::{Batch, Head, Held, Journal, JournalError, LicenseeDetails, Person, StatusReason, StoredCommit, Watch};

/// How many commits are read at one go at most, whatever their size.
const COMMITS_MAX: i64 = 512;

/// The journal of a database.
pub(super) struct PostgresJournal {
    shards: u16,
    readers: Arc<Pool>,
    writer: Pool,
    held: Held,
    ends: Ends,
    fresh: FreshCommits,
    watch: Watch,
}

impl PostgresJournal {
    /// The journal behind `readers`; `writer` is for appending alone, so that this never waits for a reader.
    pub(super) fn open(readers: Arc<Pool>, writer: Pool, held: Held, shards: u16) -> Result<Self, JournalError> {
        let (ends, fresh, watch) = (Ends::new(Vec::new()), FreshCommits::default(), Watch::default());
        let journal = Self { shards, readers, writer, held, ends, fresh, watch };
        let heads = journal.heads()?;
        if !heads.iter().map(|head| head.shard).eq(0..shards) {
            return Err(journal.damaged(format!("usher.heads has not one row for each of {shards} shards")));
        }
        journal.check_ends(&heads)?;
        Ok(Self { ends: Ends::new(heads), ..journal })
    }

    /// Checks that each shard's last commit is the one that its head names.
    fn check_ends(&self, heads: &[Head]) -> Result<(), JournalError> {
        for head in heads.iter().filter(|head| head.commit_number > 0) {
            let before = head.commit_number - 1;
            let found = self.read(head.shard, before, 1)?;
            // Another process may have appended since.
            if found.first().map(StoredCommit::head) != Some(*head) {
                return Err(self.damaged(format!("the head of shard {} disagrees with its commits", head.shard)));
            }
        }
        Ok(())
    }

    /// What a finding about the store means.
    pub(super) fn damaged(&self, detail: impl Into<String>) -> JournalError {
        damaged(self.readers.server(), detail)
    }

    /// Where the shards end, as far as this process knows: exact for those that it holds.
    pub(super) fn known_ends(&self) -> Vec<Head> {
        self.ends.all()
    }

    /// Notes where the shards end; wakes who follows if that is news.
    pub(super) fn meet(&self, heads: impl IntoIterator<Item = Head>) -> bool {
        let is_news = self.ends.advance(heads);
        if is_news {
            self.watch.notify();
        }
        is_news
    }

    /// Wakes everybody who follows.
    pub(super) fn wake(&self) {
        self.watch.notify();
    }

    /// Commits by shard and number, each once, in no order; those that are not there are left out.
    pub(super) fn commits(&self, places: &[(u16, u64)]) -> Result<Vec<StoredCommit>, JournalError> {
        let shards: Vec<i32> = places.iter().map(|(shard, _)| i32::from(*shard)).collect();
        let numbers: Vec<i64> = places.iter().map(|(_, number)| number.cast_signed()).collect();
        self.readers.query_all(
            "SELECT c.shard, c.number, c.first_position, c.records, c.recorded_at_us, c.checksum, c.block
             FROM unnest($1, $2) AS w (shard, number) CROSS JOIN LATERAL (
                 SELECT * FROM usher.commits WHERE shard = w.shard AND number = w.number LIMIT 1) AS c",
            &[(&shards, Type::INT4_ARRAY), (&numbers, Type::INT8_ARRAY)],
            read_commit,
        )
    }

    /// Whether there is such a shard.
    pub(super) fn check_shard(&self, shard: u16) -> Result<(), JournalError> {
        if shard < self.shards { Ok(()) } else { Err(JournalError::UnknownShard { shard, shards: self.shards }) }
    }

    /// Reads commits after a number: as many as fit into `max_bytes`, the first of them in any case if `takes_first`.
    fn page(
        &self,
        shard: u16,
        after_commit: u64,
        max_bytes: usize,
        takes_first: bool,
    ) -> Result<Vec<StoredCommit>, JournalError> {
        let Ok(after) = i64::try_from(after_commit) else { return Ok(Vec::new()) };
        // The sizes are known without the blocks, which are fetched only for what is given.
        self.readers.query_all(
            "SELECT shard, number, first_position, records, recorded_at_us, checksum, block
             FROM (SELECT *, sum(octet_length(block)) OVER (ORDER BY number) AS bytes,
                          row_number() OVER (ORDER BY number) AS place
                   FROM (SELECT * FROM usher.commits WHERE shard = $1 AND number > $2 ORDER BY number LIMIT $3) AS page
                  ) AS sized
             WHERE bytes <= $4 OR (place = 1 AND $5)
             ORDER BY number",
            &[
                (&i32::from(shard), Type::INT4),
                (&after, Type::INT8),
                (&COMMITS_MAX, Type::INT8),
                (&limit(max_bytes), Type::INT8),
                (&takes_first, Type::BOOL),
            ],
            read_commit,
        )
    }

    /// A gap can only come from outside: numbers and positions are given out without any.
    fn check_order(&self, after: u64, commits: &[StoredCommit]) -> Result<(), JournalError> {
        let mut previous: Option<Head> = None;
        for commit in commits {
            let follows = match previous {
                Some(head) => commit.number == head.commit_number + 1 && commit.first_position == head.position + 1,
                None => commit.number == after + 1,
            };
            if !follows {
                let StoredCommit { shard, number, .. } = commit;
                return Err(self.damaged(format!("commit {number} of shard {shard} does not follow the one before it")));
            }
            previous = Some(commit.head());
        }
        Ok(())
    }
}

impl Journal for PostgresJournal {
    fn shard_count(&self) -> u16 {
        self.shards
    }

    fn heads(&self) -> Result<Vec<Head>, JournalError> {
        self.readers.query_all("SELECT shard, commit_number, position FROM usher.heads ORDER BY shard", &[], read_head)
    }

    fn known_heads(&self) -> Result<Vec<Head>, JournalError> {
        Ok(self.known_ends())
    }

    fn clock(&self) -> Result<Option<Instant>, JournalError> {
        let latest = "SELECT now_us FROM usher.clock ORDER BY now_us DESC LIMIT 1";
        self.readers.query_first(latest, &[], |row| instant(row, 0))
    }

    fn append(&self, batch: &Batch) -> Result<(), JournalError> {
        // After an error only the server knows what is there.
        append::append(&self.writer, &self.held, self.shards, batch).inspect_err(|_| self.fresh.forget())?;
        self.fresh.keep(&batch.commits);
        self.ends.advance(batch.commits.iter().map(crate::NewCommit::head));
        self.watch.notify();
        Ok(())
    }

    fn read(&self, shard: u16, after_commit: u64, max_bytes: usize) -> Result<Vec<StoredCommit>, JournalError> {
        self.check_shard(shard)?;
        let mut commits: Vec<StoredCommit> = Vec::new();
        let mut bytes = 0usize;
        loop {
            let after = commits.last().map_or(after_commit, |commit| commit.number);
            let page = self.page(shard, after, max_bytes.saturating_sub(bytes), commits.is_empty())?;
            let is_last = limit(page.len()) < COMMITS_MAX;
            bytes = page.iter().fold(bytes, |bytes, commit| bytes.saturating_add(commit.block.len()));
            commits.extend(page);
            if is_last || bytes >= max_bytes {
                break;
            }
        }
        self.check_order(after_commit, &commits)?;
        Ok(commits)
    }

    fn follow(&self, shard: u16, after_commit: u64, max_bytes: usize) -> Result<Vec<StoredCommit>, JournalError> {
        match self.fresh.after(shard, after_commit, max_bytes) {
            Some(commits) => Ok(commits),
            None => self.read(shard, after_commit, max_bytes),
        }
    }

    fn watch(&self) -> Watch {
        self.watch.clone()
    }

    fn person(&self, user: &str) -> Result<Option<Person>, JournalError> {
        self.persons(&[user]).map(|persons| persons.into_iter().next().flatten())
    }

    fn persons(&self, users: &[&str]) -> Result<Vec<Option<Person>>, JournalError> {
        details::persons(&self.readers, users)
    }

    fn users_named(&self, username: &str) -> Result<Vec<String>, JournalError> {
        details::users_named(&self.readers, username)
    }

    fn users_of_names(&self, usernames: &[&str]) -> Result<Vec<Vec<String>>, JournalError> {
        details::users_of_names(&self.readers, usernames)
    }

    fn licensee_details(&self, licensee: &str) -> Result<Option<LicenseeDetails>, JournalError> {
        self.licensees_details(&[licensee]).map(|details| details.into_iter().next().flatten())
    }

    fn licensees_details(&self, licensees: &[&str]) -> Result<Vec<Option<LicenseeDetails>>, JournalError> {
        details::licensees(&self.readers, licensees)
    }

    fn status_reasons(&self, user: &str) -> Result<Vec<StatusReason>, JournalError> {
        details::status_reasons(&self.readers, user)
    }
}

/// A commit as it is kept, its checksum verified.
fn read_commit(row: &Row) -> Result<StoredCommit, Failure> {
    let commit = StoredCommit {
        shard: shard(row, 0)?,
        number: unsigned(row, 1)?,
        first_position: unsigned(row, 2)?,
        records: unsigned(row, 3)?,
        recorded_at: instant(row, 4)?,
        checksum: plain::<i64>(row, 5)?.cast_unsigned(),
        block: plain(row, 6)?,
    };
    if commit.is_sound() {
        return Ok(commit);
    }
    let detail = format!("the checksum of commit {} of shard {} is wrong", commit.number, commit.shard);
    Err(Failure::Damaged(detail))
}
