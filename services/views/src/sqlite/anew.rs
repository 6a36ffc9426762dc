//! A new file that is filled from the journal while the old one lives.

use std::{fs::File, path::PathBuf};

use journal::{Head, Journal};
use licensing::Catalogue;
use parking_lot::RwLock;
use rusqlite::Connection;

use super::{failure::InFile, open, sums, workshop::Workshop, write};
use crate::{
    TableSum, ViewsError,
    fold::fold,
    marks::Mark,
    memory::Memory,
    rebuild::{RebuildPhase, RebuildProgress, Watcher, tell},
};

/// How much of a shard is read and written at one go, bytes of blocks: little, so that it can be ended soon.
const READ_BYTES: usize = 1024 * 1024;
/// The file is nothing until it is whole: it is synchronised once, at the end.
const TUNING: &str = "PRAGMA synchronous = OFF";

/// A new file, and the memory that belongs to it.
pub(super) struct Anew<'a> {
    file: PathBuf,
    connection: Connection,
    memory: RwLock<Memory>,
    /// How far it is, in the order of the shards.
    heads: Vec<Head>,
    journal: &'a dyn Journal,
    catalogue: &'a Catalogue,
    /// What is being done with it.
    pub(super) phase: RebuildPhase,
}

/// A new file that nobody has open any more, and is whole without a WAL.
pub(super) struct Filled {
    pub(super) file: PathBuf,
    pub(super) memory: Memory,
    /// How far both are.
    pub(super) heads: Vec<Head>,
}

impl<'a> Anew<'a> {
    /// Makes it, with nothing in it.
    pub(super) fn make(
        workshop: &Workshop,
        journal: &'a dyn Journal,
        store_id: &[u8],
        catalogue: &'a Catalogue,
    ) -> Result<Self, ViewsError> {
        let file = workshop.file();
        let marks: Vec<Mark> = (0..journal.shard_count()).map(Mark::before).collect();
        let connection = open::fill_new(&file, &marks, store_id, catalogue).in_file(&file)?;
        connection.execute_batch(TUNING).in_file(&file)?;
        let heads = marks.into_iter().map(|mark| mark.head).collect();
        let memory = RwLock::default();
        Ok(Self { file, connection, memory, heads, journal, catalogue, phase: RebuildPhase::Filling })
    }

    /// Fills it up to these ends; further only where it is so already.
    pub(super) fn feed_to(&mut self, ends: &[Head], watcher: &mut Watcher<'_>) -> Result<(), ViewsError> {
        let of = self.journal.heads()?.iter().map(|head| head.position).sum();
        for end in ends {
            while self.feed_once(*end)? {
                tell(watcher, self.progress(of))?;
            }
        }
        tell(watcher, self.progress(of))
    }

    /// Takes in some commits; false if there is none left up to the end.
    fn feed_once(&mut self, end: Head) -> Result<bool, ViewsError> {
        let place = usize::from(end.shard);
        let Some(after) = self.heads.get(place).map(|head| head.commit_number) else { return Ok(false) };
        if after >= end.commit_number {
            return Ok(false);
        }
        let mut commits = self.journal.read(end.shard, after, READ_BYTES)?;
        commits.retain(|commit| commit.number <= end.commit_number);
        let Some(last) = commits.last().map(|commit| commit.head()) else {
            return Err(ViewsError::MissingCommits { shard: end.shard });
        };
        let changes = fold(&commits, &self.memory, self.catalogue)?;
        write::write(&mut self.connection, &commits, &changes).in_file(&self.file)?;
        self.memory.write().apply(changes);
        if let Some(head) = self.heads.get_mut(place) {
            *head = last;
        }
        Ok(true)
    }

    /// What every table holds.
    pub(super) fn sums(&self, watcher: &mut Watcher<'_>) -> Result<Vec<TableSum>, ViewsError> {
        sums::sums(&self.file, &self.connection, &mut || tell(watcher, self.progress(self.records())))
    }

    /// Brings to the disk what is not yet there, so that [`close`](Self::close) is soon done.
    pub(super) fn settle(&self) -> Result<(), ViewsError> {
        let truncate = "PRAGMA wal_checkpoint(TRUNCATE)";
        self.connection.query_row(truncate, [], |_| Ok(())).in_file(&self.file)?;
        File::open(&self.file).and_then(|file| file.sync_all()).in_file(&self.file)
    }

    /// Leaves it as a file of its own.
    pub(super) fn close(self) -> Result<Filled, ViewsError> {
        self.settle()?;
        let Self { file, connection, memory, heads, .. } = self;
        connection.close().map_err(|(_, error)| error).in_file(&file)?;
        Ok(Filled { file, memory: memory.into_inner(), heads })
    }

    /// How far it is, if the journal has so many records.
    pub(super) fn progress(&self, of: u64) -> RebuildProgress {
        let records = self.records();
        RebuildProgress { phase: self.phase, records, of: of.max(records) }
    }

    fn records(&self) -> u64 {
        self.heads.iter().map(|head| head.position).sum()
    }
}
