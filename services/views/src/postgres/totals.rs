//! A few numbers over everything, by the shard in which they arose.

use std::collections::BTreeMap;

use postgres::{
    Row, Transaction,
    types::{ToSql, Type},
};

use super::{
    database::Failure,
    value::{plain, signed, storable, unsigned, word},
};
use crate::{Totals, changes::Difference};

/// Adds to the numbers of each shard.
pub(super) fn add(transaction: &mut Transaction<'_>, differences: &BTreeMap<u16, Difference>) -> Result<(), Failure> {
    if differences.is_empty() {
        return Ok(());
    }
    let column = |number: fn(&Difference) -> i64| differences.values().map(number).collect::<Vec<_>>();
    let shards: Vec<i32> = differences.keys().copied().map(i32::from).collect();
    let params: [(&(dyn ToSql + Sync), Type); 6] = [
        (&shards, Type::INT4_ARRAY),
        (&column(|difference| difference.licensees), Type::INT8_ARRAY),
        (&column(|difference| difference.members), Type::INT8_ARRAY),
        (&column(|difference| difference.seats), Type::INT8_ARRAY),
        (&column(|difference| difference.events), Type::INT8_ARRAY),
        (&column(|difference| difference.refusals), Type::INT8_ARRAY),
    ];
    transaction.execute_typed(
        "UPDATE usher_views.shard_totals t
         SET licensees = t.licensees + w.licensees, members = t.members + w.members, seats = t.seats + w.seats,
             events = t.events + w.events, refusals = t.refusals + w.refusals
         FROM unnest($1, $2, $3, $4, $5, $6) AS w (shard, licensees, members, seats, events, refusals)
         WHERE t.shard = w.shard",
        &params,
    )?;
    add_removals(transaction, differences)?;
    add_refused(transaction, differences)
}

fn add_removals(transaction: &mut Transaction<'_>, differences: &BTreeMap<u16, Difference>) -> Result<(), Failure> {
    let (mut shards, mut reasons, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for (shard, difference) in differences {
        for (reason, count) in &difference.removals {
            shards.push(i32::from(*shard));
            reasons.push(reason.as_str());
            counts.push(signed(*count));
        }
    }
    if shards.is_empty() {
        return Ok(());
    }
    transaction.execute_typed(
        "INSERT INTO usher_views.shard_removals AS r (shard, reason, count)
         SELECT shard, reason, count FROM unnest($1, $2, $3) AS w (shard, reason, count)
         ON CONFLICT (shard, reason) DO UPDATE SET count = r.count + excluded.count",
        &[(&shards, Type::INT4_ARRAY), (&reasons, Type::TEXT_ARRAY), (&counts, Type::INT8_ARRAY)],
    )?;
    Ok(())
}

fn add_refused(transaction: &mut Transaction<'_>, differences: &BTreeMap<u16, Difference>) -> Result<(), Failure> {
    let (mut shards, mut codes, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for (shard, difference) in differences {
        for (code, count) in &difference.refused {
            shards.push(i32::from(*shard));
            codes.push(storable(code));
            counts.push(signed(*count));
        }
    }
    if shards.is_empty() {
        return Ok(());
    }
    transaction.execute_typed(
        "INSERT INTO usher_views.shard_refusals AS r (shard, code, count)
         SELECT shard, code, sum(count) FROM unnest($1, $2, $3) AS w (shard, code, count) GROUP BY shard, code
         ON CONFLICT (shard, code) DO UPDATE SET count = r.count + excluded.count",
        &[(&shards, Type::INT4_ARRAY), (&codes, Type::TEXT_ARRAY), (&counts, Type::INT8_ARRAY)],
    )?;
    Ok(())
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
