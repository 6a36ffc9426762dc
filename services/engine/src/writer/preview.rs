//! What a command would do (R37): decided as the command itself, on a copy.

use contract::{
    event::StreamEvent,
    incoming::{Details, Incoming, Request},
};
use journal::Person;
use licensing::{
    Command, Decision, Event, Instant, Licensee, LicenseeId, Refusal, UserCommand, UserId, UserStatus, decide_user,
    fire,
};

use super::{
    Writer,
    licensees::{Known, person_of},
    messages::reused,
    time::due_of,
};
use crate::{
    Answer, Call, ClockMode, ClockRefused, EngineError, Order, Preview, PreviewEvent, Reply,
    hot::{HotLicensee, read_licensee, read_user, user_stream},
};

/// The version of what an order is for is another than was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OtherVersion {
    pub(super) found: u64,
}

/// A licensee that may be changed without anybody noticing.
struct Copy {
    licensee: LicenseeId,
    hot: HotLicensee,
}

impl Copy {
    fn known<'a>(&'a self, user: Option<(&'a UserId, UserStatus)>) -> Known<'a> {
        let Self { licensee, hot } = self;
        Known { licensee, state: &hot.state, details: hot.details.as_ref(), user }
    }
}

/// What would happen, and of a command what it would answer; or why it would be refused.
type Outcome = Result<Foreseen, Refusal>;

/// What would happen, and of a command what it would answer.
#[derive(Default)]
struct Foreseen {
    events: Vec<PreviewEvent>,
    answer: Option<Answer>,
}

impl From<Vec<PreviewEvent>> for Foreseen {
    fn from(events: Vec<PreviewEvent>) -> Self {
        Self { events, answer: None }
    }
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

    /// What an order would do.
    pub(super) fn preview(&mut self, order: Order) -> Result<Reply, EngineError> {
        let version = self.version_of(&order)?;
        let outcome = match order {
            Order::Message(incoming) => self.preview_message(*incoming)?,
            Order::Call(call) => self.preview_call(*call)?,
            Order::AdvanceClock(to) => match self.preview_clock(to)? {
                Ok(events) => Ok(events.into()),
                Err(refused) => return Ok(Reply::Moved(Err(refused))),
            },
            // What only nodes say to each other makes no events that anybody asks for.
            Order::Claim(_) | Order::News(_) | Order::Preview(_) | Order::IfVersion { .. } => Ok(Foreseen::default()),
        };
        let (outcome, answer) = match outcome {
            Ok(Foreseen { events, answer }) => (Ok(events), answer),
            Err(refusal) => (Err(refusal), None),
        };
        Ok(Reply::Previewed(Box::new(Preview { outcome, answer, version })))
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

    fn preview_message(&mut self, incoming: Incoming) -> Result<Outcome, EngineError> {
        if let Some(key) = &incoming.key
            && let Some(earlier) = self.earlier_outcome(&key.command_id())
        {
            let is_same = earlier.outcome.digest == incoming.digest;
            return self.preview_again(&key.command_id(), is_same);
        }
        let at = match (self.clock.mode(), incoming.time) {
            (ClockMode::EventTime(_), Some(time)) => time.max(self.clock.now()),
            _ => self.clock.now(),
        };
        match incoming.request {
            Err(refusal) => Ok(Err(refusal)),
            Ok(Request::Licensee { licensee, command, details }) => {
                let mut copy = self.copy(&licensee)?;
                self.fire_on(&mut copy, at)?;
                self.preview_command(&copy, command, details.as_ref(), at)
            }
            Ok(Request::UserStatus { user, status, .. }) => {
                self.preview_status(&user, status, at).map(|events| Ok(events.into()))
            }
            Ok(Request::Usage { .. }) => Ok(Ok(Foreseen::default())),
        }
    }

    fn preview_call(&mut self, call: Call) -> Result<Outcome, EngineError> {
        if let Some(key) = &call.key
            && let Some(is_same) = self.is_done_under(key)
        {
            return self.preview_again(&key.command_id(), is_same);
        }
        let copy = self.copy(&call.licensee)?;
        self.preview_command(&copy, call.command, None, self.clock.now())
    }

    /// A command that was there before does nothing more; another one under its id is refused (R34).
    fn preview_again(&self, command_id: &str, is_same: bool) -> Result<Outcome, EngineError> {
        if !is_same {
            return Ok(Err(reused(command_id)));
        }
        let earlier = self.earlier_outcome(command_id).map(super::outcomes::answer_again).transpose()?;
        Ok(earlier.map_or(Ok(Foreseen::default()), |done| done.outcome.map(|_| Foreseen::default())))
    }

    fn preview_command(
        &mut self,
        copy: &Copy,
        mut command: Command,
        details: Option<&Details>,
        at: Instant,
    ) -> Result<Outcome, EngineError> {
        let mut status = None;
        if let Command::AddMember { user, details_changed, .. } = &mut command {
            let (known_status, person) = self.look_at_user(user)?;
            *details_changed = details.is_some_and(|details| person_of(details) != person);
            status = Some((user.clone(), known_status));
        }
        let decided = self.decide_on(copy, &command, status.as_ref(), at)?;
        Ok(decided.map(|Decision { events, report }| Foreseen {
            answer: Some(Answer::of(report, events.len())).filter(|answer| !matches!(answer, Answer::Changed(_))),
            events: PreviewEvent::of_licensee(&copy.licensee, events).collect(),
        }))
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
            self.fire_on(&mut copy, at)?;
            let command = Command::ChangeMemberStatus { user: user.clone(), status };
            // A licensee takes note of a status whatever it is; where the user is no member there is nothing to note.
            if let Ok(decision) = self.decide_on(&copy, &command, None, at)? {
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
            for (due, events) in self.fire_on(&mut copy, to)? {
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

    /// Lets everything happen to a copy that time alone does until then; gives what, and when.
    fn fire_on(&self, copy: &mut Copy, until: Instant) -> Result<Vec<(Instant, Vec<Event>)>, EngineError> {
        let mut fired = Vec::new();
        loop {
            let timer = copy.hot.state.next_timer(&self.catalogue);
            let Some(timer) = timer.filter(|timer| timer.due <= until) else { return Ok(fired) };
            let known = copy.known(None);
            let events = self.with_known(known, timer.due, |state, context| fire(state, &timer, context))?;
            evolve(&mut copy.hot.state, &events, timer.due);
            fired.push((timer.due, events));
        }
    }

    fn decide_on(
        &self,
        copy: &Copy,
        command: &Command,
        status: Option<&(UserId, UserStatus)>,
        at: Instant,
    ) -> Result<Result<Decision, Refusal>, EngineError> {
        let user = status.map(|(user, status)| (user, *status));
        let known = copy.known(user);
        self.with_known(known, at, |state, context| licensing::decide(state, command, context))
    }
}

fn evolve(state: &mut Licensee, events: &[Event], at: Instant) {
    events.iter().for_each(|event| state.evolve(event, at));
}
