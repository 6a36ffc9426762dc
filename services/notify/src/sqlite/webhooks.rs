//! Webhooks in `notify.db`.

use std::time::Duration;

use journal::Head;
use licensing::{Instant, LicenseeId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::{
    SqliteNotify,
    value::{instant, micros, now_us, parsed, signed, unreadable, unsigned},
};
use crate::{
    NotifyError,
    webhooks::{
        Added, Aftermath, Failure, Lane, LaneState, NewWebhook, OldSecret, SigningSecret, WEBHOOKS_MAX, Webhook,
        WebhookState, WebhookStore, types_of, types_text,
    },
};

const COLUMNS: &str = "id, url, licensee, types, secret, old_secret, old_secret_until_us, state, created_at_us,
    disabled_at_us, problem, failed_at_us";
const LANE_COLUMNS: &str = "webhook, shard, commit_number, position, attempts, failing_since_us, due_at_us";
/// A lane that is where somebody thinks it is, of a webhook that is enabled.
const AS_SEEN: &str = "webhook = ?1 AND shard = ?2 AND commit_number = ?3 AND position = ?4
    AND EXISTS (SELECT 1 FROM webhooks WHERE id = ?1 AND state = 'enabled')";

impl WebhookStore for SqliteNotify {
    fn add(&self, webhook: &NewWebhook, places: &[Head]) -> Result<Added, NotifyError> {
        self.work(|transaction| {
            let id = webhook.id.to_string();
            let is_there =
                transaction.query_row("SELECT 1 FROM webhooks WHERE id = ?1", [&id], |_| Ok(())).optional()?;
            if is_there.is_some() {
                return Ok(Added::Before);
            }
            let count = transaction.query_row("SELECT count(*) FROM webhooks", [], |row| unsigned(row, 0))?;
            if count >= WEBHOOKS_MAX as u64 {
                return Ok(Added::Full);
            }
            transaction.execute(
                "INSERT INTO webhooks (id, url, licensee, types, secret, state, created_at_us)
                 VALUES (?1, ?2, ?3, ?4, ?5, 'enabled', ?6)",
                params![
                    id,
                    webhook.address.as_str(),
                    webhook.licensee.as_ref().map(LicenseeId::as_str),
                    types_text(&webhook.types),
                    webhook.secret.reveal(),
                    now_us()
                ],
            )?;
            let mut statement = transaction.prepare_cached(
                "INSERT INTO webhook_lanes (webhook, shard, commit_number, position, attempts, due_at_us)
                 VALUES (?1, ?2, ?3, ?4, 0, ?5)",
            )?;
            for place in places {
                let (commit, position) = (signed(place.commit_number), signed(place.position));
                statement.execute(params![id, place.shard, commit, position, now_us()])?;
            }
            Ok(Added::New)
        })
    }

    fn all(&self) -> Result<Vec<Webhook>, NotifyError> {
        self.work(|transaction| {
            let mut statement =
                transaction.prepare_cached(&format!("SELECT {COLUMNS} FROM webhooks ORDER BY created_at_us, id"))?;
            statement.query_map([], webhook)?.collect()
        })
    }

    fn one(&self, id: Uuid) -> Result<Option<Webhook>, NotifyError> {
        self.work(|transaction| {
            let mut statement = transaction.prepare_cached(&format!("SELECT {COLUMNS} FROM webhooks WHERE id = ?1"))?;
            statement.query_row([id.to_string()], webhook).optional()
        })
    }

    fn lanes(&self, id: Option<Uuid>) -> Result<Vec<LaneState>, NotifyError> {
        self.work(|transaction| {
            let mut statement = transaction.prepare_cached(&format!(
                "SELECT {LANE_COLUMNS} FROM webhook_lanes WHERE ?1 IS NULL OR webhook = ?1 ORDER BY webhook, shard"
            ))?;
            statement.query_map([id.map(|id| id.to_string())], lane_state)?.collect()
        })
    }

    fn remove(&self, id: Uuid) -> Result<bool, NotifyError> {
        self.work(|transaction| {
            let id = id.to_string();
            transaction.execute("DELETE FROM webhook_lanes WHERE webhook = ?1", [&id])?;
            Ok(transaction.execute("DELETE FROM webhooks WHERE id = ?1", [&id])? > 0)
        })
    }

    fn enable(&self, id: Uuid) -> Result<bool, NotifyError> {
        self.work(|transaction| {
            let id = id.to_string();
            transaction.execute(
                "UPDATE webhook_lanes SET attempts = 0, failing_since_us = NULL, due_at_us = ?2 WHERE webhook = ?1",
                params![id, now_us()],
            )?;
            let enabled = "UPDATE webhooks SET state = 'enabled', disabled_at_us = NULL WHERE id = ?1";
            Ok(transaction.execute(enabled, [&id])? > 0)
        })
    }

    fn rotate(&self, id: Uuid, secret: &SigningSecret, old_valid_for: Duration) -> Result<bool, NotifyError> {
        let until = now_us().saturating_add(micros(old_valid_for));
        self.work(|transaction| {
            let rotated = transaction.execute(
                "UPDATE webhooks SET old_secret = secret, old_secret_until_us = ?3, secret = ?2 WHERE id = ?1",
                params![id.to_string(), secret.reveal(), until],
            )?;
            Ok(rotated > 0)
        })
    }

    fn move_to(&self, id: Uuid, places: &[Head]) -> Result<bool, NotifyError> {
        self.work(|transaction| {
            let id = id.to_string();
            let mut moved = 0;
            let mut statement = transaction.prepare_cached(
                "UPDATE webhook_lanes SET commit_number = ?3, position = ?4, attempts = 0, failing_since_us = NULL,
                        due_at_us = ?5
                 WHERE webhook = ?1 AND shard = ?2",
            )?;
            for place in places {
                let (commit, position) = (signed(place.commit_number), signed(place.position));
                moved += statement.execute(params![id, place.shard, commit, position, now_us()])?;
            }
            Ok(moved > 0)
        })
    }

    fn due(&self, shards: &[u16]) -> Result<Vec<Lane>, NotifyError> {
        let due: Vec<LaneState> = self.work(|transaction| {
            let mut statement = transaction.prepare_cached(&format!(
                "SELECT {LANE_COLUMNS} FROM webhook_lanes
                 WHERE due_at_us <= ?1 AND webhook IN (SELECT id FROM webhooks WHERE state = 'enabled')
                 ORDER BY due_at_us, webhook, shard"
            ))?;
            statement.query_map([now_us()], lane_state)?.collect()
        })?;
        Ok(due.into_iter().map(|state| state.lane).filter(|lane| shards.contains(&lane.at.shard)).collect())
    }

    fn moved(&self, lane: &Lane, to: Head) -> Result<bool, NotifyError> {
        self.work(|transaction| {
            let moved = transaction
                .prepare_cached(&format!(
                    "UPDATE webhook_lanes SET commit_number = ?5, position = ?6, attempts = 0, failing_since_us = NULL,
                            due_at_us = ?7
                     WHERE {AS_SEEN}"
                ))?
                .execute(params![
                    lane.webhook.to_string(),
                    lane.at.shard,
                    signed(lane.at.commit_number),
                    signed(lane.at.position),
                    signed(to.commit_number),
                    signed(to.position),
                    now_us(),
                ])?;
            Ok(moved > 0)
        })
    }

    fn failed(&self, lane: &Lane, failure: &Failure) -> Result<Aftermath, NotifyError> {
        let (now, id) = (now_us(), lane.webhook.to_string());
        self.work(|transaction| {
            let since: Option<i64> = transaction
                .query_row(
                    &format!(
                        "UPDATE webhook_lanes SET attempts = attempts + 1, due_at_us = ?5,
                                failing_since_us = coalesce(failing_since_us, ?6)
                         WHERE {AS_SEEN} RETURNING failing_since_us"
                    ),
                    params![
                        id,
                        lane.at.shard,
                        signed(lane.at.commit_number),
                        signed(lane.at.position),
                        now.saturating_add(micros(failure.after)),
                        now,
                    ],
                    |row| row.get(0),
                )
                .optional()?;
            let Some(since) = since else { return Ok(Aftermath::Elsewhere) };
            note_problem(transaction, &id, &failure.problem, now)?;
            if now.saturating_sub(since) < micros(failure.disable_after) {
                return Ok(Aftermath::Again);
            }
            let disabled = "UPDATE webhooks SET state = 'disabled', disabled_at_us = ?2 WHERE id = ?1";
            transaction.execute(disabled, params![id, now])?;
            Ok(Aftermath::Disabled)
        })
    }
}

fn note_problem(connection: &Connection, id: &str, problem: &str, now: i64) -> rusqlite::Result<()> {
    let noted = "UPDATE webhooks SET problem = ?2, failed_at_us = ?3 WHERE id = ?1";
    connection.execute(noted, params![id, problem, now])?;
    Ok(())
}

fn webhook(row: &Row<'_>) -> rusqlite::Result<Webhook> {
    let types: String = row.get(3)?;
    let state: String = row.get(7)?;
    let old_secret = match row.get::<_, Option<String>>(5)? {
        Some(_) => Some(OldSecret { secret: parsed(row, 5)?, until: instant(row, 6)? }),
        None => None,
    };
    Ok(Webhook {
        id: parsed(row, 0)?,
        url: row.get(1)?,
        licensee: row.get(2)?,
        types: types_of(&types),
        secret: parsed(row, 4)?,
        old_secret,
        state: WebhookState::of_word(&state).ok_or_else(|| unreadable(7, format!("{state:?} is no state")))?,
        created_at: instant(row, 8)?,
        disabled_at: optional_instant(row, 9)?,
        problem: row.get(10)?,
        failed_at: optional_instant(row, 11)?,
    })
}

fn lane_state(row: &Row<'_>) -> rusqlite::Result<LaneState> {
    let at = Head { shard: row.get(1)?, commit_number: unsigned(row, 2)?, position: unsigned(row, 3)? };
    let lane = Lane { webhook: parsed(row, 0)?, at, attempts: row.get(4)? };
    Ok(LaneState { lane, failing_since: optional_instant(row, 5)?, due_at: instant(row, 6)? })
}

fn optional_instant(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Instant>> {
    match row.get::<_, Option<i64>>(column)? {
        Some(_) => instant(row, column).map(Some),
        None => Ok(None),
    }
}
