//! Writing a batch: in one statement, fenced, and with its outcome always found out.

mod commits;
mod details;
mod news;

use std::time::Duration;

use postgres::{Row, types::Type};

use self::{
    commits::{Clock, Commits},
    details::Details,
    news::News,
};
use super::{
    failure::Failure,
    patience::Patience,
    pool::Pool,
    statement::Statement,
    value::{Param, plain, shard, unsigned},
};
use crate::{Batch, Epoch, Head, Held, JournalError};

/// For how long a server that went away is waited for, until a batch is given up.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often a batch is tried that only another transaction stood in the way of.
const COLLISIONS_MAX: u32 = 5;

/// Writes `batch` under the epochs of `held`, all of it or nothing. `writer` should be used for nothing else.
pub(super) fn append(writer: &Pool, held: &Held, shards: u16, batch: &Batch) -> Result<(), JournalError> {
    let append = Append {
        writer,
        commits: Commits::of(&batch.commits, shards, held, |shard| head_of(writer, shard))?,
        details: Details::of(&batch.details),
        news: News::of(&batch.news).map_err(|failure| failure.at(writer.server()))?,
        clock: batch.clock.map(|now| Clock { slot: clock_slot(batch), now_us: now.timestamp_micros() }),
    };
    append.run()
}

struct Append<'a> {
    writer: &'a Pool,
    commits: Commits<'a>,
    details: Details<'a>,
    news: News<'a>,
    clock: Option<Clock>,
}

/// Whose row of the clock is set: one that no other process writes, where there is such a row.
fn clock_slot(batch: &Batch) -> i32 {
    batch.commits.iter().map(|commit| i32::from(commit.shard)).min().unwrap_or(0)
}

/// What became of an attempt.
enum Attempt {
    Written,
    /// Nothing was written: the fence did not hold.
    Refused,
    /// The connection was lost or could not be had: anything may have become of it.
    Open(JournalError),
}

impl Append<'_> {
    fn run(&self) -> Result<(), JournalError> {
        let mut statement = self.statement();
        if statement.is_empty() {
            return Ok(());
        }
        let (sql, params) = statement.finish();
        let mut patience = Patience::of(PATIENCE);
        let mut was_open = false;
        loop {
            match self.attempt(&sql, &params)? {
                Attempt::Written => return Ok(()),
                Attempt::Refused if was_open && self.is_written()? => return Ok(()),
                Attempt::Refused => return Err(self.refusal()?),
                Attempt::Open(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "finding out what became of a commit");
                    was_open = true;
                    if self.find_out(&mut patience, error)? {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn attempt(&self, sql: &str, params: &[Param<'_>]) -> Result<Attempt, JournalError> {
        let mut collisions = 0;
        loop {
            let outcome = self.writer.try_once(sql, params).and_then(|rows| holds(&rows));
            return match outcome {
                Ok(true) => Ok(Attempt::Written),
                Ok(false) => Ok(Attempt::Refused),
                Err(failure) if failure.is_collision() && collisions < COLLISIONS_MAX => {
                    collisions += 1;
                    continue;
                }
                Err(failure) => match failure.at(self.writer.server()) {
                    error @ JournalError::Unreachable { .. } => Ok(Attempt::Open(error)),
                    error => Err(error),
                },
            };
        }
    }

    /// Whether the batch was written, once the server tells; fails with `error` if it does not in time.
    fn find_out(&self, patience: &mut Patience, error: JournalError) -> Result<bool, JournalError> {
        let mut last = error;
        loop {
            if !patience.pause() {
                return Err(last);
            }
            match self.is_written() {
                // Also a server that is not yet, or no longer, ready for everybody.
                Err(error @ (JournalError::Unreachable { .. } | JournalError::Database { .. })) => last = error,
                found => return found,
            }
        }
    }

    /// Whether all commits of the batch are there. Waits for a transaction that is still writing them. A batch without
    /// commits counts as not written: it comes to the same if it is written twice.
    fn is_written(&self) -> Result<bool, JournalError> {
        if self.commits.is_empty() {
            return Ok(false);
        }
        self.writer.repeat(
            "SELECT FROM usher.heads WHERE shard = ANY ($1) ORDER BY shard FOR UPDATE",
            &[self.commits.moved_shards()],
        )?;
        let count = self.writer.query_first(
            "SELECT count(*) FROM usher.commits c JOIN unnest($1, $2, $3) AS w (shard, number, checksum)
                 ON c.shard = w.shard AND c.number = w.number AND c.checksum = w.checksum",
            &self.commits.marks(),
            |row| unsigned(row, 0),
        )?;
        Ok(count == Some(self.commits.count()))
    }

    /// Why the fence did not hold.
    fn refusal(&self) -> Result<JournalError, JournalError> {
        let ends = self.writer.query_all(
            "SELECT shard, commit_number, position, epoch FROM usher.heads WHERE shard = ANY ($1) ORDER BY shard",
            &[self.commits.moved_shards()],
            |row| Ok((read_head(row)?, Epoch(unsigned(row, 3)?))),
        )?;
        Ok(self.commits.refusal(&ends))
    }

    fn statement(&self) -> Statement<'_> {
        let mut statement = Statement::default();
        self.commits.add_to(self.clock.as_ref(), &mut statement);
        self.details.add_to(&mut statement);
        self.news.add_to(&mut statement);
        statement
    }
}

fn holds(rows: &[Row]) -> Result<bool, Failure> {
    rows.first().map_or(Ok(false), |row| plain(row, 0))
}

fn head_of(pool: &Pool, shard: u16) -> Result<Head, JournalError> {
    let head = pool.query_first(
        "SELECT shard, commit_number, position FROM usher.heads WHERE shard = $1",
        &[(&i32::from(shard), Type::INT4)],
        read_head,
    )?;
    head.ok_or_else(|| Failure::Damaged(format!("usher.heads has no shard {shard}")).at(pool.server()))
}

/// Where a shard ends: its number, its last commit's, and its last position, in the first three columns.
pub(super) fn read_head(row: &Row) -> Result<Head, Failure> {
    Ok(Head { shard: shard(row, 0)?, commit_number: unsigned(row, 1)?, position: unsigned(row, 2)? })
}
