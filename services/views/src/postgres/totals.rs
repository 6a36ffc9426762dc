//! A few numbers over everything, by the shard in which they arose.

use std::collections::BTreeMap;

use postgres::{Row, Transaction};

use super::{
    calls::{Calls, integers, numbers, texts},
    database::Failure,
    value::{plain, signed, storable, unsigned, word},
};
use crate::{Totals, changes::Difference};

/// Adds to the numbers of each shard.
pub(super) fn add<'a>(calls: &mut Calls<'a>, differences: &'a BTreeMap<u16, Difference>) {
    if differences.is_empty() {
        return;
    }
    let column = |number: fn(&Difference) -> i64| numbers(differences.values().map(number).collect());
    let (mut removal_shards, mut reasons, mut removals) = (Vec::new(), Vec::new(), Vec::new());
    for (shard, difference) in differences {
        for (reason, count) in &difference.removals {
            removal_shards.push(i32::from(*shard));
            reasons.push(reason.as_str());
            removals.push(signed(*count));
        }
    }
    calls.add(
        "add_totals",
        [
            integers(differences.keys().copied().map(i32::from).collect()),
            column(|difference| difference.licensees),
            column(|difference| difference.members),
            column(|difference| difference.seats),
            column(|difference| difference.events),
            column(|difference| difference.refusals),
            integers(removal_shards),
            texts(reasons),
            numbers(removals),
        ],
    );
    add_refused(calls, differences);
}

fn add_refused(calls: &mut Calls<'_>, differences: &BTreeMap<u16, Difference>) {
    let (mut shards, mut codes, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for (shard, difference) in differences {
        for (code, count) in &difference.refused {
            shards.push(i32::from(*shard));
            codes.push(storable(code));
            counts.push(signed(*count));
        }
    }
    if !shards.is_empty() {
        calls.add("add_refused", [integers(shards), texts(codes), numbers(counts)]);
    }
}

/// How many commands were ever refused, by code.
pub(super) fn refused(transaction: &mut Transaction<'_>) -> Result<BTreeMap<String, u64>, Failure> {
    let rows = transaction
        .query_typed("SELECT code, sum(count)::bigint FROM usher_views.shard_refusals GROUP BY code", &[])?;
    rows.iter().map(|row| Ok((plain(row, 0)?, unsigned(row, 1)?))).collect()
}

/// The totals.
pub(super) fn read(transaction: &mut Transaction<'_>) -> Result<Totals, Failure> {
    // One statement, so that all numbers are of one moment.
    let rows = transaction.query_typed(
        "SELECT t.licensees, t.members, t.seats, t.events, t.refusals, r.reason, r.count
         FROM usher_views.totals t LEFT JOIN usher_views.removals r ON true",
        &[],
    )?;
    let Some(first) = rows.first() else { return Ok(Totals::default()) };
    let removals = rows.iter().filter_map(|row| read_removal(row).transpose()).collect::<Result<_, _>>()?;
    Ok(Totals {
        licensees: unsigned(first, 0)?,
        members: unsigned(first, 1)?,
        seats: unsigned(first, 2)?,
        events: unsigned(first, 3)?,
        refusals: unsigned(first, 4)?,
        removals,
    })
}

fn read_removal(row: &Row) -> Result<Option<(licensing::RemovalReason, u64)>, Failure> {
    if plain::<Option<&str>>(row, 5)?.is_none() {
        return Ok(None);
    }
    Ok(Some((word(row, 5)?, unsigned(row, 6)?)))
}
