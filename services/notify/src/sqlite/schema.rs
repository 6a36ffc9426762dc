//! The tables of `notify.db` and their format.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::NotifyError;

/// The migrations that lead to the tables, in order; `user_version` is how many were made.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../../schemas/sqlite/notify/0001_notify.sql"),
    include_str!("../../../../schemas/sqlite/notify/0002_webhooks.sql"),
];

/// Why tables can't be used.
pub(super) enum Refused {
    Sqlite(rusqlite::Error),
    NewerFormat { found: u32, supported: u32 },
    OtherStore,
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Refused {
    pub(super) fn at(self, file: &std::path::Path) -> NotifyError {
        let place = || file.display().to_string();
        match self {
            Self::Sqlite(source) => NotifyError::Sqlite { file: file.to_owned(), source },
            Self::NewerFormat { found, supported } => NotifyError::NewerFormat { place: place(), found, supported },
            Self::OtherStore => NotifyError::OtherStore { place: place() },
        }
    }
}

/// Sees to it that there are tables of the newest format for this store.
pub(super) fn prepare(connection: &mut Connection, store_id: &[u8]) -> Result<(), Refused> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    migrate(&transaction)?;
    let found: Option<Vec<u8>> = transaction.query_row("SELECT store_id FROM meta", [], |row| row.get(0)).optional()?;
    match found {
        Some(found) if found != store_id => return Err(Refused::OtherStore),
        Some(_) => {}
        None => drop(transaction.execute("INSERT INTO meta (id, store_id) VALUES (1, ?1)", params![store_id])?),
    }
    Ok(transaction.commit()?)
}

fn migrate(transaction: &Transaction<'_>) -> Result<(), Refused> {
    let found: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let supported = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if found > supported {
        return Err(Refused::NewerFormat { found, supported });
    }
    for (_, migration) in (1u32..).zip(MIGRATIONS).filter(|(format, _)| *format > found) {
        transaction.execute_batch(migration)?;
    }
    Ok(transaction.pragma_update(None, "user_version", supported)?)
}
