//! What does the work of each duty in this process.

use std::collections::BTreeMap;

use engine::{Engine, EngineError};
use journal::{Duty, Epoch, Held, Task};

use crate::mend::Doing;

/// What works on the tasks that this node holds.
#[derive(Clone)]
pub struct Hands {
    /// Decides and writes.
    pub engine: Engine,
    /// The shards that the engine and its store hold: the same as in the engine's [`Shared`](engine::Shared).
    pub write: Held,
    /// The shards whose events are brought to the broker from here.
    pub relay: Held,
    /// The shards whose read models are kept from here.
    pub project: Held,
    /// The shards of which people and programs are told from here.
    pub notify: Held,
}

impl Hands {
    /// Everything that is done here at the moment.
    pub(crate) fn doing(&self) -> Doing {
        let mut doing = Doing::new();
        for duty in Duty::ALL {
            let held = self.held(*duty);
            for shard in self.shards(*duty) {
                doing.insert(Task { duty: *duty, shard }, held.epoch(shard));
            }
        }
        doing
    }

    /// The shards of a duty that are worked on, in order.
    pub(crate) fn shards(&self, duty: Duty) -> Vec<u16> {
        let mut shards = self.held(duty).shards();
        if duty == Duty::Write {
            // After the leases ran out, the engine may not have come to let go of them yet.
            shards.extend(self.engine.decided_shards());
            shards.sort_unstable();
            shards.dedup();
        }
        shards
    }

    /// Begins with shards whose leases are there. Blocks until they are worked on.
    ///
    /// # Errors
    /// When the engine can't load them; then none of them is worked on.
    pub(crate) fn take(&self, duty: Duty, leases: &[(u16, Epoch)]) -> Result<(), EngineError> {
        if duty == Duty::Write {
            return self.engine.take_shards(leases);
        }
        leases.iter().for_each(|(shard, epoch)| self.held(duty).take(*shard, *epoch));
        Ok(())
    }

    /// Ends with shards. Blocks until everything that was begun is done.
    pub(crate) fn let_go(&self, duty: Duty, shards: &[u16]) {
        if duty == Duty::Write
            && let Err(error) = self.engine.let_go_of_shards(shards)
        {
            tracing::debug!(%error, "the engine had let go already");
        }
        shards.iter().for_each(|shard| self.held(duty).let_go(*shard));
    }

    /// Has nothing more written at once, whatever is begun, without waiting for anything.
    pub(crate) fn drop_everything(&self) {
        for duty in Duty::ALL {
            let held = self.held(*duty);
            held.shards().into_iter().for_each(|shard| held.let_go(shard));
        }
    }

    const fn held(&self, duty: Duty) -> &Held {
        match duty {
            Duty::Write => &self.write,
            Duty::Relay => &self.relay,
            Duty::Project => &self.project,
            Duty::Notify => &self.notify,
        }
    }
}

/// The shards of tasks, duty by duty.
pub(crate) fn by_duty<T>(tasks: impl IntoIterator<Item = (Task, T)>) -> BTreeMap<Duty, Vec<(u16, T)>> {
    let mut shards: BTreeMap<Duty, Vec<(u16, T)>> = BTreeMap::new();
    for (task, with) in tasks {
        shards.entry(task.duty).or_default().push((task.shard, with));
    }
    shards
}
