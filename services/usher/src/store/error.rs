//! Why a store can't be worked with.

use cluster::ClusterError;
use engine::EngineError;
use journal::JournalError;
use notify::NotifyError;
use views::ViewsError;

use crate::config::StorePlace;

/// Why a store can't be worked with.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is none to look at.
    #[error(
        "there is no store in {place}: name it with --data-dir or --database-url, or a running server with --url where \
         that is possible"
    )]
    NoStore {
        /// Where.
        place: StorePlace,
    },
    /// The truth or its index.
    #[error("cannot open the store in {place}")]
    Journal {
        /// Where.
        place: StorePlace,
        /// Why.
        #[source]
        source: JournalError,
    },
    /// A store that was made otherwise.
    #[error(
        "the store in {place} has {found} shards, and shards says {expected}: set it to {found} or leave it out, as the \
         number never changes"
    )]
    ShardCount {
        /// Where.
        place: StorePlace,
        /// What was said.
        expected: u16,
        /// What it has.
        found: u16,
    },
    /// The engine.
    #[error("cannot start the engine on the store in {place}")]
    Engine {
        /// Where.
        place: StorePlace,
        /// Why.
        #[source]
        source: EngineError,
    },
    /// The other nodes.
    #[error("cannot work with the other nodes on {place}")]
    Node {
        /// Where.
        place: StorePlace,
        /// Why.
        #[source]
        source: NodeError,
    },
    /// The read models.
    #[error("cannot open the read models of the store in {place}")]
    Views {
        /// Where.
        place: StorePlace,
        /// Why.
        #[source]
        source: ViewsError,
    },
    /// The read models could not be made anew.
    #[error("cannot rebuild the read models of the store in {place}")]
    Rebuild {
        /// Where.
        place: StorePlace,
        /// Why.
        #[source]
        source: Box<ViewsError>,
    },
    /// What people and programs were told.
    #[error("cannot tell anybody of what happens in the store in {place}")]
    Notify {
        /// Where.
        place: StorePlace,
        /// Why.
        #[source]
        source: Box<NotifyError>,
    },
    /// Nobody was ever told anything.
    #[error("no mail was ever sent for the store in {place}: run usher serve with --smtp, or name another store")]
    NothingTold {
        /// Where.
        place: StorePlace,
    },
    /// The read models make no progress.
    #[error(
        "the read models of the store in {place} stand still behind it: stop what keeps the disk or the database busy, \
         then try again"
    )]
    Standstill {
        /// Where.
        place: StorePlace,
    },
}

/// Why this process can't take part in the work on a database.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The address for other nodes can't be had.
    #[error("cannot listen on {address} for other nodes: choose another node_listen, or stop what listens there")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// No runtime for what nodes say to each other.
    #[error("cannot start a runtime: raise the limits on threads and open files")]
    Runtime(#[source] std::io::Error),
    /// The store's secret is none.
    #[error(transparent)]
    Secret(#[from] cluster::InvalidSecret),
    /// The node could not join.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Nobody decides about some of the shards.
    #[error(
        "nobody decides about {shards} of the store's shards: wait until the leases of nodes that died have ended, a few \
         seconds, and see that a node that runs can be reached"
    )]
    NoWriter {
        /// How many.
        shards: usize,
    },
}
