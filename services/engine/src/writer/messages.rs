//! Messages from outside.

use contract::{
    incoming::{Incoming, MessageKey, Request},
    proto::journal::{Usage, record::Kind},
};
use journal::{Head, Positions, StatusNews};
use licensing::{Code, Instant, Refusal, UserId};
use uuid::Uuid;

use super::{
    Writer,
    licensees::{Applied, LicenseeCommand, Refused},
    outcomes::{Ending, Identity, answer_again},
    streams::Cause,
};
use crate::{
    Answer, ClockMode, Done, EngineError,
    order::{actor_of, home_of},
    recent::CommitRef,
};

impl Writer {
    /// Decides a message. It gets an outcome in any case, unless the store fails. `news` is set if other nodes may have to
    /// hear of it before that is given.
    pub(super) fn message(&mut self, incoming: Incoming, news: &mut Option<StatusNews>) -> Result<Done, EngineError> {
        if let (ClockMode::EventTime(_), Some(time)) = (self.clock.mode(), incoming.time) {
            self.advance_to(time)?;
        }
        let identity = identity_of(&incoming);
        if let Some(earlier) = self.earlier_outcome(&identity.command_id) {
            if earlier.outcome.digest == identity.digest {
                metrics::counter!("usher_commands_total", "outcome" => "duplicate").increment(1);
                return answer_again(earlier);
            }
            return self.refuse_reused(&identity);
        }
        match incoming.request {
            Err(refusal) => self.refuse(&identity, Refused::unread(refusal)),
            Ok(Request::Licensee { licensee, command, details }) => {
                self.licensee_message(&identity, LicenseeCommand { licensee, command, details })
            }
            Ok(Request::UserStatus { user, status, reason }) => {
                self.user_status_message(identity, &user, status, reason, news)
            }
            Ok(Request::Usage { user, used_at }) => self.usage_message(identity, &user, used_at),
        }
    }

    fn licensee_message(&mut self, identity: &Identity, order: LicenseeCommand) -> Result<Done, EngineError> {
        let head = self.head_of(order.licensee.as_str())?;
        let cause = Cause::new(&identity.command_id, &identity.actor, self.clock.now());
        match self.apply(order, &cause)? {
            Err(refused) => self.refuse(identity, refused),
            Ok(Applied { decision, command, .. }) => {
                let events = decision.events.len();
                self.accept_with(head, identity, events, Answer::of(decision.report, events), command)
            }
        }
    }

    /// A use is no event: too many, too small. One in the future counts as now.
    fn usage_message(&mut self, identity: Identity, user: &UserId, used_at: Instant) -> Result<Done, EngineError> {
        let used_at = used_at.min(self.clock.now());
        let head = self.head_of(user.as_str())?;
        let usage = Usage { user: user.as_str().to_owned(), used_at_us: used_at.timestamp_micros() };
        self.batch.push(head, Kind::Usage(usage));
        self.recent.add_use(CommitRef::after(head), user, used_at);
        self.accept(head, &identity, 0, Answer::of(licensing::Report::None, 0))
    }

    /// Keeps that a message was accepted.
    pub(super) fn accept(
        &mut self,
        head: Head,
        identity: &Identity,
        events: usize,
        answer: Answer,
    ) -> Result<Done, EngineError> {
        self.accept_with(head, identity, events, answer, Vec::new())
    }

    /// Keeps that a message was accepted, and what it asked for.
    fn accept_with(
        &mut self,
        head: Head,
        identity: &Identity,
        events: usize,
        answer: Answer,
        command: Vec<u8>,
    ) -> Result<Done, EngineError> {
        metrics::counter!("usher_commands_total", "outcome" => "accepted").increment(1);
        let ending = Ending { refusal: None, events, answer: None, id_reused: false, command };
        let position = self.keep_outcome(head, identity, ending)?;
        let events = u32::try_from(events).unwrap_or(u32::MAX);
        Ok(Done { outcome: Ok(answer), duplicate: false, events, positions: position.into() })
    }

    /// Keeps that a command was refused (R35).
    pub(super) fn refuse(&mut self, identity: &Identity, refused: Refused) -> Result<Done, EngineError> {
        let Refused { refusal, command } = refused;
        self.keep_refusal(identity, refusal, command, false)
    }

    /// Refuses a command whose id belongs to another one (R34).
    pub(super) fn refuse_reused(&mut self, identity: &Identity) -> Result<Done, EngineError> {
        self.keep_refusal(identity, reused(&identity.command_id), Vec::new(), true)
    }

    fn keep_refusal(
        &mut self,
        identity: &Identity,
        refusal: Refusal,
        command: Vec<u8>,
        id_reused: bool,
    ) -> Result<Done, EngineError> {
        metrics::counter!("usher_commands_total", "outcome" => "refused").increment(1);
        metrics::counter!("usher_refusals_total", "code" => refusal.code.as_str()).increment(1);
        let head = self.head_of(&identity.home)?;
        let ending = Ending { refusal: Some(&refusal), events: 0, answer: None, id_reused, command };
        let position = self.keep_outcome(head, identity, ending)?;
        Ok(Done { outcome: Err(refusal), duplicate: false, events: 0, positions: Positions::from(position) })
    }
}

fn identity_of(incoming: &Incoming) -> Identity {
    Identity {
        // What can't be told from others is kept under a name of its own.
        command_id: incoming.key.as_ref().map_or_else(|| format!("message:{}", Uuid::now_v7()), MessageKey::command_id),
        digest: incoming.digest,
        type_name: incoming.type_name.clone(),
        actor: actor_of(incoming).to_owned(),
        licensee: incoming.named_licensee.as_ref().map_or_else(String::new, |licensee| licensee.as_str().to_owned()),
        user: match &incoming.request {
            Ok(Request::UserStatus { user, .. }) => user.as_str().to_owned(),
            _ => String::new(),
        },
        home: home_of(incoming).to_owned(),
        told_at: incoming.time,
    }
}

fn reused(command_id: &str) -> Refusal {
    Refusal::new(
        Code::IdempotencyKeyReused,
        format!("the id {command_id} belongs to a command with another content: send this one under a new id"),
    )
}
