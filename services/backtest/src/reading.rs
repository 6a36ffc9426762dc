//! Reads a command back: from what was kept of it, or from the events that it made.

use contract::kept::KeptCommand;
use licensing::{
    AddOnId, AddOnOrder, AssignMode, AssignmentCause, Command, Event, Instant, Licensee, PaidAddOn, PastEvent,
    ProductId, RemovalReason, RenewSubscription, StartSubscription, SubscriptionRenewed, SyncTrigger, UserId,
    VersionRange,
};

use crate::facts::contact;

/// A command, as far as it can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) command: Command,
    /// Whether that is all that was asked for; else the events may leave something of it open.
    pub(crate) is_exact: bool,
}

/// A command that was kept.
pub(crate) fn from_kept(KeptCommand { mut command, names_contact }: KeptCommand) -> Told {
    if let Command::StartTrial { contact_email, .. } = &mut command {
        *contact_email = names_contact.then(contact);
    }
    Told { command, is_exact: true }
}

/// The command that made these events, on what the licensee was before them; `None` if they are none of a command.
pub(crate) fn from_events(events: &[Event], before: &Licensee, at: Instant) -> Option<Told> {
    if events.iter().any(|event| matches!(event, Event::SeatAssigned { cause: AssignmentCause::Restored, .. })) {
        return Some(undoing());
    }
    let exactly = |command| Some(Told { command, is_exact: true });
    match events.first()? {
        Event::SubscriptionStarted(started) => exactly(Command::StartSubscription(StartSubscription {
            offering: started.offering,
            subscription: started.subscription.clone(),
            plan: started.plan.clone(),
            seats: started.seats.get().into(),
            starts_at: started.starts_at,
            ends_at: started.ends_at,
            instance_version: started.instance_version.clone(),
            add_ons: Some(orders(&started.add_ons)),
        })),
        Event::RenewalScheduled(scheduled) => exactly(Command::RenewSubscription(RenewSubscription {
            subscription: scheduled.subscription.clone(),
            ends_at: scheduled.ends_at,
            starts_at: Some(scheduled.starts_at),
            plan: scheduled.plan.clone(),
            seats: scheduled.seats.map(|seats| seats.get().into()),
            add_ons: scheduled.add_ons.as_deref().map(orders),
        })),
        Event::SubscriptionRenewed(renewed) if !renewed.was_scheduled => Some(renewal(renewed, before)),
        Event::SubscriptionSeatsChanged { seats } => {
            exactly(Command::ChangeSubscriptionSeats { seats: seats.get().into() })
        }
        Event::SubscriptionCancelled { ends_at } => {
            exactly(Command::CancelSubscription { effective_at: Some(*ends_at).filter(|ends_at| *ends_at > at) })
        }
        Event::SeatsPurchased(bought) => exactly(Command::PurchaseSeats {
            add_on: bought.add_on.clone(),
            quantity: bought.quantity.get().into(),
            channel: bought.channel,
        }),
        Event::AddOnChanged(changed) => exactly(Command::PurchaseSeats {
            add_on: changed.add_on.clone(),
            quantity: changed.quantity.get().into(),
            channel: changed.channel,
        }),
        Event::SeatQuantityChanged { add_on, quantity, .. } => {
            exactly(Command::ChangeSeatQuantity { add_on: add_on.clone(), quantity: (*quantity).into() })
        }
        Event::TrialStarted(trial) => exactly(Command::StartTrial {
            add_on: trial.add_on.clone(),
            // It was accepted, so that it was the right one wherever one was needed.
            contact_email: Some(contact()),
            started_by: trial.started_by.clone(),
        }),
        Event::MemberAdded { user, role, user_type, .. } | Event::MemberUpdated { user, role, user_type } => {
            exactly(Command::AddMember {
                user: user.clone(),
                role: *role,
                user_type: *user_type,
                details_changed: matches!(events, [Event::MemberUpdated { .. }, ..]),
            })
        }
        Event::MemberRemoved { user } => exactly(Command::RemoveMember { user: user.clone() }),
        Event::MemberStatusChanged { user, status } => {
            exactly(Command::ChangeMemberStatus { user: user.clone(), status: *status })
        }
        Event::SeatAssigned { product, cause: AssignmentCause::Requested, .. } => Some(assignment(product, events)),
        Event::SeatRemoved { product, reason: RemovalReason::Requested, .. } => Some(removal(product, events)),
        Event::InstanceSynchronized { version: Some(version), trigger: SyncTrigger::Instance } => {
            exactly(Command::SynchronizeInstance { version: version.clone() })
        }
        _ => None,
    }
}

/// A renewal that applied at once tells how things are from then on. What is as it was before is taken for unchanged.
fn renewal(renewed: &SubscriptionRenewed, before: &Licensee) -> Told {
    let ledger = before.account().recorded();
    let subscription = ledger.subscription.as_ref();
    let (plan, seats) = (subscription.map(|known| &known.plan), subscription.map(|known| known.seats));
    let is_new = renewed.add_ons != ledger.paid_add_ons();
    let plan_now = Some(&renewed.plan).filter(|now| Some(*now) != plan).cloned();
    let seats_now = Some(renewed.seats).filter(|now| Some(*now) != seats).map(|seats| seats.get().into());
    let is_exact = plan_now.is_some() && seats_now.is_some() && is_new;
    let command = Command::RenewSubscription(RenewSubscription {
        subscription: renewed.subscription.clone(),
        ends_at: renewed.ends_at,
        starts_at: None,
        plan: plan_now,
        seats: seats_now,
        add_ons: is_new.then(|| orders(&renewed.add_ons)),
    });
    Told { command, is_exact }
}

fn assignment(product: &ProductId, events: &[Event]) -> Told {
    let users: Vec<UserId> = events
        .iter()
        .filter_map(|event| match event {
            Event::SeatAssigned { user, .. } => Some(user.clone()),
            _ => None,
        })
        .collect();
    let product = product.clone();
    match users.as_slice() {
        [user] => Told { command: Command::AssignSeat { product, user: user.clone() }, is_exact: true },
        _ => Told { command: Command::AssignSeats { product, users, mode: AssignMode::AllOrNothing }, is_exact: false },
    }
}

fn removal(product: &ProductId, events: &[Event]) -> Told {
    let users: Vec<UserId> = events
        .iter()
        .filter_map(|event| match event {
            Event::SeatRemoved { user, .. } => Some(user.clone()),
            _ => None,
        })
        .collect();
    let product = product.clone();
    match users.as_slice() {
        [user] => Told { command: Command::RemoveSeat { product, user: user.clone() }, is_exact: true },
        _ => Told { command: Command::RemoveSeats { product, users }, is_exact: false },
    }
}

/// An undoing that gave seats back; one that only took some can't be told from a removal, and does the same. Whom it could
/// not help is not in its events.
fn undoing() -> Told {
    let events = Some(VersionRange { first: 0, last: 0 });
    Told { command: Command::UndoCommand { command_id: String::new(), events }, is_exact: false }
}

/// What an undoing undid, by the events that it made: on what the licensee would be, whose events have other versions.
pub(crate) fn undone_by(events: &[Event], licensee: &Licensee) -> Vec<PastEvent> {
    let undone = (1..).zip(events).filter_map(|(place, event)| match event {
        Event::SeatAssigned { user, product, .. } => {
            let (user, product) = (user.clone(), product.clone());
            let taken = Event::SeatRemoved { user, product, reason: RemovalReason::Requested, evidence: None };
            Some(PastEvent { version: place, event: taken })
        }
        Event::SeatRemoved { user, product, .. } => {
            let seat = licensee.roster().seat(product, user)?;
            let (user, product, add_on) = (user.clone(), product.clone(), AddOnId::new(""));
            let given = Event::SeatAssigned { user, product, add_on, cause: AssignmentCause::Requested };
            Some(PastEvent { version: seat.order, event: given })
        }
        _ => None,
    });
    undone.collect()
}

fn orders(paid: &[PaidAddOn]) -> Vec<AddOnOrder> {
    let order = |paid: &PaidAddOn| AddOnOrder { add_on: paid.add_on.clone(), quantity: paid.quantity.get().into() };
    paid.iter().map(order).collect()
}
