//! The tables of the schema `usher_views` and their format.

use postgres::{Transaction, types::Type};

use super::{
    database::{Database, Failure},
    value::plain,
};
use crate::ViewsError;

/// Counts the changes of what the tables mean: of their columns, of the encoding of `Account`, of how events are folded.
/// Tables of an older format are rebuilt; those of a newer one are left to the newer programs that they serve.
pub(super) const FORMAT: i32 = 2;

const TABLES: &str = include_str!("../../../../schemas/postgres/views/0001_views.sql");
const INDEXES: &str = include_str!("../../../../schemas/postgres/views/0002_indexes.sql");
const FEEDING: &str = include_str!("../../../../schemas/postgres/views/0003_feeding.sql");
/// The last one that [`FEEDING`] makes.
const LAST_OF_FEEDING: &str = "usher_feeding.add_totals";

/// Held by whoever makes the tables, until it has: "usher vw".
const LOCK: i64 = 0x7573_6865_7220_7677;

/// Sees to it that there are tables of the present format for this store, empty ones if need be, and what feeds them.
pub(super) fn prepare(database: &Database, store_id: &[u8], shards: u16) -> Result<(), ViewsError> {
    database.write(|transaction| {
        lock(transaction)?;
        make_functions_if_missing(transaction)?;
        match found(transaction)? {
            Some(found) if found.format > FORMAT => Err(newer(found.format).into()),
            Some(found) if found.format == FORMAT && found.store_id == store_id => Ok(()),
            Some(_) => {
                tracing::info!("rebuilding the views of another format or store");
                make(transaction, store_id, shards)
            }
            None => make(transaction, store_id, shards),
        }
    })
}

/// Makes the tables anew, empty.
pub(super) fn renew(database: &Database, store_id: &[u8], shards: u16) -> Result<(), ViewsError> {
    database.write(|transaction| {
        lock(transaction)?;
        make(transaction, store_id, shards)
    })
}

/// The error of tables that a newer program made.
pub(super) fn newer(found: i32) -> ViewsError {
    ViewsError::NewerFormat { found: found.unsigned_abs(), supported: FORMAT.unsigned_abs() }
}

fn lock(transaction: &mut Transaction<'_>) -> Result<(), Failure> {
    transaction.query_typed("SELECT pg_advisory_xact_lock($1)", &[(&LOCK, Type::INT8)])?;
    Ok(())
}

struct Found {
    format: i32,
    store_id: Vec<u8>,
}

/// What is there; of something that cannot be read the oldest format.
fn found(transaction: &mut Transaction<'_>) -> Result<Option<Found>, Failure> {
    let row = transaction.query_typed_one(
        "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'usher_views'),
                to_regclass('usher_views.meta') IS NOT NULL",
        &[],
    )?;
    let (is_there, has_meta) = (plain(&row, 0)?, plain(&row, 1)?);
    let unknown = Found { format: 0, store_id: Vec::new() };
    match (is_there, has_meta) {
        (false, _) => Ok(None),
        (true, false) => Ok(Some(unknown)),
        (true, true) => {
            let row = transaction.query_typed_opt("SELECT format, store_id FROM usher_views.meta", &[])?;
            let Some(row) = row else { return Ok(Some(unknown)) };
            Ok(Some(Found { format: plain(&row, 0)?, store_id: plain(&row, 1)? }))
        }
    }
}

/// Makes the tables, empty, in the place of any that are there.
pub(super) fn make(transaction: &mut Transaction<'_>, store_id: &[u8], shards: u16) -> Result<(), Failure> {
    make_tables(transaction, store_id, shards)?;
    make_indexes(transaction)
}

/// Makes the indexes of tables that have none but their keys.
pub(super) fn make_indexes(transaction: &mut Transaction<'_>) -> Result<(), Failure> {
    Ok(transaction.batch_execute(INDEXES)?)
}

/// The functions stand beside the tables, and are there for those of every process: nobody who calls them has them taken away.
fn make_functions_if_missing(transaction: &mut Transaction<'_>) -> Result<(), Failure> {
    let are_there =
        transaction.query_typed_one("SELECT to_regproc($1) IS NOT NULL", &[(&LAST_OF_FEEDING, Type::TEXT)])?;
    if plain(&are_there, 0)? { Ok(()) } else { Ok(transaction.batch_execute(FEEDING)?) }
}

/// As [`make`], with no indexes but the keys: to be filled with very many rows.
pub(super) fn make_tables(transaction: &mut Transaction<'_>, store_id: &[u8], shards: u16) -> Result<(), Failure> {
    transaction.batch_execute("DROP SCHEMA IF EXISTS usher_views CASCADE")?;
    transaction.batch_execute(TABLES)?;
    transaction.execute_typed(
        "INSERT INTO usher_views.meta (id, store_id, format, made_at) VALUES (1, $1, $2, clock_timestamp())",
        &[(&store_id, Type::BYTEA), (&FORMAT, Type::INT4)],
    )?;
    transaction.execute_typed(
        "INSERT INTO usher_views.positions (shard, commit_number, position, checksum, catalogue, fed_at)
         SELECT shard, 0, 0, 0, 0, now() FROM generate_series(0, $1 - 1) AS shard",
        &[(&i32::from(shards), Type::INT4)],
    )?;
    transaction.execute_typed(
        "INSERT INTO usher_views.shard_totals (shard, licensees, members, seats, events, refusals)
         SELECT shard, 0, 0, 0, 0, 0 FROM generate_series(0, $1 - 1) AS shard",
        &[(&i32::from(shards), Type::INT4)],
    )?;
    Ok(())
}
