//! The domain as an aggregate of `cqrs-es`, so that its given/when/then framework can be used. Its persistence is not:
//! see `own_path.rs`.

use std::collections::BTreeMap;

use cqrs_es::{Aggregate, DomainEvent, event_sink::EventSink};
use licensing::*;
use serde::{Deserialize, Serialize};

/// A licensee, as `cqrs-es` sees it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Adapter(pub Licensee);

/// A command, and when it is told.
#[derive(Debug, Clone)]
pub struct At(pub Instant, pub Command);

/// An event, and when it took effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Happened(pub Instant, pub Event);

/// Why not. The texts are for people, so tests compare the code alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused(pub Code);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refused {}

/// What lies outside of the licensee.
#[derive(Debug, Clone)]
pub struct World {
    pub catalogue: Catalogue,
    pub uses: BTreeMap<UserId, Instant>,
    pub statuses: BTreeMap<UserId, UserStatus>,
    /// Everything that happened to the licensee.
    pub past: Vec<Event>,
    pub contact_email: Option<EmailAddress>,
}

impl Facts for World {
    fn last_uses(&self, users: &[UserId]) -> Vec<Option<Instant>> {
        users.iter().map(|user| self.uses.get(user).copied()).collect()
    }

    fn contact_email(&self) -> Option<EmailAddress> {
        self.contact_email.clone()
    }

    fn user_status(&self, user: &UserId) -> UserStatus {
        self.statuses.get(user).copied().unwrap_or(UserStatus::Active)
    }

    fn past_events(&self, VersionRange { first, last }: VersionRange) -> Vec<PastEvent> {
        let numbered = (1..).zip(&self.past).map(|(version, event)| PastEvent { version, event: event.clone() });
        numbered.filter(|past| (first..=last).contains(&past.version)).collect()
    }
}

impl DomainEvent for Happened {
    fn event_type(&self) -> String {
        self.1.name().to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Adapter {
    const TYPE: &'static str = "licensee";
    type Command = At;
    type Event = Happened;
    type Error = Refused;
    type Services = World;

    async fn handle(&mut self, At(now, command): At, world: &World, sink: &EventSink<Self>) -> Result<(), Refused> {
        // Nothing is written before it is certain that nothing is refused.
        for happened in what_follows(&self.0, now, &command, world)? {
            sink.write(happened, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, Happened(at, event): Happened) {
        self.0.evolve(&event, at);
    }
}

fn what_follows(licensee: &Licensee, now: Instant, command: &Command, world: &World) -> Result<Vec<Happened>, Refused> {
    let mut licensee = licensee.clone();
    let mut happened = pass_time(&mut licensee, now, world);
    let context = Context { catalogue: &world.catalogue, now, facts: world };
    let decision = decide(&licensee, command, &context).map_err(|refusal| Refused(refusal.code))?;
    happened.extend(decision.events.into_iter().map(|event| Happened(now, event)));
    Ok(happened)
}

/// Fires what is due at or before `until`, in order of the due times, which its events bear.
pub fn pass_time(licensee: &mut Licensee, until: Instant, world: &World) -> Vec<Happened> {
    let mut happened = Vec::new();
    while let Some(timer) = licensee.next_timer(&world.catalogue).filter(|timer| timer.due <= until) {
        let context = Context { catalogue: &world.catalogue, now: timer.due, facts: world };
        for event in fire(licensee, &timer, &context) {
            licensee.evolve(&event, timer.due);
            happened.push(Happened(timer.due, event));
        }
    }
    happened
}
