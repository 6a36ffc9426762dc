//! What is kept of what people and programs were told.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use journal::postgres::Pool;
use notify::{NotifyError, mail::MailQueue, postgres::PostgresNotify, sqlite::SqliteNotify, webhooks::WebhookStore};
use parking_lot::Mutex;

use super::StoreError;
use crate::config::StorePlace;

/// What is kept of what people and programs were told.
#[derive(Clone)]
pub struct Told {
    /// Mails that are not sent yet.
    pub mails: Arc<dyn MailQueue>,
    /// Webhooks, and how far they are.
    pub webhooks: Arc<dyn WebhookStore>,
}

/// What is kept for a store that is open, opened when it is first asked for, and once: whoever opens it takes back what was
/// being sent. Clones share it.
#[derive(Clone)]
pub(super) struct ToldOnce(Arc<Unopened>);

struct Unopened {
    place: Place,
    store_id: Vec<u8>,
    opened: Mutex<Option<Told>>,
}

enum Place {
    Folder(PathBuf),
    Database(Arc<Pool>),
}

impl ToldOnce {
    /// Beside a store in a folder.
    pub(super) fn in_folder(folder: PathBuf, store_id: Vec<u8>) -> Self {
        Self::of(Place::Folder(folder), store_id)
    }

    /// In a store's database.
    pub(super) fn in_database(pool: Arc<Pool>, store_id: Vec<u8>) -> Self {
        Self::of(Place::Database(pool), store_id)
    }

    /// It, opened.
    pub(super) fn get(&self) -> Result<Told, NotifyError> {
        let Unopened { place, store_id, opened } = &*self.0;
        let mut opened = opened.lock();
        if let Some(told) = &*opened {
            return Ok(told.clone());
        }
        let told = match place {
            Place::Folder(folder) => Told::of(SqliteNotify::open(folder, store_id)?),
            Place::Database(pool) => Told::of(PostgresNotify::open(pool.clone(), store_id)?),
        };
        Ok(opened.insert(told).clone())
    }

    fn of(place: Place, store_id: Vec<u8>) -> Self {
        Self(Arc::new(Unopened { place, store_id, opened: Mutex::default() }))
    }
}

impl Told {
    /// What is kept for the store in a place, to look at or change beside whoever sends it; `None` if there is nothing.
    pub fn beside(place: &StorePlace) -> Result<Option<Self>, StoreError> {
        let opened = match place {
            StorePlace::Folder(folder) => Self::beside_folder(folder),
            StorePlace::Database(url) => Pool::new(url, 1)
                .map_err(NotifyError::from)
                .and_then(|pool| PostgresNotify::open_existing(Arc::new(pool)))
                .map(|kept| kept.map(Self::of)),
        };
        opened.map_err(|source| StoreError::Notify { place: place.clone(), source: Box::new(source) })
    }

    fn beside_folder(folder: &Path) -> Result<Option<Self>, NotifyError> {
        SqliteNotify::open_existing(folder).map(|kept| kept.map(Self::of))
    }

    fn of(kept: impl MailQueue + WebhookStore + 'static) -> Self {
        let kept = Arc::new(kept);
        Self { mails: kept.clone(), webhooks: kept }
    }
}
