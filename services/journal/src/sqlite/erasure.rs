//! Removing the last traces of erased details from the files (R29, R30).
//!
//! A deleted row is gone for every reader at once. Its bytes are not: they may lie in the WAL, and where SQLite once
//! moved the row from page to page. So, when there is time, the erasable tables are written anew, which zeroes all
//! their old pages, and the WAL is emptied.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rusqlite::Connection;

use super::connection::BUSY_WAIT;

/// For how long a reader is waited for.
const READER_WAIT: Duration = Duration::from_millis(100);
/// After a rewrite the next one waits for this many times as long as it took, so that most time is left for commits.
const REST_FACTOR: u32 = 20;
/// But at least for this long.
const REST_MIN: Duration = Duration::from_secs(10);

const REWRITE: &str = "
    BEGIN IMMEDIATE;
    INSERT INTO persons_rewrite SELECT user, username, name, email FROM persons ORDER BY user;
    DELETE FROM persons;
    INSERT INTO persons SELECT user, username, name, email FROM persons_rewrite ORDER BY user;
    DELETE FROM persons_rewrite;
    INSERT INTO status_reasons_rewrite SELECT command_id, user, reason FROM status_reasons ORDER BY command_id, user;
    DELETE FROM status_reasons;
    INSERT INTO status_reasons SELECT command_id, user, reason FROM status_reasons_rewrite ORDER BY command_id, user;
    DELETE FROM status_reasons_rewrite;
    COMMIT;";

/// Whether traces are still to be removed, and from when on that may be done again.
pub(super) struct Erasure {
    pending: AtomicBool,
    rest_until: Mutex<Option<Instant>>,
}

impl Erasure {
    /// Goes on from what the store knows.
    pub(super) fn load(connection: &mut Connection) -> rusqlite::Result<Self> {
        let pending = connection.query_row("SELECT pending FROM erasure", [], |row| row.get(0))?;
        Ok(Self { pending: AtomicBool::new(pending), rest_until: Mutex::new(None) })
    }

    /// Notes that something was erased; call it with the writer held.
    pub(super) fn note(&self) {
        self.pending.store(true, Ordering::Release);
    }

    /// Whether there are traces.
    pub(super) fn is_pending(&self) -> bool {
        self.pending.load(Ordering::Acquire)
    }

    /// Whether there are traces, and time to remove them.
    pub(super) fn is_due(&self) -> bool {
        self.is_pending() && self.rest_until.lock().is_none_or(|rest_until| Instant::now() >= rest_until)
    }

    /// Removes the traces; false when a reader stood in the way. Call it with the writer held.
    pub(super) fn finish(&self, connection: &mut Connection) -> rusqlite::Result<bool> {
        let started = Instant::now();
        let outcome = rewrite(connection);
        let rest = REST_MIN.max(started.elapsed().saturating_mul(REST_FACTOR));
        *self.rest_until.lock() = Instant::now().checked_add(rest);
        let is_done = outcome?;
        if is_done {
            self.pending.store(false, Ordering::Release);
        }
        Ok(is_done)
    }
}

fn rewrite(connection: &mut Connection) -> rusqlite::Result<bool> {
    if let Err(error) = connection.execute_batch(REWRITE) {
        if !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK")?;
        }
        return Err(error);
    }
    if !empty_wal(connection)? {
        return Ok(false);
    }
    // Only now: had the process died before, all of it would be done again.
    connection.execute("UPDATE erasure SET pending = 0", [])?;
    Ok(true)
}

/// Moves everything from the WAL into the database and cuts the WAL to nothing; false when a reader still needs it.
fn empty_wal(connection: &Connection) -> rusqlite::Result<bool> {
    // Commits wait meanwhile, so a reader that is slow to finish is not waited for.
    connection.busy_timeout(READER_WAIT)?;
    let is_busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    connection.busy_timeout(BUSY_WAIT)?;
    Ok(!is_busy?)
}
