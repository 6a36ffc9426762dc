//! Commands that somebody waits for.

use chrono::{DateTime, TimeDelta};
use journal::Positions;
use licensing::{Command, Instant};
use uuid::Uuid;

use super::{
    Writer,
    licensees::{Applied, LicenseeCommand},
    outcomes::{Ending, Identity, answer_again},
    streams::Cause,
};
use crate::{Answer, Call, Claim, Done, EngineError};

/// How long an `Idempotency-Key` is kept.
const KEY_LIFE: TimeDelta = TimeDelta::days(30);

impl Writer {
    /// Decides a call.
    pub(super) fn call(&mut self, call: Call) -> Result<Done, EngineError> {
        let identity = identity_of(&call);
        if call.key.is_some()
            && let Some(done) = self.done_under_key(&identity)?
        {
            return Ok(done);
        }
        let is_keyed = call.key.is_some();
        let is_sync = matches!(call.command, Command::SynchronizeInstance { .. });
        let licensee = call.licensee.clone();
        // An undoing follows from what it undoes.
        let undone = match &call.command {
            Command::UndoCommand { command_id, .. } => Some(command_id.clone()),
            _ => None,
        };
        let order = LicenseeCommand { licensee: call.licensee, command: call.command, details: None };
        let cause = Cause::new(&identity.command_id, &identity.actor, self.clock.now());
        let cause = Cause { causation_id: undone.as_deref().unwrap_or(cause.causation_id), ..cause };
        let Applied { decision, position, command } = match self.apply(order, &cause)? {
            Ok(applied) => applied,
            Err(refused) => return self.refuse(&identity, refused),
        };
        let events = decision.events.len();
        let answer = match self.hot.licensee(&licensee) {
            Some(hot) if is_sync => Answer::Synchronized(Box::new(hot.state.account().summary(&self.catalogue))),
            _ => Answer::of(decision.report, events),
        };
        let mut positions = Positions::from(position);
        // Without a key nobody asks again; but what a change was asked for is kept where its events don't tell it.
        if is_keyed || (events > 0 && !command.is_empty()) {
            let head = self.head_of(licensee.as_str())?;
            let answer = is_keyed.then_some(&answer);
            let ending = Ending { refusal: None, events, answer, id_reused: false, command };
            positions.advance(self.keep_outcome(head, &identity, ending)?);
        }
        metrics::counter!("usher_commands_total", "outcome" => "accepted").increment(1);
        let events = u32::try_from(events).unwrap_or(u32::MAX);
        Ok(Done { outcome: Ok(answer), duplicate: false, events, positions })
    }
}

impl Writer {
    /// Takes a key for a request whose commands have ids of their own.
    pub(super) fn claim(&mut self, claim: Claim) -> Result<Done, EngineError> {
        let identity = Identity {
            command_id: claim.key.command_id(),
            digest: claim.key.digest(),
            type_name: claim.type_name,
            actor: claim.actor,
            licensee: String::new(),
            user: String::new(),
            home: claim.key.command_id(),
            told_at: None,
        };
        if let Some(done) = self.done_under_key(&identity)? {
            return Ok(done);
        }
        let head = self.head_of(&identity.home)?;
        let answer = Answer::of(licensing::Report::None, 0);
        let ending = Ending { refusal: None, events: 0, answer: Some(&answer), id_reused: false, command: Vec::new() };
        let position = self.keep_outcome(head, &identity, ending)?;
        Ok(Done { outcome: Ok(answer), duplicate: false, events: 0, positions: position.into() })
    }

    /// What was done under a key that is not too old: the same again, or a refusal of another content.
    fn done_under_key(&mut self, identity: &Identity) -> Result<Option<Done>, EngineError> {
        let now = self.clock.now();
        let earlier = self.earlier_outcome(&identity.command_id);
        let Some(earlier) = earlier.filter(|earlier| is_alive(earlier.outcome.effective_at_us, now)) else {
            return Ok(None);
        };
        if earlier.outcome.digest == identity.digest {
            metrics::counter!("usher_commands_total", "outcome" => "duplicate").increment(1);
            return answer_again(earlier).map(Some);
        }
        self.refuse_reused(identity).map(Some)
    }
}

fn identity_of(call: &Call) -> Identity {
    Identity {
        command_id: call.key.as_ref().map_or_else(|| format!("call:{}", Uuid::now_v7()), |key| key.command_id()),
        digest: call.key.as_ref().map_or([0; 32], |key| key.digest()),
        type_name: call.type_name.clone(),
        actor: call.actor.clone(),
        licensee: call.licensee.as_str().to_owned(),
        user: String::new(),
        home: call.licensee.as_str().to_owned(),
        told_at: None,
    }
}

fn is_alive(kept_at_us: i64, now: Instant) -> bool {
    DateTime::from_timestamp_micros(kept_at_us).is_some_and(|kept_at| now - kept_at < KEY_LIFE)
}
