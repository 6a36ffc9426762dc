//! What is kept of what people and programs were told.

use std::{path::Path, sync::Arc};

use journal::postgres::PostgresStore;
use notify::{NotifyError, mail::MailQueue, postgres::PostgresNotify, sqlite::SqliteNotify};

/// What is kept of what people and programs were told.
#[derive(Clone)]
pub struct Told {
    /// Mails that are not sent yet.
    pub mails: Arc<dyn MailQueue>,
}

impl Told {
    /// What is kept beside a store in a folder.
    pub(super) fn in_folder(folder: &Path, store_id: &[u8]) -> Result<Self, NotifyError> {
        let kept = Arc::new(SqliteNotify::open(folder, store_id)?);
        Ok(Self { mails: kept })
    }

    /// What is kept in a store's database.
    pub(super) fn in_database(store: &PostgresStore) -> Result<Self, NotifyError> {
        let kept = Arc::new(PostgresNotify::open(store.pool(), store.store_id())?);
        Ok(Self { mails: kept })
    }
}
