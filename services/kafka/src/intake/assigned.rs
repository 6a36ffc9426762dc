//! The partitions that this process has, and what of them is being worked on.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use journal::Watch;
use parking_lot::Mutex;

use super::ledger::{Ledger, Load};

/// The most that is taken from one partition and not done.
const PARTITION_MAX: Load = Load { messages: 4_096, bytes: 16 * 1024 * 1024 };

/// The most messages between the first that is not done and the last that was taken: all of them come again after a crash.
const PARTITION_SPAN_MAX: usize = 65_536;

/// The most that is taken from all of them and not done, but for one message a partition.
const TOTAL_MAX: Load = Load { messages: 32_768, bytes: 64 * 1024 * 1024 };

/// A partition of one of the topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Partition {
    /// The topic without its prefix.
    pub(super) topic: &'static str,
    pub(super) number: i32,
}

/// A message that was taken: under which tenure of its partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) partition: Partition,
    pub(super) offset: i64,
    tenure: u64,
}

/// What the poller has to do after taking a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    Left,
    /// The partition has to pause.
    None,
}

/// The partitions that this process has, shared by the poller, the lanes and the rebalance callback.
#[derive(Debug, Default)]
pub(super) struct Assigned {
    state: Mutex<State>,
    settled: Watch,
}

#[derive(Debug, Default)]
struct State {
    tenures: BTreeMap<Partition, Tenure>,
    next_tenure: u64,
    undone: Load,
}

/// A partition, from when it is given to this process until it is taken away.
#[derive(Debug)]
struct Tenure {
    id: u64,
    ledger: Ledger,
    /// How many of its messages are with the sink or on the way to the dead letters.
    in_flight: usize,
    is_paused: bool,
    /// It is about to be taken away: nothing more of it is handed in.
    is_closing: bool,
}

impl Assigned {
    /// Notes a message; `None` if its partition is no longer ours.
    pub(super) fn take(&self, partition: Partition, offset: i64, size: usize) -> Option<(Claim, Room)> {
        let mut state = self.state.lock();
        let total = state.undone;
        let tenure = state.tenures.get_mut(&partition).filter(|tenure| !tenure.is_closing)?;
        let load = tenure.ledger.take(offset, size);
        let is_full = tenure.is_full() || total.exceeds(TOTAL_MAX);
        tenure.is_paused |= is_full;
        let claim = Claim { partition, offset, tenure: tenure.id };
        state.undone.add(load);
        Some((claim, if is_full { Room::None } else { Room::Left }))
    }

    /// Notes that a message is handed in; `false` if its partition is no longer ours, so that it must not be.
    pub(super) fn begin(&self, claim: &Claim) -> bool {
        let mut state = self.state.lock();
        let Some(tenure) = state.tenure(claim).filter(|tenure| !tenure.is_closing) else { return false };
        tenure.in_flight = tenure.in_flight.saturating_add(1);
        true
    }

    /// Notes that a message that was handed in is done for good.
    pub(super) fn finish(&self, claim: &Claim) {
        self.settle(claim, true);
    }

    /// Notes that a message that was handed in is not done.
    pub(super) fn give_up(&self, claim: &Claim) {
        self.settle(claim, false);
    }

    fn settle(&self, claim: &Claim, is_done: bool) {
        let mut state = self.state.lock();
        let Some(tenure) = state.tenure(claim) else { return };
        tenure.in_flight = tenure.in_flight.saturating_sub(1);
        if is_done {
            let load = tenure.ledger.finish(claim.offset);
            state.undone.remove(load);
        }
        drop(state);
        self.settled.notify();
    }

    /// Begins a tenure of each partition.
    pub(super) fn assign(&self, partitions: impl IntoIterator<Item = Partition>) {
        let mut state = self.state.lock();
        for partition in partitions {
            let id = state.next_tenure;
            state.next_tenure = id.saturating_add(1);
            let tenure = Tenure { id, ledger: Ledger::default(), in_flight: 0, is_paused: false, is_closing: false };
            state.end(&partition);
            state.tenures.insert(partition, tenure);
        }
    }

    /// Hands in nothing more of these partitions, and waits for what is handed in already, at most for `timeout`.
    pub(super) fn close(&self, partitions: &[Partition], timeout: Duration) {
        let deadline = Instant::now() + timeout;
        loop {
            let seen = self.settled.generation();
            let mut state = self.state.lock();
            let mut in_flight = 0;
            for partition in partitions {
                let Some(tenure) = state.tenures.get_mut(partition) else { continue };
                tenure.is_closing = true;
                in_flight += tenure.in_flight;
            }
            drop(state);
            let left = deadline.saturating_duration_since(Instant::now());
            if in_flight == 0 || left.is_zero() {
                return;
            }
            self.settled.wait_beyond(seen, left);
        }
    }

    /// Ends the tenures of these partitions, and forgets what was taken of them.
    pub(super) fn revoke(&self, partitions: &[Partition]) {
        let mut state = self.state.lock();
        partitions.iter().for_each(|partition| state.end(partition));
    }

    /// All partitions.
    pub(super) fn partitions(&self) -> Vec<Partition> {
        self.state.lock().tenures.keys().copied().collect()
    }

    /// The partitions that paused and have room again; from now on they don't.
    pub(super) fn resume(&self) -> Vec<Partition> {
        let mut state = self.state.lock();
        if state.undone.exceeds(TOTAL_MAX.half()) {
            return Vec::new();
        }
        let resumed = state.tenures.iter_mut().filter(|(_, tenure)| tenure.is_paused && tenure.is_half_empty());
        resumed
            .map(|(partition, tenure)| {
                tenure.is_paused = false;
                *partition
            })
            .collect()
    }

    /// The offsets to be committed, of all partitions or of some; from now on they were.
    pub(super) fn commit(&self, only: Option<&[Partition]>) -> Vec<(Partition, i64)> {
        let mut state = self.state.lock();
        let wanted = |partition: &Partition| only.is_none_or(|only| only.contains(partition));
        let tenures = state.tenures.iter_mut().filter(|(partition, _)| wanted(partition));
        tenures.filter_map(|(partition, tenure)| Some((*partition, tenure.ledger.commit()?))).collect()
    }

    /// A commit failed: all offsets are to be committed again.
    pub(super) fn forget_commits(&self) {
        self.state.lock().tenures.values_mut().for_each(|tenure| tenure.ledger.forget_commit());
    }

    /// What is taken and not done.
    pub(super) fn undone(&self) -> Load {
        self.state.lock().undone
    }
}

impl Tenure {
    fn is_full(&self) -> bool {
        self.ledger.undone().exceeds(PARTITION_MAX) || self.ledger.len() > PARTITION_SPAN_MAX
    }

    fn is_half_empty(&self) -> bool {
        !self.ledger.undone().exceeds(PARTITION_MAX.half()) && self.ledger.len() <= PARTITION_SPAN_MAX / 2
    }
}

impl State {
    fn tenure(&mut self, claim: &Claim) -> Option<&mut Tenure> {
        self.tenures.get_mut(&claim.partition).filter(|tenure| tenure.id == claim.tenure)
    }

    fn end(&mut self, partition: &Partition) {
        if let Some(tenure) = self.tenures.remove(partition) {
            self.undone.remove(tenure.ledger.undone());
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    const USAGE_0: Partition = Partition { topic: "usher.usage.v1", number: 0 };

    fn assigned() -> Assigned {
        let assigned = Assigned::default();
        assigned.assign([USAGE_0]);
        assigned
    }

    fn take(assigned: &Assigned, offset: i64) -> Claim {
        assigned.take(USAGE_0, offset, 100).unwrap().0
    }

    #[test]
    fn after_a_rebalance_what_was_taken_before_it_is_neither_handed_in_nor_committed() {
        let assigned = assigned();
        let [before, waiting] = [0, 1].map(|offset| take(&assigned, offset));
        assert!(assigned.begin(&before));
        assigned.revoke(&[USAGE_0]);
        assigned.assign([USAGE_0]);
        assert!(!assigned.begin(&waiting));
        assigned.finish(&before);
        assert_eq!(assigned.commit(None), []);
        assert_eq!(assigned.undone(), Load::default());
        let again = take(&assigned, 0);
        assert!(assigned.begin(&again));
        assigned.finish(&again);
        assert_eq!(assigned.commit(None), [(USAGE_0, 1)]);
    }

    #[test]
    fn a_partition_that_is_taken_away_waits_for_what_is_handed_in_and_hands_in_no_more() {
        let assigned = assigned();
        let [first, second] = [0, 1].map(|offset| take(&assigned, offset));
        assert!(assigned.begin(&first));
        std::thread::scope(|scope| {
            let closing = scope.spawn(|| assigned.close(&[USAGE_0], Duration::from_secs(60)));
            while assigned.begin(&second) {
                assigned.give_up(&second);
            }
            assigned.finish(&first);
            closing.join().unwrap();
        });
        assert_eq!(assigned.commit(Some(&[USAGE_0])), [(USAGE_0, 1)]);
        assert_eq!(assigned.take(USAGE_0, 2, 1), None);
        assigned.close(&[USAGE_0], Duration::ZERO);
    }

    #[test]
    fn a_full_partition_pauses_until_half_of_it_is_done() {
        let assigned = assigned();
        let mut claims = Vec::new();
        loop {
            let offset = i64::try_from(claims.len()).unwrap();
            let (claim, room) = assigned.take(USAGE_0, offset, 100).unwrap();
            claims.push(claim);
            if room == Room::None {
                break;
            }
        }
        assert_eq!(claims.len(), PARTITION_MAX.messages + 1);
        let mut done = 0;
        while assigned.resume().is_empty() {
            assert!(assigned.begin(&claims[done]));
            assigned.finish(&claims[done]);
            done += 1;
        }
        assert_eq!(claims.len() - done, PARTITION_MAX.messages / 2);
        assert_eq!(assigned.resume(), []);
    }

    #[test]
    fn a_message_that_is_never_done_holds_its_partition_up_in_the_end() {
        let assigned = assigned();
        let stuck = take(&assigned, 0);
        assert!(assigned.begin(&stuck));
        let mut offset = 0;
        let mut room = Room::Left;
        while room == Room::Left {
            offset += 1;
            let (claim, left) = assigned.take(USAGE_0, offset, 100).unwrap();
            assert!(assigned.begin(&claim));
            assigned.finish(&claim);
            room = left;
        }
        assert_eq!(usize::try_from(offset).unwrap(), PARTITION_SPAN_MAX);
        assert_eq!(assigned.resume(), []);
        assigned.finish(&stuck);
        assert_eq!(assigned.resume(), [USAGE_0]);
        assert_eq!(assigned.commit(None), [(USAGE_0, offset + 1)]);
    }

    #[test]
    fn large_messages_fill_a_partition_sooner() {
        let assigned = assigned();
        let room = assigned.take(USAGE_0, 0, PARTITION_MAX.bytes + 1).map(|(_, room)| room);
        assert_eq!(room, Some(Room::None));
    }
}
