//! The file that lives: fed by one thread, read by many, and replaced as a whole by a rebuild.

use std::{
    mem,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use journal::{Head, Progress, StoredCommit};
use licensing::Catalogue;
use parking_lot::{Mutex, MutexGuard, RwLock, RwLockWriteGuard};
use rusqlite::Connection;

use super::{
    anew::{Anew, Filled},
    connection,
    failure::InFile,
    filling::Filling,
    pool,
    pool::Pool,
    workshop, write,
};
use crate::{
    ViewsError,
    fold::fold,
    follower::{Fed, TABLES_REST},
    memory::Memory,
};

/// How long to wait at most for commits that wake the follower themselves.
const IDLE_WAIT: Duration = Duration::from_secs(3600);
/// How long reads may take to end before a swap lets new ones in again. All of them wait for so long, so it is short.
const READS_PATIENCE: Duration = Duration::from_millis(200);

/// The tables in their file and the memory, which are always at the same commit.
pub(super) struct Live {
    // In this order they go: the connection that closes last leaves a tidy file behind.
    readers: RwLock<Pool>,
    /// Held while something is fed.
    writer: Mutex<Connection>,
    pub(super) file: PathBuf,
    journal_file: PathBuf,
    pub(super) memory: Arc<RwLock<Memory>>,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) progress: Arc<Progress<ViewsError>>,
    pub(super) filling: Filling,
}

/// The right to replace the file: nobody feeds it.
pub(super) struct Still<'a> {
    live: &'a Live,
    writer: MutexGuard<'a, Connection>,
}

impl Live {
    /// A file that is open for writing.
    pub(super) fn new(
        (file, writer): (PathBuf, Connection),
        journal_file: PathBuf,
        memory: Memory,
        catalogue: Arc<Catalogue>,
        heads: Vec<Head>,
    ) -> Self {
        Self {
            readers: RwLock::new(pool::of(&file, &journal_file)),
            writer: Mutex::new(writer),
            file,
            journal_file,
            memory: Arc::new(RwLock::new(memory)),
            catalogue,
            progress: Arc::new(Progress::new(heads)),
            filling: Filling::default(),
        }
    }

    /// Runs `query` on the file as it is at one moment.
    pub(super) fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, ViewsError> {
        self.readers.read().read(query)
    }

    /// Holds whoever feeds the file.
    pub(super) fn hold(&self) -> Still<'_> {
        Still { live: self, writer: self.writer.lock() }
    }

    /// Moves most of what is in the WAL into the file, so that the rest is soon moved: nobody waits for this.
    pub(super) fn drain_wal(&self) -> Result<(), ViewsError> {
        let passive = "PRAGMA wal_checkpoint(PASSIVE)";
        let drained = connection::open(&self.file).and_then(|connection| connection.query_row(passive, [], |_| Ok(())));
        unless_damaged(drained.in_file(&self.file)).map(|_| ())
    }

    /// The same as long as the file stays: a connection that closes behind a swap would take the new file's WAL for its own.
    pub(super) fn drain_wal_beside_readers(&self) -> Result<(), ViewsError> {
        let _stays = self.readers.read();
        self.drain_wal()
    }

    fn feed(&self, commits: &[StoredCommit]) -> Result<(), ViewsError> {
        let mut writer = self.writer.lock();
        let changes = fold(commits, &*self.memory, &self.catalogue)?;
        write::write(&mut writer, commits, &changes).in_file(&self.file)?;
        self.memory.write().apply(changes);
        // Last: whoever waits for a position finds it in the tables and in memory.
        self.progress.advance(commits.iter().map(StoredCommit::head));
        self.filling.add(commits.iter().map(|commit| u64::from(commit.records)).sum());
        Ok(())
    }
}

impl Still<'_> {
    /// How far the file is, as long as it is held.
    pub(super) fn heads(&self) -> Vec<Head> {
        self.live.progress.heads()
    }

    /// Puts a file that is as far as this one, or further, in its place, and its memory in the place of the other. Gives the
    /// new one back where somebody reads the old one for longer than others could be kept waiting for.
    pub(super) fn replace_by<'n>(mut self, new: Anew<'n>) -> Result<Option<Anew<'n>>, ViewsError> {
        let live = self.live;
        // Here and not below, where reads wait.
        new.settle()?;
        live.drain_wal()?;
        let Some(readers) = live.readers.try_write_for(READS_PATIENCE) else { return Ok(Some(new)) };
        if !self.leave_no_wal()? {
            return Ok(Some(new));
        }
        let Filled { file, memory, heads } = new.close()?;
        self.swap_files(readers, &file)?;
        let old = mem::replace(&mut *live.memory.write(), memory);
        live.progress.advance(heads);
        // It is large: nobody is held while it goes.
        drop(self);
        drop(old);
        Ok(None)
    }

    /// Moves everything from the old file's WAL into it, so that it is whole by itself; false while somebody reads it.
    fn leave_no_wal(&self) -> Result<bool, ViewsError> {
        let file = &self.live.file;
        self.writer.busy_timeout(READS_PATIENCE).in_file(file)?;
        let is_busy = self.writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
        self.writer.busy_timeout(connection::BUSY_WAIT).in_file(file)?;
        unless_damaged(is_busy.in_file(file)).map(|is_busy| !is_busy.unwrap_or(false))
    }

    fn swap_files(&mut self, mut readers: RwLockWriteGuard<'_, Pool>, new: &Path) -> Result<(), ViewsError> {
        let Live { file, journal_file, progress, .. } = self.live;
        let nothing = Connection::open_in_memory().in_file(file)?;
        *readers = pool::of(file, journal_file);
        drop(mem::replace(&mut *self.writer, nothing));
        let replaced = workshop::replace(file, new);
        // Whichever of the two is there now.
        match connection::open_writer(file).in_file(file) {
            Ok(writer) => *self.writer = writer,
            Err(error) => progress.fail(error),
        }
        replaced
    }
}

/// `None` of a file that is damaged, which is of no use to anybody: that it goes is what a rebuild is for.
fn unless_damaged<T>(outcome: Result<T, ViewsError>) -> Result<Option<T>, ViewsError> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(ViewsError::Unreadable { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Feeds the file that lives.
pub(super) struct LiveFeed(pub(super) Arc<Live>);

impl Fed for LiveFeed {
    fn fed(&mut self) -> Result<Vec<Head>, ViewsError> {
        Ok(self.0.progress.heads())
    }

    fn feed(&mut self, commits: &[StoredCommit]) -> Result<(), ViewsError> {
        self.0.feed(commits)
    }

    fn idle_wait(&self) -> Duration {
        IDLE_WAIT
    }

    fn rest(&self) -> Duration {
        TABLES_REST
    }

    fn progress(&self) -> &Progress<ViewsError> {
        &self.0.progress
    }
}
