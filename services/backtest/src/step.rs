//! What a commit holds, taken apart into the steps in which it was decided.

use std::collections::{HashMap, HashSet};

use contract::{
    actor,
    event::{StreamEvent, decode_recorded},
    kept::KeptCommand,
    proto::journal::{Commit, Event as Record, Outcome, Usage, record::Kind},
};
use journal::StoredCommit;
use licensing::{Code, Event, Instant, LicenseeId, UserId};

use crate::{BacktestError, error::CommitFault};

/// Something that was decided at one go, and what the clock said then.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) at: Instant,
    pub(crate) what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    /// A use became known.
    Used { user: UserId, used_at: Instant },
    /// Something happened to a licensee, or was refused.
    Licensee(LicenseeStep),
}

/// What happened to a licensee at one go.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LicenseeStep {
    pub(crate) licensee: LicenseeId,
    pub(crate) command_id: String,
    pub(crate) cause: Cause,
    /// What was made of it; empty for a refusal.
    pub(crate) events: Vec<Event>,
}

/// Why something happened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cause {
    /// By time alone.
    Time,
    /// The sweep.
    Sweep,
    /// A command that was accepted, with what was kept of it.
    Accepted(Option<KeptCommand>),
    /// A command that was refused, with what was kept of it.
    Refused(Code, Option<KeptCommand>),
}

/// The steps of a commit, in order.
pub(crate) fn steps_of(stored: &StoredCommit) -> Result<Vec<Step>, BacktestError> {
    let damaged = |source| BacktestError::Commit { shard: stored.shard, number: stored.number, source };
    let commit = stored.decode().map_err(|_| damaged(CommitFault::Block))?;
    Reader::new(&commit).read(&commit).map_err(damaged)
}

/// Takes a commit apart.
struct Reader<'a> {
    /// What was kept of commands that were accepted, by command and licensee.
    kept: HashMap<(&'a str, &'a str), &'a [u8]>,
    /// The commands that made events, with their licensees.
    told: HashSet<(String, LicenseeId)>,
    /// Steps so far.
    steps: Vec<Step>,
    /// The last step of each licensee, to which more events may belong.
    last: HashMap<LicenseeId, usize>,
}

impl<'a> Reader<'a> {
    fn new(commit: &'a Commit) -> Self {
        let outcomes = commit.records.iter().filter_map(|record| match &record.kind {
            Some(Kind::Outcome(outcome)) if outcome.refusal.is_none() && !outcome.command.is_empty() => Some(outcome),
            _ => None,
        });
        let kept = outcomes
            .map(|outcome| ((outcome.command_id.as_str(), outcome.licensee.as_str()), outcome.command.as_slice()))
            .collect();
        Self { kept, told: HashSet::new(), steps: Vec::new(), last: HashMap::new() }
    }

    fn read(mut self, commit: &Commit) -> Result<Vec<Step>, CommitFault> {
        for (place, record) in commit.records.iter().enumerate() {
            match &record.kind {
                Some(Kind::Event(event)) => self.event(event)?,
                Some(Kind::Usage(usage)) => self.usage(usage, commit, place)?,
                Some(Kind::Outcome(outcome)) => self.outcome(outcome)?,
                None => return Err(CommitFault::Block),
            }
        }
        Ok(self.steps)
    }

    /// The first event of a command begins a step, the others of the same licensee belong to it.
    fn event(&mut self, record: &Record) -> Result<(), CommitFault> {
        // What happens to users reaches their licensees as events of those.
        let StreamEvent::Licensee { licensee, event } = decode_recorded(record)? else {
            return Ok(());
        };
        if let Some(step) = self.last.get(&licensee).and_then(|place| self.steps.get_mut(*place))
            && let What::Licensee(before) = &mut step.what
            && before.command_id == record.command_id
        {
            before.events.push(event);
            return Ok(());
        }
        let cause = self.cause_of(record)?;
        self.told.insert((record.command_id.clone(), licensee.clone()));
        self.last.insert(licensee.clone(), self.steps.len());
        let command_id = record.command_id.clone();
        let step = LicenseeStep { licensee, command_id, cause, events: vec![event] };
        self.steps.push(Step { at: instant(record.effective_at_us)?, what: What::Licensee(step) });
        Ok(())
    }

    fn cause_of(&self, record: &Record) -> Result<Cause, CommitFault> {
        if actor::is_of_time(&record.actor, &record.command_id) {
            return Ok(if record.actor == actor::SWEEP { Cause::Sweep } else { Cause::Time });
        }
        let licensee = record.stream.split_once('/').map_or("", |(_, licensee)| licensee);
        let kept = self.kept.get(&(record.command_id.as_str(), licensee));
        Ok(Cause::Accepted(kept.map(|bytes| KeptCommand::decode(bytes)).transpose()?))
    }

    /// A use is known from when the message was accepted on: its outcome follows it.
    fn usage(&mut self, usage: &Usage, commit: &Commit, place: usize) -> Result<(), CommitFault> {
        let accepted_at_us = match commit.records.get(place.saturating_add(1)).and_then(|next| next.kind.as_ref()) {
            Some(Kind::Outcome(outcome)) => outcome.effective_at_us,
            _ => usage.used_at_us,
        };
        let (user, used_at) = (UserId::parse(&usage.user)?, instant(usage.used_at_us)?);
        self.steps.push(Step { at: instant(accepted_at_us)?, what: What::Used { user, used_at } });
        Ok(())
    }

    /// Refusals, and commands that were accepted and changed nothing.
    fn outcome(&mut self, outcome: &Outcome) -> Result<(), CommitFault> {
        let Ok(licensee) = LicenseeId::parse(&outcome.licensee) else { return Ok(()) };
        let kept = Some(&outcome.command).filter(|bytes| !bytes.is_empty());
        let kept = || kept.map(|bytes| KeptCommand::decode(bytes)).transpose();
        let cause = match &outcome.refusal {
            // Refused for its id, whatever the rules.
            Some(_) if outcome.id_reused => return Ok(()),
            Some(refusal) => match refusal.code.parse() {
                // No rule was asked about what can't be read.
                Ok(Code::MalformedEvent | Code::UnknownEventType) | Err(_) => return Ok(()),
                Ok(code) => Cause::Refused(code, kept()?),
            },
            None if self.told.contains(&(outcome.command_id.clone(), licensee.clone())) => return Ok(()),
            // Nothing is known of it, and nothing came of it.
            None if outcome.command.is_empty() => return Ok(()),
            None => Cause::Accepted(kept()?),
        };
        let command_id = outcome.command_id.clone();
        let step = LicenseeStep { licensee, command_id, cause, events: Vec::new() };
        self.steps.push(Step { at: instant(outcome.effective_at_us)?, what: What::Licensee(step) });
        Ok(())
    }
}

fn instant(micros: i64) -> Result<Instant, CommitFault> {
    Instant::from_timestamp_micros(micros).ok_or(CommitFault::Time)
}
