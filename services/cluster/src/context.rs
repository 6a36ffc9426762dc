//! What the parts of a member share.

use std::sync::Arc;

use journal::{Leases, NodeId, Watch};
use tokio::runtime::Handle;

use crate::{Hands, lane::Way, links::Links, myself::Myself, routes::Routes, tenure::Tenure};

/// What the parts of a member share. Clones share the same.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) me: NodeId,
    pub(crate) myself: Myself,
    pub(crate) leases: Arc<dyn Leases>,
    pub(crate) hands: Hands,
    pub(crate) tenure: Tenure,
    pub(crate) routes: Routes,
    pub(crate) links: Arc<Links>,
    /// Is notified after each look at the leases.
    pub(crate) looked: Watch,
    pub(crate) runtime: Handle,
}

impl Context {
    pub(crate) fn way(&self) -> Way {
        Way { engine: self.hands.engine.clone(), routes: self.routes.clone(), links: self.links.clone() }
    }
}
