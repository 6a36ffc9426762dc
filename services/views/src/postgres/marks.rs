//! How far the tables are in each shard, kept in the same transactions as their rows.

use journal::Head;
use postgres::{Row, Transaction, types::Type};

use super::{
    calls::{Calls, integers, numbers},
    database::{Failure, unreadable},
    value::{plain, shard, signed, unsigned},
};
use crate::{catalogue_mark::CatalogueMark, marks::Mark};

/// When the tables were made, microseconds since 1970 by the server's clock: whoever meets a later time starts over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MadeAt(i64);

/// How far some shards are.
pub(super) struct Marks {
    pub(super) made_at: MadeAt,
    pub(super) format: i32,
    /// In order of the shards.
    pub(super) shards: Vec<ShardMark>,
}

/// How far a shard is.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShardMark {
    pub(super) mark: Mark,
    /// The catalogue that its timers and products go by.
    pub(super) catalogue: CatalogueMark,
}

impl Marks {
    /// Where each shard ends.
    pub(super) fn heads(&self) -> Vec<Head> {
        self.shards.iter().map(|shard| shard.mark.head).collect()
    }
}

const SELECT: &str = "
    SELECT p.shard, p.commit_number, p.position, p.checksum, p.catalogue,
           (extract(epoch FROM m.made_at) * 1000000)::bigint, m.format
    FROM usher_views.meta m LEFT JOIN usher_views.positions p ON";

/// The marks of all shards.
pub(super) fn all(transaction: &mut Transaction<'_>) -> Result<Marks, Failure> {
    read(&transaction.query_typed(&format!("{SELECT} true ORDER BY p.shard"), &[])?)
}

/// The marks of some shards; nobody else changes them until the transaction ends.
pub(super) fn lock(transaction: &mut Transaction<'_>, shards: &[u16]) -> Result<Marks, Failure> {
    let shards: Vec<i32> = shards.iter().copied().map(i32::from).collect();
    let wanted: &[(&(dyn postgres::types::ToSql + Sync), Type)] = &[(&shards, Type::INT4_ARRAY)];
    // By a statement of its own, which waits; the next one sees what was committed meanwhile.
    transaction
        .query_typed("SELECT FROM usher_views.positions WHERE shard = ANY ($1) ORDER BY shard FOR UPDATE", wanted)?;
    read(&transaction.query_typed(&format!("{SELECT} p.shard = ANY ($1) ORDER BY p.shard"), wanted)?)
}

/// Goes on only if shards are where they are thought to be, in the tables of this time and of no newer format; nobody else
/// changes their marks until the transaction ends.
pub(super) fn hold(calls: &mut Calls<'_>, thought: &[Head], made_at: MadeAt, newest_format: i32) {
    calls.add(
        "hold_marks",
        [
            integers(thought.iter().map(|head| head.shard.into()).collect()),
            numbers(thought.iter().map(|head| signed(head.commit_number)).collect()),
            numbers(thought.iter().map(|head| signed(head.position)).collect()),
            (Box::new(made_at.0), Type::INT8),
            (Box::new(newest_format), Type::INT4),
        ],
    );
}

fn read(rows: &[Row]) -> Result<Marks, Failure> {
    let first = rows.first().ok_or_else(|| unreadable("they do not say whose they are"))?;
    let (made_at, format) = (MadeAt(plain(first, 5)?), plain(first, 6)?);
    let of_shards = rows.iter().filter(|row| !matches!(row.try_get::<_, Option<i32>>(0), Ok(None)));
    Ok(Marks { made_at, format, shards: of_shards.map(read_mark).collect::<Result<_, _>>()? })
}

fn read_mark(row: &Row) -> Result<ShardMark, Failure> {
    let head = Head { shard: shard(row, 0)?, commit_number: unsigned(row, 1)?, position: unsigned(row, 2)? };
    let mark = Mark { head, checksum: plain::<i64>(row, 3)?.cast_unsigned() };
    Ok(ShardMark { mark, catalogue: CatalogueMark(plain(row, 4)?) })
}

/// Sets the marks of shards.
pub(super) fn put(calls: &mut Calls<'_>, marks: &[Mark]) {
    let column = |value: fn(&Mark) -> i64| numbers(marks.iter().map(value).collect());
    calls.add(
        "put_marks",
        [
            integers(marks.iter().map(|mark| mark.head.shard.into()).collect()),
            column(|mark| signed(mark.head.commit_number)),
            column(|mark| signed(mark.head.position)),
            column(|mark| mark.checksum.cast_signed()),
        ],
    );
}

/// Notes that the timers and products of a shard go by a catalogue.
pub(super) fn set_catalogue(
    transaction: &mut Transaction<'_>,
    shard: u16,
    catalogue: CatalogueMark,
) -> Result<(), Failure> {
    transaction.execute_typed(
        "UPDATE usher_views.positions SET catalogue = $2 WHERE shard = $1",
        &[(&i32::from(shard), Type::INT4), (&catalogue.0, Type::INT8)],
    )?;
    Ok(())
}
