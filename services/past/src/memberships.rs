//! How users stood with a licensee, each from the events about them alone.

use std::collections::VecDeque;

use contract::event::{StreamEvent, decode, licensee_stream};
use journal::{PersonalEvent, PersonalPlace, StreamIndex};
use licensing::{Event, Instant, Licensee, Membership, UserId};

use crate::{LicenseeThen, Moment, Past, PastError, Sources};

/// How many events are read at one go.
const EVENTS_AT_ONCE: usize = 4_000;

/// Which events of a licensee made it what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Horizon {
    stream: String,
    /// The version of the last of them: what is behind it was not known, had not taken effect, or came while it was read.
    last_version: u64,
    as_of: Moment,
}

impl Horizon {
    pub(crate) fn of(then: &LicenseeThen, moment: &Moment) -> Self {
        let stream = licensee_stream(&then.licensee);
        Self { stream, last_version: then.version, as_of: Moment { as_known_at: None, ..*moment } }
    }

    pub(crate) fn stream(&self) -> &str {
        &self.stream
    }

    /// Whether an event of this version that took effect at this instant is one of them.
    pub(crate) fn has(&self, version: u64, effective_at: Instant) -> bool {
        version <= self.last_version && self.as_of.has_in_effect(effective_at)
    }

    /// The event of the licensee that a personal one is, if it is one of them.
    fn counted(&self, personal: &PersonalEvent) -> Result<Option<Event>, PastError> {
        let PersonalEvent { version, event_type, schema_version, data, effective_at, .. } = personal;
        if !self.has(*version, *effective_at) {
            return Ok(None);
        }
        let decoded = decode(event_type, *schema_version, data).map_err(|source| PastError::Event {
            stream: self.stream.clone(),
            version: *version,
            source,
        })?;
        Ok(match decoded {
            StreamEvent::Licensee { event, .. } => Some(event),
            StreamEvent::User { .. } => None,
        })
    }
}

impl Past {
    /// A licensee as it was at a moment, of its members only one: enough to decide about that one.
    ///
    /// # Errors
    /// When the index can't be read or understood.
    pub fn with_member(&self, then: &LicenseeThen, moment: &Moment, user: &UserId) -> Result<Licensee, PastError> {
        let horizon = Horizon::of(then, moment);
        let mut licensee = Licensee::default();
        for personal in self.sources.index.personal_events_of(horizon.stream(), &[user.as_str()])? {
            if let Some(event) = horizon.counted(&personal)? {
                licensee.evolve(&event, personal.effective_at);
            }
        }
        Ok(licensee.with_account(then.account.clone()))
    }
}

impl Sources {
    /// How users stood, in the byte order of their ids; those without any event are left out.
    pub(crate) fn memberships(
        &self,
        horizon: &Horizon,
        users: &[UserId],
    ) -> Result<Vec<(UserId, Membership)>, PastError> {
        let ids: Vec<&str> = users.iter().map(UserId::as_str).collect();
        let mut found: Vec<(UserId, Membership)> = Vec::new();
        for personal in self.index.personal_events_of(horizon.stream(), &ids)? {
            let Ok(user) = UserId::parse(&personal.user) else { continue };
            let Some(event) = horizon.counted(&personal)? else { continue };
            match found.last_mut().filter(|(last, _)| *last == user) {
                Some((_, membership)) => membership.evolve(&event, personal.effective_at),
                None => {
                    let mut membership = Membership::default();
                    membership.evolve(&event, personal.effective_at);
                    found.push((user, membership));
                }
            }
        }
        Ok(found)
    }
}

/// Goes along all who ever were members of a licensee, in the order of their ids, and tells how each stood.
pub(crate) struct Walk<'a> {
    index: &'a dyn StreamIndex,
    horizon: &'a Horizon,
    descending: bool,
    /// Behind whom, and behind which of their events, was read.
    behind: Option<PersonalPlace>,
    read: VecDeque<PersonalEvent>,
    is_at_end: bool,
    at_once: usize,
}

impl<'a> Walk<'a> {
    /// Begins behind an id, at an end without one; reads as many events at a time as so many members may have.
    pub(crate) fn behind(
        index: &'a dyn StreamIndex,
        horizon: &'a Horizon,
        id: Option<&str>,
        descending: bool,
        members: usize,
    ) -> Self {
        let version = if descending { 0 } else { u64::MAX };
        let behind = id.map(|id| PersonalPlace { user: id.to_owned(), version });
        // A few events a member.
        let at_once = members.saturating_mul(4).clamp(100, EVENTS_AT_ONCE);
        Self { index, horizon, descending, behind, read: VecDeque::new(), is_at_end: false, at_once }
    }

    /// The next one; `None` behind the last.
    pub(crate) fn next(&mut self) -> Result<Option<(UserId, Membership)>, PastError> {
        while let Some(events) = self.next_events()? {
            let Some(Ok(user)) = events.first().map(|event| UserId::parse(&event.user)) else { continue };
            let mut membership = Membership::default();
            for personal in &events {
                if let Some(event) = self.horizon.counted(personal)? {
                    membership.evolve(&event, personal.effective_at);
                }
            }
            return Ok(Some((user, membership)));
        }
        Ok(None)
    }

    /// All events about the next one, in the order of the stream.
    fn next_events(&mut self) -> Result<Option<Vec<PersonalEvent>>, PastError> {
        let mut events: Vec<PersonalEvent> = Vec::new();
        loop {
            if self.read.is_empty() {
                self.read_more()?;
            }
            let is_of_the_same = |event: &&PersonalEvent| events.first().is_none_or(|first| first.user == event.user);
            if self.read.front().filter(is_of_the_same).is_some() {
                events.extend(self.read.pop_front());
                continue;
            }
            if events.is_empty() {
                return Ok(None);
            }
            if self.descending {
                events.reverse();
            }
            return Ok(Some(events));
        }
    }

    fn read_more(&mut self) -> Result<(), PastError> {
        if self.is_at_end {
            return Ok(());
        }
        let stream = self.horizon.stream();
        let events = self.index.personal_events(stream, self.behind.as_ref(), self.descending, self.at_once)?;
        self.at_once = EVENTS_AT_ONCE;
        match events.last() {
            Some(PersonalEvent { user, version, .. }) => {
                self.behind = Some(PersonalPlace { user: user.clone(), version: *version });
            }
            None => self.is_at_end = true,
        }
        self.read = events.into();
        Ok(())
    }
}
