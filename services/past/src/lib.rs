//! The past by two clocks: what was so at a [`Moment`], by what had taken effect, by what was known, or by both (ADR 13).
//!
//! [`Past`] folds the streams of the index as far as they had got by the moment. It begins with what the index keeps behind
//! each thousand events, and reads of each member the events about them alone, so that nothing is read from its first event on,
//! however long a history is and however many members there are. It shows what it finds in the shapes of the
//! read models: the answer of then is what a reader saw then. Only names are today's: they are erasable, and no event holds
//! them (R30).
//!
//! Everything here blocks; asynchronous callers go through a thread of their own.

mod about;
mod behind;
mod error;
mod fold;
mod licensee;
mod members;
mod memberships;
mod reading;
mod states;
mod user;
mod whole;

use std::sync::Arc;

use journal::{Journal, StreamIndex};
use licensing::Catalogue;
use parking_lot::Mutex;
use views::Views;

pub use behind::Start;
pub use error::PastError;
pub use journal::Moment;
pub use licensee::LicenseeThen;
pub use user::{MembershipThen, UserThen, clock_at};

use members::Orders;
use states::States;

/// Tells what was so at a moment.
pub struct Past {
    sources: Arc<Sources>,
    states: States,
    /// Held by whoever folds a long part of a history: many who ask for the same must not all fold it.
    long_fold: Mutex<()>,
    orders: Orders,
}

/// What the past is told from.
struct Sources {
    index: Arc<dyn StreamIndex>,
    /// For the names, which are today's.
    journal: Arc<dyn Journal>,
    /// For the orders that pages of members go by.
    views: Arc<Views>,
    catalogue: Arc<Catalogue>,
}

impl Past {
    /// The past of a store.
    pub fn new(
        index: Arc<dyn StreamIndex>,
        journal: Arc<dyn Journal>,
        views: Arc<Views>,
        catalogue: Arc<Catalogue>,
    ) -> Self {
        let sources = Arc::new(Sources { index, journal, views, catalogue });
        Self { sources, states: States::default(), long_fold: Mutex::new(()), orders: Orders::default() }
    }
}
