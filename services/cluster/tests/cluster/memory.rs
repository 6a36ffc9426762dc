//! A store for several nodes within this process.

use crate::{
    ground::{Ground, Parts},
    several::Memory,
};

impl Ground for Memory {
    fn parts(&self) -> Parts {
        let node = self.node();
        Parts {
            journal: node.clone(),
            index: self.index(),
            users: node.clone(),
            held: node.held.clone(),
            leases: node,
            store: None,
        }
    }
}

/// An empty one.
pub fn memory() -> Memory {
    Memory::new(engine::EVENT_READER)
}
