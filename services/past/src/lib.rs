//! The past by two clocks: what was so at a [`Moment`], by what had taken effect, by what was known, or by both (ADR 13).
//!
//! [`Past`] folds the streams of the index as far as they had got by the moment. It begins with a state that it kept
//! before, so that a long history is not read from its first event each time, and shows what it finds in the shapes of the
//! read models: the answer of then is what a reader saw then. Only names are today's: they are erasable, and no event holds
//! them (R30).
//!
//! Everything here blocks; asynchronous callers go through a thread of their own.

mod error;
mod fold;
mod licensee;
mod members;
mod reading;
mod states;
mod user;

use std::sync::Arc;

use journal::{Journal, StreamIndex};
use licensing::Catalogue;
use parking_lot::Mutex;
use views::Views;

pub use error::PastError;
pub use journal::Moment;
pub use licensee::LicenseeThen;
pub use user::{MembershipThen, UserThen};

use states::States;

/// Tells what was so at a moment.
pub struct Past {
    index: Arc<dyn StreamIndex>,
    /// For the names, which are today's.
    journal: Arc<dyn Journal>,
    /// For the orders that pages of members go by.
    views: Arc<Views>,
    catalogue: Arc<Catalogue>,
    states: States,
    /// Held by whoever folds a long part of a history: many who ask for the same must not all fold it.
    long_fold: Mutex<()>,
}

impl Past {
    /// The past of a store.
    pub fn new(
        index: Arc<dyn StreamIndex>,
        journal: Arc<dyn Journal>,
        views: Arc<Views>,
        catalogue: Arc<Catalogue>,
    ) -> Self {
        Self { index, journal, views, catalogue, states: States::default(), long_fold: Mutex::new(()) }
    }
}
