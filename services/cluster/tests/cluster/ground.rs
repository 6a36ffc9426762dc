//! What nodes stand on.

use std::{any::Any, sync::Arc};

use journal::{Held, Journal, Leases, SharedUsers, StreamIndex};

/// A store as one node sees it.
pub struct Parts {
    pub journal: Arc<dyn Journal>,
    pub index: Arc<dyn StreamIndex>,
    pub users: Arc<dyn SharedUsers>,
    pub leases: Arc<dyn Leases>,
    pub held: Held,
    /// What has to be there as long as the node is.
    pub store: Option<Box<dyn Any + Send + Sync>>,
}

/// A store for any number of nodes.
pub trait Ground {
    /// The store as another node sees it.
    fn parts(&self) -> Parts;
}
