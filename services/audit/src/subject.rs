//! What is looked at.

use std::sync::Arc;

use journal::{IndexInspection, Journal};
use licensing::Catalogue;
use views::Views;

/// A store and all that is derived from it.
pub struct Subject {
    /// The truth.
    pub journal: Arc<dyn Journal>,
    /// The index over it.
    pub index: Arc<dyn IndexInspection>,
    /// The read models, fed by somebody.
    pub views: Arc<Views>,
    /// The catalogue that timers and products of the views go by.
    pub catalogue: Arc<Catalogue>,
}
