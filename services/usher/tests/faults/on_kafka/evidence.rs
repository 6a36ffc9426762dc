//! What there is afterwards, read with other people's clients where there are some.

use std::{collections::BTreeSet, time::Duration};

use contract::proto::journal as wire;
use prost::Message;
use servers::Database;

use super::{kcat, program::Program, wait::wait_for};
use crate::check::{Answer, Commit, Evidence, Letter, Sent, Shown, TopicRecord, outcomes_of};

/// How long it may take until all messages are decided: the partitions of a consumer that was killed are passed on after
/// its session has timed out.
const DECIDED_WITHIN: Duration = Duration::from_secs(120);
/// How long the rest may take then.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);

/// Waits until all messages are decided.
pub fn wait_until_decided(database: &Database, sent: &[Sent]) {
    wait_for("all messages to be decided", DECIDED_WITHIN, || {
        let commits = commits(database)?;
        let decided: BTreeSet<&str> = outcomes_of(&commits).map(|outcome| outcome.command_id.as_str()).collect();
        let mut missing = sent.iter().filter_map(Sent::command_id).filter(|id| !decided.contains(id));
        match missing.next() {
            Some(first) => Err(format!("{first} and {} others", missing.count())),
            None => Ok(()),
        }
    });
}

/// Collects everything once all followers of the journal are where it is.
pub fn collect(program: &Program, database: &Database, sent: Vec<Sent>, answers: Vec<Answer>) -> Evidence {
    wait_until_decided(database, &sent);
    wait_for("everything to be settled", SETTLED_WITHIN, || {
        let end = rows(database, "SELECT shard, commit_number FROM usher.heads ORDER BY shard")?;
        let viewed = rows(database, "SELECT shard, commit_number FROM usher_views.positions ORDER BY shard")?;
        same("the views", &viewed, "the journal", &end)?;
        let (commits, letters) = (commits(database)?, letters(program)?);
        has_all_letters(&letters, &commits, &sent)?;
        let (stored, relayed) = (program.printed("export")?, program.printed("export --from-kafka")?);
        same("the topic", &relayed.lines().count().to_string(), "the store", &stored.lines().count().to_string())?;
        let evidence = Evidence {
            sent: sent.clone(),
            answers: answers.clone(),
            commits,
            stored,
            relayed,
            records: records(program)?,
            letters,
            shown: shown(database)?,
        };
        // What comes again after a fault changes nothing but may still be noted, and then the parts don't fit.
        let end_now = rows(database, "SELECT shard, commit_number FROM usher.heads ORDER BY shard")?;
        same("the journal before", &end, "the journal after", &end_now)?;
        Ok(evidence)
    })
}

fn same(left: &str, left_is: &str, right: &str, right_is: &str) -> Result<(), String> {
    if left_is == right_is { Ok(()) } else { Err(format!("{left} is at {left_is:?}, {right} at {right_is:?}")) }
}

/// A dead letter follows the outcome of its message at some distance.
fn has_all_letters(letters: &[Letter], commits: &[Commit], sent: &[Sent]) -> Result<(), String> {
    let ids: BTreeSet<String> = letters.iter().filter_map(Letter::command_id).collect();
    let bodies: BTreeSet<&str> = letters.iter().map(|letter| letter.body.as_str()).collect();
    let refused: BTreeSet<&str> = outcomes_of(commits)
        .filter(|outcome| outcome.refusal.is_some())
        .map(|outcome| outcome.command_id.as_str())
        .collect();
    let is_missing = |sent: &&Sent| match sent {
        Sent::Garbage { text } => !bodies.contains(text.as_str()),
        Sent::Event { command_id } | Sent::Use { command_id, .. } => {
            refused.contains(command_id.as_str()) && !ids.contains(command_id)
        }
    };
    match sent.iter().find(is_missing) {
        Some(missing) => Err(format!("there is no dead letter of {missing:?}")),
        None => Ok(()),
    }
}

fn rows(database: &Database, sql: &str) -> Result<String, String> {
    database.run_sql(sql).map_err(|error| error.to_string())
}

fn commits(database: &Database) -> Result<Vec<Commit>, String> {
    let sql = "SELECT shard, number, first_position, records, encode(block, 'hex') FROM usher.commits ORDER BY 1, 2";
    Ok(rows(database, sql)?.lines().map(commit).collect())
}

fn commit(row: &str) -> Commit {
    let columns: Vec<&str> = row.split('|').collect();
    let [shard, number, first_position, records, block] = columns.as_slice() else { panic!("{row}") };
    let bytes: Vec<u8> =
        block.as_bytes().chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
    Commit {
        shard: shard.parse().unwrap(),
        number: number.parse().unwrap(),
        first_position: first_position.parse().unwrap(),
        records: records.parse().unwrap(),
        block: wire::Commit::decode(bytes.as_slice()).unwrap(),
    }
}

fn records(program: &Program) -> Result<Vec<TopicRecord>, String> {
    let of_printed = |printed: kcat::Printed| TopicRecord {
        partition: printed.partition,
        headers: printed.headers(),
        key: printed.key.unwrap_or_default(),
    };
    Ok(kcat::read(program, "usher.licensing.v1")?.into_iter().map(of_printed).collect())
}

fn letters(program: &Program) -> Result<Vec<Letter>, String> {
    let of_printed =
        |printed: kcat::Printed| Letter { headers: printed.headers(), body: printed.payload.unwrap_or_default() };
    Ok(kcat::read(program, "usher.dead-letters.v1")?.into_iter().map(of_printed).collect())
}

fn shown(database: &Database) -> Result<Shown, String> {
    let shown = |columns: &str, view: &str, order: &str| {
        rows(database, &format!("SELECT {columns} FROM usher_views.{view} ORDER BY {order}"))
    };
    let used_at = "to_char(last_used_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";
    Ok(Shown {
        licensees: shown("licensee, members, quantity, assigned, available, version", "licensee_list", "licensee")?,
        pools: shown("licensee, product, add_on, status, quantity, assigned, available", "seat_pools", "licensee")?,
        members: shown(
            &format!("licensee, user_id, role, type, status, assigned, {used_at}"),
            "member_list",
            "licensee, user_id",
        )?,
        totals: shown("licensees, members, seats, events, refusals", "totals", "1")?,
        removals: shown("reason, count", "removals", "reason COLLATE \"C\"")?,
        refusals: shown("licensee, command_id, code", "refusals", "licensee, command_id COLLATE \"C\", code")?,
    })
}
