//! A licensee as an aggregate of `cqrs-es`, as far as giving and taking seats goes.

use std::collections::BTreeSet;

use cqrs_es::{Aggregate, DomainEvent, event_sink::EventSink};
use serde::{Deserialize, Serialize};

/// A licensee: how many seats there are, who may have one, who has.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Licensee {
    quantity: u64,
    members: BTreeSet<String>,
    seats: BTreeSet<String>,
}

/// What it can be asked to do.
#[derive(Debug, Clone)]
pub enum Command {
    /// Sells seats, and adds members.
    Open {
        /// How many seats.
        quantity: u64,
        /// Who.
        members: Vec<String>,
    },
    /// Gives a seat.
    AssignSeat {
        /// To whom.
        user: String,
    },
    /// Takes a seat.
    RemoveSeat {
        /// Whose.
        user: String,
    },
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// Seats were sold, and members added.
    Opened {
        /// How many seats.
        quantity: u64,
        /// Who.
        members: Vec<String>,
    },
    /// A seat was given.
    SeatAssigned {
        /// To whom.
        user: String,
    },
    /// A seat was taken.
    SeatRemoved {
        /// Whose.
        user: String,
    },
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// All seats are taken.
    #[error("no seats available")]
    NoSeatsAvailable,
    /// Not a member.
    #[error("invalid user membership")]
    InvalidUserMembership,
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Opened { .. } => "Opened",
            Self::SeatAssigned { .. } => "SeatAssigned",
            Self::SeatRemoved { .. } => "SeatRemoved",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Licensee {
    const TYPE: &'static str = "licensee";
    type Command = Command;
    type Event = Event;
    type Error = Refused;
    type Services = ();

    async fn handle(&mut self, command: Command, (): &(), sink: &EventSink<Self>) -> Result<(), Refused> {
        match command {
            Command::Open { quantity, members } => sink.write(Event::Opened { quantity, members }, self).await,
            Command::AssignSeat { user } if self.seats.contains(&user) => {}
            Command::AssignSeat { user } => {
                if self.seats.len() as u64 >= self.quantity {
                    return Err(Refused::NoSeatsAvailable);
                }
                if !self.members.contains(&user) {
                    return Err(Refused::InvalidUserMembership);
                }
                sink.write(Event::SeatAssigned { user }, self).await;
            }
            Command::RemoveSeat { user } if !self.seats.contains(&user) => {}
            Command::RemoveSeat { user } => sink.write(Event::SeatRemoved { user }, self).await,
        }
        Ok(())
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Opened { quantity, members } => {
                self.quantity = quantity;
                self.members.extend(members);
            }
            Event::SeatAssigned { user } => {
                self.seats.insert(user);
            }
            Event::SeatRemoved { user } => {
                self.seats.remove(&user);
            }
        }
    }
}
