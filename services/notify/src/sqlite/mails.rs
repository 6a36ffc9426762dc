//! The queue of mails in `notify.db`.

use std::time::Duration;

use journal::{Head, Position};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::{
    SqliteNotify,
    value::{instant, micros, now_us, parsed, signed, unreadable, unsigned},
};
use crate::{
    NotifyError,
    mail::{
        Claim, ClaimedMail, KeptMail, MailCounts, MailQueue, MailState, MailsQuery, NewMail, PAGE_MAX, Settled, Which,
    },
};

const COLUMNS: &str = "event, shard, position, licensee, user, product, add_on, assigned_at_us, attempts, is_claimed, state, due_at_us, problem";

impl MailQueue for SqliteNotify {
    fn begin(&self, ends: &[Head]) -> Result<(), NotifyError> {
        self.work(|transaction| {
            let mut statement = transaction.prepare_cached(
                "INSERT INTO mail_positions (shard, commit_number, position) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            )?;
            for end in ends {
                statement.execute(params![end.shard, signed(end.commit_number), signed(end.position)])?;
            }
            Ok(())
        })
    }

    fn positions(&self, shards: &[u16]) -> Result<Vec<Head>, NotifyError> {
        let all = self.work(|transaction| {
            let mut statement = transaction
                .prepare_cached("SELECT shard, commit_number, position FROM mail_positions ORDER BY shard")?;
            statement.query_map([], head)?.collect::<rusqlite::Result<Vec<Head>>>()
        })?;
        Ok(all.into_iter().filter(|head| shards.contains(&head.shard)).collect())
    }

    fn take_in(&self, from: Head, to: Head, mails: &[NewMail]) -> Result<bool, NotifyError> {
        self.work(|transaction| {
            let moved = transaction.execute(
                "UPDATE mail_positions SET commit_number = ?2, position = ?3 WHERE shard = ?1 AND commit_number = ?4",
                params![from.shard, signed(to.commit_number), signed(to.position), signed(from.commit_number)],
            )?;
            if moved == 0 {
                return Ok(false);
            }
            mails.iter().try_for_each(|mail| put(transaction, mail))?;
            Ok(true)
        })
    }

    fn claim(&self, shards: &[u16], held_for: Duration) -> Result<Option<ClaimedMail>, NotifyError> {
        // One process has them all, or, while it ends, none.
        if shards.is_empty() {
            return Ok(None);
        }
        let now = now_us();
        self.work(|transaction| {
            let claimed = transaction
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM mails WHERE state = 'waiting' AND due_at_us <= ?1
                     ORDER BY due_at_us, shard, position LIMIT 1"
                ))?
                .query_row([now], claimed)
                .optional()?;
            let Some(claimed) = claimed else { return Ok(None) };
            transaction.execute(
                "UPDATE mails SET attempts = ?2, is_claimed = 1, due_at_us = ?3 WHERE event = ?1",
                params![claimed.claim.event.to_string(), claimed.claim.attempts, now.saturating_add(micros(held_for))],
            )?;
            Ok(Some(claimed))
        })
    }

    fn settle(&self, claim: &Claim, settled: &Settled) -> Result<(), NotifyError> {
        let (event, attempts) = (claim.event.to_string(), claim.attempts);
        self.work(|transaction| {
            match settled {
                Settled::Done => transaction
                    .execute("DELETE FROM mails WHERE event = ?1 AND attempts = ?2", params![event, attempts])?,
                Settled::Again { after, problem } => transaction.execute(
                    "UPDATE mails SET is_claimed = 0, due_at_us = ?3, problem = ?4
                     WHERE event = ?1 AND attempts = ?2",
                    params![event, attempts, now_us().saturating_add(micros(*after)), problem],
                )?,
                Settled::GivenUp { problem } => transaction.execute(
                    "UPDATE mails SET is_claimed = 0, state = 'given_up', problem = ?3
                     WHERE event = ?1 AND attempts = ?2",
                    params![event, attempts, problem],
                )?,
            };
            Ok(())
        })
    }

    fn list(&self, query: &MailsQuery) -> Result<Vec<KeptMail>, NotifyError> {
        let after = query.after.map(|event| event.to_string()).unwrap_or_default();
        let state = query.state.map(MailState::as_str);
        let limit = query.limit.min(PAGE_MAX);
        self.work(|transaction| {
            let mut statement = transaction.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM mails WHERE event > ?1 AND (?2 IS NULL OR state = ?2) ORDER BY event LIMIT ?3"
            ))?;
            statement.query_map(params![after, state, limit as i64], kept)?.collect()
        })
    }

    fn retry(&self, which: &Which) -> Result<u64, NotifyError> {
        const AS_NEW: &str =
            "UPDATE mails SET state = 'waiting', attempts = 0, due_at_us = ?1 WHERE state = 'given_up'";
        let now = now_us();
        let changed = self.work(|transaction| match which {
            Which::All => transaction.execute(AS_NEW, [now]),
            Which::These(events) => {
                let mut statement = transaction.prepare(&format!("{AS_NEW} AND event = ?2"))?;
                events.iter().map(|event| statement.execute(params![now, event.to_string()])).sum()
            }
        })?;
        Ok(changed as u64)
    }

    fn count(&self, _shards: &[u16]) -> Result<MailCounts, NotifyError> {
        self.work(|transaction| {
            let mut statement = transaction.prepare_cached(
                "SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'given_up') FROM mails",
            )?;
            statement.query_row([], |row| Ok(MailCounts { waiting: unsigned(row, 0)?, given_up: unsigned(row, 1)? }))
        })
    }
}

/// Mails that were being sent are to be tried again, at once.
pub(super) fn release_all(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("UPDATE mails SET due_at_us = ?1 WHERE is_claimed = 1", [now_us()])?;
    Ok(())
}

fn put(connection: &Connection, mail: &NewMail) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO mails (event, shard, position, licensee, user, product, add_on, assigned_at_us, state, attempts,
                            due_at_us, is_claimed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'waiting', 0, ?9, 0) ON CONFLICT DO NOTHING",
    )?;
    statement.execute(params![
        mail.event.to_string(),
        mail.position.shard,
        signed(mail.position.position),
        mail.licensee,
        mail.user,
        mail.product,
        mail.add_on,
        mail.assigned_at.timestamp_micros(),
        now_us(),
    ])?;
    Ok(())
}

fn head(row: &Row<'_>) -> rusqlite::Result<Head> {
    Ok(Head { shard: row.get(0)?, commit_number: unsigned(row, 1)?, position: unsigned(row, 2)? })
}

fn mail(row: &Row<'_>) -> rusqlite::Result<NewMail> {
    Ok(NewMail {
        event: parsed::<Uuid>(row, 0)?,
        position: Position { shard: row.get(1)?, position: unsigned(row, 2)? },
        licensee: row.get(3)?,
        user: row.get(4)?,
        product: row.get(5)?,
        add_on: row.get(6)?,
        assigned_at: instant(row, 7)?,
    })
}

fn claimed(row: &Row<'_>) -> rusqlite::Result<ClaimedMail> {
    let mail = mail(row)?;
    let attempts: u32 = row.get(8)?;
    let claim = Claim { event: mail.event, attempts: attempts.saturating_add(1) };
    Ok(ClaimedMail { mail, claim, is_in_doubt: row.get(9)? })
}

fn kept(row: &Row<'_>) -> rusqlite::Result<KeptMail> {
    let state: String = row.get(10)?;
    let state = MailState::of_word(&state).ok_or_else(|| unreadable(10, format!("{state:?} is no state")))?;
    Ok(KeptMail { mail: mail(row)?, state, attempts: row.get(8)?, due_at: instant(row, 11)?, problem: row.get(12)? })
}
