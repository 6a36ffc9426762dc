//! Which tables this process keeps.

/// The shards of which this process keeps the tables, of those of a database that several processes share. Whoever takes
/// on the duty notes it here; the epoch means nothing to the views.
///
/// That two processes think so of one shard at a time harms nothing: of two transactions on one state one does nothing.
pub type Feeds = journal::Held;
