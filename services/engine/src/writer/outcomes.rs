//! What became of commands is kept in the commit that they made, under their id (R34, R35).

use contract::{proto::journal as wire, proto::journal::record::Kind};
use journal::{Head, Position, StoredOutcome};
use licensing::{Instant, Refusal};

use super::Writer;
use crate::{Answer, Done, EngineError, Order, recent::CommitRef, submission::Submission};

/// A command, as auditors get to see it.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) command_id: String,
    pub(super) digest: [u8; 32],
    pub(super) type_name: String,
    pub(super) actor: String,
    /// The licensee that it names; empty for none.
    pub(super) licensee: String,
    /// The user that it is about, where it is about no licensee; empty for none.
    pub(super) user: String,
    /// The id whose shard keeps the outcome.
    pub(super) home: String,
    /// When it happened, in the words of whoever sent it.
    pub(super) told_at: Option<Instant>,
}

/// What became of a command.
pub(super) struct Ending<'a> {
    pub(super) refusal: Option<&'a Refusal>,
    /// Over all streams.
    pub(super) events: usize,
    /// Kept for callers that get the answer again.
    pub(super) answer: Option<&'a Answer>,
    /// The id belongs to another command.
    pub(super) id_reused: bool,
    /// What was asked for, where it is kept; else empty.
    pub(super) command: Vec<u8>,
}

impl Writer {
    /// Looks up at one go what became of commands with these ids.
    pub(super) fn look_up_outcomes(&mut self, submissions: &[Submission]) -> Result<(), EngineError> {
        let wanted: Vec<String> = submissions
            .iter()
            .flat_map(Submission::orders)
            .filter_map(Order::command_id)
            .filter(|command_id| self.recent.outcome(command_id).is_none())
            .collect();
        let ids: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let found = self.index.outcomes(&ids)?;
        self.looked_up.extend(wanted.into_iter().zip(found));
        Ok(())
    }

    /// What became of a command with this id, if there was one.
    pub(super) fn earlier_outcome(&self, command_id: &str) -> Option<&StoredOutcome> {
        self.recent.outcome(command_id).or_else(|| self.looked_up.get(command_id)?.as_ref())
    }

    /// Keeps what became of a command; gives where it lies.
    pub(super) fn keep_outcome(
        &mut self,
        head: Head,
        identity: &Identity,
        ending: Ending<'_>,
    ) -> Result<Position, EngineError> {
        let answer = ending.answer.map(serde_json::to_vec).transpose();
        let answer = answer.map_err(|error| EngineError::Unreadable {
            place: identity.command_id.clone(),
            detail: error.to_string(),
        })?;
        let id_reused = ending.id_reused;
        let outcome = wire::Outcome {
            command_id: identity.command_id.clone(),
            digest: identity.digest.to_vec(),
            r#type: identity.type_name.clone(),
            actor: identity.actor.clone(),
            licensee: identity.licensee.clone(),
            effective_at_us: self.clock.now().timestamp_micros(),
            recorded_at_us: self.recorded_at.timestamp_micros(),
            events: u32::try_from(ending.events).unwrap_or(u32::MAX),
            refusal: ending.refusal.map(wire::Refusal::from),
            answer: answer.unwrap_or_default(),
            told_at_us: identity.told_at.map(|at| at.timestamp_micros()),
            user: identity.user.clone(),
            id_reused,
            command: ending.command,
        };
        let position = self.batch.push(head, Kind::Outcome(outcome.clone()));
        if !id_reused {
            self.recent.add_outcome(CommitRef::after(head), StoredOutcome { position, outcome });
        }
        Ok(position)
    }
}

/// The answer to a command that was there before.
pub(super) fn answer_again(stored: &StoredOutcome) -> Result<Done, EngineError> {
    let outcome = &stored.outcome;
    let unreadable = |detail: String| EngineError::Unreadable { place: outcome.command_id.clone(), detail };
    let outcome = match &outcome.refusal {
        Some(refusal) => Err(Refusal::try_from(refusal.clone()).map_err(|error| unreadable(error.to_string()))?),
        None if outcome.answer.is_empty() => Ok(Answer::of(licensing::Report::None, outcome.events as usize)),
        None => Ok(serde_json::from_slice(&outcome.answer).map_err(|error| unreadable(error.to_string()))?),
    };
    Ok(Done { outcome, duplicate: true, events: 0, positions: stored.position.into() })
}
