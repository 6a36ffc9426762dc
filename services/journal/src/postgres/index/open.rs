//! Starting the index anew when it can't be trusted.

use postgres::types::Type;

use crate::{
    JournalError,
    postgres::{
        pool::Pool,
        schema::{self, Meta},
        value::plain,
    },
};

/// Empties an index that was made from another store, or from commits that are no longer in this one.
pub(super) fn renew_unless_sound(pool: &Pool, meta: &Meta) -> Result<(), JournalError> {
    let reason = match reason_to_renew(pool, meta)? {
        Some(reason) => reason,
        None => return Ok(()),
    };
    tracing::info!(reason, "rebuilding the schema usher_index from the journal");
    pool.write(|transaction| schema::renew_index(transaction, meta))
}

fn reason_to_renew(pool: &Pool, meta: &Meta) -> Result<Option<&'static str>, JournalError> {
    let found = pool.query_first(
        "SELECT EXISTS (SELECT FROM usher_index.meta WHERE store_id = $1),
                (SELECT count(*) FROM usher_index.progress WHERE shard >= 0 AND shard < $2) = $2,
                EXISTS (SELECT FROM usher_index.progress p
                                    LEFT JOIN usher.commits c ON c.shard = p.shard AND c.number = p.commit_number
                        WHERE p.commit_number > 0
                          AND (c.checksum, c.first_position + c.records - 1)
                              IS DISTINCT FROM (p.checksum, p.position))",
        &[(&meta.store_id, Type::BYTEA), (&i32::from(meta.shards), Type::INT4)],
        |row| Ok((plain::<bool>(row, 0)?, plain::<bool>(row, 1)?, plain::<bool>(row, 2)?)),
    )?;
    Ok(match found {
        Some((false, ..)) => Some("it belongs to another store"),
        Some((_, false, _)) => Some("it does not have the shards of the store"),
        Some((_, _, true)) => Some("it is ahead of the store"),
        Some((true, true, false)) | None => None,
    })
}
