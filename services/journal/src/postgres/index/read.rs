//! Queries over the index.

use std::collections::HashMap;

use contract::proto::journal::Event;
use licensing::Instant;
use postgres::{Row, types::Type};
use prost::Message;

use crate::{
    Head, HistoryFilter, JournalError, NextDue, Page, Position, StoredCommit, StoredEvent, StoredOutcome, StreamHead,
    chain,
    indexing::{command_key, outcomes_at},
    postgres::{
        append::read_head,
        details::in_order,
        failure::Failure,
        journal::PostgresJournal,
        pool::Pool,
        value::{instant, limit, plain, shard, unsigned},
    },
};

/// How many commits are held at a time while outcomes are fetched from them.
const COMMITS_AT_A_TIME: usize = 32;

/// Up to where each shard is indexed.
pub(super) fn progress(pool: &Pool) -> Result<Vec<Head>, JournalError> {
    let all = "SELECT shard, commit_number, position FROM usher_index.progress ORDER BY shard";
    pool.query_all(all, &[], read_head)
}

/// Whether a stream has events.
pub(super) fn has_stream(pool: &Pool, stream: &str) -> Result<bool, JournalError> {
    let found = "SELECT FROM usher_index.streams WHERE name = $1";
    Ok(!pool.query(found, &[(&stream, Type::TEXT)])?.is_empty())
}

/// The end of a stream.
pub(super) fn stream_head(pool: &Pool, stream: &str) -> Result<Option<StreamHead>, JournalError> {
    pool.query_first(
        "SELECT record FROM usher_index.events
         WHERE stream_id = (SELECT stream_id FROM usher_index.streams WHERE name = $1)
         ORDER BY version DESC LIMIT 1",
        &[(&stream, Type::TEXT)],
        |row| head_of(read_event(row, 0)?),
    )
}

fn head_of(event: Event) -> Result<StreamHead, Failure> {
    let hash = chain::Hash::try_from(event.hash.as_slice())
        .map_err(|_| Failure::Damaged(format!("an event of {} bears no hash", event.stream)))?;
    Ok(StreamHead { version: event.version, hash })
}

/// One page of a stream's history.
pub(super) fn history(pool: &Pool, stream: &str, filter: &HistoryFilter) -> Result<Page, JournalError> {
    let Some((after, last)) = filter.versions() else { return Ok(Page { items: Vec::new(), more: false }) };
    let direction = if filter.newest_first { "DESC" } else { "ASC" };
    let of_types = if filter.types.is_empty() {
        "$6::text[] = '{}'"
    } else {
        "type_id = ANY (ARRAY(SELECT type_id FROM usher_index.event_types WHERE name = ANY ($6)))"
    };
    // The stream's id as a value that is known before the rest begins: so its events are read in their order, and no
    // more of them than are wanted. One beyond the limit tells whether more follow.
    let mut items = pool.query_all(
        &format!(
            "SELECT (SELECT shard FROM usher_index.streams WHERE name = $1), position, record
             FROM usher_index.events
             WHERE stream_id = (SELECT stream_id FROM usher_index.streams WHERE name = $1)
               AND version > $2 AND version <= $7 AND effective_at_us >= $3 AND effective_at_us < $4 AND {of_types}
             ORDER BY version {direction} LIMIT $5"
        ),
        &[
            (&stream, Type::TEXT),
            (&i64::try_from(after).unwrap_or(i64::MAX), Type::INT8),
            (&filter.from.map_or(i64::MIN, |from| from.timestamp_micros()), Type::INT8),
            (&filter.to.map_or(i64::MAX, |to| to.timestamp_micros()), Type::INT8),
            (&limit(filter.limit.saturating_add(1)), Type::INT8),
            (&filter.types, Type::TEXT_ARRAY),
            (&i64::try_from(last).unwrap_or(i64::MAX), Type::INT8),
        ],
        read_stored_event,
    )?;
    let more = items.len() > filter.limit;
    items.truncate(filter.limit);
    Ok(Page { items, more })
}

pub(super) fn read_stored_event(row: &Row) -> Result<StoredEvent, Failure> {
    let position = Position { shard: shard(row, 0)?, position: unsigned(row, 1)? };
    Ok(StoredEvent { position, event: read_event(row, 2)? })
}

pub(super) fn read_event(row: &Row, column: usize) -> Result<Event, Failure> {
    Event::decode(plain::<&[u8]>(row, column)?).map_err(|cause| Failure::Damaged(format!("an event: {cause}")))
}

/// Where an outcome lies that was asked for.
struct Place {
    /// The commit that holds it: shard and number.
    commit: (u16, u64),
    /// Its place among the commit's records.
    in_commit: u32,
    key: [u8; 16],
}

/// The outcomes of commands, in the order that was asked for.
pub(super) fn outcomes(
    pool: &Pool,
    journal: &PostgresJournal,
    command_ids: &[&str],
) -> Result<Vec<Option<StoredOutcome>>, JournalError> {
    let keys: Vec<[u8; 16]> = command_ids.iter().map(|command_id| command_key(command_id)).collect();
    let mut places = places(pool, &keys)?;
    places.sort_unstable_by_key(|place| place.commit);
    let of_commits: Vec<&[Place]> = places.chunk_by(|one, other| one.commit == other.commit).collect();
    let mut found: HashMap<[u8; 16], StoredOutcome> = HashMap::new();
    // Each commit is read once, however many of its outcomes are wanted.
    for some in of_commits.chunks(COMMITS_AT_A_TIME) {
        let commits = commits(journal, some)?;
        for of_commit in some {
            add_outcomes(journal, &commits, of_commit, &mut found)?;
        }
    }
    Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
}

fn places(pool: &Pool, keys: &[[u8; 16]]) -> Result<Vec<Place>, JournalError> {
    let keys: Vec<&[u8]> = keys.iter().map(<[u8; 16]>::as_slice).collect();
    pool.query_all(
        "SELECT key, shard, commit_number, place FROM usher_index.find_commands($1)",
        &[(&keys, Type::BYTEA_ARRAY)],
        |row| {
            let key = <[u8; 16]>::try_from(plain::<&[u8]>(row, 0)?);
            Ok(Place {
                key: key.map_err(|_| Failure::Damaged("the key of a command is not of 16 bytes".to_owned()))?,
                commit: (shard(row, 1)?, unsigned(row, 2)?),
                in_commit: unsigned(row, 3)?,
            })
        },
    )
}

fn commits(
    journal: &PostgresJournal,
    of_commits: &[&[Place]],
) -> Result<HashMap<(u16, u64), StoredCommit>, JournalError> {
    let wanted: Vec<(u16, u64)> = of_commits.iter().filter_map(|places| Some(places.first()?.commit)).collect();
    let commits = journal.commits(&wanted)?;
    Ok(commits.into_iter().map(|commit| ((commit.shard, commit.number), commit)).collect())
}

/// Fetches outcomes that lie in one commit.
fn add_outcomes(
    journal: &PostgresJournal,
    commits: &HashMap<(u16, u64), StoredCommit>,
    of_commit: &[Place],
    found: &mut HashMap<[u8; 16], StoredOutcome>,
) -> Result<(), JournalError> {
    let disagreement = || journal.damaged("usher_index names an outcome that the journal does not hold");
    let stored = of_commit.first().and_then(|place| commits.get(&place.commit)).ok_or_else(disagreement)?;
    let outcomes = outcomes_at(stored, of_commit.iter().map(|place| place.in_commit)).ok_or_else(disagreement)?;
    for (place, outcome) in of_commit.iter().zip(outcomes) {
        let position = stored.first_position.saturating_add(u64::from(place.in_commit));
        found.insert(place.key, StoredOutcome { position: Position { shard: stored.shard, position }, outcome });
    }
    Ok(())
}

/// The last uses by users, in the order that was asked for.
pub(super) fn last_uses(pool: &Pool, users: &[&str]) -> Result<Vec<Option<Instant>>, JournalError> {
    let found = pool.query_all(
        "SELECT u.* FROM unnest($1) AS w (user_id) CROSS JOIN LATERAL (
             SELECT user_id, last_used_at_us FROM usher_index.usage WHERE user_id = w.user_id LIMIT 1) AS u",
        &[(&users, Type::TEXT_ARRAY)],
        |row| Ok((plain::<String>(row, 0)?, instant(row, 1)?)),
    )?;
    let in_order = in_order(users, found, |(user, _)| user.as_str());
    Ok(in_order.into_iter().map(|found| found.map(|(_, last_use)| last_use)).collect())
}

/// The licensees that a user is a member of.
pub(super) fn memberships(pool: &Pool, user: &str) -> Result<Vec<String>, JournalError> {
    pool.query_all(
        "SELECT licensee FROM usher_index.memberships WHERE user_id = $1 ORDER BY licensee",
        &[(&user, Type::TEXT)],
        |row| plain(row, 0),
    )
}

/// Whether users are members of a licensee, in the order that was asked for.
pub(super) fn are_members(pool: &Pool, licensee: &str, users: &[&str]) -> Result<Vec<bool>, JournalError> {
    let found = pool.query_all(
        "SELECT m.user_id FROM unnest($2) AS w (user_id) CROSS JOIN LATERAL (
             SELECT user_id FROM usher_index.memberships WHERE user_id = w.user_id AND licensee = $1 LIMIT 1) AS m",
        &[(&licensee, Type::TEXT), (&users, Type::TEXT_ARRAY)],
        |row| plain::<String>(row, 0),
    )?;
    Ok(in_order(users, found, String::as_str).iter().map(Option::is_some).collect())
}

/// When time alone changes each licensee next.
pub(super) fn timers(pool: &Pool) -> Result<Vec<NextDue>, JournalError> {
    pool.query_all("SELECT licensee, due_at_us FROM usher_index.timers ORDER BY due_at_us, licensee", &[], |row| {
        Ok(NextDue { licensee: plain(row, 0)?, due_at: instant(row, 1)? })
    })
}
