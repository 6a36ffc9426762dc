//! What opening gives, whatever keeps the views.

use std::sync::Arc;

use journal::{Background, Progress};
use parking_lot::RwLock;

use crate::{ViewsError, memory::Memory, rebuild::Rebuild, tables::Tables};

/// What the views consist of. In this order: the readers' connections close before the writers', which then leave a tidy file
/// behind.
pub(crate) struct Parts {
    pub(crate) tables: Box<dyn Tables>,
    pub(crate) rebuild: Box<dyn Rebuild>,
    pub(crate) followers: Vec<Background>,
    pub(crate) memory: Arc<RwLock<Memory>>,
    pub(crate) memory_progress: Arc<Progress<ViewsError>>,
}
