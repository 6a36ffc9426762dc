//! The journal in the order of its clock: the shards, each in its own order, merged.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
};

use journal::{Head, Journal};
use licensing::Instant;

use crate::{
    BacktestError,
    step::{Step, What, steps_of},
};

/// How much of a shard is read at one go, bytes of blocks.
const READ_BYTES: usize = 1024 * 1024;

/// What was decided up to where the shards ended when it was opened.
pub(crate) struct History<'a> {
    journal: &'a dyn Journal,
    shards: Vec<Shard>,
    /// The shards that go on, by what comes next in them.
    next: BinaryHeap<Reverse<Next>>,
}

/// What comes next in a shard. At one instant, what became known of users goes before what is decided by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Next {
    at: Instant,
    is_decision: bool,
    shard: usize,
}

struct Shard {
    end: Head,
    reached: u64,
    steps: VecDeque<Step>,
    /// Nothing of a shard goes before what comes before it there, also where clocks of nodes differed.
    clock: Instant,
}

impl<'a> History<'a> {
    pub(crate) fn open(journal: &'a dyn Journal) -> Result<Self, BacktestError> {
        let shards = journal.heads()?.into_iter().map(|end| Shard {
            end,
            reached: 0,
            steps: VecDeque::new(),
            clock: Instant::UNIX_EPOCH,
        });
        let mut history = Self { journal, shards: shards.collect(), next: BinaryHeap::new() };
        (0..history.shards.len()).try_for_each(|shard| history.line_up(shard))?;
        Ok(history)
    }

    /// The next step, and what the clock says at it; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Step>, BacktestError> {
        let Some(Reverse(Next { at, shard, .. })) = self.next.pop() else { return Ok(None) };
        let step = self.shards.get_mut(shard).and_then(|shard| {
            shard.clock = at;
            shard.steps.pop_front()
        });
        self.line_up(shard)?;
        Ok(step.map(|step| Step { at, ..step }))
    }

    fn line_up(&mut self, number: usize) -> Result<(), BacktestError> {
        let Some(shard) = self.shards.get_mut(number) else { return Ok(()) };
        while shard.steps.is_empty() && shard.reached < shard.end.commit_number {
            let commits = self.journal.read(shard.end.shard, shard.reached, READ_BYTES)?;
            if commits.is_empty() {
                break;
            }
            for commit in commits.into_iter().filter(|commit| commit.number <= shard.end.commit_number) {
                shard.reached = commit.number;
                shard.steps.extend(steps_of(&commit)?);
            }
        }
        if let Some(step) = shard.steps.front() {
            let is_decision = matches!(step.what, What::Licensee(_));
            self.next.push(Reverse(Next { at: step.at.max(shard.clock), is_decision, shard: number }));
        }
        Ok(())
    }
}
