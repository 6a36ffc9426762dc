//! The truth in `journal.db`.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use licensing::Instant;
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::{
    INDEX_FILE, JOURNAL_FILE, Options, VIEWS_FILE, check,
    commits::{commit_at, commits_after, head_of, heads, insert_commit},
    connection::{self, Tuning},
    details,
    erasure::Erasure,
    failure::{InFile, classify, corrupt, while_opening},
    files,
    key::CommitKey,
    lock::FolderLock,
    pool::Pool,
    schema,
    value::instant,
};
use crate::{
    BLOCK_BYTES_MAX, Batch, DetailChange, Head, Journal, JournalError, LicenseeDetails, NewCommit, Person,
    StatusReason, StoredCommit, Watch,
};

const TUNING: Tuning = Tuning { synchronous: "FULL", secure_delete: true, cache_kib: 8 * 1024, checkpoint_pages: 4000 };

/// The journal of a folder.
pub struct SqliteJournal {
    path: PathBuf,
    shards: u16,
    store_id: Vec<u8>,
    watch: Watch,
    erasure: Erasure,
    readers: Pool<JournalError>,
    writer: Mutex<Connection>,
    _lock: FolderLock,
}

impl SqliteJournal {
    /// Opens the journal in `folder`, or makes one where no store has ever been.
    pub(super) fn open(folder: &Path, lock: FolderLock, options: &Options) -> Result<Self, JournalError> {
        let path = folder.join(JOURNAL_FILE);
        if !path.try_exists().in_file(&path)? {
            refuse_remains_of_a_store(folder, &path)?;
            create(folder, &path, options.shards)?;
        }
        let mut writer = open_existing(&path).map_err(while_opening)?;
        let meta = Meta::read(&writer).in_file(&path)?;
        check::journal(&path, &writer, meta.shards)?;
        TUNING.apply(&writer).in_file(&path)?;
        if let Some(pages_max) = options.journal_pages_max {
            writer.pragma_update(None, "max_page_count", pages_max).in_file(&path)?;
        }
        let erasure = Erasure::load(&mut writer).in_file(&path)?;
        Ok(Self {
            shards: meta.shards,
            store_id: meta.store_id,
            watch: Watch::default(),
            erasure,
            readers: Pool::new(&path, connection::open_read_only, classify),
            writer: Mutex::new(writer),
            path,
            _lock: lock,
        })
    }

    /// Where the file lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What tells this store from every other.
    pub(super) fn store_id(&self) -> &[u8] {
        &self.store_id
    }

    /// One commit, or none.
    pub(super) fn commit(&self, shard: u16, number: u64) -> Result<Option<StoredCommit>, JournalError> {
        let Some(key) = CommitKey::new(shard, number) else { return Ok(None) };
        self.readers.read(|connection| commit_at(connection, key))
    }

    /// Whether traces of erased details are still to be removed.
    pub(super) fn has_erasures_to_finish(&self) -> bool {
        self.erasure.is_pending()
    }

    /// Removes the traces of erased details, unless that was done only a moment ago.
    pub(super) fn finish_erasures_in_time(&self) -> Result<(), JournalError> {
        if self.erasure.is_due() { self.finish_erasures().map(drop) } else { Ok(()) }
    }

    /// Removes the traces of erased details; false when a reader stood in the way.
    pub(super) fn finish_erasures(&self) -> Result<bool, JournalError> {
        if !self.erasure.is_pending() {
            return Ok(true);
        }
        self.erasure.finish(&mut self.writer.lock()).in_file(&self.path)
    }

    fn write(&self, connection: &mut Connection, batch: &Batch) -> Result<(), JournalError> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).in_file(&self.path)?;
        for commit in &batch.commits {
            self.write_commit(&transaction, commit)?;
        }
        if let Some(clock) = batch.clock {
            write_clock(&transaction, clock).in_file(&self.path)?;
        }
        details::apply(&transaction, &batch.details).in_file(&self.path)?;
        transaction.commit().in_file(&self.path)
    }

    fn write_commit(&self, transaction: &Transaction<'_>, commit: &NewCommit) -> Result<(), JournalError> {
        self.check_shard(commit.shard)?;
        if commit.block.len() > BLOCK_BYTES_MAX {
            return Err(JournalError::TooLarge { bytes: commit.block.len(), bytes_max: BLOCK_BYTES_MAX });
        }
        let head = head_of(transaction, commit.shard).in_file(&self.path)?;
        let follows = commit.number == head.commit_number + 1 && commit.first_position == head.position + 1;
        let Some(key) = CommitKey::new(commit.shard, commit.number).filter(|_| follows) else {
            return Err(JournalError::Conflict {
                shard: commit.shard,
                head,
                offered_number: commit.number,
                offered_first_position: commit.first_position,
            });
        };
        insert_commit(transaction, key, commit).in_file(&self.path)
    }

    /// Whether there is such a shard.
    pub(super) fn check_shard(&self, shard: u16) -> Result<(), JournalError> {
        if shard < self.shards { Ok(()) } else { Err(JournalError::UnknownShard { shard, shards: self.shards }) }
    }
}

impl Journal for SqliteJournal {
    fn shard_count(&self) -> u16 {
        self.shards
    }

    fn heads(&self) -> Result<Vec<Head>, JournalError> {
        self.readers.read(heads)
    }

    fn clock(&self) -> Result<Option<Instant>, JournalError> {
        self.readers.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT now_us FROM clock")?;
            statement.query_row([], |row| instant(row, 0)).optional()
        })
    }

    fn append(&self, batch: &Batch) -> Result<(), JournalError> {
        {
            let mut writer = self.writer.lock();
            self.write(&mut writer, batch)?;
            if batch.details.iter().any(|change| matches!(change, DetailChange::ErasePerson { .. })) {
                self.erasure.note();
            }
        }
        self.watch.notify();
        Ok(())
    }

    fn read(&self, shard: u16, after_commit: u64, max_bytes: usize) -> Result<Vec<StoredCommit>, JournalError> {
        self.check_shard(shard)?;
        let Some(after) = CommitKey::new(shard, after_commit) else { return Ok(Vec::new()) };
        self.readers.read(|connection| commits_after(connection, after, max_bytes))
    }

    fn watch(&self) -> Watch {
        self.watch.clone()
    }

    fn person(&self, user: &str) -> Result<Option<Person>, JournalError> {
        self.readers.read(|connection| details::person(connection, user))
    }

    fn persons(&self, users: &[&str]) -> Result<Vec<Option<Person>>, JournalError> {
        self.readers.read(|connection| users.iter().map(|user| details::person(connection, user)).collect())
    }

    fn users_named(&self, username: &str) -> Result<Vec<String>, JournalError> {
        self.readers.read(|connection| details::users_named(connection, username))
    }

    fn users_of_names(&self, usernames: &[&str]) -> Result<Vec<Vec<String>>, JournalError> {
        self.readers.read(|connection| usernames.iter().map(|name| details::users_named(connection, name)).collect())
    }

    fn licensee_details(&self, licensee: &str) -> Result<Option<LicenseeDetails>, JournalError> {
        self.readers.read(|connection| details::licensee(connection, licensee))
    }

    fn licensees_details(&self, licensees: &[&str]) -> Result<Vec<Option<LicenseeDetails>>, JournalError> {
        self.readers.read(|connection| licensees.iter().map(|id| details::licensee(connection, id)).collect())
    }

    fn status_reasons(&self, user: &str) -> Result<Vec<StatusReason>, JournalError> {
        self.readers.read(|connection| details::status_reasons(connection, user))
    }
}

/// A journal that is gone must not be replaced by an empty one.
fn refuse_remains_of_a_store(folder: &Path, path: &Path) -> Result<(), JournalError> {
    for name in [format!("{JOURNAL_FILE}-wal"), INDEX_FILE.to_owned(), VIEWS_FILE.to_owned()] {
        let remains = folder.join(&name);
        if remains.try_exists().in_file(&remains)? {
            return Err(corrupt(path, format!("{JOURNAL_FILE} is missing beside {name}")));
        }
    }
    Ok(())
}

/// Makes a journal under another name and moves it into place, so that there never is half a journal.
fn create(folder: &Path, path: &Path, shards: u16) -> Result<(), JournalError> {
    let unfinished = files::beside(path, ".new");
    for remains in [unfinished.clone(), files::beside(&unfinished, "-journal")] {
        files::remove_if_exists(&remains).in_file(&remains)?;
    }
    fill_new(&unfinished, shards).in_file(&unfinished)?;
    fs::rename(&unfinished, path).in_file(path)?;
    File::open(folder).and_then(|folder| folder.sync_all()).in_file(folder)
}

fn fill_new(path: &Path, shards: u16) -> rusqlite::Result<()> {
    let mut connection = connection::create(path)?;
    schema::JOURNAL.migrate(&mut connection)?;
    let transaction = connection.transaction()?;
    let shards = shards.max(1);
    transaction.execute("INSERT INTO meta (id, store_id, shards) VALUES (1, randomblob(16), ?1)", [shards])?;
    for shard in 0..shards {
        transaction.execute("INSERT INTO heads (shard, commit_number, position) VALUES (?1, 0, 0)", [shard])?;
    }
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error)
}

/// Opens a journal that exists and brings it to the newest format.
fn open_existing(path: &Path) -> Result<Connection, JournalError> {
    let mut connection = connection::open(path).in_file(path)?;
    let found = schema::found_version(&connection).in_file(path)?;
    let supported = schema::JOURNAL.version();
    if found == 0 {
        return Err(corrupt(path, "it is empty or was not made by usher"));
    }
    if found > supported {
        return Err(JournalError::NewerFormat { file: path.to_owned(), found, supported });
    }
    schema::JOURNAL.migrate(&mut connection).in_file(path)?;
    if !schema::JOURNAL.is_schema_of(&connection).in_file(path)? {
        return Err(corrupt(path, format!("its tables are not those of format {supported}")));
    }
    Ok(connection)
}

/// What was fixed when the store was made.
struct Meta {
    store_id: Vec<u8>,
    shards: u16,
}

impl Meta {
    fn read(connection: &Connection) -> rusqlite::Result<Self> {
        connection.query_row("SELECT store_id, shards FROM meta", [], |row| {
            Ok(Self { store_id: row.get(0)?, shards: row.get(1)? })
        })
    }
}

fn write_clock(connection: &Connection, now: Instant) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO clock (id, now_us) VALUES (1, ?1)
         ON CONFLICT (id) DO UPDATE SET now_us = max(now_us, excluded.now_us)",
    )?;
    statement.execute([now.timestamp_micros()])?;
    Ok(())
}
