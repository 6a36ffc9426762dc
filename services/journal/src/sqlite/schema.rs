//! The tables of a database file and their versions.

use rusqlite::Connection;

use super::soundness::definitions;

/// The tables of one kind of file: the migrations that lead to them, in order. `PRAGMA user_version` counts them.
pub(super) struct Schema {
    migrations: &'static [&'static str],
}

/// The tables of `journal.db`.
pub(super) const JOURNAL: Schema =
    Schema { migrations: &[include_str!("../../../../schemas/sqlite/journal/0001_store.sql")] };

/// The tables of `index.db`.
pub(super) const INDEX: Schema = Schema {
    migrations: &[
        include_str!("../../../../schemas/sqlite/index/0001_index.sql"),
        include_str!("../../../../schemas/sqlite/index/0002_past.sql"),
        include_str!("../../../../schemas/sqlite/index/0003_concerns.sql"),
    ],
};

impl Schema {
    /// The newest version that is known here.
    pub(super) fn version(&self) -> u32 {
        u32::try_from(self.migrations.len()).unwrap_or(u32::MAX)
    }

    /// Brings a database from the version that it has to the newest, a migration a transaction.
    pub(super) fn migrate(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        let found = found_version(connection)?;
        for (version, migration) in (1u32..).zip(self.migrations).filter(|(version, _)| *version > found) {
            let transaction = connection.transaction()?;
            transaction.execute_batch(migration)?;
            transaction.pragma_update(None, "user_version", version)?;
            transaction.commit()?;
        }
        Ok(())
    }

    /// Whether the database has exactly the tables that the migrations make.
    pub(super) fn is_schema_of(&self, connection: &Connection) -> rusqlite::Result<bool> {
        let mut fresh = Connection::open_in_memory()?;
        self.migrate(&mut fresh)?;
        Ok(definitions(connection)? == definitions(&fresh)?)
    }
}

/// The version that a database has; 0 for an empty one.
pub(super) fn found_version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
