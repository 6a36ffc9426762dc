//! The journal alone, opened to be read.

use std::sync::Arc;

use journal::Journal;

use super::{Opened, StoreError, expect_at};
use crate::config::StorePlace;

/// The journal of a store that is there, also where nothing else of it can be opened. Nothing is decided, whatever is due,
/// and in a database nothing is taken over: nodes may go on.
pub struct Truth {
    /// The journal.
    pub journal: Arc<dyn Journal>,
    /// What tells the store from every other.
    pub store_id: Vec<u8>,
}

impl Truth {
    /// Opens it.
    pub fn open(place: &StorePlace) -> Result<Self, StoreError> {
        expect_at(place)?;
        let opened =
            Opened::open(place, None).map_err(|source| StoreError::Journal { place: place.clone(), source })?;
        Ok(Self { journal: opened.journal(), store_id: opened.store_id().to_vec() })
    }
}
