//! Where the commits come from that the views are fed with.

use std::sync::Arc;

use journal::{Head, Journal, StoredCommit, Watch};

use crate::ViewsError;

/// Something that gives the commits of a store, shard by shard in their order.
pub trait Source: Send + Sync {
    /// Where each shard ends as far as is known, in the order of the shards, all at one moment.
    ///
    /// # Errors
    /// When that can't be read.
    fn known_heads(&self) -> Result<Vec<Head>, ViewsError>;

    /// The commits of `shard` after number `after_commit`, in order: as many as fit into `max_bytes` of blocks, but at
    /// least one if there is one.
    ///
    /// # Errors
    /// When they can't be read.
    fn read(&self, shard: u16, after_commit: u64, max_bytes: usize) -> Result<Vec<StoredCommit>, ViewsError>;

    /// Is notified when there are more.
    fn watch(&self) -> Watch;
}

/// A journal as the source.
pub(crate) struct FromJournal(pub(crate) Arc<dyn Journal>);

impl Source for FromJournal {
    fn known_heads(&self) -> Result<Vec<Head>, ViewsError> {
        Ok(self.0.known_heads()?)
    }

    fn read(&self, shard: u16, after_commit: u64, max_bytes: usize) -> Result<Vec<StoredCommit>, ViewsError> {
        Ok(self.0.follow(shard, after_commit, max_bytes)?)
    }

    fn watch(&self) -> Watch {
        self.0.watch()
    }
}
