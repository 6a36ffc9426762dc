//! Snapshots: a cache of states, written aside, that may be lost at any time.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

use journal::{Snapshot, StreamIndex};
use licensing::{Licensee, LicenseeId};

use crate::{EngineError, batch::SnapshotDue};

/// Must go up with every change of what [`Licensee`] looks like when serialized; older snapshots are then passed over.
const STATE_VERSION: u32 = 1;

/// How many states may wait; when more are offered, they are not kept.
const WAITING_MAX: usize = 16;

/// The fewest new events that are worth a snapshot.
const EVENTS_MIN: u64 = 1_000;

/// Whether a state of this version should be kept, with the last one kept at another: when as many events are new as
/// half of what the snapshot holds, so that the work stays in proportion to the events.
pub(crate) fn is_due(state: &Licensee, kept_version: u64) -> bool {
    let new_events = state.version().saturating_sub(kept_version);
    let size = u64::from(state.account().members());
    new_events >= EVENTS_MIN.max(size / 2)
}

/// The state that a snapshot holds; `None` if it is of another program version.
pub fn state_in(snapshot: &Snapshot) -> Option<Licensee> {
    if snapshot.state_version != STATE_VERSION {
        return None;
    }
    let state: Licensee = postcard::from_bytes(&snapshot.bytes).ok()?;
    (state.version() == snapshot.version).then_some(state)
}

/// A snapshot of a state.
///
/// # Errors
/// When the state cannot be encoded, which a test rules out.
pub fn snapshot_of(state: &Licensee) -> Result<Snapshot, postcard::Error> {
    let bytes = postcard::to_stdvec(state)?;
    Ok(Snapshot { version: state.version(), state_version: STATE_VERSION, bytes })
}

/// The way to the thread that writes snapshots.
#[derive(Clone)]
pub(crate) struct Snapshots {
    waiting: SyncSender<SnapshotDue>,
}

impl Snapshots {
    /// Starts the thread; it ends when every way to it is gone.
    pub(crate) fn start(index: Arc<dyn StreamIndex>) -> Result<(Self, JoinHandle<()>), EngineError> {
        let (waiting, receiver) = sync_channel(WAITING_MAX);
        let thread = thread::Builder::new()
            .name("usher-snapshots".to_owned())
            .spawn(move || write_all(&*index, &receiver))
            .map_err(|error| EngineError::Thread(Arc::new(error)))?;
        Ok((Self { waiting }, thread))
    }

    /// Has a committed state kept, unless too many wait: a snapshot may always be missing.
    pub(crate) fn offer(&self, due: SnapshotDue) {
        if self.waiting.try_send(due).is_err() {
            tracing::debug!("a snapshot was left out");
        }
    }
}

fn write_all(index: &dyn StreamIndex, waiting: &Receiver<SnapshotDue>) {
    while let Ok(due) = waiting.recv() {
        if let Err(error) = write(index, &due.licensee, &due.state) {
            tracing::warn!(%error, licensee = %due.licensee, "a snapshot could not be kept; the next load takes longer");
        }
    }
}

fn write(
    index: &dyn StreamIndex,
    licensee: &LicenseeId,
    state: &Licensee,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    index.put_snapshot(&crate::hot::licensee_stream(licensee), &snapshot_of(state)?)?;
    Ok(())
}
