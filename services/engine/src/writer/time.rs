//! What time alone does: the clock, timers (R2, R13, R18, R20) and the sweep (R27).

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    time::Duration,
};

use chrono::{DateTime, TimeDelta};
use contract::actor;
use journal::StreamIndex;
use licensing::{Command, Instant, LicenseeId, Timer, fire};

use super::{Writer, streams::Cause};
use crate::{ClockMode, ClockRefused, EngineError, Moved, clock::machine_now};

/// Between two sweeps, in seconds: they are at 00:00 and 12:00 UTC.
const SWEEP_SECONDS: i64 = 12 * 60 * 60;
/// How many licensees are swept between two batches while the clock runs by itself.
const SWEPT_PER_BATCH: usize = 256;
/// The longest rest, however far away the next timer is.
const REST_MAX: Duration = Duration::from_secs(60);
/// How long the clock waits for the index of other nodes.
const SETTLE_WAIT: Duration = Duration::from_secs(10);

/// The clock that decisions are made by.
pub(super) struct Clock {
    mode: ClockMode,
    now: Instant,
    moved: bool,
}

impl Clock {
    pub(super) fn start(mode: ClockMode, kept: Option<Instant>) -> Self {
        let start = match mode {
            ClockMode::System => Some(machine_now()),
            ClockMode::Manual(start) | ClockMode::EventTime(start) => start,
        };
        let otherwise = match mode {
            ClockMode::System | ClockMode::Manual(_) => machine_now(),
            ClockMode::EventTime(_) => DateTime::UNIX_EPOCH,
        };
        let moved = start.is_some() && start > kept;
        Self { mode, now: start.max(kept).unwrap_or(otherwise), moved }
    }

    pub(super) const fn mode(&self) -> ClockMode {
        self.mode
    }

    pub(super) const fn now(&self) -> Instant {
        self.now
    }

    /// Stands no earlier than a clock that is kept already.
    pub(super) fn catch_up_with(&mut self, kept: Instant) {
        self.now = self.now.max(kept);
    }

    fn move_to(&mut self, to: Instant) {
        if to > self.now {
            self.now = to;
            self.moved = true;
        }
    }

    /// Where the clock stands, if that is not yet kept.
    pub(super) fn take_moved(&mut self) -> Option<Instant> {
        std::mem::take(&mut self.moved).then_some(self.now)
    }
}

/// When time alone changes each licensee next.
#[derive(Default)]
pub(super) struct Timers {
    by_due: BTreeSet<(Instant, LicenseeId)>,
    by_licensee: HashMap<LicenseeId, Instant>,
}

impl Timers {
    pub(super) fn load(index: &dyn StreamIndex, is_wanted: impl Fn(&LicenseeId) -> bool) -> Result<Self, EngineError> {
        let mut timers = Self::default();
        for (licensee, due) in due_of(index, is_wanted)? {
            timers.set(&licensee, Some(due));
        }
        Ok(timers)
    }

    pub(super) fn forget(&mut self, is_unwanted: impl Fn(&LicenseeId) -> bool) {
        self.by_due.retain(|(_, licensee)| !is_unwanted(licensee));
        self.by_licensee.retain(|licensee, _| !is_unwanted(licensee));
    }

    pub(super) fn licensees(&self) -> impl Iterator<Item = &LicenseeId> {
        self.by_licensee.keys()
    }

    /// Notes when time alone changes a licensee next; whether that is another time than before.
    pub(super) fn set(&mut self, licensee: &LicenseeId, due: Option<Instant>) -> bool {
        if self.by_licensee.get(licensee).copied() == due {
            return false;
        }
        if let Some(earlier) = self.by_licensee.remove(licensee) {
            self.by_due.remove(&(earlier, licensee.clone()));
        }
        if let Some(due) = due {
            self.by_due.insert((due, licensee.clone()));
            self.by_licensee.insert(licensee.clone(), due);
        }
        true
    }

    fn first(&self) -> Option<&(Instant, LicenseeId)> {
        self.by_due.first()
    }

    fn first_until(&self, until: Instant) -> Option<(Instant, LicenseeId)> {
        self.first().filter(|(due, _)| *due <= until).cloned()
    }
}

/// When time alone changes those licensees next that are wanted.
pub(super) fn due_of(
    index: &dyn StreamIndex,
    is_wanted: impl Fn(&LicenseeId) -> bool,
) -> Result<Vec<(LicenseeId, Instant)>, EngineError> {
    let mut due = Vec::new();
    for next in index.timers()? {
        let licensee = LicenseeId::parse(&next.licensee)
            .map_err(|error| EngineError::Unreadable { place: "the timers".to_owned(), detail: error.to_string() })?;
        if is_wanted(&licensee) {
            due.push((licensee, next.due_at));
        }
    }
    Ok(due)
}

/// Which licensees are to be looked at, and which have changed since.
#[derive(Default)]
pub(super) struct Sweep {
    changed: BTreeSet<LicenseeId>,
    waiting: VecDeque<LicenseeId>,
}

impl Sweep {
    /// Whoever holds a seat has a timer: the end of the term, or of the grace.
    pub(super) fn after_start<'a>(with_timers: impl Iterator<Item = &'a LicenseeId>) -> Self {
        Self { changed: with_timers.cloned().collect(), waiting: VecDeque::new() }
    }

    /// What does not change stays clean, so it need not be looked at again.
    pub(super) fn note_change(&mut self, licensee: &LicenseeId) {
        if !self.changed.contains(licensee) {
            self.changed.insert(licensee.clone());
        }
    }

    pub(super) fn forget(&mut self, is_unwanted: impl Fn(&LicenseeId) -> bool) {
        self.changed.retain(|licensee| !is_unwanted(licensee));
        self.waiting.retain(|licensee| !is_unwanted(licensee));
    }

    fn begin(&mut self) {
        self.waiting.extend(std::mem::take(&mut self.changed));
    }
}

impl Writer {
    /// How long there is nothing to do unless a command comes.
    pub(super) fn time_to_next_duty(&self) -> Duration {
        if !self.sweep.waiting.is_empty() {
            return Duration::ZERO;
        }
        if self.clock.mode() != ClockMode::System {
            let is_due = self.timers.first().is_some_and(|(due, _)| *due <= self.clock.now());
            return if is_due { Duration::ZERO } else { REST_MAX };
        }
        let now = machine_now();
        let sweep_in = TimeDelta::seconds(SWEEP_SECONDS - now.timestamp().rem_euclid(SWEEP_SECONDS));
        let timer_in = self.timers.first().map_or(sweep_in, |(due, _)| *due - now);
        // One millisecond more, so that it is due for certain when the rest ends.
        let rest = (timer_in.min(sweep_in) + TimeDelta::milliseconds(1)).to_std().unwrap_or(Duration::ZERO);
        rest.min(REST_MAX)
    }

    /// Moves a manual clock, at the wish of a caller.
    pub(super) fn set_clock(&mut self, to: Instant) -> Result<Result<Moved, ClockRefused>, EngineError> {
        if let Err(refused) = self.check_clock(to) {
            return Ok(Err(refused));
        }
        self.settle()?;
        self.advance_to(to)?;
        let reached = self.decided_so_far().iter().filter(|end| end.position > 0).collect();
        Ok(Ok(Moved { now: to, positions: reached }))
    }

    /// Whether a caller may set the clock there.
    pub(super) fn check_clock(&self, to: Instant) -> Result<(), ClockRefused> {
        let now = self.clock.now();
        if !matches!(self.clock.mode(), ClockMode::Manual(_)) {
            return Err(ClockRefused::NotManual);
        }
        if to < now { Err(ClockRefused::Backwards { now }) } else { Ok(()) }
    }

    /// Waits until the index tells of everything that other nodes committed so far: what timers decide by, such as the
    /// last uses, is to be as of the instant at which they fire.
    fn settle(&self) -> Result<(), EngineError> {
        if self.shared.is_none() {
            return Ok(());
        }
        for head in self.journal.heads()?.iter().filter(|head| !self.decided.contains(head.shard)) {
            if !self.index.wait_until(head.shard, head.commit_number, SETTLE_WAIT)? {
                tracing::warn!(shard = head.shard, "the clock moves although the index of another node is behind");
            }
        }
        Ok(())
    }

    /// Moves the clock, unless it stands there already or later; whatever is due on the way happens first, in order.
    pub(super) fn advance_to(&mut self, to: Instant) -> Result<(), EngineError> {
        let to = to.max(self.clock.now());
        if let Some(boundary) = last_sweep_between(self.clock.now(), to) {
            self.fire_until(boundary)?;
            self.clock.move_to(boundary);
            self.sweep.begin();
            if self.clock.mode() != ClockMode::System {
                while self.sweep_next()? {}
            }
        }
        self.fire_until(to)?;
        self.clock.move_to(to);
        Ok(())
    }

    fn fire_until(&mut self, until: Instant) -> Result<(), EngineError> {
        while let Some((due, licensee)) = self.timers.first_until(until) {
            self.clock.move_to(due);
            self.fire_timers_of(&licensee, due)?;
            if self.batch.is_full() {
                self.hand_over();
            }
        }
        Ok(())
    }

    /// Fires what is due for a licensee up to and at `until`.
    fn fire_timers_of(&mut self, licensee: &LicenseeId, until: Instant) -> Result<(), EngineError> {
        self.load_licensee(licensee)?;
        while let Some(timer) = self.next_timer_of(licensee).filter(|timer| timer.due <= until) {
            let events = self.with_context(licensee, timer.due, None, |state, context| fire(state, &timer, context))?;
            let command_id = timer_command_id(licensee, &timer);
            metrics::counter!("usher_timers_fired_total", "kind" => timer.kind.as_str()).increment(1);
            self.append_to_licensee(licensee, &events, &Cause::new(&command_id, actor::TIMER, timer.due))?;
        }
        // Also if nothing fired: the catalogue may have changed what is due.
        let next = self.next_timer_of(licensee).map(|timer| timer.due);
        self.timers.set(licensee, next);
        Ok(())
    }

    pub(super) fn next_timer_of(&self, licensee: &LicenseeId) -> Option<Timer> {
        self.hot.licensee(licensee)?.state.next_timer(&self.catalogue)
    }

    /// Sweeps some of the licensees that wait for it (R27).
    pub(super) fn sweep_some(&mut self) -> Result<(), EngineError> {
        for _ in 0..SWEPT_PER_BATCH {
            if !self.sweep_next()? {
                break;
            }
        }
        Ok(())
    }

    fn sweep_next(&mut self) -> Result<bool, EngineError> {
        let Some(licensee) = self.sweep.waiting.pop_front() else { return Ok(false) };
        let now = self.clock.now();
        self.load_licensee(&licensee)?;
        let decision = self
            .with_context(&licensee, now, None, |state, context| licensing::decide(state, &Command::Sweep, context))?;
        let Ok(decision) = decision else { return Ok(true) };
        if !decision.events.is_empty() {
            let removed = decision.events.len();
            tracing::error!(%licensee, removed, "the sweep found seats that should not be: a defect, report it");
            metrics::counter!("usher_sweep_removed_total").increment(removed as u64);
            let command_id = format!("sweep:{licensee}:{}", now.to_rfc3339());
            let cause = Cause::new(&command_id, actor::SWEEP, now);
            self.append_to_licensee(&licensee, &decision.events, &cause)?;
        }
        Ok(true)
    }
}

fn timer_command_id(licensee: &LicenseeId, timer: &Timer) -> String {
    let due = timer.due.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
    format!("timer:{licensee}:{}:{due}", timer.kind.as_str())
}

/// The last instant of a sweep after `from`, up to and at `to`.
fn last_sweep_between(from: Instant, to: Instant) -> Option<Instant> {
    let last_seconds = to.timestamp().div_euclid(SWEEP_SECONDS) * SWEEP_SECONDS;
    DateTime::from_timestamp(last_seconds, 0).filter(|boundary| *boundary > from)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn r27_sweeps_are_at_midnight_and_noon_and_once_after_a_jump() {
        let cases = [
            ("2025-01-01T00:00:00Z", "2025-01-01T11:59:59Z", None),
            ("2025-01-01T11:59:59Z", "2025-01-01T12:00:00Z", Some("2025-01-01T12:00:00Z")),
            ("2025-01-01T12:00:00Z", "2025-01-01T12:00:00Z", None),
            ("2025-01-01T00:00:00Z", "2031-05-06T13:00:00Z", Some("2031-05-06T12:00:00Z")),
            ("1969-12-31T11:00:00Z", "1969-12-31T13:00:00Z", Some("1969-12-31T12:00:00Z")),
        ];
        for (from, to, sweep) in cases {
            assert_eq!(last_sweep_between(at(from), at(to)), sweep.map(at), "{from} to {to}");
        }
    }

    #[test]
    fn a_clock_goes_on_from_the_kept_instant_and_never_back() {
        let (early, late) = (at("2025-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z"));
        for mode in [ClockMode::Manual as fn(Option<Instant>) -> ClockMode, ClockMode::EventTime] {
            assert_eq!(Clock::start(mode(Some(early)), Some(late)).now(), late);
            assert_eq!(Clock::start(mode(Some(late)), Some(early)).now(), late);
            assert_eq!(Clock::start(mode(None), Some(early)).now(), early);
        }
        let far = at("9000-01-01T00:00:00Z");
        assert_eq!(Clock::start(ClockMode::System, Some(far)).now(), far);
        let mut clock = Clock::start(ClockMode::Manual(Some(late)), None);
        assert_eq!(clock.take_moved(), Some(late), "a named start is kept");
        clock.move_to(early);
        assert_eq!((clock.now(), clock.take_moved()), (late, None));
    }
}
