//! R1 to R6: the base plan and its term.

use licensing::*;

use crate::{adapter::Happened, case::*};

fn started(start: StartSubscription, add_ons: Vec<PaidAddOn>) -> Event {
    Event::SubscriptionStarted(SubscriptionStarted {
        offering: start.offering,
        subscription: start.subscription,
        plan: start.plan,
        seats: Seats::at_least_one(start.seats).unwrap(),
        starts_at: start.starts_at,
        ends_at: start.ends_at,
        instance_version: start.instance_version,
        add_ons,
    })
}

#[test]
fn r01_a_start_sets_plan_seats_term_and_add_ons() {
    let mut case = Case::new();
    let start = case.start(&[("duo_pro", 50)]);
    let event = started(start.clone(), vec![paid(pro(), 50)]);
    case.when(Command::StartSubscription(start.clone())).then_expect_events(case.now([event]));

    case.tell(Command::StartSubscription(start.clone()));
    let expected = SubscriptionSummary {
        id: start.subscription,
        plan: start.plan,
        seats: Seats::known(100),
        status: Phase::Active,
        starts_at: start.starts_at,
        ends_at: start.ends_at,
        grace_ends_at: None,
    };
    assert_eq!(case.subscription(), expected);
    assert_eq!(case.summary().offering, Some(Offering::GitlabCom));
}

#[test]
fn r01_a_start_is_refused_while_one_is_active_or_scheduled_and_taken_in_grace_and_after_the_end() {
    let mut case = Case::new();
    let begins = case.now + days(10);
    let later = StartSubscription { starts_at: begins, ..case.start(&[]) };
    case.tell(Command::StartSubscription(later));
    let again = |case: &Case| Command::StartSubscription(case.start(&[]));
    assert_eq!(case.subscription().status, Phase::Scheduled);
    case.refuses(again(&case), Code::SubscriptionAlreadyActive);
    case.wait_until(begins);
    case.refuses(again(&case), Code::SubscriptionAlreadyActive);

    case.tell(cancel(None));
    assert_eq!(case.subscription().status, Phase::Grace);
    assert!(case.when(again(&case)).inspect_result().is_ok());
    case.wait(days(28));
    assert_eq!(case.subscription().status, Phase::Ended);
    assert!(case.when(again(&case)).inspect_result().is_ok());
}

#[test]
fn r01_the_offering_never_changes() {
    let mut case = Case::ultimate(&[]);
    case.wait(days(400));
    for offering in [Offering::SelfManaged, Offering::Dedicated] {
        let start = StartSubscription { offering, ..case.start(&[]) };
        case.refuses(Command::StartSubscription(start), Code::OfferingMismatch);
    }
}

#[test]
fn r02_a_term_begins_and_ends_and_has_28_days_of_grace_half_open() {
    let mut case = Case::new();
    let begins = case.now + days(1);
    let ends = begins + days(365);
    let grace_ends = ends + days(28);
    let start = StartSubscription { starts_at: begins, ends_at: ends, ..case.start(&[]) };
    case.tell(Command::StartSubscription(start));

    let both = LedgerScope::Both;
    let grace_ended = Event::GracePeriodEnded { of: GraceOf::Subscription, product: None };
    let moves = [
        (begins, Phase::Scheduled, Phase::Active, Event::SubscriptionActivated { ledger: both }),
        (ends, Phase::Active, Phase::Grace, Event::SubscriptionExpired { ledger: both, grace_ends_at: grace_ends }),
        (grace_ends, Phase::Grace, Phase::Ended, grace_ended),
    ];
    for (at, before, after, event) in moves {
        assert_eq!(case.wait_until(at - moment()), []);
        assert_eq!(case.subscription().status, before);
        assert_eq!(case.wait_until(at), [Happened(at, event)]);
        assert_eq!(case.subscription().status, after);
    }
}

#[test]
fn r02_events_of_timers_bear_their_due_time_and_come_before_the_command_that_finds_them() {
    let mut case = Case::with_pro(1, &["a"]);
    let ends = case.now + days(365);
    let story = case.clone();
    case.now += days(1_000);
    let happened = case.when(join("b", Role::Developer)).inspect_result().unwrap();
    let seen: Vec<_> = happened.iter().map(|Happened(at, event)| (event.name(), *at)).collect();
    let grace_ends = ends + days(28);
    let expected = [
        ("SubscriptionExpired", ends),
        ("SeatsRetained", ends),
        ("GracePeriodEnded", grace_ends),
        ("SeatRemoved", grace_ends),
        ("GracePeriodEnded", grace_ends),
        ("MemberAdded", story.now + days(1_000)),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn r02_a_term_without_an_instant_in_it_never_runs() {
    let mut case = Case::new();
    let begins = case.now + days(10);
    let start = StartSubscription { starts_at: begins, ..case.start(&[("duo_pro", 5)]) };
    case.tell(Command::StartSubscription(start));
    case.tell(cancel(Some(begins)));
    assert_eq!(case.wait_named(days(10)), [("SubscriptionExpired", begins)]);
    assert_eq!(case.product().status, ProductStatus::None);
}

#[test]
fn r03_a_renewal_at_once_changes_plan_seats_add_ons_and_end_but_not_the_start() {
    let mut case = Case::ultimate(&[("duo_enterprise", 10)]);
    let starts_at = case.now;
    case.wait(days(100));
    let renewal = RenewSubscription {
        plan: Some(PlanId::new("premium")),
        seats: Some(30),
        add_ons: Some(orders(&[("duo_pro", 20)])),
        starts_at: Some(case.now),
        ..case.renewal()
    };
    let event = Event::SubscriptionRenewed(SubscriptionRenewed {
        ledger: LedgerScope::Both,
        subscription: renewal.subscription.clone(),
        plan: PlanId::new("premium"),
        seats: Seats::known(30),
        ends_at: renewal.ends_at,
        add_ons: vec![paid(pro(), 20)],
        was_scheduled: false,
        dropped: Vec::new(),
        lowered: Vec::new(),
    });
    case.when(Command::RenewSubscription(renewal.clone())).then_expect_events(case.now([event]));

    case.tell(Command::RenewSubscription(renewal));
    assert_eq!(case.subscription().starts_at, starts_at);
    assert_eq!(case.subscription().id.as_str(), "A-2");
    assert_eq!(case.product().add_on, Some(pro()));
}

#[test]
fn r03_a_renewal_to_come_waits_and_a_later_one_replaces_it() {
    let mut case = Case::ultimate(&[]);
    let (soon, later) = (case.now + days(30), case.now + days(60));
    let first = RenewSubscription { seats: Some(10), ..case.renewal_at(soon) };
    assert_eq!(names(&case.tell(Command::RenewSubscription(first)).events), ["RenewalScheduled"]);
    assert_eq!(case.subscription().seats, Seats::known(100));
    let second = RenewSubscription { seats: Some(20), ..case.renewal_at(later) };
    case.tell(Command::RenewSubscription(second));
    assert_eq!(case.wait_named(days(365)), [("SubscriptionRenewed", later)]);
    assert_eq!(case.subscription().seats, Seats::known(20));
}

#[test]
fn r03_a_renewal_is_taken_in_every_status_and_revives_what_has_ended() {
    let mut scheduled = Case::new();
    let start = StartSubscription { starts_at: scheduled.now + days(10), ..scheduled.start(&[]) };
    scheduled.tell(Command::StartSubscription(start));
    scheduled.tell(Command::RenewSubscription(scheduled.renewal()));
    assert_eq!(scheduled.subscription().status, Phase::Scheduled);

    for (time, status) in [(370, Phase::Grace), (400, Phase::Ended)] {
        let mut case = Case::ultimate(&[("duo_pro", 7)]);
        case.wait(days(time));
        assert_eq!(case.subscription().status, status);
        case.tell(Command::RenewSubscription(case.renewal()));
        assert_eq!(case.subscription().status, Phase::Active);
        assert_eq!(case.product().quantity, 7, "what was paid for last is kept");
    }
}

#[test]
fn r03_r20_only_seats_whose_grace_has_not_ended_come_back_with_a_renewal() {
    for (time, kept) in [(365 + 27, 2), (365 + 28, 0)] {
        let mut case = Case::with_pro(2, &["a", "b"]);
        case.wait(days(time));
        case.tell(Command::RenewSubscription(case.renewal()));
        assert_eq!((case.product().status, case.product().assigned), (ProductStatus::Active, kept));
    }
}

#[test]
fn r04_absent_add_ons_are_none_for_a_start_and_unchanged_for_a_renewal_and_empty_is_without_any() {
    let case = Case::ultimate(&[]);
    assert_eq!(case.product().status, ProductStatus::None);

    let mut case = Case::ultimate(&[("duo_pro", 5)]);
    case.tell(Command::RenewSubscription(case.renewal()));
    assert_eq!(case.product().quantity, 5);
    let without = RenewSubscription { add_ons: Some(Vec::new()), ..case.renewal() };
    case.tell(Command::RenewSubscription(without));
    assert_eq!(case.product().status, ProductStatus::Grace);

    let mut case = Case::new();
    let start = StartSubscription { add_ons: Some(Vec::new()), ..case.start(&[]) };
    case.tell(Command::StartSubscription(start));
    assert_eq!(case.product().status, ProductStatus::None);
}

#[test]
fn r04_at_most_one_add_on_of_a_product() {
    let mut case = Case::new();
    for both in [[("duo_pro", 1), ("duo_enterprise", 1)], [("duo_pro", 1), ("duo_pro", 1)]] {
        case.refuses(Command::StartSubscription(case.start(&both)), Code::ConflictingAddOns);
    }
    case.tell(Command::StartSubscription(case.start(&[])));
    let both = Some(orders(&[("duo_pro", 1), ("duo_enterprise", 1)]));
    let renewal = RenewSubscription { add_ons: both, ..case.renewal() };
    case.refuses(Command::RenewSubscription(renewal), Code::ConflictingAddOns);
}

#[test]
fn r05_a_cancellation_for_now_or_the_past_ends_the_term_now_and_grace_follows() {
    let case = Case::with_pro(1, &["a"]);
    for effective_at in [None, Some(case.now), Some(case.now - days(3))] {
        let mut case = case.clone();
        let decision = case.tell(cancel(effective_at));
        assert_eq!(names(&decision.events), ["SubscriptionCancelled", "SubscriptionExpired", "SeatsRetained"]);
        let subscription = case.subscription();
        assert_eq!((subscription.status, subscription.ends_at), (Phase::Grace, case.now));
        assert_eq!(subscription.grace_ends_at, Some(case.now + days(28)));
    }
}

#[test]
fn r05_a_cancellation_to_come_moves_the_end() {
    let mut case = Case::ultimate(&[]);
    let ends_at = case.now + days(20);
    case.when(cancel(Some(ends_at))).then_expect_events(case.now([Event::SubscriptionCancelled { ends_at }]));
    case.tell(cancel(Some(ends_at)));
    assert_eq!(case.subscription().status, Phase::Active);
    assert_eq!(case.wait_named(days(30)), [("SubscriptionExpired", ends_at)]);
}

#[test]
fn r06_the_base_seats_can_be_set_down_to_what_is_paid_for() {
    let case = Case::ultimate(&[("duo_pro", 40)]);
    let change = |seats| Command::ChangeSubscriptionSeats { seats };
    let changed = |seats| Event::SubscriptionSeatsChanged { seats: Seats::known(seats) };
    case.when(change(40)).then_expect_events(case.now([changed(40)]));
    case.when(change(500)).then_expect_events(case.now([changed(500)]));
    case.refuses(change(39), Code::QuantityExceedsSubscriptionSeats);
    case.refuses(change(0), Code::InvalidQuantity);
}

#[test]
fn r06_the_base_seats_of_a_scheduled_subscription_can_be_set() {
    let mut case = Case::new();
    let start = StartSubscription { starts_at: case.now + days(10), ..case.start(&[]) };
    case.tell(Command::StartSubscription(start));
    case.tell(Command::ChangeSubscriptionSeats { seats: 7 });
    assert_eq!(case.subscription().seats, Seats::known(7));
    case.tell(cancel(None));
    case.refuses(Command::ChangeSubscriptionSeats { seats: 8 }, Code::SubscriptionNotActive);
}
