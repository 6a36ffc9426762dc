//! The offsets of one partition that are being worked on.

use std::collections::VecDeque;

/// The offsets of one partition that were taken, up to the first that is not done: so it tells how far may be committed.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// In order of their offsets; the first is never done.
    taken: VecDeque<Taken>,
    /// Behind the last offset up to which all is done; `None` before the first.
    done_up_to: Option<i64>,
    /// What was last handed to the broker.
    committed: Option<i64>,
    undone: Load,
}

#[derive(Debug)]
struct Taken {
    offset: i64,
    size: usize,
    is_done: bool,
}

/// How much is in memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) messages: usize,
    pub(super) bytes: usize,
}

impl Load {
    pub(super) fn add(&mut self, other: Self) {
        self.messages = self.messages.saturating_add(other.messages);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }

    pub(super) fn remove(&mut self, other: Self) {
        self.messages = self.messages.saturating_sub(other.messages);
        self.bytes = self.bytes.saturating_sub(other.bytes);
    }

    /// Whether it is above `max` in either respect.
    pub(super) const fn exceeds(self, max: Self) -> bool {
        self.messages > max.messages || self.bytes > max.bytes
    }

    pub(super) const fn half(self) -> Self {
        Self { messages: self.messages / 2, bytes: self.bytes / 2 }
    }
}

impl Ledger {
    /// Notes that a message is taken; offsets only go up, with gaps where the topic has some.
    pub(super) fn take(&mut self, offset: i64, size: usize) -> Load {
        let load = Load { messages: 1, bytes: size };
        self.taken.push_back(Taken { offset, size, is_done: false });
        self.undone.add(load);
        load
    }

    /// Notes that a message is done, and gives what is no longer in memory for it.
    pub(super) fn finish(&mut self, offset: i64) -> Load {
        let Ok(place) = self.taken.binary_search_by_key(&offset, |taken| taken.offset) else { return Load::default() };
        let Some(taken) = self.taken.get_mut(place).filter(|taken| !taken.is_done) else { return Load::default() };
        taken.is_done = true;
        let load = Load { messages: 1, bytes: taken.size };
        self.undone.remove(load);
        while let Some(done) = self.taken.front().filter(|taken| taken.is_done) {
            self.done_up_to = Some(done.offset.saturating_add(1));
            self.taken.pop_front();
        }
        load
    }

    /// How many messages there are from the first that is not done on, whether done or not.
    pub(super) fn len(&self) -> usize {
        self.taken.len()
    }

    /// What is taken and not done.
    pub(super) const fn undone(&self) -> Load {
        self.undone
    }

    /// The offset to commit, unless it was committed already; from now on it was.
    pub(super) fn commit(&mut self) -> Option<i64> {
        let offset = self.done_up_to.filter(|_| self.done_up_to != self.committed)?;
        self.committed = Some(offset);
        Some(offset)
    }

    /// Committing failed: it is to be done again.
    pub(super) const fn forget_commit(&mut self) {
        self.committed = None;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_offset_is_committed_only_behind_everything_before_it() {
        let mut ledger = Ledger::default();
        for offset in [5, 6, 9] {
            ledger.take(offset, 10);
        }
        assert_eq!(ledger.commit(), None);
        ledger.finish(6);
        assert_eq!(ledger.commit(), None);
        ledger.finish(5);
        assert_eq!(ledger.commit(), Some(7));
        assert_eq!(ledger.commit(), None);
        ledger.forget_commit();
        assert_eq!(ledger.commit(), Some(7));
        ledger.finish(9);
        assert_eq!(ledger.commit(), Some(10));
        assert_eq!(ledger.undone(), Load::default());
    }

    #[test]
    fn what_is_done_twice_or_was_never_taken_counts_once_or_not_at_all() {
        let mut ledger = Ledger::default();
        ledger.take(1, 10);
        ledger.take(2, 10);
        assert_eq!(ledger.finish(2), Load { messages: 1, bytes: 10 });
        assert_eq!(ledger.finish(2), Load::default());
        assert_eq!(ledger.finish(7), Load::default());
        assert_eq!(ledger.undone(), Load { messages: 1, bytes: 10 });
    }

    proptest! {
        #[test]
        fn in_whatever_order_messages_are_done_nothing_undone_is_committed(
            order in Just((0..40i64).collect::<Vec<_>>()).prop_shuffle()
        ) {
            let mut ledger = Ledger::default();
            for offset in 0..40 {
                ledger.take(offset, 1);
            }
            let mut undone: std::collections::BTreeSet<i64> = order.iter().copied().collect();
            let mut committed = 0;
            for offset in order {
                ledger.finish(offset);
                undone.remove(&offset);
                committed = ledger.commit().unwrap_or(committed);
                prop_assert_eq!(committed, undone.first().copied().unwrap_or(40));
            }
        }
    }
}
