//! How a node takes part.

use std::{net::TcpListener, time::Duration};

use journal::Node;

use crate::Secret;

/// How a node takes part.
#[derive(Debug)]
pub struct Options {
    /// Which node this is, where others reach it, and what it does.
    pub node: Node,
    /// When leases are renewed and how long they last.
    pub timing: Timing,
    /// Where other nodes are answered; `None` on a node that takes no orders from others.
    pub listener: Option<TcpListener>,
    /// What the nodes of the store know each other by.
    pub secret: Secret,
}

/// When leases are renewed and how long they last.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// How often a node says that it is alive.
    pub renew_every: Duration,
    /// How long after that it counts as alive.
    pub time_to_live: Duration,
}

impl Default for Timing {
    /// Every second, for four.
    fn default() -> Self {
        Self { renew_every: Duration::from_secs(1), time_to_live: Duration::from_secs(4) }
    }
}
