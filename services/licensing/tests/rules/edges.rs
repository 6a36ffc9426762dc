//! The corners of the rules: terms, one instant, waiting renewals, plan and add-ons.

use licensing::*;

use crate::case::*;

#[test]
fn a_term_that_has_ended_or_has_no_length_is_invalid() {
    let case = Case::new();
    for (starts_at, ends_at) in [
        (case.now - days(9), case.now),
        (case.now - days(9), case.now - days(1)),
        (case.now + days(9), case.now + days(9)),
        (case.now + days(9), case.now + days(8)),
    ] {
        let start = StartSubscription { starts_at, ends_at, ..case.start(&[]) };
        case.refuses(Command::StartSubscription(start), Code::InvalidTerm);
    }
    let barely = StartSubscription { starts_at: case.now - days(9), ends_at: case.now + moment(), ..case.start(&[]) };
    assert!(case.when(Command::StartSubscription(barely)).inspect_result().is_ok());
}

#[test]
fn a_renewal_must_end_after_now_after_its_own_start_and_after_the_subscriptions() {
    let mut case = Case::new();
    let begins = case.now + days(30);
    let start = StartSubscription { starts_at: begins, ..case.start(&[]) };
    case.tell(Command::StartSubscription(start));
    let later = case.now + days(60);
    for (starts_at, ends_at) in [
        (None, case.now),
        (None, begins),
        (Some(case.now - days(5)), case.now - days(1)),
        (Some(later), later),
        (Some(later), later - days(1)),
        (Some(case.now + days(10)), case.now + days(20)),
    ] {
        let renewal = RenewSubscription { starts_at, ends_at, ..case.renewal() };
        case.refuses(Command::RenewSubscription(renewal), Code::InvalidTerm);
    }
}

#[test]
fn a_renewal_without_add_ons_keeps_what_was_paid_for_last_also_after_the_end() {
    let mut case = Case::ultimate(&[("duo_pro", 5)]);
    case.tell(purchase("duo_enterprise", 9));
    case.wait(days(500));
    case.tell(Command::RenewSubscription(case.renewal()));
    assert_eq!((case.product().add_on, case.product().quantity), (Some(enterprise()), 9));
}

#[test]
fn any_later_start_renewal_or_cancellation_drops_a_renewal_that_waits() {
    let mut case = Case::ultimate(&[]);
    let waiting = Command::RenewSubscription(case.renewal_at(case.now + days(40)));
    case.tell(waiting.clone());
    assert!(case.timers().contains(&("renewal_applies", case.now + days(40))));
    let renewal = Command::RenewSubscription(RenewSubscription { ends_at: case.now + days(300), ..case.renewal() });
    for later in [renewal, cancel(Some(case.now + days(200)))] {
        let mut case = case.clone();
        case.tell(later.clone());
        assert!(!case.timers().iter().any(|timer| timer.0 == "renewal_applies"), "{later:?}");
    }
    // A start can only find one that waits once the term is over.
    let mut case = Case::ultimate(&[]);
    let begins = case.subscription().ends_at + days(20);
    case.tell(Command::RenewSubscription(case.renewal_at(begins)));
    case.wait(days(370));
    case.tell(Command::StartSubscription(case.start(&[])));
    assert!(!case.timers().iter().any(|timer| timer.0 == "renewal_applies"));
}

#[test]
fn a_start_in_grace_with_a_start_to_come_is_scheduled_and_the_pools_grace_runs_on() {
    let mut case = Case::with_pro(5, &["a"]);
    case.tell(cancel(None));
    let grace_ends = case.now + days(28);
    for (begins, kept) in [(days(20), 1), (days(40), 0)] {
        let mut case = case.clone();
        let start = StartSubscription { starts_at: case.now + begins, ..case.start(&[("duo_pro", 5)]) };
        case.tell(Command::StartSubscription(start));
        let subscription = case.subscription();
        assert_eq!((subscription.status, subscription.grace_ends_at), (Phase::Scheduled, None));
        assert_eq!(case.product().grace_ends_at, Some(grace_ends));
        case.wait(begins);
        assert_eq!((case.product().status, case.product().assigned), (ProductStatus::Active, kept));
    }
}

#[test]
fn a_renewal_that_begins_at_the_very_end_of_the_term_leaves_no_gap() {
    let mut case = Case::with_pro(2, &["a", "b"]);
    let ends = case.subscription().ends_at;
    case.tell(Command::RenewSubscription(case.renewal_at(ends)));
    assert_eq!(case.wait_named(days(400)), [("SubscriptionRenewed", ends)]);
    assert_eq!(case.holders(), ["a", "b"]);
}

#[test]
fn a_renewal_that_begins_later_leaves_a_gap_and_brings_back_what_is_still_kept() {
    let mut case = Case::with_pro(2, &["a"]);
    let ends = case.subscription().ends_at;
    let begins = ends + days(28) - moment();
    case.tell(Command::RenewSubscription(case.renewal_at(begins)));
    let expected = [
        ("SubscriptionExpired", ends),
        ("SeatsRetained", ends),
        ("SubscriptionRenewed", begins),
        ("SeatsRestored", begins),
    ];
    assert_eq!(case.wait_named(days(400)), expected);
}

#[test]
fn one_instant_the_end_of_a_grace_goes_before_the_renewal_that_would_have_saved_the_seats() {
    let mut case = Case::with_pro(2, &["a"]);
    let grace_ends = case.subscription().ends_at + days(28);
    case.tell(Command::RenewSubscription(case.renewal_at(grace_ends)));
    case.wait_until(grace_ends - moment());
    let seen = case.wait_named(moment());
    let names: Vec<&str> = seen.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["GracePeriodEnded", "SeatRemoved", "GracePeriodEnded", "SubscriptionRenewed"]);
    assert_eq!((case.product().status, case.product().assigned), (ProductStatus::Active, 0));
}

#[test]
fn one_instant_the_end_of_a_grace_goes_before_an_activation() {
    let mut case = Case::with_pro(2, &["a"]);
    case.tell(cancel(None));
    let grace_ends = case.now + days(28);
    let start = StartSubscription { starts_at: grace_ends, ..case.start(&[("duo_pro", 2)]) };
    case.tell(Command::StartSubscription(start));
    let seen = case.wait_named(days(28));
    let names: Vec<&str> = seen.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["SeatRemoved", "GracePeriodEnded", "SubscriptionActivated"]);
}

#[test]
fn one_instant_an_expiry_goes_before_a_sync() {
    let mut case = Case::synced("ultimate", &[("duo_pro", 2)], "17.5");
    let ends = case.subscription().ends_at;
    case.wait_until(ends - hours(24));
    case.tell(Command::RenewSubscription(case.renewal()));
    let seen = case.wait_named(hours(24));
    let expected = ["SubscriptionExpired", "SeatsRetained", "InstanceSynchronized", "SeatsRestored"];
    assert_eq!(seen, expected.map(|name| (name, ends)));
}

#[test]
fn one_instant_timers_go_before_a_command() {
    let mut case = Case::with_pro(2, &["a"]);
    let ends = case.subscription().ends_at;
    case.join_all(&["b"]);
    case.now = ends;
    case.refuses(assign("b"), Code::PurchaseNotActive);
}

#[test]
fn a_waiting_renewal_that_no_longer_fits_is_made_to_and_says_so() {
    // The base seats are lowered to 50: what is paid for by then does not fit.
    let mut case = Case::ultimate(&[("duo_pro", 50)]);
    let begins = case.now + days(10);
    let fewer = RenewSubscription { seats: Some(50), ..case.renewal_at(begins) };
    case.tell(Command::RenewSubscription(fewer));
    case.tell(purchase("duo_pro", 30));
    case.wait(days(10));
    let lowered = renewed(&case);
    assert_eq!((lowered.lowered, lowered.dropped), (vec![pro()], vec![]));
    assert_eq!(lowered.add_ons, [paid(pro(), 50)]);
    assert_eq!(case.product().quantity, 50);

    // To premium, and by then the add-on is one that premium does not have.
    let mut case = Case::with_pro(50, &["a"]);
    let down = RenewSubscription { plan: Some(PlanId::new("premium")), ..case.renewal_at(case.now + days(10)) };
    case.tell(Command::RenewSubscription(down));
    case.tell(purchase("duo_enterprise", 30));
    case.wait(days(10));
    let dropped = renewed(&case);
    assert_eq!((dropped.lowered, dropped.dropped), (vec![], vec![enterprise()]));
    assert_eq!(case.product().status, ProductStatus::Grace);
}

/// The last renewal that applied.
fn renewed(case: &Case) -> SubscriptionRenewed {
    let mut events = case.history.iter().rev().map(|happened| &happened.1);
    let renewed = events.find_map(|event| match event {
        Event::SubscriptionRenewed(renewed) => Some(renewed.clone()),
        _ => None,
    });
    renewed.unwrap()
}

#[test]
fn a_renewal_is_judged_by_the_add_ons_as_they_will_be() {
    let mut case = Case::ultimate(&[("duo_enterprise", 50)]);
    let down = RenewSubscription { plan: Some(PlanId::new("premium")), ..case.renewal() };
    case.refuses(Command::RenewSubscription(down.clone()), Code::PlanNotEligible);
    let fewer = RenewSubscription { seats: Some(49), ..case.renewal() };
    case.refuses(Command::RenewSubscription(fewer.clone()), Code::QuantityExceedsSubscriptionSeats);
    for add_ons in [Vec::new(), orders(&[("duo_pro", 10)])] {
        let changed = RenewSubscription { add_ons: Some(add_ons), seats: Some(10), ..down.clone() };
        assert!(case.when(Command::RenewSubscription(changed)).inspect_result().is_ok());
    }
    // Also where it waits, and also after the end.
    let waiting = RenewSubscription { starts_at: Some(case.now + days(9)), ..down.clone() };
    case.refuses(Command::RenewSubscription(waiting), Code::PlanNotEligible);
    case.wait(days(500));
    let down = RenewSubscription { ends_at: case.now + days(9), ..down };
    case.refuses(Command::RenewSubscription(down), Code::PlanNotEligible);
}

#[test]
fn a_cancellation_may_move_the_end_forwards_in_time_only() {
    let mut case = Case::ultimate(&[]);
    let ends = case.subscription().ends_at;
    case.refuses(cancel(Some(ends + moment())), Code::InvalidTerm);
    assert!(case.when(cancel(Some(ends))).inspect_result().is_ok());
    case.tell(cancel(None));
    case.refuses(cancel(None), Code::SubscriptionNotActive);
}

#[test]
fn a_trials_end_is_shown_as_the_earlier_of_its_own_and_the_subscriptions() {
    let mut case = Case::ultimate(&[]);
    case.tell(trial("duo_enterprise", None));
    assert_eq!(case.product().ends_at, Some(case.now + days(60)));
    case.tell(cancel(Some(case.now + days(20))));
    assert_eq!(case.product().ends_at, Some(case.now + days(20)));
}

#[test]
fn trial_ends_is_armed_only_while_it_is_earlier_than_the_subscriptions_end() {
    let mut case = Case::ultimate(&[]);
    case.tell(trial("duo_enterprise", None));
    let (trial_ends, ends) = (case.now + days(60), case.subscription().ends_at);
    assert_eq!(case.timers(), [("trial_ends", trial_ends), ("subscription_expires", ends)]);
    case.tell(cancel(Some(trial_ends)));
    assert_eq!(case.timers(), [("subscription_expires", trial_ends)]);
}

#[test]
fn every_timer_is_armed_from_the_moment_it_has_a_date() {
    let mut case = Case::new();
    let begins = case.now + days(1);
    let start = StartSubscription { starts_at: begins, ..case.start(&[("duo_pro", 1)]) };
    case.tell(Command::StartSubscription(start));
    let ends = case.subscription().ends_at;
    assert_eq!(case.timers(), [("subscription_activates", begins)]);
    case.wait_until(begins);
    assert_eq!(case.timers(), [("subscription_expires", ends)]);
    case.wait_until(ends);
    let grace_ends = ends + days(28);
    assert_eq!(case.timers(), [("grace_ends", grace_ends), ("seats_removed", grace_ends)]);
    case.wait_until(grace_ends);
    assert_eq!(case.timers(), []);
}
