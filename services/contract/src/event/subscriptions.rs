//! Events of subscriptions and instances, to and from the wire.

use licensing::{
    AddOnId, Event, GraceOf, InstanceVersion, Instant, LedgerScope, PaidAddOn, PlanId, ProductId, RenewalScheduled,
    SubscriptionRenewed, SubscriptionStarted, SyncTrigger,
};

use super::fields::{self, FieldError};
use crate::{borrowed::licensing as borrowed, proto::licensing as wire};

pub(super) fn started(licensee: String, event: &SubscriptionStarted) -> wire::SubscriptionStarted {
    wire::SubscriptionStarted {
        licensee,
        offering: event.offering.as_str().into(),
        subscription: event.subscription.as_str().into(),
        plan: event.plan.as_str().into(),
        seats: event.seats.get(),
        starts_at: Some(event.starts_at.into()),
        ends_at: Some(event.ends_at.into()),
        instance_version: event.instance_version.as_ref().map(|version| version.as_str().into()),
        add_ons: paid_to_wire(&event.add_ons),
    }
}

impl TryFrom<borrowed::SubscriptionStarted<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::SubscriptionStarted<'_>) -> Result<Self, FieldError> {
        Ok(Event::SubscriptionStarted(SubscriptionStarted {
            offering: fields::parsed("offering", message.offering)?,
            subscription: fields::subscription(message.subscription)?,
            plan: fields::plan(message.plan)?,
            seats: fields::seats("seats", message.seats)?,
            starts_at: fields::instant("starts_at", message.starts_at)?,
            ends_at: fields::instant("ends_at", message.ends_at)?,
            instance_version: fields::optional("instance_version", message.instance_version)?,
            add_ons: paid_from_wire(&message.add_ons)?,
        }))
    }
}

impl TryFrom<borrowed::SubscriptionActivated<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::SubscriptionActivated<'_>) -> Result<Self, FieldError> {
        Ok(Event::SubscriptionActivated { ledger: fields::parsed("ledger", message.ledger)? })
    }
}

pub(super) fn scheduled(licensee: String, event: &RenewalScheduled) -> wire::RenewalScheduled {
    wire::RenewalScheduled {
        licensee,
        subscription: event.subscription.as_str().into(),
        plan: event.plan.as_ref().map(|plan| plan.as_str().into()),
        seats: event.seats.map(licensing::Seats::get),
        starts_at: Some(event.starts_at.into()),
        ends_at: Some(event.ends_at.into()),
        add_ons: event.add_ons.as_deref().map(|paid| wire::PaidAddOnList { items: paid_to_wire(paid) }),
    }
}

impl TryFrom<borrowed::RenewalScheduled<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::RenewalScheduled<'_>) -> Result<Self, FieldError> {
        Ok(Event::RenewalScheduled(RenewalScheduled {
            subscription: fields::subscription(message.subscription)?,
            plan: message.plan.map(PlanId::new),
            seats: message.seats.map(|seats| fields::seats("seats", seats)).transpose()?,
            starts_at: fields::instant("starts_at", message.starts_at)?,
            ends_at: fields::instant("ends_at", message.ends_at)?,
            add_ons: message.add_ons.map(|list| paid_from_wire(&list.items)).transpose()?,
        }))
    }
}

pub(super) fn renewed(licensee: String, event: &SubscriptionRenewed) -> wire::SubscriptionRenewed {
    wire::SubscriptionRenewed {
        licensee,
        ledger: event.ledger.as_str().into(),
        subscription: event.subscription.as_str().into(),
        plan: event.plan.as_str().into(),
        seats: event.seats.get(),
        ends_at: Some(event.ends_at.into()),
        add_ons: paid_to_wire(&event.add_ons),
        was_scheduled: event.was_scheduled,
        dropped: fields::texts(&event.dropped),
        lowered: fields::texts(&event.lowered),
    }
}

impl TryFrom<borrowed::SubscriptionRenewed<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::SubscriptionRenewed<'_>) -> Result<Self, FieldError> {
        Ok(Event::SubscriptionRenewed(SubscriptionRenewed {
            ledger: fields::parsed("ledger", message.ledger)?,
            subscription: fields::subscription(message.subscription)?,
            plan: fields::plan(message.plan)?,
            seats: fields::seats("seats", message.seats)?,
            ends_at: fields::instant("ends_at", message.ends_at)?,
            add_ons: paid_from_wire(&message.add_ons)?,
            was_scheduled: message.was_scheduled,
            dropped: message.dropped.iter().map(|add_on| AddOnId::new(add_on)).collect(),
            lowered: message.lowered.iter().map(|add_on| AddOnId::new(add_on)).collect(),
        }))
    }
}

impl TryFrom<borrowed::SubscriptionSeatsChanged<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::SubscriptionSeatsChanged<'_>) -> Result<Self, FieldError> {
        Ok(Event::SubscriptionSeatsChanged { seats: fields::seats("seats", message.seats)? })
    }
}

impl TryFrom<borrowed::SubscriptionCancelled<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::SubscriptionCancelled<'_>) -> Result<Self, FieldError> {
        Ok(Event::SubscriptionCancelled { ends_at: fields::instant("ends_at", message.ends_at)? })
    }
}

pub(super) fn expired(licensee: String, ledger: LedgerScope, grace_ends_at: Instant) -> wire::SubscriptionExpired {
    wire::SubscriptionExpired { licensee, ledger: ledger.as_str().into(), grace_ends_at: Some(grace_ends_at.into()) }
}

impl TryFrom<borrowed::SubscriptionExpired<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::SubscriptionExpired<'_>) -> Result<Self, FieldError> {
        Ok(Event::SubscriptionExpired {
            ledger: fields::parsed("ledger", message.ledger)?,
            grace_ends_at: fields::instant("grace_ends_at", message.grace_ends_at)?,
        })
    }
}

pub(super) fn grace_ended(licensee: String, of: GraceOf, product: Option<&ProductId>) -> wire::GracePeriodEnded {
    let product = product.map(|product| product.as_str().into());
    wire::GracePeriodEnded { licensee, of: of.as_str().into(), product }
}

impl TryFrom<borrowed::GracePeriodEnded<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::GracePeriodEnded<'_>) -> Result<Self, FieldError> {
        Ok(Event::GracePeriodEnded {
            of: fields::parsed("of", message.of)?,
            product: message.product.map(fields::product).transpose()?,
        })
    }
}

pub(super) fn synchronized(
    licensee: String,
    version: Option<&InstanceVersion>,
    trigger: SyncTrigger,
) -> wire::InstanceSynchronized {
    let version = version.map(|version| version.as_str().into());
    wire::InstanceSynchronized { licensee, version, trigger: trigger.as_str().into() }
}

impl TryFrom<borrowed::InstanceSynchronized<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::InstanceSynchronized<'_>) -> Result<Self, FieldError> {
        Ok(Event::InstanceSynchronized {
            version: fields::optional("version", message.version)?,
            trigger: fields::parsed("trigger", message.trigger)?,
        })
    }
}

fn paid_to_wire(add_ons: &[PaidAddOn]) -> Vec<wire::PaidAddOn> {
    let to_wire = |paid: &PaidAddOn| wire::PaidAddOn {
        product: paid.product.as_str().into(),
        add_on: paid.add_on.as_str().into(),
        quantity: paid.quantity.get(),
    };
    add_ons.iter().map(to_wire).collect()
}

fn paid_from_wire(add_ons: &[borrowed::PaidAddOn<'_>]) -> Result<Vec<PaidAddOn>, FieldError> {
    let from_wire = |paid: &borrowed::PaidAddOn<'_>| {
        Ok(PaidAddOn {
            product: fields::product(paid.product)?,
            add_on: fields::add_on(paid.add_on)?,
            quantity: fields::seats("quantity", paid.quantity)?,
        })
    };
    add_ons.iter().map(from_wire).collect()
}
