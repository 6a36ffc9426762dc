//! Seats bought and assigned over the whole past of a licensee, in a bounded number of steps.

use contract::event::{StreamEvent, decode_recorded, licensee_stream};
use journal::{BLOCK_EVENTS, EventBlock};
use licensing::{Account, Instant, LicenseeId, ProductId};

use crate::{Services, problem::Problem};

/// Up to how many blocks of events each event is looked at; of longer histories the account behind each block is.
const BLOCKS_MAX: usize = 10;

/// The seats of one product over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatHistory {
    /// When the first event took effect.
    pub from: Instant,
    /// Up to when it goes.
    pub to: Instant,
    /// What it was from an instant on, each later than the one before.
    pub levels: Vec<SeatLevel>,
}

/// How many seats there were from an instant on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeatLevel {
    /// From when on.
    pub at: Instant,
    /// Seats in the pool; 0 while it is not active (R20).
    pub bought: u32,
    /// Seats held, retained ones included.
    pub assigned: u32,
}

impl Services {
    /// The seats of a product from a licensee's first event until now, in at most `levels_max` steps of equal length, each
    /// with the last that was so in it; of a history of more than ten thousand events with what was so behind each
    /// thousand. `None` before the first event, and where the index keeps accounts of another program. Blocks.
    pub fn seat_history(&self, licensee: &LicenseeId, product: &ProductId, levels_max: u32) -> Option<SeatHistory> {
        // The cause is in the log.
        self.levels(licensee, product, levels_max).ok().flatten()
    }

    fn levels(
        &self,
        licensee: &LicenseeId,
        product: &ProductId,
        levels_max: u32,
    ) -> Result<Option<SeatHistory>, Problem> {
        let stream = licensee_stream(licensee);
        let (now, catalogue) = (self.engine.now(), self.engine.catalogue());
        let level_at = |at: Instant, account: &Account| SeatLevel {
            at,
            bought: account.grant(product, catalogue).map_or(0, |grant| grant.quantity),
            assigned: account.pool(product).map_or(0, |pool| pool.assigned),
        };
        let mut blocks = self.index.blocks(&stream)?;
        blocks.retain(|block| block.effective_max <= now);
        let (mut account, mut steps) = (Account::default(), None);
        if let Some((first, last)) = blocks.first().zip(blocks.last()).filter(|_| blocks.len() > BLOCKS_MAX) {
            let mut of_blocks = Steps::new(first.effective_min, now, levels_max);
            for (at, behind) in self.past.accounts_behind(licensee, &of_blocks.last_in_each(&blocks))? {
                of_blocks.push(level_at(at, &behind));
                account = behind;
            }
            if account.version() != last.last_version {
                return Ok(None);
            }
            steps = Some(of_blocks);
        }
        let at_once = usize::try_from(BLOCK_EVENTS).unwrap_or(usize::MAX);
        loop {
            let events = self.index.stream(&stream, account.version(), at_once)?;
            let is_last = events.len() < at_once;
            for stored in events {
                let journal::StoredEvent { event, .. } = stored;
                let at = Instant::from_timestamp_micros(event.effective_at_us).unwrap_or_default();
                let decoded = decode_recorded(&event);
                if let StreamEvent::Licensee { event, .. } = decoded.map_err(|error| Problem::internal(&error))? {
                    account.evolve(&event, at);
                }
                steps.get_or_insert_with(|| Steps::new(at, now, levels_max)).push(level_at(at, &account));
            }
            if is_last {
                return Ok(steps.map(Steps::done));
            }
        }
    }
}

/// Levels by steps of equal length.
struct Steps {
    from: Instant,
    to: Instant,
    step_us: i64,
    levels: Vec<SeatLevel>,
}

impl Steps {
    fn new(from: Instant, to: Instant, levels_max: u32) -> Self {
        let length_us = to.timestamp_micros().saturating_sub(from.timestamp_micros());
        let step_us = (length_us / i64::from(levels_max.max(1))).saturating_add(1);
        Self { from, to, step_us, levels: Vec::new() }
    }

    fn step_of(&self, at: Instant) -> i64 {
        at.timestamp_micros().saturating_sub(self.from.timestamp_micros()) / self.step_us
    }

    /// Of blocks the last one in each step.
    fn last_in_each(&self, blocks: &[EventBlock]) -> Vec<EventBlock> {
        let mut last: Vec<EventBlock> = Vec::new();
        for block in blocks {
            if last.last().is_some_and(|before| self.step_of(before.effective_max) >= self.step_of(block.effective_max))
            {
                last.pop();
            }
            last.push(*block);
        }
        last
    }

    fn push(&mut self, level: SeatLevel) {
        let step = self.step_of(level.at);
        match self.levels.last() {
            Some(last) if self.step_of(last.at) >= step => {
                let at = last.at;
                self.levels.pop();
                self.levels.push(SeatLevel { at, ..level });
            }
            Some(last) if (last.bought, last.assigned) == (level.bought, level.assigned) => {}
            _ => self.levels.push(level),
        }
    }

    fn done(self) -> SeatHistory {
        SeatHistory { from: self.from, to: self.to, levels: self.levels }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn at(second: i64) -> Instant {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[test]
    fn a_long_past_is_told_in_few_steps_and_ends_as_it_is() {
        let mut steps = Steps::new(at(0), at(1_000), 10);
        for second in 0..=1_000 {
            steps.push(SeatLevel { at: at(second), bought: 50, assigned: u32::try_from(second).unwrap() });
        }
        let history = steps.done();
        assert!(history.levels.len() <= 11, "{}", history.levels.len());
        assert_eq!(history.levels.last().unwrap().assigned, 1_000);
        assert!(history.levels.is_sorted_by(|one, other| one.at < other.at));
    }

    #[test]
    fn what_stays_as_it_is_makes_no_step() {
        let mut steps = Steps::new(at(0), at(1_000), 10);
        for second in 0..=1_000 {
            steps.push(SeatLevel { at: at(second), bought: 5, assigned: 5 });
        }
        assert_eq!(steps.done().levels, [SeatLevel { at: at(0), bought: 5, assigned: 5 }]);
    }
}
