//! Webhooks in the schema `usher_notify`.

use std::time::Duration;

use journal::{Head, postgres::Failure as Refused};
use licensing::{Instant, LicenseeId};
use postgres::{Row, Transaction, types::Type};
use uuid::Uuid;

use super::{
    PostgresNotify,
    value::{head, instant, plain, seconds, shards, signed, small},
};
use crate::{
    NotifyError,
    webhooks::{
        Added, Aftermath, Failure, Lane, LaneState, NewWebhook, OldSecret, SigningSecret, WEBHOOKS_MAX, Webhook,
        WebhookState, WebhookStore, types_of, types_text,
    },
};

const COLUMNS: &str = "id::text, url, licensee, types, secret, old_secret,
    (extract(epoch FROM old_secret_until) * 1000000)::bigint, state,
    (extract(epoch FROM created_at) * 1000000)::bigint, (extract(epoch FROM disabled_at) * 1000000)::bigint, problem,
    (extract(epoch FROM failed_at) * 1000000)::bigint";
const LANE_COLUMNS: &str = "webhook::text, shard, commit_number, position, attempts,
    (extract(epoch FROM failing_since) * 1000000)::bigint, (extract(epoch FROM due_at) * 1000000)::bigint";
/// A lane that is where somebody thinks it is, of a webhook that is enabled.
const AS_SEEN: &str = "webhook = $1::text::uuid AND shard = $2 AND commit_number = $3 AND position = $4
    AND EXISTS (SELECT 1 FROM usher_notify.webhooks WHERE id = $1::text::uuid AND state = 'enabled')";

impl WebhookStore for PostgresNotify {
    fn add(&self, webhook: &NewWebhook, places: &[Head]) -> Result<Added, NotifyError> {
        let id = webhook.id.to_string();
        self.write(|transaction| {
            // So that no two count at once, and both find room for the last one.
            transaction.batch_execute("LOCK TABLE usher_notify.webhooks IN SHARE ROW EXCLUSIVE MODE")?;
            let row = transaction.query_typed_one(
                "SELECT count(*) FILTER (WHERE id = $1::text::uuid) > 0, count(*) FROM usher_notify.webhooks",
                &[(&id, Type::TEXT)],
            )?;
            if plain(&row, 0)? {
                return Ok(Added::Before);
            }
            if plain::<i64>(&row, 1)? >= WEBHOOKS_MAX as i64 {
                return Ok(Added::Full);
            }
            put(transaction, &id, webhook, places)?;
            Ok(Added::New)
        })
    }

    fn all(&self) -> Result<Vec<Webhook>, NotifyError> {
        self.read(|transaction| {
            let all = format!("SELECT {COLUMNS} FROM usher_notify.webhooks w ORDER BY w.created_at, w.id");
            transaction.query_typed(&all, &[])?.iter().map(webhook).collect()
        })
    }

    fn one(&self, id: Uuid) -> Result<Option<Webhook>, NotifyError> {
        self.read(|transaction| {
            let one = format!("SELECT {COLUMNS} FROM usher_notify.webhooks WHERE id = $1::text::uuid");
            transaction.query_typed_opt(&one, &[(&id.to_string(), Type::TEXT)])?.as_ref().map(webhook).transpose()
        })
    }

    fn lanes(&self, id: Option<Uuid>) -> Result<Vec<LaneState>, NotifyError> {
        let id = id.map(|id| id.to_string());
        self.read(|transaction| {
            let lanes = format!(
                "SELECT {LANE_COLUMNS} FROM usher_notify.webhook_lanes l
                 WHERE $1::text IS NULL OR l.webhook = $1::text::uuid ORDER BY l.webhook, l.shard"
            );
            transaction.query_typed(&lanes, &[(&id, Type::TEXT)])?.iter().map(lane_state).collect()
        })
    }

    fn remove(&self, id: Uuid) -> Result<bool, NotifyError> {
        self.write(|transaction| {
            let removed = transaction.execute_typed(
                "DELETE FROM usher_notify.webhooks WHERE id = $1::text::uuid",
                &[(&id.to_string(), Type::TEXT)],
            )?;
            Ok(removed > 0)
        })
    }

    fn enable(&self, id: Uuid) -> Result<bool, NotifyError> {
        let id = id.to_string();
        self.write(|transaction| {
            // The webhook first, as whoever notes a failure does it in that order too.
            let enabled = transaction.execute_typed(
                "UPDATE usher_notify.webhooks SET state = 'enabled', disabled_at = NULL WHERE id = $1::text::uuid",
                &[(&id, Type::TEXT)],
            )?;
            transaction.execute_typed(
                "UPDATE usher_notify.webhook_lanes SET attempts = 0, failing_since = NULL, due_at = clock_timestamp()
                 WHERE webhook = $1::text::uuid",
                &[(&id, Type::TEXT)],
            )?;
            Ok(enabled > 0)
        })
    }

    fn rotate(&self, id: Uuid, secret: &SigningSecret, old_valid_for: Duration) -> Result<bool, NotifyError> {
        self.write(|transaction| {
            let rotated = transaction.execute_typed(
                "UPDATE usher_notify.webhooks
                 SET old_secret = secret, old_secret_until = clock_timestamp() + make_interval(secs => $3), secret = $2
                 WHERE id = $1::text::uuid",
                &[
                    (&id.to_string(), Type::TEXT),
                    (&secret.reveal(), Type::TEXT),
                    (&seconds(old_valid_for), Type::FLOAT8),
                ],
            )?;
            Ok(rotated > 0)
        })
    }

    fn move_to(&self, id: Uuid, places: &[Head]) -> Result<bool, NotifyError> {
        let [shards, commits, positions] = columns(places);
        self.write(|transaction| {
            let moved = transaction.execute_typed(
                "UPDATE usher_notify.webhook_lanes l
                 SET commit_number = n.commit_number, position = n.position, attempts = 0, failing_since = NULL,
                     due_at = clock_timestamp()
                 FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS n (shard, commit_number, position)
                 WHERE l.webhook = $1::text::uuid AND l.shard = n.shard",
                &[
                    (&id.to_string(), Type::TEXT),
                    (&shards, Type::INT8_ARRAY),
                    (&commits, Type::INT8_ARRAY),
                    (&positions, Type::INT8_ARRAY),
                ],
            )?;
            Ok(moved > 0)
        })
    }

    fn due(&self, of: &[u16]) -> Result<Vec<Lane>, NotifyError> {
        self.read(|transaction| {
            let due = format!(
                "SELECT {LANE_COLUMNS} FROM usher_notify.webhook_lanes l
                 WHERE l.due_at <= clock_timestamp() AND l.shard = ANY ($1)
                       AND l.webhook IN (SELECT id FROM usher_notify.webhooks WHERE state = 'enabled')
                 ORDER BY l.due_at, l.webhook, l.shard"
            );
            let rows = transaction.query_typed(&due, &[(&shards(of), Type::INT4_ARRAY)])?;
            rows.iter().map(|row| lane_state(row).map(|state| state.lane)).collect()
        })
    }

    fn moved(&self, lane: &Lane, to: Head) -> Result<bool, NotifyError> {
        self.write(|transaction| {
            let moved = transaction.execute_typed(
                &format!(
                    "UPDATE usher_notify.webhook_lanes
                     SET commit_number = $5, position = $6, attempts = 0, failing_since = NULL,
                         due_at = clock_timestamp()
                     WHERE {AS_SEEN}"
                ),
                &[
                    (&lane.webhook.to_string(), Type::TEXT),
                    (&i32::from(lane.at.shard), Type::INT4),
                    (&signed(lane.at.commit_number), Type::INT8),
                    (&signed(lane.at.position), Type::INT8),
                    (&signed(to.commit_number), Type::INT8),
                    (&signed(to.position), Type::INT8),
                ],
            )?;
            Ok(moved > 0)
        })
    }

    fn failed(&self, lane: &Lane, failure: &Failure) -> Result<Aftermath, NotifyError> {
        let id = lane.webhook.to_string();
        self.write(|transaction| {
            // Lanes of one webhook fail in other processes at the same time: one after another.
            transaction.query_typed(
                "SELECT 1 FROM usher_notify.webhooks WHERE id = $1::text::uuid FOR UPDATE",
                &[(&id, Type::TEXT)],
            )?;
            let row = transaction.query_typed_opt(
                &format!(
                    "UPDATE usher_notify.webhook_lanes
                     SET attempts = attempts + 1, due_at = clock_timestamp() + make_interval(secs => $5),
                         failing_since = coalesce(failing_since, clock_timestamp())
                     WHERE {AS_SEEN}
                     RETURNING clock_timestamp() - failing_since >= make_interval(secs => $6)"
                ),
                &[
                    (&id, Type::TEXT),
                    (&i32::from(lane.at.shard), Type::INT4),
                    (&signed(lane.at.commit_number), Type::INT8),
                    (&signed(lane.at.position), Type::INT8),
                    (&seconds(failure.after), Type::FLOAT8),
                    (&seconds(failure.disable_after), Type::FLOAT8),
                ],
            )?;
            let Some(row) = row else { return Ok(Aftermath::Elsewhere) };
            let is_disabled: bool = plain(&row, 0)?;
            transaction.execute_typed(
                "UPDATE usher_notify.webhooks
                 SET problem = $2, failed_at = clock_timestamp(),
                     state = CASE WHEN $3 THEN 'disabled' ELSE state END,
                     disabled_at = CASE WHEN $3 THEN clock_timestamp() ELSE disabled_at END
                 WHERE id = $1::text::uuid",
                &[(&id, Type::TEXT), (&failure.problem, Type::TEXT), (&is_disabled, Type::BOOL)],
            )?;
            Ok(if is_disabled { Aftermath::Disabled } else { Aftermath::Again })
        })
    }
}

fn put(transaction: &mut Transaction<'_>, id: &str, webhook: &NewWebhook, places: &[Head]) -> Result<(), Refused> {
    transaction.execute_typed(
        "INSERT INTO usher_notify.webhooks (id, url, licensee, types, secret, state, created_at)
         VALUES ($1::text::uuid, $2, $3, $4, $5, 'enabled', clock_timestamp())",
        &[
            (&id, Type::TEXT),
            (&webhook.address.as_str(), Type::TEXT),
            (&webhook.licensee.as_ref().map(LicenseeId::as_str), Type::TEXT),
            (&types_text(&webhook.types), Type::TEXT),
            (&webhook.secret.reveal(), Type::TEXT),
        ],
    )?;
    let [shards, commits, positions] = columns(places);
    transaction.execute_typed(
        "INSERT INTO usher_notify.webhook_lanes (webhook, shard, commit_number, position, attempts, due_at)
         SELECT $1::text::uuid, n.shard::integer, n.commit_number, n.position, 0, clock_timestamp()
         FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS n (shard, commit_number, position)",
        &[(&id, Type::TEXT), (&shards, Type::INT8_ARRAY), (&commits, Type::INT8_ARRAY), (&positions, Type::INT8_ARRAY)],
    )?;
    Ok(())
}

/// Shards, commits and positions of some places.
fn columns(places: &[Head]) -> [Vec<i64>; 3] {
    let column = |value: fn(&Head) -> i64| places.iter().map(value).collect();
    [
        column(|place| i64::from(place.shard)),
        column(|place| signed(place.commit_number)),
        column(|place| signed(place.position)),
    ]
}

fn webhook(row: &Row) -> Result<Webhook, Refused> {
    let (id, state): (&str, &str) = (plain(row, 0)?, plain(row, 7)?);
    let old_secret = match plain::<Option<&str>>(row, 5)? {
        Some(text) => Some(OldSecret { secret: secret(text)?, until: instant(row, 6)? }),
        None => None,
    };
    Ok(Webhook {
        id: id_of(id)?,
        url: plain(row, 1)?,
        licensee: plain(row, 2)?,
        types: types_of(plain(row, 3)?),
        secret: secret(plain(row, 4)?)?,
        old_secret,
        state: WebhookState::of_word(state).ok_or_else(|| Refused::Damaged(format!("{state:?} is no state")))?,
        created_at: instant(row, 8)?,
        disabled_at: optional_instant(row, 9)?,
        problem: plain(row, 10)?,
        failed_at: optional_instant(row, 11)?,
    })
}

fn lane_state(row: &Row) -> Result<LaneState, Refused> {
    let lane = Lane { webhook: id_of(plain(row, 0)?)?, at: head(row, 1)?, attempts: small(row, 4)? };
    Ok(LaneState { lane, failing_since: optional_instant(row, 5)?, due_at: instant(row, 6)? })
}

fn id_of(text: &str) -> Result<Uuid, Refused> {
    text.parse().map_err(|_| Refused::Damaged(format!("{text:?} is no id")))
}

fn secret(text: &str) -> Result<SigningSecret, Refused> {
    text.parse().map_err(|_| Refused::Damaged("a secret of usher_notify.webhooks is none".to_owned()))
}

fn optional_instant(row: &Row, column: usize) -> Result<Option<Instant>, Refused> {
    match plain::<Option<i64>>(row, column)? {
        Some(_) => instant(row, column).map(Some),
        None => Ok(None),
    }
}
