//! Writes events to the wire.

use licensing::{Event, LicenseeId, UserEvent, UserId};

use super::{SCHEMA_VERSION, add_ons, members, seats, subscriptions, wire_event::WireEvent};
use crate::proto::licensing as wire;

/// An event on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedEvent {
    /// The full name, such as `usher.licensing.v1.SeatAssigned`.
    pub type_name: &'static str,
    /// The version of the schema of `data`, from 1.
    pub schema_version: u32,
    /// The protobuf bytes.
    pub data: Vec<u8>,
}

/// Writes a licensee's event.
pub fn encode_licensee_event(licensee: &LicenseeId, event: &Event) -> EncodedEvent {
    let licensee = licensee.as_str().to_owned();
    match event {
        Event::SubscriptionStarted(started) => encoded(&subscriptions::started(licensee, started)),
        Event::SubscriptionActivated { ledger } => {
            encoded(&wire::SubscriptionActivated { licensee, ledger: ledger.as_str().into() })
        }
        Event::RenewalScheduled(renewal) => encoded(&subscriptions::scheduled(licensee, renewal)),
        Event::SubscriptionRenewed(renewed) => encoded(&subscriptions::renewed(licensee, renewed)),
        Event::SubscriptionSeatsChanged { seats } => {
            encoded(&wire::SubscriptionSeatsChanged { licensee, seats: seats.get() })
        }
        Event::SubscriptionCancelled { ends_at } => {
            encoded(&wire::SubscriptionCancelled { licensee, ends_at: Some((*ends_at).into()) })
        }
        Event::SubscriptionExpired { ledger, grace_ends_at } => {
            encoded(&subscriptions::expired(licensee, *ledger, *grace_ends_at))
        }
        Event::GracePeriodEnded { of, product } => {
            encoded(&subscriptions::grace_ended(licensee, *of, product.as_ref()))
        }
        Event::SeatsPurchased(purchased) => encoded(&add_ons::purchased(licensee, purchased)),
        Event::SeatQuantityChanged { product, add_on, quantity } => {
            encoded(&add_ons::quantity_changed(licensee, product, add_on, *quantity))
        }
        Event::AddOnChanged(changed) => encoded(&add_ons::changed(licensee, changed)),
        Event::TrialStarted(started) => encoded(&add_ons::trial_started(licensee, started)),
        Event::TrialConverted { ledger, product, add_on } => {
            encoded(&add_ons::trial_converted(licensee, *ledger, product, add_on))
        }
        Event::TrialExpired { ledger, product, add_on } => {
            encoded(&add_ons::trial_expired(licensee, *ledger, product, add_on))
        }
        Event::SeatAssigned { user, product, add_on, cause } => {
            encoded(&seats::assigned(licensee, user, product, add_on, *cause))
        }
        Event::SeatRemoved { user, product, reason, evidence } => {
            encoded(&seats::removed(licensee, user, product, *reason, evidence.as_ref()))
        }
        Event::SeatsRetained { product, add_on, trial, quantity, seats, grace_ends_at } => {
            encoded(&wire::SeatsRetained {
                licensee,
                product: product.as_str().into(),
                add_on: add_on.as_str().into(),
                trial: *trial,
                quantity: *quantity,
                seats: *seats,
                grace_ends_at: Some((*grace_ends_at).into()),
            })
        }
        Event::SeatsRestored { product, add_on, seats } => encoded(&seats::restored(licensee, product, add_on, *seats)),
        Event::InstanceSynchronized { version, trigger } => {
            encoded(&subscriptions::synchronized(licensee, version.as_ref(), *trigger))
        }
        Event::MemberAdded { user, role, user_type, status } => {
            encoded(&members::added(licensee, user, *role, *user_type, *status))
        }
        Event::MemberUpdated { user, role, user_type } => encoded(&members::updated(licensee, user, *role, *user_type)),
        Event::MemberRemoved { user } => encoded(&wire::MemberRemoved { licensee, user: user.as_str().into() }),
        Event::MemberStatusChanged { user, status } => encoded(&members::status_changed(licensee, user, *status)),
    }
}

/// Writes a user's event.
pub fn encode_user_event(user: &UserId, event: UserEvent) -> EncodedEvent {
    let user = user.as_str().to_owned();
    match event {
        UserEvent::UserBlocked => encoded(&wire::UserBlocked { user }),
        UserEvent::UserBanned => encoded(&wire::UserBanned { user }),
        UserEvent::UserDeactivated => encoded(&wire::UserDeactivated { user }),
        UserEvent::UserReactivated => encoded(&wire::UserReactivated { user }),
        UserEvent::UserDeleted => encoded(&wire::UserDeleted { user }),
    }
}

fn encoded<M: WireEvent>(message: &M) -> EncodedEvent {
    EncodedEvent { type_name: M::TYPE_NAME, schema_version: SCHEMA_VERSION, data: message.encode_to_vec() }
}
