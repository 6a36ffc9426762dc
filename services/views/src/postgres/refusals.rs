//! What was refused, by the licensee that it named (R35).

use journal::Position;
use licensing::{Instant, LicenseeId};
use postgres::{Row, Transaction, types::Type};

use super::{
    calls::{Calls, Param, instants, integers, numbers, texts},
    database::Failure,
    value::{count, id, plain, shard, signed, storable, unsigned, unsigned_if_any},
};
use crate::{RefusalView, facts::RefusedCommand};

#[derive(Default)]
struct Columns {
    licensees: Vec<String>,
    shards: Vec<i32>,
    positions: Vec<i64>,
    recorded_at: Vec<Instant>,
    command_ids: Vec<String>,
    types: Vec<String>,
    codes: Vec<String>,
    details: Vec<String>,
    actors: Vec<String>,
    available: Vec<Option<i64>>,
    requested: Vec<Option<i64>>,
    /// JSON arrays: PostgreSQL has no arrays of arrays of different lengths.
    users: Vec<String>,
}

impl Columns {
    fn push(&mut self, position: Position, command: &RefusedCommand) {
        let RefusedCommand { recorded_at, outcome, refusal } = command;
        let users: Vec<String> = refusal.users.iter().map(|user| storable(user)).collect();
        self.licensees.push(storable(&outcome.licensee));
        self.shards.push(position.shard.into());
        self.positions.push(signed(position.position));
        self.recorded_at.push(*recorded_at);
        self.command_ids.push(storable(&outcome.command_id));
        self.types.push(storable(&outcome.r#type));
        self.codes.push(storable(&refusal.code));
        self.details.push(storable(&refusal.detail));
        self.actors.push(storable(&outcome.actor));
        self.available.push(refusal.available.map(i64::from));
        self.requested.push(refusal.requested.map(i64::from));
        self.users.push(serde_json::Value::from(users).to_string());
    }

    fn into_params<'a>(self) -> [Param<'a>; 12] {
        [
            texts(self.licensees),
            integers(self.shards),
            numbers(self.positions),
            instants(self.recorded_at),
            texts(self.command_ids),
            texts(self.types),
            texts(self.codes),
            texts(self.details),
            texts(self.actors),
            numbers(self.available),
            numbers(self.requested),
            texts(self.users),
        ]
    }
}

/// Keeps refusals under the licensees that the commands named.
pub(super) fn put(calls: &mut Calls<'_>, refusals: &[(Position, RefusedCommand)]) {
    if refusals.is_empty() {
        return;
    }
    let mut columns = Columns::default();
    refusals.iter().for_each(|(position, command)| columns.push(*position, command));
    calls.add("put_refusals", columns.into_params());
}

/// What was refused under a licensee after a position, the oldest first; nothing while the licensee does not exist.
pub(super) fn after(
    transaction: &mut Transaction<'_>,
    licensee: &LicenseeId,
    after: Position,
    limit: usize,
) -> Result<Vec<(Position, RefusalView)>, Failure> {
    let rows = transaction.query_typed(
        "SELECT shard, position, recorded_at, command_id, type, code, detail, actor, available, requested, users
         FROM usher_views.refusals
         WHERE licensee = $1 AND (shard, position) > ($2, $3)
           AND EXISTS (SELECT FROM usher_views.licensees WHERE licensee = $1)
         ORDER BY shard, position LIMIT $4",
        &[
            (&licensee.as_str(), Type::TEXT),
            (&i32::from(after.shard), Type::INT4),
            (&signed(after.position), Type::INT8),
            (&count(limit), Type::INT8),
        ],
    )?;
    rows.iter().map(read_refusal).collect()
}

/// What was refused last under licensees that exist, the newest first.
pub(super) fn newest(
    transaction: &mut Transaction<'_>,
    limit: usize,
) -> Result<Vec<(LicenseeId, RefusalView)>, Failure> {
    let rows = transaction.query_typed(
        "SELECT shard, position, recorded_at, command_id, type, code, detail, actor, available, requested, users,
                licensee
         FROM usher_views.refusals r
         WHERE EXISTS (SELECT FROM usher_views.licensees l WHERE l.licensee = r.licensee)
         ORDER BY recorded_at DESC, shard, position DESC LIMIT $1",
        &[(&count(limit), Type::INT8)],
    )?;
    rows.iter().map(|row| Ok((id(row, 11)?, read_refusal(row)?.1))).collect()
}

fn read_refusal(row: &Row) -> Result<(Position, RefusalView), Failure> {
    let position = Position { shard: shard(row, 0)?, position: unsigned(row, 1)? };
    let refusal = RefusalView {
        time: plain(row, 2)?,
        command_id: plain(row, 3)?,
        type_name: plain(row, 4)?,
        code: plain(row, 5)?,
        detail: plain(row, 6)?,
        actor: plain(row, 7)?,
        available: unsigned_if_any(row, 8)?,
        requested: unsigned_if_any(row, 9)?,
        users: plain(row, 10)?,
    };
    Ok((position, refusal))
}
