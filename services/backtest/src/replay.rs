//! The way through: what happened, and what would have.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta};
use journal::Journal;
use licensing::{
    Catalogue, Command, Context, Event, Instant, Licensee, LicenseeId, Refusal, UserId, UserStatus, decide, fire,
};

use crate::{
    BacktestError, Question, RefusalDifference, Report, Verdict,
    course::{Catalogues, Course},
    facts::FactsOfThen,
    history::History,
    reading::{Told, from_events, from_kept, undone_by},
    step::{Cause, LicenseeStep, Step, What},
};

/// Between two sweeps, in seconds: they are at 00:00 and 12:00 UTC (R27).
const SWEEP_SECONDS: i64 = 12 * 60 * 60;
/// How often it is told how far it is, in steps.
const TELL_EVERY: u64 = 1_000;

/// Decides what was recorded again, under other rules; `tell` hears how many steps are done. Writes nothing.
///
/// # Errors
/// [`BacktestError`] where the journal can't be read.
pub fn backtest(
    journal: &dyn Journal,
    question: &Question,
    tell: &mut dyn FnMut(u64),
) -> Result<Report, BacktestError> {
    // Before the history: whatever is in that up to the kept clock is whole, timers included.
    let recorded_until = journal.clock()?;
    let mut history = History::open(journal)?;
    let last = last_instant(question, recorded_until);
    let mut replay = Replay::new(question);
    let mut steps = 0_u64;
    while let Some(step) = history.next()?.filter(|step| last.is_none_or(|last| step.at <= last)) {
        replay.pass_time(step.at);
        replay.take(step);
        steps = steps.saturating_add(1);
        if steps.is_multiple_of(TELL_EVERY) {
            tell(steps);
        }
    }
    if let Some(last) = last {
        replay.pass_time(last);
    }
    Ok(replay.report(question.to.filter(|to| recorded_until.is_none_or(|until| *to <= until)).or(recorded_until)))
}

/// The last instant that is looked at.
fn last_instant(question: &Question, recorded_until: Option<Instant>) -> Option<Instant> {
    let before_end = question.to.map(|to| to - TimeDelta::microseconds(1));
    match (before_end, recorded_until) {
        (Some(before_end), Some(recorded_until)) => Some(before_end.min(recorded_until)),
        (before_end, recorded_until) => before_end.or(recorded_until),
    }
}

struct Replay<'a> {
    question: &'a Question,
    courses: BTreeMap<LicenseeId, Course>,
    /// When time alone changes licensees next, by the other rules.
    due: BTreeSet<(Instant, LicenseeId)>,
    /// The last use of each user so far.
    last_uses: HashMap<UserId, Instant>,
    /// From when on the other rules hold, until they do.
    begins_at: Option<Instant>,
    /// What the change of rules alone makes too many, a sweep takes once, as after a restart with another catalogue.
    sweep_at: Option<Instant>,
    report: Report,
}

impl<'a> Replay<'a> {
    fn new(question: &'a Question) -> Self {
        Self {
            question,
            courses: BTreeMap::new(),
            due: BTreeSet::new(),
            last_uses: HashMap::new(),
            begins_at: question.from,
            sweep_at: None,
            report: Report { from: question.from, ..Report::default() },
        }
    }

    fn catalogues(&self) -> Catalogues<'a> {
        Catalogues { held: &self.question.held, tried: &self.question.catalogue }
    }

    /// Lets time pass up to and at `until`: what is due by the other rules happens on the way, in order.
    fn pass_time(&mut self, until: Instant) {
        if let Some(begins_at) = self.begins_at.filter(|begins_at| *begins_at <= until) {
            self.begin(begins_at);
        }
        loop {
            let timer_at = self.due.first().map(|(due, _)| *due);
            let sweep_at = self.sweep_at.filter(|at| *at <= until && timer_at.is_none_or(|timer_at| *at < timer_at));
            if let Some(sweep_at) = sweep_at {
                self.sweep_at = None;
                self.sweep(sweep_at);
                continue;
            }
            let Some((_, licensee)) = self.due.first().filter(|(due, _)| *due <= until).cloned() else { return };
            self.fire_next(&licensee);
        }
    }

    /// From now on the other rules hold.
    fn begin(&mut self, at: Instant) {
        self.begins_at = None;
        self.sweep_at = next_sweep(at);
        let catalogues = self.catalogues();
        for (licensee, course) in &mut self.courses {
            course.begin(catalogues, at);
            line_up(&mut self.due, licensee, course, catalogues.tried);
        }
    }

    fn fire_next(&mut self, licensee: &LicenseeId) {
        let catalogues = self.catalogues();
        let Some(course) = self.courses.get_mut(licensee) else { return };
        if let Some(timer) = course.would_be().next_timer(catalogues.tried) {
            let facts = FactsOfThen { last_uses: &self.last_uses, joining: UserStatus::Active, undone: Vec::new() };
            let context = Context { catalogue: catalogues.tried, now: timer.due, facts: &facts };
            let events = fire(course.would_be(), &timer, &context);
            course.take_in(&[], &events, catalogues, timer.due.max(self.report.from.unwrap_or(timer.due)));
        }
        line_up(&mut self.due, licensee, course, catalogues.tried);
    }

    fn sweep(&mut self, at: Instant) {
        let catalogues = self.catalogues();
        for (licensee, course) in &mut self.courses {
            let decided = decided(course.would_be(), &Command::Sweep, catalogues.tried, at, &self.last_uses, &[]);
            course.take_in(&[], &decided.unwrap_or_default(), catalogues, at);
            line_up(&mut self.due, licensee, course, catalogues.tried);
        }
    }

    fn take(&mut self, step: Step) {
        match step.what {
            What::Used { user, used_at } => {
                let last = self.last_uses.entry(user).or_insert(used_at);
                *last = used_at.max(*last);
            }
            What::Licensee(happened) if self.question.is_about(&happened.licensee) => {
                self.take_of_licensee(happened, step.at);
            }
            What::Licensee(_) => {}
        }
    }

    fn take_of_licensee(&mut self, happened: LicenseeStep, at: Instant) {
        let catalogues = self.catalogues();
        let course = self.courses.entry(happened.licensee.clone()).or_default();
        if self.begins_at.is_some() {
            course.take_in_both(&happened.events, at);
            return;
        }
        let LicenseeStep { licensee, command_id, cause, events } = happened;
        let was = match &cause {
            Cause::Refused(code, _) => Verdict::Refused(*code),
            Cause::Time | Cause::Sweep | Cause::Accepted(_) => Verdict::Accepted,
        };
        let told = told(&cause, &events, course.was(), at);
        count(&mut self.report, &cause, told.as_ref());
        let decided =
            told.map(|told| decided(course.would_be(), &told.command, catalogues.tried, at, &self.last_uses, &events));
        let would_be = match &decided {
            Some(Ok(_)) => Verdict::Accepted,
            Some(Err(refusal)) => Verdict::Refused(refusal.code),
            // Nothing was decided again: it is as it was.
            None => was,
        };
        if was != would_be {
            course.note_refusal(RefusalDifference { at, command_id, was, would_be });
        }
        course.take_in(&events, &decided.and_then(Result::ok).unwrap_or_default(), catalogues, at);
        if cause == Cause::Time {
            course.rejoin();
        }
        line_up(&mut self.due, &licensee, course, catalogues.tried);
    }

    fn report(mut self, to: Option<Instant>) -> Report {
        self.report.to = to;
        for (licensee, course) in self.courses {
            if course.was().exists() || course.would_be().exists() {
                self.report.licensees = self.report.licensees.saturating_add(1);
            }
            course.report(licensee, &mut self.report);
        }
        self.report
    }
}

/// The command of a step, if it is one and can be told.
fn told(cause: &Cause, events: &[Event], before: &Licensee, at: Instant) -> Option<Told> {
    match cause {
        Cause::Time => None,
        Cause::Sweep => Some(Told { command: Command::Sweep, is_exact: true }),
        Cause::Accepted(Some(kept)) | Cause::Refused(_, Some(kept)) => Some(from_kept(kept.clone())),
        Cause::Accepted(None) => from_events(events, before, at),
        Cause::Refused(_, None) => None,
    }
}

fn count(report: &mut Report, cause: &Cause, told: Option<&Told>) {
    let commands = &mut report.commands;
    let count = match (cause, told) {
        (Cause::Time | Cause::Sweep, _) => return,
        (_, Some(Told { is_exact: true, .. })) => &mut commands.exact,
        (_, Some(Told { is_exact: false, .. })) => &mut commands.approximate,
        (Cause::Refused(code, _), None) => commands.not_kept.entry(*code).or_default(),
        (Cause::Accepted(_), None) => &mut commands.unreadable,
    };
    *count = count.saturating_add(1);
}

/// What follows from a command, by the facts of then; `recorded` is what followed then.
fn decided(
    licensee: &Licensee,
    command: &Command,
    catalogue: &Catalogue,
    now: Instant,
    last_uses: &HashMap<UserId, Instant>,
    recorded: &[Event],
) -> Result<Vec<Event>, Refusal> {
    let joining = match recorded.first() {
        Some(Event::MemberAdded { status, .. }) => *status,
        _ => UserStatus::Active,
    };
    let undone = match command {
        Command::UndoCommand { .. } => undone_by(recorded, licensee),
        _ => Vec::new(),
    };
    let context = Context { catalogue, now, facts: &FactsOfThen { last_uses, joining, undone } };
    decide(licensee, command, &context).map(|decision| decision.events)
}

/// Lines up what time alone changes next.
fn line_up(
    due: &mut BTreeSet<(Instant, LicenseeId)>,
    licensee: &LicenseeId,
    course: &mut Course,
    catalogue: &Catalogue,
) {
    let next = course.would_be().next_timer(catalogue).map(|timer| timer.due);
    if next == course.due {
        return;
    }
    if let Some(before) = std::mem::replace(&mut course.due, next) {
        due.remove(&(before, licensee.clone()));
    }
    due.extend(next.map(|next| (next, licensee.clone())));
}

/// The first sweep at or after an instant.
fn next_sweep(at: Instant) -> Option<Instant> {
    let seconds = at.timestamp().div_euclid(SWEEP_SECONDS).saturating_mul(SWEEP_SECONDS);
    let boundary = DateTime::from_timestamp(seconds, 0)?;
    if boundary >= at { Some(boundary) } else { DateTime::from_timestamp(seconds.saturating_add(SWEEP_SECONDS), 0) }
}
