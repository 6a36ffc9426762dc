//! The queue of mails in the schema `usher_notify`.

use std::time::Duration;

use journal::{Head, Position, postgres::Failure};
use postgres::{Row, Transaction, types::Type};
use uuid::Uuid;

use super::{
    PostgresNotify,
    value::{head, instant, plain, seconds, shards, signed, small, unsigned},
};
use crate::{
    NotifyError,
    mail::{
        Claim, ClaimedMail, KeptMail, MailCounts, MailQueue, MailState, MailsQuery, NewMail, PAGE_MAX, Settled, Which,
    },
};

const COLUMNS: &str =
    "m.event::text, m.shard, m.position, m.licensee, m.user_id, m.product, m.add_on, m.assigned_at_us,
    m.attempts, m.is_claimed, m.state, (extract(epoch FROM m.due_at) * 1000000)::bigint, m.problem";
/// How many mails are put into the queue by one statement.
const PUT_AT_ONCE: usize = 1_000;

impl MailQueue for PostgresNotify {
    fn begin(&self, ends: &[Head]) -> Result<(), NotifyError> {
        let column = |value: fn(&Head) -> i64| ends.iter().map(value).collect::<Vec<_>>();
        let numbers: Vec<i32> = ends.iter().map(|end| i32::from(end.shard)).collect();
        self.write(|transaction| {
            transaction.execute_typed(
                "INSERT INTO usher_notify.mail_positions (shard, commit_number, position)
                 SELECT * FROM unnest($1, $2, $3) ON CONFLICT DO NOTHING",
                &[
                    (&numbers, Type::INT4_ARRAY),
                    (&column(|end| signed(end.commit_number)), Type::INT8_ARRAY),
                    (&column(|end| signed(end.position)), Type::INT8_ARRAY),
                ],
            )?;
            Ok(())
        })
    }

    fn positions(&self, of: &[u16]) -> Result<Vec<Head>, NotifyError> {
        self.read(|transaction| {
            let rows = transaction.query_typed(
                "SELECT shard, commit_number, position FROM usher_notify.mail_positions WHERE shard = ANY ($1)
                 ORDER BY shard",
                &[(&shards(of), Type::INT4_ARRAY)],
            )?;
            rows.iter().map(|row| head(row, 0)).collect()
        })
    }

    fn take_in(&self, from: Head, to: Head, mails: &[NewMail]) -> Result<bool, NotifyError> {
        self.write(|transaction| {
            let moved = transaction.execute_typed(
                "UPDATE usher_notify.mail_positions SET commit_number = $2, position = $3
                 WHERE shard = $1 AND commit_number = $4",
                &[
                    (&i32::from(from.shard), Type::INT4),
                    (&signed(to.commit_number), Type::INT8),
                    (&signed(to.position), Type::INT8),
                    (&signed(from.commit_number), Type::INT8),
                ],
            )?;
            if moved == 0 {
                return Ok(false);
            }
            mails.chunks(PUT_AT_ONCE).try_for_each(|some| put(transaction, some))?;
            Ok(true)
        })
    }

    fn claim(&self, of: &[u16], held_for: Duration) -> Result<Option<ClaimedMail>, NotifyError> {
        if of.is_empty() {
            return Ok(None);
        }
        self.write(|transaction| {
            // Of two processes of which one thinks that a shard is still its own, one gets the mail.
            let row = transaction.query_typed_opt(
                &format!(
                    "WITH turn AS (
                         SELECT event, is_claimed FROM usher_notify.mails
                         WHERE state = 'waiting' AND due_at <= clock_timestamp() AND shard = ANY ($1)
                         ORDER BY due_at, shard, position LIMIT 1 FOR UPDATE SKIP LOCKED)
                     UPDATE usher_notify.mails m
                     SET attempts = m.attempts + 1, is_claimed = true,
                         due_at = clock_timestamp() + make_interval(secs => $2)
                     FROM turn WHERE m.event = turn.event
                     RETURNING {COLUMNS}, turn.is_claimed"
                ),
                &[(&shards(of), Type::INT4_ARRAY), (&seconds(held_for), Type::FLOAT8)],
            )?;
            row.as_ref().map(claimed).transpose()
        })
    }

    fn settle(&self, claim: &Claim, settled: &Settled) -> Result<(), NotifyError> {
        let (event, attempts) = (claim.event.to_string(), i32::try_from(claim.attempts).unwrap_or(i32::MAX));
        self.write(|transaction| {
            match settled {
                Settled::Done => transaction.execute_typed(
                    "DELETE FROM usher_notify.mails WHERE event = $1::uuid AND attempts = $2",
                    &[(&event, Type::TEXT), (&attempts, Type::INT4)],
                )?,
                Settled::Again { after, problem } => transaction.execute_typed(
                    "UPDATE usher_notify.mails
                     SET is_claimed = false, due_at = clock_timestamp() + make_interval(secs => $3), problem = $4
                     WHERE event = $1::uuid AND attempts = $2",
                    &[
                        (&event, Type::TEXT),
                        (&attempts, Type::INT4),
                        (&seconds(*after), Type::FLOAT8),
                        (problem, Type::TEXT),
                    ],
                )?,
                Settled::GivenUp { problem } => transaction.execute_typed(
                    "UPDATE usher_notify.mails SET is_claimed = false, state = 'given_up', problem = $3
                     WHERE event = $1::uuid AND attempts = $2",
                    &[(&event, Type::TEXT), (&attempts, Type::INT4), (problem, Type::TEXT)],
                )?,
            };
            Ok(())
        })
    }

    fn list(&self, query: &MailsQuery) -> Result<Vec<KeptMail>, NotifyError> {
        let after = query.after.map(|event| event.to_string());
        let limit = i64::try_from(query.limit.min(PAGE_MAX)).unwrap_or(i64::MAX);
        self.read(|transaction| {
            let rows = transaction.query_typed(
                &format!(
                    "SELECT {COLUMNS} FROM usher_notify.mails m
                     WHERE ($1::text IS NULL OR m.event > $1::uuid) AND ($2::text IS NULL OR m.state = $2)
                     ORDER BY m.event LIMIT $3"
                ),
                &[(&after, Type::TEXT), (&query.state.map(MailState::as_str), Type::TEXT), (&limit, Type::INT8)],
            )?;
            rows.iter().map(kept).collect()
        })
    }

    fn retry(&self, which: &Which) -> Result<u64, NotifyError> {
        let events: Option<Vec<String>> = match which {
            Which::All => None,
            Which::These(events) => Some(events.iter().map(Uuid::to_string).collect()),
        };
        self.write(|transaction| {
            Ok(transaction.execute_typed(
                "UPDATE usher_notify.mails SET state = 'waiting', attempts = 0, due_at = clock_timestamp()
                 WHERE state = 'given_up' AND ($1::text[] IS NULL OR event = ANY ($1::text[]::uuid[]))",
                &[(&events, Type::TEXT_ARRAY)],
            )?)
        })
    }

    fn count(&self, of: &[u16]) -> Result<MailCounts, NotifyError> {
        self.read(|transaction| {
            let row = transaction.query_typed_one(
                "SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'given_up')
                 FROM usher_notify.mails WHERE shard = ANY ($1)",
                &[(&shards(of), Type::INT4_ARRAY)],
            )?;
            Ok(MailCounts { waiting: unsigned(&row, 0)?, given_up: unsigned(&row, 1)? })
        })
    }
}

fn put(transaction: &mut Transaction<'_>, mails: &[NewMail]) -> Result<(), Failure> {
    let texts = |value: fn(&NewMail) -> String| mails.iter().map(value).collect::<Vec<_>>();
    let numbers = |value: fn(&NewMail) -> i64| mails.iter().map(value).collect::<Vec<_>>();
    let of_shards: Vec<i32> = mails.iter().map(|mail| i32::from(mail.position.shard)).collect();
    transaction.execute_typed(
        "INSERT INTO usher_notify.mails
             (event, shard, position, licensee, user_id, product, add_on, assigned_at_us, state, attempts, due_at,
              is_claimed)
         SELECT event::uuid, shard, position, licensee, user_id, product, add_on, assigned_at_us, 'waiting', 0,
                clock_timestamp(), false
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
              AS n (event, shard, position, licensee, user_id, product, add_on, assigned_at_us)
         ON CONFLICT DO NOTHING",
        &[
            (&texts(|mail| mail.event.to_string()), Type::TEXT_ARRAY),
            (&of_shards, Type::INT4_ARRAY),
            (&numbers(|mail| signed(mail.position.position)), Type::INT8_ARRAY),
            (&texts(|mail| mail.licensee.clone()), Type::TEXT_ARRAY),
            (&texts(|mail| mail.user.clone()), Type::TEXT_ARRAY),
            (&texts(|mail| mail.product.clone()), Type::TEXT_ARRAY),
            (&texts(|mail| mail.add_on.clone()), Type::TEXT_ARRAY),
            (&numbers(|mail| mail.assigned_at.timestamp_micros()), Type::INT8_ARRAY),
        ],
    )?;
    Ok(())
}

fn mail(row: &Row) -> Result<NewMail, Failure> {
    let event: &str = plain(row, 0)?;
    Ok(NewMail {
        event: event.parse().map_err(|_| Failure::Damaged(format!("{event:?} is no id")))?,
        position: Position { shard: small(row, 1)?, position: unsigned(row, 2)? },
        licensee: plain(row, 3)?,
        user: plain(row, 4)?,
        product: plain(row, 5)?,
        add_on: plain(row, 6)?,
        assigned_at: instant(row, 7)?,
    })
}

fn claimed(row: &Row) -> Result<ClaimedMail, Failure> {
    let mail = mail(row)?;
    let claim = Claim { event: mail.event, attempts: small(row, 8)? };
    Ok(ClaimedMail { mail, claim, is_in_doubt: plain(row, 13)? })
}

fn kept(row: &Row) -> Result<KeptMail, Failure> {
    let state: &str = plain(row, 10)?;
    let state = MailState::of_word(state).ok_or_else(|| Failure::Damaged(format!("{state:?} is no state")))?;
    Ok(KeptMail {
        mail: mail(row)?,
        state,
        attempts: small(row, 8)?,
        due_at: instant(row, 11)?,
        problem: plain(row, 12)?,
    })
}
