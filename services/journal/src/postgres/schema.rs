//! Making the tables, and bringing older ones up to date.

use openssl::rand;
use postgres::{Transaction, types::Type};

use super::{
    failure::{self, Failure},
    value::{plain, shard},
};
use crate::{Duty, JournalError};

/// The tables of one schema: the migrations that lead to them, in order. Its table `meta` has their number as `format`.
struct Schema {
    name: &'static str,
    migrations: &'static [&'static str],
}

const JOURNAL: Schema = Schema {
    name: "usher",
    migrations: &[
        include_str!("../../../../schemas/postgres/journal/0001_store.sql"),
        include_str!("../../../../schemas/postgres/journal/0002_append.sql"),
        include_str!("../../../../schemas/postgres/journal/0003_notify_leases.sql"),
        include_str!("../../../../schemas/postgres/journal/0004_append_batch.sql"),
    ],
};

const INDEX: Schema = Schema {
    name: "usher_index",
    migrations: &[
        include_str!("../../../../schemas/postgres/index/0001_index.sql"),
        include_str!("../../../../schemas/postgres/index/0002_past.sql"),
        include_str!("../../../../schemas/postgres/index/0003_concerns.sql"),
        include_str!("../../../../schemas/postgres/index/0004_find_commands.sql"),
    ],
};

/// The oldest server that is known to work, as `server_version_num` has it.
const SERVER_VERSION_MIN: i32 = 150_000;
/// Each shard is a table of its own, and some statements touch all of them.
const SHARDS_MAX: u16 = 1_024;
const STORE_ID_BYTES: usize = 16;
const NODE_SECRET_BYTES: usize = 32;

/// Held by whoever migrates, until it has: "usher mg".
const LOCK: i64 = 0x7573_6865_7220_6d67;

/// What of a schema is there.
struct Existing {
    has_schema: bool,
    has_meta: bool,
}

/// What was done to a database to make it a store of the newest format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// Whether there was no store before.
    pub is_new: bool,
    /// The schemas with their formats before (0 for none) and after; in order, and also those that were up to date.
    pub schemas: Vec<MigratedSchema>,
}

/// What was done to a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MigratedSchema {
    /// Its name.
    pub name: &'static str,
    /// The format that it had.
    pub from: u32,
    /// The format that it has now.
    pub to: u32,
}

/// What was fixed when the store was made.
pub(super) struct Meta {
    pub(super) store_id: Vec<u8>,
    pub(super) shards: u16,
    pub(super) node_secret: String,
}

/// What a server says about itself.
pub(super) struct ServerFacts {
    version: i32,
    version_text: String,
    encoding: String,
    is_standby: bool,
}

impl ServerFacts {
    fn read(transaction: &mut Transaction<'_>) -> Result<Self, Failure> {
        let row = transaction.query_typed_one(
            "SELECT current_setting('server_version_num')::integer, current_setting('server_version'),
                    current_setting('server_encoding'), pg_is_in_recovery()",
            &[],
        )?;
        Ok(Self {
            version: plain(&row, 0)?,
            version_text: plain(&row, 1)?,
            encoding: plain(&row, 2)?,
            is_standby: plain(&row, 3)?,
        })
    }

    /// Refuses a server that can't hold a store.
    fn check(&self, server: &str) -> Result<(), JournalError> {
        let refused = |remedy: &str, found: String| Err(failure::refused(server, remedy, found));
        if self.version < SERVER_VERSION_MIN {
            return refused("use PostgreSQL 15 or later", format!("it is PostgreSQL {}", self.version_text));
        }
        if self.encoding != "UTF8" {
            let remedy = "make the database with ENCODING 'UTF8' TEMPLATE template0";
            return refused(remedy, format!("its encoding is {}", self.encoding));
        }
        if self.is_standby {
            return refused("it takes no writes: name the primary server", "it is a standby".to_owned());
        }
        Ok(())
    }
}

/// Whether there is a store in the database; changes nothing.
pub(super) fn is_there(transaction: &mut Transaction<'_>, server: &str) -> Result<bool, Failure> {
    ServerFacts::read(transaction)?.check(server)?;
    Ok(JOURNAL.existing(transaction)?.has_meta)
}

/// Makes the store with `new_shards` shards if there is none, and brings it to the newest format.
pub(super) fn migrate(
    transaction: &mut Transaction<'_>,
    server: &str,
    new_shards: u16,
) -> Result<(Migrated, Meta), Failure> {
    ServerFacts::read(transaction)?.check(server)?;
    transaction.query_typed("SELECT pg_advisory_xact_lock($1)", &[(&LOCK, Type::INT8)])?;
    let journal = JOURNAL.migrate(transaction, server)?;
    let index = INDEX.migrate(transaction, server)?;
    let is_new = journal.from == 0;
    if is_new {
        make_store(transaction, server, new_shards)?;
    }
    let meta = Meta::read(transaction)?;
    // What an older index lacks is in the commits: a migration that adds such rows empties it, and it is filled anew.
    if is_index_empty(transaction)? {
        begin_index(transaction, &meta)?;
    }
    Ok((Migrated { is_new, schemas: vec![journal, index] }, meta))
}

impl Schema {
    /// The newest format that is known here.
    fn format(&self) -> u32 {
        u32::try_from(self.migrations.len()).unwrap_or(u32::MAX)
    }

    fn migrate(&self, transaction: &mut Transaction<'_>, server: &str) -> Result<MigratedSchema, Failure> {
        let found = self.found_format(transaction)?;
        let supported = self.format();
        if found > supported {
            let file = format!("{server}, schema {}", self.name).into();
            return Err(JournalError::NewerFormat { file, found, supported }.into());
        }
        for (format, migration) in (1u32..).zip(self.migrations).filter(|(format, _)| *format > found) {
            transaction.batch_execute(migration)?;
            if found > 0 {
                self.note_format(transaction, format)?;
            }
        }
        Ok(MigratedSchema { name: self.name, from: found, to: supported })
    }

    /// The format of the tables that are there; 0 for none. Makes the schema if it is missing.
    fn found_format(&self, transaction: &mut Transaction<'_>) -> Result<u32, Failure> {
        let Existing { has_schema, has_meta } = self.existing(transaction)?;
        if !has_schema {
            transaction.batch_execute(&format!("CREATE SCHEMA {}", self.name))?;
        }
        if !has_meta {
            return Ok(0);
        }
        let row = transaction.query_typed_opt(&format!("SELECT format FROM {}.meta", self.name), &[])?;
        let row = row.ok_or_else(|| Failure::Damaged(format!("{}.meta is empty", self.name)))?;
        let format: i32 = plain(&row, 0)?;
        u32::try_from(format).map_err(|_| Failure::Damaged(format!("{format} is no format")))
    }

    fn existing(&self, transaction: &mut Transaction<'_>) -> Result<Existing, Failure> {
        let exists = "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1),
                             EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n
                                                 ON n.oid = c.relnamespace
                                     WHERE n.nspname = $1 AND c.relname = 'meta')";
        let row = transaction.query_typed_one(exists, &[(&self.name, Type::TEXT)])?;
        Ok(Existing { has_schema: plain(&row, 0)?, has_meta: plain(&row, 1)? })
    }

    fn note_format(&self, transaction: &mut Transaction<'_>, format: u32) -> Result<(), Failure> {
        transaction
            .execute_typed(&format!("UPDATE {}.meta SET format = $1", self.name), &[(&stored(format), Type::INT4)])?;
        Ok(())
    }
}

fn stored(format: u32) -> i32 {
    i32::try_from(format).unwrap_or(i32::MAX)
}

fn make_store(transaction: &mut Transaction<'_>, server: &str, shards: u16) -> Result<(), Failure> {
    let shards = shards.max(1);
    if shards > SHARDS_MAX {
        let remedy = format!("make the store with {SHARDS_MAX} shards at most");
        return Err(failure::refused(server, remedy, format!("{shards} shards were asked for")).into());
    }
    let (store_id, node_secret) = (random::<STORE_ID_BYTES>()?, hex::encode(random::<NODE_SECRET_BYTES>()?));
    transaction.execute_typed(
        "INSERT INTO usher.meta (id, store_id, shards, format, node_secret) VALUES (1, $1, $2, $3, $4)",
        &[
            (&store_id.as_slice(), Type::BYTEA),
            (&i32::from(shards), Type::INT4),
            (&stored(JOURNAL.format()), Type::INT4),
            (&node_secret, Type::TEXT),
        ],
    )?;
    for shard in 0..shards {
        make_partition(transaction, shard)?;
    }
    transaction.execute_typed(
        "INSERT INTO usher.heads (shard, commit_number, position, epoch)
         SELECT shard, 0, 0, 0 FROM generate_series(0, $1 - 1) AS shard",
        &[(&i32::from(shards), Type::INT4)],
    )?;
    let duties: Vec<&str> = Duty::ALL.iter().map(|duty| duty.as_str()).collect();
    transaction.execute_typed(
        "INSERT INTO usher.leases (duty, shard, epoch)
         SELECT duty, shard, 0 FROM unnest($1) AS duty, generate_series(0, $2 - 1) AS shard",
        &[(&duties, Type::TEXT_ARRAY), (&i32::from(shards), Type::INT4)],
    )?;
    Ok(())
}

fn make_partition(transaction: &mut Transaction<'_>, shard: u16) -> Result<(), Failure> {
    // A block of up to 8 KiB stays in the commit's own row: one write instead of one for every 2 KiB and an index.
    transaction.batch_execute(&format!(
        "CREATE TABLE usher.commits_{shard} PARTITION OF usher.commits FOR VALUES IN ({shard})
             WITH (toast_tuple_target = 8160)"
    ))?;
    Ok(())
}

/// Empties the index, so that it is filled anew from the commits. Its tables stay: others may be using them.
pub(super) fn renew_index(transaction: &mut Transaction<'_>, meta: &Meta) -> Result<(), Failure> {
    transaction.query_typed("SELECT pg_advisory_xact_lock($1)", &[(&LOCK, Type::INT8)])?;
    transaction.batch_execute(
        "TRUNCATE usher_index.meta, usher_index.progress, usher_index.streams, usher_index.event_types,
                  usher_index.events, usher_index.commands, usher_index.usage, usher_index.memberships,
                  usher_index.timers, usher_index.snapshots, usher_index.blocks, usher_index.uses,
                  usher_index.memberships_ever, usher_index.first_named, usher_index.past_states,
                  usher_index.concerns",
    )?;
    begin_index(transaction, meta)
}

/// Whether nobody has begun with the index since it was made or emptied.
fn is_index_empty(transaction: &mut Transaction<'_>) -> Result<bool, Failure> {
    let row = transaction.query_typed_one("SELECT NOT EXISTS (SELECT FROM usher_index.meta)", &[])?;
    plain(&row, 0)
}

/// Says of whom the index is, and that nothing is in it.
fn begin_index(transaction: &mut Transaction<'_>, meta: &Meta) -> Result<(), Failure> {
    transaction.execute_typed(
        "INSERT INTO usher_index.meta (id, store_id, format) VALUES (1, $1, $2)",
        &[(&meta.store_id, Type::BYTEA), (&stored(INDEX.format()), Type::INT4)],
    )?;
    transaction.execute_typed(
        "INSERT INTO usher_index.progress (shard, commit_number, position, checksum)
         SELECT shard, 0, 0, 0 FROM generate_series(0, $1 - 1) AS shard",
        &[(&i32::from(meta.shards), Type::INT4)],
    )?;
    Ok(())
}

impl Meta {
    fn read(transaction: &mut Transaction<'_>) -> Result<Self, Failure> {
        let row = transaction.query_typed_opt("SELECT store_id, shards, node_secret FROM usher.meta", &[])?;
        let row = row.ok_or_else(|| Failure::Damaged("usher.meta is empty".to_owned()))?;
        Ok(Self { store_id: plain(&row, 0)?, shards: shard(&row, 1)?, node_secret: plain(&row, 2)? })
    }
}

fn random<const BYTES: usize>() -> Result<[u8; BYTES], Failure> {
    let mut bytes = [0; BYTES];
    rand::rand_bytes(&mut bytes)
        .map_err(|error| JournalError::Io { path: "/dev/urandom".into(), source: std::io::Error::other(error) })?;
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn facts(version: i32, version_text: &str) -> ServerFacts {
        ServerFacts { version, version_text: version_text.into(), encoding: "UTF8".into(), is_standby: false }
    }

    #[test]
    fn a_server_older_than_15_is_refused_by_its_version() {
        assert!(facts(150_000, "15.0").check("db").is_ok());
        assert!(facts(180_001, "18.1").check("db").is_ok());
        let error = facts(140_012, "14.12 (Debian)").check("db:5432/usher").unwrap_err();
        assert!(error.to_string().contains("db:5432/usher refused: use PostgreSQL 15 or later"), "{error}");
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(cause, "it is PostgreSQL 14.12 (Debian)");
    }

    #[test]
    fn a_database_that_cannot_hold_every_name_is_refused() {
        let latin = ServerFacts { encoding: "LATIN1".into(), ..facts(150_000, "15.0") };
        assert!(latin.check("db").unwrap_err().to_string().contains("ENCODING 'UTF8'"));
    }

    #[test]
    fn a_standby_is_refused() {
        let standby = ServerFacts { is_standby: true, ..facts(150_000, "15.0") };
        assert!(standby.check("db").unwrap_err().to_string().contains("name the primary"));
    }
}
