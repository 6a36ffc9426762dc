//! The ceiling: a loop that drains what waits and commits as many bytes, one row a batch, with no logic at all.
//!
//! The channels are those of the engine, so what is compared is what happens between them.

use std::{
    path::Path,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, JoinHandle},
    time::Duration,
};

use postgres::NoTls;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::RATE;
use crate::{contest::Contender, error::BenchError, ground::load::closed_loop, measure::Reading};

/// What it is called.
pub const NAME: &str = "bare loop";
/// As many as the engine's own queue.
const QUEUE_MAX: usize = 8_192;
/// As many as the engine decides at a time.
const BATCH_MAX: usize = 4_096;

/// Somewhere blocks are written to, each in a transaction of its own.
pub trait Blocks: Send + 'static {
    /// Writes a block; durable when it returns.
    ///
    /// # Errors
    /// What the store says.
    fn write(&mut self, number: i64, block: &[u8]) -> Result<(), BenchError>;
}

/// A table of blocks in PostgreSQL.
pub struct PostgresBlocks {
    client: postgres::Client,
    insert: postgres::Statement,
}

impl PostgresBlocks {
    /// Makes the table.
    ///
    /// # Errors
    /// [`BenchError::Postgres`] if that is refused.
    pub fn open(url: &str) -> Result<Self, BenchError> {
        let mut client = postgres::Client::connect(url, NoTls)?;
        client.batch_execute(
            "CREATE TABLE blocks (number bigint PRIMARY KEY, block bytea NOT NULL);
             ALTER TABLE blocks ALTER COLUMN block SET STORAGE EXTERNAL;",
        )?;
        let insert = client.prepare("INSERT INTO blocks (number, block) VALUES ($1, $2)")?;
        Ok(Self { client, insert })
    }
}

impl Blocks for PostgresBlocks {
    fn write(&mut self, number: i64, block: &[u8]) -> Result<(), BenchError> {
        self.client.execute(&self.insert, &[&number, &block])?;
        Ok(())
    }
}

/// A table of blocks in SQLite.
pub struct SqliteBlocks(Connection);

impl SqliteBlocks {
    /// Makes the table, with the durability of the embedded store.
    ///
    /// # Errors
    /// [`BenchError::Sqlite`] if that is refused.
    pub fn open(folder: &Path) -> Result<Self, BenchError> {
        let connection = Connection::open(folder.join("blocks.db"))?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE blocks (number INTEGER PRIMARY KEY, block BLOB NOT NULL) STRICT;",
        )?;
        Ok(Self(connection))
    }
}

impl Blocks for SqliteBlocks {
    fn write(&mut self, number: i64, block: &[u8]) -> Result<(), BenchError> {
        self.0.prepare_cached("INSERT INTO blocks (number, block) VALUES (?1, ?2)")?.execute((number, block))?;
        Ok(())
    }
}

/// Something to be written, and where the answer goes.
struct Job {
    bytes: Vec<u8>,
    done: oneshot::Sender<i64>,
}

/// The loop, on a thread of its own.
pub struct Ceiling {
    queue: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<Result<(), BenchError>>>,
    bytes: usize,
}

impl Ceiling {
    /// Starts the loop; a job has so many bytes.
    pub fn start(blocks: impl Blocks, bytes: usize) -> Self {
        let (queue, jobs) = sync_channel(QUEUE_MAX);
        let thread = thread::spawn(move || write_all(blocks, &jobs));
        Self { queue: Some(queue), thread: Some(thread), bytes }
    }

    /// As a contender, with so many jobs under way.
    pub const fn with(&mut self, in_flight: u64) -> CeilingWith<'_> {
        CeilingWith { ceiling: self, in_flight }
    }
}

impl Drop for Ceiling {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(Ok(Err(error))) = self.thread.take().map(JoinHandle::join) {
            eprintln!("the bare loop ended: {error}");
        }
    }
}

fn write_all(mut blocks: impl Blocks, jobs: &Receiver<Job>) -> Result<(), BenchError> {
    let mut number = 0;
    while let Ok(first) = jobs.recv() {
        let mut block = first.bytes;
        let mut waiting = vec![first.done];
        while waiting.len() < BATCH_MAX
            && let Ok(job) = jobs.try_recv()
        {
            block.extend(job.bytes);
            waiting.push(job.done);
        }
        number += 1;
        blocks.write(number, &block)?;
        waiting.into_iter().for_each(|done| {
            // Whoever asked may be gone.
            let _ = done.send(number);
        });
    }
    Ok(())
}

/// It, with so many jobs under way.
pub struct CeilingWith<'a> {
    ceiling: &'a Ceiling,
    in_flight: u64,
}

impl Contender for CeilingWith<'_> {
    fn name(&self) -> String {
        NAME.to_owned()
    }

    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError> {
        let gone = || BenchError::wrong("the bare loop ended");
        let queue = self.ceiling.queue.as_ref().ok_or_else(gone)?;
        let mut seed = 1_u64;
        let load = closed_loop(
            self.in_flight,
            time,
            || {
                let (done, is_done) = oneshot::channel();
                queue.try_send(Job { bytes: noise(&mut seed, self.ceiling.bytes), done }).map_err(|_| gone())?;
                Ok(is_done)
            },
            |is_done| is_done.blocking_recv().map(|_| ()).map_err(|_| gone()),
        )?;
        Ok(load.readings(RATE))
    }
}

/// Bytes that nothing compresses.
fn noise(seed: &mut u64, bytes: usize) -> Vec<u8> {
    let mut noise = Vec::with_capacity(bytes + 8);
    while noise.len() < bytes {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        noise.extend(seed.to_le_bytes());
    }
    noise.truncate(bytes);
    noise
}
