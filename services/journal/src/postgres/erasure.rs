//! Clearing away what is left of erased details (R29, R30).
//!
//! A deleted row is gone for every query at once. Its old version stays in the table until it is vacuumed, which
//! PostgreSQL by itself does only once many rows are dead: so it is done here, soon after an erasure. What no program
//! can clear away: bytes in the free space of a page until something else is written over them (`VACUUM FULL` of both
//! tables rewrites them, which [`rewrite`] does for whoever asks), the write-ahead log until it is recycled, and every backup and archive.

use std::{
    thread,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use postgres::{Row, types::Type};

use super::{pool::Pool, value::plain};
use crate::JournalError;

/// How long erasures are left to gather before they are cleared away together.
const REST: Duration = Duration::from_secs(10);

/// For how long those who still see erased rows are waited for by whoever asked for it; in between nobody waits.
const SEERS_PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked whether they are gone.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Also the index, however few of its entries are dead: it holds user names. No lock is taken that readers notice.
const VACUUM: &str = "VACUUM (INDEX_CLEANUP ON, TRUNCATE OFF) usher.persons, usher.status_reasons";

/// Writes both tables anew, which leaves nothing in free space either. Whoever reads or writes names waits meanwhile.
const REWRITE: &str = "VACUUM (FULL) usher.persons, usher.status_reasons";

/// When that may be done again.
pub(super) struct Erasure {
    rest_until: Mutex<Instant>,
}

impl Erasure {
    /// May be done at once.
    pub(super) fn new() -> Self {
        Self { rest_until: Mutex::new(Instant::now()) }
    }

    /// Clears away what was erased, unless that was looked at only a moment ago.
    pub(super) fn finish_in_time(&self, pool: &Pool) -> Result<(), JournalError> {
        let now = Instant::now();
        {
            let mut rest_until = self.rest_until.lock();
            if now < *rest_until {
                return Ok(());
            }
            *rest_until = now + REST;
        }
        finish_within(pool, Duration::ZERO).map(drop)
    }
}

/// Clears away what was erased; false if the user that we are may not, and only autovacuum will, or if somebody still sees
/// it for long.
pub(super) fn finish(pool: &Pool) -> Result<bool, JournalError> {
    finish_within(pool, SEERS_PATIENCE)
}

fn finish_within(pool: &Pool, patience: Duration) -> Result<bool, JournalError> {
    let Some(Asked { asked, done, is_owner }) = asked(pool)? else { return Ok(true) };
    if asked <= done {
        return Ok(true);
    }
    if !is_owner {
        tracing::warn!("traces of erased details stay until autovacuum comes: only the tables' owner may vacuum them");
        return Ok(false);
    }
    clear_away(pool, VACUUM, asked, patience)
}

/// Clears away what was ever erased, from the free space within pages too; false if the user that we are may not, or if
/// somebody still sees it for long.
pub(super) fn rewrite(pool: &Pool) -> Result<bool, JournalError> {
    match asked(pool)? {
        Some(Asked { asked, is_owner: true, .. }) => clear_away(pool, REWRITE, asked, SEERS_PATIENCE),
        Some(_) => Ok(false),
        None => Ok(true),
    }
}

/// What is to be cleared away.
struct Asked {
    /// How often something was erased.
    asked: i64,
    /// And up to which time that was cleared away.
    done: i64,
    /// Whether we may do it.
    is_owner: bool,
}

fn asked(pool: &Pool) -> Result<Option<Asked>, JournalError> {
    pool.query_first(
        "SELECT e.asked, e.done, pg_has_role(c.relowner, 'USAGE')
         FROM usher.erasure e, pg_catalog.pg_class c WHERE c.oid = 'usher.persons'::regclass",
        &[],
        |row| Ok(Asked { asked: plain(row, 0)?, done: plain(row, 1)?, is_owner: plain(row, 2)? }),
    )
}

/// False, with nothing done, if somebody still sees for longer than `patience` what was erased.
fn clear_away(pool: &Pool, statement: &str, asked: i64, patience: Duration) -> Result<bool, JournalError> {
    if !wait_until_unseen(pool, patience)? {
        return Ok(false);
    }
    pool.outside_of_transactions(statement)?;
    // What was erased meanwhile is left to the next time.
    pool.repeat("UPDATE usher.erasure SET done = greatest(done, $1)", &[(&asked, Type::INT8)])?;
    Ok(true)
}

/// Waits until no transaction is left that began before now: a vacuum keeps the rows that one of them may see, and a
/// rewriting copies them. False if one goes on for longer than `patience`. Of other users' transactions only those count
/// that we may see, and of a replica's none.
fn wait_until_unseen(pool: &Pool, patience: Duration) -> Result<bool, JournalError> {
    let deadline = Instant::now() + patience;
    let read_now = |row: &Row| plain::<String>(row, 0);
    let now = pool.query_first("SELECT pg_current_xact_id()::xid::text", &[], read_now)?.unwrap_or_default();
    loop {
        let older = pool.query_first(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND backend_type = 'client backend'
               AND greatest(age(backend_xmin), age(backend_xid)) > age($1::text::xid)",
            &[(&now, Type::TEXT)],
            |row| plain::<i64>(row, 0),
        )?;
        if older == Some(0) {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
        thread::sleep(LOOK_EVERY);
    }
}
