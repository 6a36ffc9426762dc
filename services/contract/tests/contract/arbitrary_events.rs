//! Any event is read as it was written.

use contract::event::{EncodedEvent, StreamEvent, decode, encode_licensee_event, encode_user_event};
use licensing::{
    AddOnChanged, AddOnId, AssignmentCause, Channel, Event, GraceOf, InstanceVersion, Instant, LedgerScope, LicenseeId,
    Offering, OverageEvidence, PaidAddOn, PlanId, ProductId, RemovalReason, RenewalScheduled, Role, Seats,
    SeatsPurchased, SubscriptionId, SubscriptionRenewed, SubscriptionStarted, SyncTrigger, TrialStarted, UserEvent,
    UserId, UserStatus, UserType,
};
use proptest::{collection::vec, option, prelude::*, sample::select, strategy::Union};

fn licensee() -> impl Strategy<Value = LicenseeId> {
    "[A-Za-z0-9._:-]{1,128}".prop_map(|id| LicenseeId::parse(&id).unwrap())
}

fn user() -> impl Strategy<Value = UserId> {
    "[A-Za-z0-9._:-]{1,128}".prop_map(|id| UserId::parse(&id).unwrap())
}

fn product() -> impl Strategy<Value = ProductId> {
    "[a-zü_]{1,12}".prop_map(|id| ProductId::new(&id))
}

fn add_on() -> impl Strategy<Value = AddOnId> {
    "[a-zü_]{1,12}".prop_map(|id| AddOnId::new(&id))
}

fn plan() -> impl Strategy<Value = PlanId> {
    "[a-zü_]{1,12}".prop_map(|id| PlanId::new(&id))
}

fn subscription() -> impl Strategy<Value = SubscriptionId> {
    ".{1,40}".prop_map(|id| SubscriptionId::parse(&id).unwrap())
}

fn version() -> impl Strategy<Value = InstanceVersion> {
    "[0-9]{1,3}(\\.[0-9]{1,3}){0,3}(-ee)?".prop_map(|text| text.parse().unwrap())
}

fn seats() -> impl Strategy<Value = Seats> {
    (1..=u32::MAX).prop_map(Seats::known)
}

/// Also before 1970, and beyond the year 9999, where a grace may end.
fn instant() -> impl Strategy<Value = Instant> {
    (-62_135_596_800_000_000_i64..=260_000_000_000_000_000)
        .prop_map(|micros| chrono::DateTime::from_timestamp_micros(micros).unwrap())
}

fn paid() -> impl Strategy<Value = PaidAddOn> {
    (product(), add_on(), seats()).prop_map(|(product, add_on, quantity)| PaidAddOn { product, add_on, quantity })
}

fn ledger() -> impl Strategy<Value = LedgerScope> {
    select(LedgerScope::ALL)
}

fn subscription_events() -> Vec<BoxedStrategy<Event>> {
    vec![
        (
            (select(Offering::ALL), subscription(), plan(), seats()),
            (instant(), instant(), option::of(version()), vec(paid(), 0..3)),
        )
            .prop_map(|((offering, subscription, plan, seats), (starts_at, ends_at, instance_version, add_ons))| {
                Event::SubscriptionStarted(SubscriptionStarted {
                    offering,
                    subscription,
                    plan,
                    seats,
                    starts_at,
                    ends_at,
                    instance_version,
                    add_ons,
                })
            })
            .boxed(),
        ledger().prop_map(|ledger| Event::SubscriptionActivated { ledger }).boxed(),
        (
            (subscription(), option::of(plan()), option::of(seats())),
            (instant(), instant(), option::of(vec(paid(), 0..3))),
        )
            .prop_map(|((subscription, plan, seats), (starts_at, ends_at, add_ons))| {
                Event::RenewalScheduled(RenewalScheduled { subscription, plan, seats, starts_at, ends_at, add_ons })
            })
            .boxed(),
        (
            (ledger(), subscription(), plan(), seats(), instant()),
            (vec(paid(), 0..3), any::<bool>(), vec(add_on(), 0..3), vec(add_on(), 0..3)),
        )
            .prop_map(|((ledger, subscription, plan, seats, ends_at), (add_ons, was_scheduled, dropped, lowered))| {
                Event::SubscriptionRenewed(SubscriptionRenewed {
                    ledger,
                    subscription,
                    plan,
                    seats,
                    ends_at,
                    add_ons,
                    was_scheduled,
                    dropped,
                    lowered,
                })
            })
            .boxed(),
        seats().prop_map(|seats| Event::SubscriptionSeatsChanged { seats }).boxed(),
        instant().prop_map(|ends_at| Event::SubscriptionCancelled { ends_at }).boxed(),
        (ledger(), instant())
            .prop_map(|(ledger, grace_ends_at)| Event::SubscriptionExpired { ledger, grace_ends_at })
            .boxed(),
        (select(GraceOf::ALL), option::of(product()))
            .prop_map(|(of, product)| Event::GracePeriodEnded { of, product })
            .boxed(),
        (option::of(version()), select(SyncTrigger::ALL))
            .prop_map(|(version, trigger)| Event::InstanceSynchronized { version, trigger })
            .boxed(),
    ]
}

fn add_on_events() -> Vec<BoxedStrategy<Event>> {
    vec![
        (product(), add_on(), seats(), seats(), select(Channel::ALL))
            .prop_map(|(product, add_on, quantity, total, channel)| {
                Event::SeatsPurchased(SeatsPurchased { product, add_on, quantity, total, channel })
            })
            .boxed(),
        (product(), add_on(), any::<u32>())
            .prop_map(|(product, add_on, quantity)| Event::SeatQuantityChanged { product, add_on, quantity })
            .boxed(),
        (product(), add_on(), add_on(), seats(), select(Channel::ALL))
            .prop_map(|(product, from, add_on, quantity, channel)| {
                Event::AddOnChanged(AddOnChanged { product, from, add_on, quantity, channel })
            })
            .boxed(),
        (product(), add_on(), seats(), instant(), option::of(user()))
            .prop_map(|(product, add_on, seats, ends_at, started_by)| {
                Event::TrialStarted(TrialStarted { product, add_on, seats, ends_at, started_by })
            })
            .boxed(),
        (ledger(), product(), add_on())
            .prop_map(|(ledger, product, add_on)| Event::TrialConverted { ledger, product, add_on })
            .boxed(),
        (ledger(), product(), add_on())
            .prop_map(|(ledger, product, add_on)| Event::TrialExpired { ledger, product, add_on })
            .boxed(),
    ]
}

fn seat_events() -> Vec<BoxedStrategy<Event>> {
    vec![
        (user(), product(), add_on(), select(AssignmentCause::ALL))
            .prop_map(|(user, product, add_on, cause)| Event::SeatAssigned { user, product, add_on, cause })
            .boxed(),
        (user(), product(), select(RemovalReason::ALL), any::<u32>(), option::of(instant()))
            .prop_map(|(user, product, reason, rank, last_used_at)| {
                let evidence = (reason == RemovalReason::Overage).then_some(OverageEvidence { rank, last_used_at });
                Event::SeatRemoved { user, product, reason, evidence }
            })
            .boxed(),
        (product(), add_on(), any::<bool>(), any::<u32>(), any::<u32>(), instant())
            .prop_map(|(product, add_on, trial, quantity, seats, grace_ends_at)| Event::SeatsRetained {
                product,
                add_on,
                trial,
                quantity,
                seats,
                grace_ends_at,
            })
            .boxed(),
        (product(), add_on(), any::<u32>())
            .prop_map(|(product, add_on, seats)| Event::SeatsRestored { product, add_on, seats })
            .boxed(),
    ]
}

fn member_events() -> Vec<BoxedStrategy<Event>> {
    vec![
        (user(), select(Role::ALL), select(UserType::ALL), select(UserStatus::ALL))
            .prop_map(|(user, role, user_type, status)| Event::MemberAdded { user, role, user_type, status })
            .boxed(),
        (user(), select(Role::ALL), select(UserType::ALL))
            .prop_map(|(user, role, user_type)| Event::MemberUpdated { user, role, user_type })
            .boxed(),
        user().prop_map(|user| Event::MemberRemoved { user }).boxed(),
        (user(), select(UserStatus::ALL))
            .prop_map(|(user, status)| Event::MemberStatusChanged { user, status })
            .boxed(),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let mut events = subscription_events();
    events.extend(add_on_events());
    events.extend(seat_events());
    events.extend(member_events());
    Union::new(events)
}

fn read(encoded: &EncodedEvent) -> StreamEvent {
    decode(encoded.type_name, encoded.schema_version, &encoded.data).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn an_event_of_a_licensee_is_read_as_it_was_written(licensee in licensee(), event in event()) {
        let encoded = encode_licensee_event(&licensee, &event);
        let read = read(&encoded);
        // The bytes too: versions that are equal need not be spelt alike.
        prop_assert_eq!(read.encode(), encoded);
        prop_assert_eq!(read, StreamEvent::Licensee { licensee, event });
    }

    #[test]
    fn an_event_of_a_user_is_read_as_it_was_written(user in user(), event in select(vec![
        UserEvent::UserBlocked,
        UserEvent::UserBanned,
        UserEvent::UserDeactivated,
        UserEvent::UserReactivated,
        UserEvent::UserDeleted,
    ])) {
        let encoded = encode_user_event(&user, event);
        prop_assert_eq!(read(&encoded), StreamEvent::User { user, event });
    }
}
