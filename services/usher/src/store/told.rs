//! What is kept of what people and programs were told.

use std::{path::Path, sync::Arc};

use journal::postgres::{Pool, PostgresStore};
use notify::{NotifyError, mail::MailQueue, postgres::PostgresNotify, sqlite::SqliteNotify};

use super::StoreError;
use crate::config::StorePlace;

/// What is kept of what people and programs were told.
#[derive(Clone)]
pub struct Told {
    /// Mails that are not sent yet.
    pub mails: Arc<dyn MailQueue>,
}

impl Told {
    /// What is kept beside a store in a folder.
    pub(super) fn in_folder(folder: &Path, store_id: &[u8]) -> Result<Self, NotifyError> {
        SqliteNotify::open(folder, store_id).map(Self::of)
    }

    /// What is kept for the store in a place, to look at or change beside whoever sends it; `None` if there is nothing.
    pub fn beside(place: &StorePlace) -> Result<Option<Self>, StoreError> {
        let opened = match place {
            StorePlace::Folder(folder) => SqliteNotify::open_existing(folder).map(|kept| kept.map(Self::of)),
            StorePlace::Database(url) => Pool::new(url, 1)
                .map_err(NotifyError::from)
                .and_then(|pool| PostgresNotify::open_existing(Arc::new(pool)))
                .map(|kept| kept.map(Self::of)),
        };
        opened.map_err(|source| StoreError::Notify { place: place.clone(), source: Box::new(source) })
    }

    fn of(kept: impl MailQueue + 'static) -> Self {
        Self { mails: Arc::new(kept) }
    }

    /// What is kept in a store's database.
    pub(super) fn in_database(store: &PostgresStore) -> Result<Self, NotifyError> {
        PostgresNotify::open(store.pool(), store.store_id()).map(Self::of)
    }
}
