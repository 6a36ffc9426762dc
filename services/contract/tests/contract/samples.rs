//! One event of each type at least, as it may be stored.

use contract::event::StreamEvent;
use licensing::{
    AddOnChanged, AddOnId, AssignmentCause, Channel, Event, GraceOf, LedgerScope, LicenseeId, Offering,
    OverageEvidence, PaidAddOn, PlanId, ProductId, RemovalReason, RenewalScheduled, Role, Seats, SeatsPurchased,
    SubscriptionId, SubscriptionRenewed, SubscriptionStarted, SyncTrigger, TrialStarted, UserEvent, UserId, UserStatus,
    UserType,
};

use crate::messages::instant;

pub struct Sample {
    /// What is special about it, after the event's name.
    pub case: Option<&'static str>,
    pub event: StreamEvent,
}

impl Sample {
    pub fn name(&self) -> String {
        match self.case {
            Some(case) => format!("{}.{case}", self.event.name()),
            None => self.event.name().to_owned(),
        }
    }
}

pub fn all() -> Vec<Sample> {
    let licensee = LicenseeId::parse("acme").unwrap();
    let user = UserId::parse("u-1").unwrap();
    let events = subscriptions().into_iter().chain(add_ons()).chain(seats()).chain(members());
    let of_licensee =
        events.map(|(case, event)| Sample { case, event: StreamEvent::Licensee { licensee: licensee.clone(), event } });
    let of_user = [
        UserEvent::UserBlocked,
        UserEvent::UserBanned,
        UserEvent::UserDeactivated,
        UserEvent::UserReactivated,
        UserEvent::UserDeleted,
    ]
    .map(|event| Sample { case: None, event: StreamEvent::User { user: user.clone(), event } });
    of_licensee.chain(of_user).collect()
}

fn duo() -> ProductId {
    ProductId::new("duo")
}

fn pro() -> AddOnId {
    AddOnId::new("duo_pro")
}

fn enterprise() -> AddOnId {
    AddOnId::new("duo_enterprise")
}

fn ann() -> UserId {
    UserId::parse("u-1").unwrap()
}

fn paid(add_on: AddOnId, quantity: u32) -> PaidAddOn {
    PaidAddOn { product: duo(), add_on, quantity: Seats::known(quantity) }
}

type Case = (Option<&'static str>, Event);

fn subscriptions() -> Vec<Case> {
    vec![
        (None, started(Some("17.5.2-ee"), vec![paid(pro(), 50)])),
        (Some("plain"), started(None, vec![])),
        (None, Event::SubscriptionActivated { ledger: LedgerScope::InEffect }),
        (None, scheduled(Some(vec![paid(enterprise(), 20)]))),
        (Some("without_add_ons"), scheduled(Some(vec![]))),
        (
            Some("unchanged"),
            Event::RenewalScheduled(RenewalScheduled {
                subscription: SubscriptionId::parse("A-S0002").unwrap(),
                plan: None,
                seats: None,
                starts_at: instant("2025-01-01T00:00:00Z"),
                ends_at: instant("2026-01-01T00:00:00Z"),
                add_ons: None,
            }),
        ),
        (
            None,
            Event::SubscriptionRenewed(SubscriptionRenewed {
                ledger: LedgerScope::Both,
                subscription: SubscriptionId::parse("A-S0002").unwrap(),
                plan: PlanId::new("premium"),
                seats: Seats::known(30),
                ends_at: instant("2026-01-01T00:00:00Z"),
                add_ons: vec![paid(pro(), 30)],
                was_scheduled: true,
                dropped: vec![enterprise()],
                lowered: vec![pro()],
            }),
        ),
        (None, Event::SubscriptionSeatsChanged { seats: Seats::known(u32::MAX) }),
        (None, Event::SubscriptionCancelled { ends_at: instant("2024-06-30T22:00:00.000001Z") }),
        (
            None,
            Event::SubscriptionExpired {
                ledger: LedgerScope::Recorded,
                grace_ends_at: instant("2025-01-29T00:00:00Z"),
            },
        ),
        (None, Event::GracePeriodEnded { of: GraceOf::Product, product: Some(duo()) }),
        (Some("subscription"), Event::GracePeriodEnded { of: GraceOf::Subscription, product: None }),
        (
            None,
            Event::InstanceSynchronized { version: Some("17.10.0".parse().unwrap()), trigger: SyncTrigger::Instance },
        ),
        (Some("timer"), Event::InstanceSynchronized { version: None, trigger: SyncTrigger::Timer }),
    ]
}

fn started(version: Option<&str>, add_ons: Vec<PaidAddOn>) -> Event {
    Event::SubscriptionStarted(SubscriptionStarted {
        offering: Offering::SelfManaged,
        subscription: SubscriptionId::parse("A-S0001").unwrap(),
        plan: PlanId::new("ultimate"),
        seats: Seats::known(100),
        starts_at: instant("2024-01-01T00:00:00Z"),
        ends_at: instant("2025-01-01T00:00:00Z"),
        instance_version: version.map(|version| version.parse().unwrap()),
        add_ons,
    })
}

fn scheduled(add_ons: Option<Vec<PaidAddOn>>) -> Event {
    Event::RenewalScheduled(RenewalScheduled {
        subscription: SubscriptionId::parse("A-S0002").unwrap(),
        plan: Some(PlanId::new("ultimate")),
        seats: Some(Seats::known(30)),
        starts_at: instant("2025-01-01T00:00:00Z"),
        ends_at: instant("2026-01-01T00:00:00Z"),
        add_ons,
    })
}

fn add_ons() -> Vec<Case> {
    vec![
        (
            None,
            Event::SeatsPurchased(SeatsPurchased {
                product: duo(),
                add_on: pro(),
                quantity: Seats::known(10),
                total: Seats::known(60),
                channel: Channel::Portal,
            }),
        ),
        (None, Event::SeatQuantityChanged { product: duo(), add_on: pro(), quantity: 0 }),
        (
            None,
            Event::AddOnChanged(AddOnChanged {
                product: duo(),
                from: pro(),
                add_on: enterprise(),
                quantity: Seats::known(40),
                channel: Channel::Sales,
            }),
        ),
        (None, trial(Some(ann()))),
        (Some("by_nobody"), trial(None)),
        (None, Event::TrialConverted { ledger: LedgerScope::Both, product: duo(), add_on: pro() }),
        (None, Event::TrialExpired { ledger: LedgerScope::InEffect, product: duo(), add_on: enterprise() }),
    ]
}

fn trial(started_by: Option<UserId>) -> Event {
    Event::TrialStarted(TrialStarted {
        product: duo(),
        add_on: enterprise(),
        seats: Seats::known(100),
        ends_at: instant("2024-04-30T08:00:00Z"),
        started_by,
    })
}

fn seats() -> Vec<Case> {
    vec![
        (None, Event::SeatAssigned { user: ann(), product: duo(), add_on: pro(), cause: AssignmentCause::Requested }),
        (None, removed(RemovalReason::Requested, None)),
        (Some("overage_never_used"), removed(RemovalReason::Overage, Some((1, None)))),
        (Some("overage"), removed(RemovalReason::Overage, Some((2, Some("1969-07-20T20:17:40.5Z"))))),
        (
            None,
            Event::SeatsRetained {
                product: duo(),
                add_on: enterprise(),
                trial: true,
                quantity: 100,
                seats: 7,
                grace_ends_at: instant("2024-05-28T08:00:00Z"),
            },
        ),
        (None, Event::SeatsRestored { product: duo(), add_on: pro(), seats: 7 }),
    ]
}

fn removed(reason: RemovalReason, evidence: Option<(u32, Option<&str>)>) -> Event {
    let evidence =
        evidence.map(|(rank, last_used_at)| OverageEvidence { rank, last_used_at: last_used_at.map(instant) });
    Event::SeatRemoved { user: ann(), product: duo(), reason, evidence }
}

fn members() -> Vec<Case> {
    vec![
        (
            None,
            Event::MemberAdded {
                user: ann(),
                role: Role::Owner,
                user_type: UserType::Human,
                status: UserStatus::Active,
            },
        ),
        (None, Event::MemberUpdated { user: ann(), role: Role::MinimalAccess, user_type: UserType::ServiceAccount }),
        (None, Event::MemberRemoved { user: ann() }),
        (None, Event::MemberStatusChanged { user: ann(), status: UserStatus::Banned }),
    ]
}
