//! How an engine runs.

use std::sync::Arc;

use licensing::Catalogue;

use crate::{ClockMode, Shared};

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is sold, and under which numbers.
    pub catalogue: Arc<Catalogue>,
    /// What moves the clock.
    pub clock: ClockMode,
    /// How many commands may wait, at least 1; with more, callers are told to come back.
    pub queue_commands_max: usize,
    /// Set where other processes work on the same store. Then nothing is decided here until shards are
    /// [taken](crate::Engine::take_shards).
    pub shared: Option<Shared>,
}

impl Options {
    /// The usual: the machine's clock, 8,192 waiting commands, a store of this process alone.
    pub const fn new(catalogue: Arc<Catalogue>) -> Self {
        Self { catalogue, clock: ClockMode::System, queue_commands_max: 8_192, shared: None }
    }
}
