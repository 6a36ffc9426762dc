//! What a command would do (R37): decided as the command itself, on a copy.

use contract::{
    event::{StreamEvent, user_stream},
    incoming::{Details, Incoming, Request},
};
use journal::Person;
use licensing::{Command, Instant, LicenseeId, UserCommand, UserId, UserStatus, decide_user};

use super::{Writer, licensees::person_of, time::due_of};
use crate::{
    ClockMode, ClockRefused, EngineError, Order, PreviewEvent, Reply,
    foresight::{Copy, Foreseen, Outcome, Question, previewed},
    hot::{read_licensee, read_user},
};

/// The version of what an order is for is another than was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OtherVersion {
    pub(super) found: u64,
}

/// What is said of a preview.
pub(super) enum Told {
    /// What would happen.
    Now(Reply),
    /// It is to be found out aside; with the version of what it is about.
    Aside(Box<Question>, Option<u64>),
}

/// What is known of a preview at once.
enum Asked {
    Answered(Outcome),
    About(Box<Question>),
}

impl Writer {
    /// Whether an order is for another version than was named; one whose outcome is known already gets it in any case.
    pub(super) fn differs_from(&mut self, order: &Order, version: u64) -> Result<Option<OtherVersion>, EngineError> {
        if order.command_id().is_some_and(|id| self.earlier_outcome(&id).is_some()) {
            return Ok(None);
        }
        let found = self.version_of(order)?.unwrap_or_default();
        Ok((found != version).then_some(OtherVersion { found }))
    }

    /// What an order would do if it came under an id of its own: ids are neither looked at nor taken (R37).
    pub(super) fn preview(&mut self, order: Order) -> Result<Told, EngineError> {
        let version = self.version_of(&order)?;
        let asked = match order {
            Order::Message(incoming) => self.preview_message(*incoming)?,
            Order::Call(call) => self.question(&call.licensee, call.command, None, self.clock.now())?,
            Order::AdvanceClock(to) => match self.preview_clock(to)? {
                Ok(events) => Asked::Answered(Ok(events.into())),
                Err(refused) => return Ok(Told::Now(Reply::Moved(Err(refused)))),
            },
            // What only nodes say to each other makes no events that anybody asks for.
            Order::Claim(_) | Order::News(_) | Order::Preview(_) | Order::IfVersion { .. } => {
                Asked::Answered(Ok(Foreseen::default()))
            }
        };
        let outcome = match asked {
            Asked::Answered(outcome) => outcome,
            Asked::About(question) if question.is_about_many() => return Ok(Told::Aside(question, version)),
            Asked::About(question) => self.sight().answer(*question)?,
        };
        Ok(Told::Now(previewed(outcome, version)))
    }

    fn version_of(&mut self, order: &Order) -> Result<Option<u64>, EngineError> {
        let licensee = match order {
            Order::Preview(order) | Order::IfVersion { order, .. } => return self.version_of(order),
            Order::Call(call) => call.licensee.clone(),
            Order::Message(incoming) => match &incoming.request {
                Ok(Request::Licensee { licensee, .. }) => licensee.clone(),
                Ok(Request::UserStatus { user, .. } | Request::Usage { user, .. }) => {
                    self.load_user(user)?;
                    return Ok(self.hot.user(user).map(|hot| hot.version));
                }
                Err(_) => return Ok(None),
            },
            Order::Claim(_) | Order::News(_) | Order::AdvanceClock(_) => return Ok(None),
        };
        self.load_licensee(&licensee)?;
        Ok(self.hot.licensee(&licensee).map(|hot| hot.state.version()))
    }

    fn preview_message(&mut self, incoming: Incoming) -> Result<Asked, EngineError> {
        let at = match (self.clock.mode(), incoming.time) {
            (ClockMode::EventTime(_), Some(time)) => time.max(self.clock.now()),
            _ => self.clock.now(),
        };
        match incoming.request {
            Err(refusal) => Ok(Asked::Answered(Err(refusal))),
            Ok(Request::Licensee { licensee, command, details }) => {
                self.question(&licensee, command, details.as_ref(), at)
            }
            Ok(Request::UserStatus { user, status, .. }) => {
                self.preview_status(&user, status, at).map(|events| Asked::Answered(Ok(events.into())))
            }
            Ok(Request::Usage { .. }) => Ok(Asked::Answered(Ok(Foreseen::default()))),
        }
    }

    /// What a command would do to a licensee, to be found out.
    fn question(
        &mut self,
        licensee: &LicenseeId,
        mut command: Command,
        details: Option<&Details>,
        at: Instant,
    ) -> Result<Asked, EngineError> {
        let copy = self.copy(licensee)?;
        let mut about = None;
        if let Command::AddMember { user, details_changed, .. } = &mut command {
            let (status, person) = self.look_at_user(user)?;
            *details_changed = details.is_some_and(|details| person_of(details) != person);
            about = Some((user.clone(), status));
        }
        Ok(Asked::About(Box::new(Question { copy, command, user: about, at })))
    }

    /// A status reaches all of the user's licensees, whoever decides about them.
    fn preview_status(
        &mut self,
        user: &UserId,
        status: UserStatus,
        at: Instant,
    ) -> Result<Vec<PreviewEvent>, EngineError> {
        self.load_user(user)?;
        let hot = self.hot.user(user).ok_or_else(|| EngineError::not_at_hand(user_stream(user)))?;
        let Some(event) = decide_user(&hot.state, UserCommand::SetStatus(status)) else { return Ok(Vec::new()) };
        let licensees: Vec<LicenseeId> = hot.licensees.iter().cloned().collect();
        let mut events = vec![PreviewEvent::from(StreamEvent::User { user: user.clone(), event })];
        for licensee in licensees {
            let mut copy = self.copy(&licensee)?;
            self.sight().fire_on(&mut copy, at)?;
            let command = Command::ChangeMemberStatus { user: user.clone(), status };
            // A licensee takes note of a status whatever it is; where the user is no member there is nothing to note.
            if let Ok(decision) = self.sight().decide_on(&copy, &command, None, at)? {
                events.extend(PreviewEvent::of_licensee(&licensee, decision.events));
            }
        }
        Ok(events)
    }

    /// What time alone would do until then, in its order.
    fn preview_clock(&mut self, to: Instant) -> Result<Result<Vec<PreviewEvent>, ClockRefused>, EngineError> {
        if let Err(refused) = self.check_clock(to) {
            return Ok(Err(refused));
        }
        let mut fired = Vec::new();
        for (licensee, _) in due_of(&*self.index, |_| true)?.into_iter().filter(|(_, due)| *due <= to) {
            let mut copy = self.copy(&licensee)?;
            for (due, events) in self.sight().fire_on(&mut copy, to)? {
                fired.push((due, licensee.clone(), events));
            }
        }
        fired.sort_by(|(due, licensee, _), (other_due, other, _)| (due, licensee).cmp(&(other_due, other)));
        let events = fired
            .into_iter()
            .flat_map(|(_, licensee, events)| PreviewEvent::of_licensee(&licensee, events).collect::<Vec<_>>());
        Ok(Ok(events.collect()))
    }

    /// A licensee as it is now; of one that another node decides about, as far as is indexed.
    fn copy(&mut self, licensee: &LicenseeId) -> Result<Copy, EngineError> {
        if !self.decides_for(licensee.as_str()) {
            let hot = read_licensee(licensee, &*self.journal, &*self.index, None)?;
            return Ok(Copy { licensee: licensee.clone(), hot });
        }
        self.load_licensee(licensee)?;
        let hot = self.hot.licensee(licensee).ok_or_else(|| EngineError::not_at_hand(licensee.as_str()))?;
        Ok(Copy { licensee: licensee.clone(), hot: hot.clone() })
    }

    /// How a user stands; one whom another node decides about as far as is indexed.
    fn look_at_user(&mut self, user: &UserId) -> Result<(UserStatus, Option<Person>), EngineError> {
        if !self.decides_for(user.as_str()) {
            let known = read_user(user, &*self.journal, &*self.index)?;
            return Ok((known.state.status(), known.person));
        }
        self.load_user(user)?;
        let hot = self.hot.user(user).ok_or_else(|| EngineError::not_at_hand(user_stream(user)))?;
        Ok((hot.state.status(), hot.person.clone()))
    }
}
