//! A store on top of another: reads fall through to it, appends stay in memory and are gone with it.
//!
//! An engine on an [`Overlay`] decides and commits as ever, timers included, on everything that the store beneath holds,
//! and that store never changes: so what would happen is seen by letting it happen. It needs no lease, and other processes
//! may go on writing beneath. Of what they write meanwhile it shows no event and no outcome: the store beneath counts as it
//! was when the overlay was made. Only last uses, memberships, timers and names, of which a store keeps no past, are as
//! the store beneath has them when they are asked for.
//!
//! Memory is bounded: what does not fit fails with [`JournalError::OverlayFull`]. Snapshots are not kept.

mod base;
mod details;
mod index;
mod journal;
mod memory;
mod nothing;
mod past;

use std::sync::Arc;

use parking_lot::RwLock;

use crate::{EventReader, Journal, JournalError, StreamIndex, Watch};
use base::Base;
use memory::Memory;
use nothing::Nothing;

/// How to make an overlay.
#[derive(Debug, Clone)]
pub struct Options {
    /// How the index reads events.
    pub reader: EventReader,
    /// How much memory what is appended may take, bytes, as far as it can be told from what is kept.
    pub bytes_max: usize,
}

impl Options {
    /// The usual: at most 512 MiB.
    pub const fn new(reader: EventReader) -> Self {
        Self { reader, bytes_max: 512 * 1024 * 1024 }
    }
}

/// A store on top of another. Clones, and the handles that it gives out, share what was appended.
#[derive(Clone)]
pub struct Overlay(Arc<Layers>);

/// The store beneath and what was appended on top of it.
struct Layers {
    base: Base,
    memory: RwLock<Memory>,
    options: Options,
    watch: Watch,
}

impl Overlay {
    /// On top of a store, as it is now. What its index has not got to yet is read from its journal.
    pub fn over(
        journal: Arc<dyn Journal>,
        index: Arc<dyn StreamIndex>,
        options: Options,
    ) -> Result<Self, JournalError> {
        let base = Base::new(journal, index)?;
        let mut memory = Memory::on(&base)?;
        base.for_each_unindexed(|stored, commit| memory.index(stored, commit, &options))?;
        Ok(Self(Arc::new(Layers { base, memory: RwLock::new(memory), options, watch: Watch::default() })))
    }

    /// On top of nothing: an empty store with so many shards, all of it in memory.
    pub fn over_nothing(shards: u16, options: Options) -> Result<Self, JournalError> {
        let nothing = Arc::new(Nothing::new(shards.max(1)));
        Self::over(nothing.clone(), nothing, options)
    }

    /// The truth, the appended part on top.
    pub fn journal(&self) -> Arc<dyn Journal> {
        self.0.clone()
    }

    /// The index over it. It never lags behind.
    pub fn index(&self) -> Arc<dyn StreamIndex> {
        self.0.clone()
    }
}
