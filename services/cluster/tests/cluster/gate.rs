//! Leases that can't always be reached, or not fast.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use journal::{Epoch, JournalError, Leases, Node as Described, NodeId, Roster, Task};
use parking_lot::{Condvar, Mutex};

use crate::{
    ground::{Ground, Parts},
    nodes::{Kind, Node},
};

/// What does not get through; it waits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shut {
    Nothing,
    Moves,
    All,
}

/// Leases that can be shut off.
pub struct Gate {
    leases: Arc<dyn Leases>,
    shut: Mutex<Shut>,
    changed: Condvar,
    waiting: AtomicUsize,
}

/// Has the gate open at the end, however that comes: a node behind a shut one never stops.
pub struct Keeper(Arc<Gate>);

impl Deref for Keeper {
    type Target = Gate;

    fn deref(&self) -> &Gate {
        &self.0
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.set(Shut::Nothing);
    }
}

/// A node whose leases can be shut off.
pub fn start_behind_a_gate(ground: &dyn Ground) -> (Node, Keeper) {
    let parts = ground.parts();
    let gate = Arc::new(Gate {
        leases: parts.leases.clone(),
        shut: Mutex::new(Shut::Nothing),
        changed: Condvar::default(),
        waiting: AtomicUsize::new(0),
    });
    (Node::start_as(Parts { leases: gate.clone(), ..parts }, Kind::default()), Keeper(gate))
}

impl Gate {
    pub fn set(&self, shut: Shut) {
        *self.shut.lock() = shut;
        self.changed.notify_all();
    }

    /// How many calls wait.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    fn pass(&self, open_below: Shut) -> &dyn Leases {
        let mut shut = self.shut.lock();
        self.waiting.fetch_add(1, Ordering::AcqRel);
        while *shut >= open_below {
            self.changed.wait(&mut shut);
        }
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        &*self.leases
    }
}

impl Leases for Gate {
    fn renew(&self, node: &Described, time_to_live: Duration) -> Result<Roster, JournalError> {
        self.pass(Shut::All).renew(node, time_to_live)
    }

    fn take(&self, node: NodeId, task: Task, seen: Epoch) -> Result<Option<Epoch>, JournalError> {
        self.pass(Shut::Moves).take(node, task, seen)
    }

    fn release(&self, node: NodeId, task: Task, epoch: Epoch) -> Result<(), JournalError> {
        self.pass(Shut::Moves).release(node, task, epoch)
    }

    fn leave(&self, node: NodeId) -> Result<(), JournalError> {
        self.pass(Shut::All).leave(node)
    }
}

/// Leases whose roster is old when it comes, and that take their time to be taken.
pub struct Slow {
    pub leases: Arc<dyn Leases>,
    /// How often one was given back.
    pub given_back: AtomicUsize,
}

impl Leases for Slow {
    fn renew(&self, node: &Described, time_to_live: Duration) -> Result<Roster, JournalError> {
        let roster = self.leases.renew(node, time_to_live);
        thread::sleep(Duration::from_millis(30));
        roster
    }

    fn take(&self, node: NodeId, task: Task, seen: Epoch) -> Result<Option<Epoch>, JournalError> {
        thread::sleep(Duration::from_millis(3));
        self.leases.take(node, task, seen)
    }

    fn release(&self, node: NodeId, task: Task, epoch: Epoch) -> Result<(), JournalError> {
        self.given_back.fetch_add(1, Ordering::AcqRel);
        self.leases.release(node, task, epoch)
    }

    fn leave(&self, node: NodeId) -> Result<(), JournalError> {
        self.leases.leave(node)
    }
}
