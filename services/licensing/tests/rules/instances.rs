//! R16 to R19: what an instance records, fetches and must be able to do.

use licensing::*;

use crate::{adapter::Happened, case::*};

fn synchronized(version: Option<&str>, trigger: SyncTrigger) -> Event {
    Event::InstanceSynchronized { version: version.map(|version| version.parse().unwrap()), trigger }
}

#[test]
fn r16_what_billing_sells_an_instance_waits_and_members_and_seats_do_not() {
    for offering in [Offering::SelfManaged, Offering::Dedicated] {
        let mut case = Case::subscribed(offering, "ultimate", &[("duo_pro", 5)]);
        case.join_all(&["a"]);
        let product = case.product();
        assert_eq!(product.status, ProductStatus::PendingSync);
        assert_eq!((product.add_on, product.quantity), (Some(pro()), 5));
        assert_eq!((product.assigned, product.available), (0, 0));
        assert_eq!(product.ends_at, Some(case.subscription().ends_at));
        assert_eq!(case.subscription().status, Phase::Active, "the subscription is shown as recorded");
        case.refuses(assign("a"), Code::PurchaseNotActive);
        case.tell(sync("17.5"));
        assert_eq!(case.product().status, ProductStatus::Active);
        case.tell(assign("a"));
    }
}

#[test]
fn r16_every_kind_of_change_waits_while_the_older_one_stays_in_effect() {
    let case = Case::synced("ultimate", &[("duo_pro", 5)], "17.5");
    let before = case.product();
    let renewal = RenewSubscription { add_ons: Some(Vec::new()), ..case.renewal() };
    for change in [
        Command::RenewSubscription(renewal),
        Command::ChangeSubscriptionSeats { seats: 50 },
        cancel(None),
        purchase("duo_pro", 5),
        purchase("duo_enterprise", 1),
        set_quantity("duo_pro", 0),
        trial("duo_enterprise", None),
    ] {
        let mut case = case.clone();
        case.tell(change.clone());
        assert_eq!(case.product(), before, "{change:?}");
        assert!(case.timers().contains(&("sync_due", case.now + hours(24))), "{change:?}");
    }
}

#[test]
fn r16_nothing_that_is_over_is_pending() {
    let mut case = Case::subscribed(Offering::SelfManaged, "ultimate", &[("duo_pro", 5)]);
    case.tell(cancel(None));
    assert_eq!(case.product().status, ProductStatus::None, "what is recorded grants nothing now");
    let mut case = Case::new();
    let start = StartSubscription {
        offering: Offering::SelfManaged,
        starts_at: case.now + days(3),
        ..case.start(&[("duo_pro", 5)])
    };
    case.tell(Command::StartSubscription(start));
    assert_eq!(case.product().status, ProductStatus::None);
}

#[test]
fn r17_a_sync_makes_everything_recorded_effective_and_keeps_version_and_time() {
    let mut case = Case::subscribed(Offering::SelfManaged, "ultimate", &[("duo_pro", 5)]);
    case.tell(purchase("duo_pro", 3));
    case.wait(hours(1));
    let event = synchronized(Some("17.5.2-ee"), SyncTrigger::Instance);
    case.when(sync("17.5.2-ee")).then_expect_events(case.now([event]));
    case.tell(sync("17.5.2-ee"));
    let summary = case.summary();
    assert_eq!(summary.last_synced_at, Some(case.now));
    assert_eq!(summary.instance_version.unwrap().as_str(), "17.5.2-ee");
    assert_eq!(case.product().quantity, 8);
    assert_eq!(case.timers(), [("subscription_expires", case.subscription().ends_at)]);
}

#[test]
fn r17_a_sync_with_nothing_new_is_noted() {
    let mut case = Case::synced("ultimate", &[("duo_pro", 5)], "17.5");
    case.wait(days(2));
    case.when(sync("17.6")).then_expect_events(case.now([synchronized(Some("17.6"), SyncTrigger::Instance)]));
    case.tell(sync("17.6"));
    assert_eq!(case.summary().last_synced_at, Some(case.now));
}

#[test]
fn r17_an_expiry_needs_no_sync() {
    let mut case = Case::synced("ultimate", &[("duo_pro", 5)], "17.5");
    let ends = case.now + days(365);
    assert_eq!(case.wait_named(days(366)), [("SubscriptionExpired", ends), ("SeatsRetained", ends)]);
    assert_eq!(case.product().status, ProductStatus::Grace);
}

#[test]
fn r17_the_dates_in_effect_run_out_though_a_renewal_is_recorded() {
    let mut case = Case::synced("ultimate", &[("duo_pro", 5)], "17.5");
    case.join_all(&["a"]);
    case.tell(assign("a"));
    let ends = case.subscription().ends_at;
    case.wait_until(ends - hours(2));
    case.tell(Command::RenewSubscription(case.renewal()));
    case.wait_until(ends);
    assert_eq!(case.subscription().status, Phase::Active, "recorded");
    assert_eq!(case.product().status, ProductStatus::Grace, "in effect");
    let events = case.tell(sync("17.5")).events;
    assert_eq!(names(&events), ["InstanceSynchronized", "SeatsRestored"]);
    assert_eq!((case.product().status, case.holders()), (ProductStatus::Active, vec!["a".to_owned()]));
}

#[test]
fn r18_a_change_that_has_waited_24_hours_is_synchronised_by_a_timer_which_takes_everything() {
    let mut case = Case::subscribed(Offering::SelfManaged, "ultimate", &[("duo_pro", 5)]);
    let due = case.now + hours(24);
    case.wait(hours(23));
    case.tell(purchase("duo_pro", 1));
    assert_eq!(case.wait_until(due - moment()), []);
    assert_eq!(case.wait_until(due), [Happened(due, synchronized(None, SyncTrigger::Timer))]);
    assert_eq!(case.product().quantity, 6);
    assert_eq!(case.summary().last_synced_at, Some(due));
    assert_eq!(case.wait(days(30)), []);
}

#[test]
fn r18_a_timer_keeps_the_version_known() {
    let mut case = Case::synced("ultimate", &[], "17.5");
    case.tell(purchase("duo_pro", 5));
    case.wait(hours(24));
    assert_eq!(case.summary().instance_version.unwrap().as_str(), "17.5");
}

#[test]
fn r18_each_accepted_billing_command_is_a_change_and_a_refused_one_is_none() {
    let mut case = Case::synced("ultimate", &[("duo_pro", 5)], "17.5");
    case.refuses(purchase("duo_pro", 0), Code::InvalidQuantity);
    assert!(!case.timers().iter().any(|timer| timer.0 == "sync_due"));
    // Even one that sets what is set already.
    case.tell(set_quantity("duo_pro", 5));
    assert!(case.timers().contains(&("sync_due", case.now + hours(24))));
}

#[test]
fn r19_what_an_instance_needs_to_assign_is_compared_number_by_number() {
    for (add_on, version, refusal) in [
        ("duo_pro", "16.7.99", Some(Code::InstanceVersionTooOld)),
        ("duo_pro", "16.8", None),
        ("duo_pro", "16.10", None),
        ("duo_enterprise", "17.2.9", Some(Code::InstanceVersionTooOld)),
        ("duo_enterprise", "17.3.0-ee", None),
        ("duo_enterprise", "17.10", None),
        ("duo_enterprise", "9.9", Some(Code::InstanceVersionTooOld)),
    ] {
        let mut case = Case::synced("ultimate", &[(add_on, 5)], version);
        case.join_all(&["a"]);
        for command in [assign("a"), assign_many(&["a"], AssignMode::AllOrNothing)] {
            let code = case.when(command).inspect_result().err().map(|refused| refused.0);
            assert_eq!(code, refusal, "{add_on} on {version}");
        }
    }
}

#[test]
fn r19_an_unknown_version_is_too_old_and_one_in_a_start_is_known_at_once() {
    for (version, refusal) in [(None, Some(Code::InstanceVersionTooOld)), (Some("17.3"), None)] {
        let mut case = Case::new();
        let start = StartSubscription {
            offering: Offering::Dedicated,
            instance_version: version.map(|version| version.parse().unwrap()),
            ..case.start(&[("duo_pro", 5)])
        };
        case.tell(Command::StartSubscription(start));
        case.join_all(&["a"]);
        case.wait(hours(24));
        let code = case.when(assign("a")).inspect_result().err().map(|refused| refused.0);
        assert_eq!(code, refusal);
    }
}

#[test]
fn r19_gitlab_com_has_no_version() {
    let mut case = Case::new();
    let start = StartSubscription { instance_version: Some("9.0".parse().unwrap()), ..case.start(&[("duo_pro", 5)]) };
    case.tell(Command::StartSubscription(start));
    case.join_all(&["a"]);
    assert_eq!(case.summary().instance_version, None);
    assert!(case.when(assign("a")).inspect_result().is_ok());
}

#[test]
fn commands_are_judged_by_what_is_recorded() {
    let mut case = Case::synced("premium", &[], "17.5");
    let up = RenewSubscription { plan: Some(PlanId::new("ultimate")), ..case.renewal() };
    case.tell(Command::RenewSubscription(up));
    case.tell(purchase("duo_enterprise", 5));
    case.tell(set_quantity("duo_enterprise", 7));
    assert_eq!(case.product().status, ProductStatus::PendingSync);
}

#[test]
fn a_waiting_renewal_that_the_instance_knows_takes_effect_by_itself() {
    let mut case = Case::synced("ultimate", &[("duo_pro", 5)], "17.5");
    let begins = case.subscription().ends_at;
    let renewal = RenewSubscription { add_ons: Some(orders(&[("duo_pro", 9)])), ..case.renewal_at(begins) };
    case.tell(Command::RenewSubscription(renewal));
    case.tell(sync("17.5"));
    assert_eq!(case.wait_named(days(366)), [("SubscriptionRenewed", begins)]);
    assert_eq!(case.product().quantity, 9);
}

#[test]
fn a_waiting_renewal_that_the_instance_does_not_know_takes_effect_with_the_sync() {
    let mut case = Case::synced("ultimate", &[("duo_pro", 5)], "17.5");
    let begins = case.now + hours(5);
    let renewal = RenewSubscription { add_ons: Some(orders(&[("duo_pro", 9)])), ..case.renewal_at(begins) };
    case.tell(Command::RenewSubscription(renewal));
    case.wait(hours(6));
    assert_eq!(case.product().quantity, 5);
    case.wait(hours(18));
    assert_eq!(case.product().quantity, 9);
}

#[test]
fn a_trials_60_days_count_from_the_recording() {
    let mut case = Case::synced("ultimate", &[], "17.5");
    let ends = case.now + days(60);
    case.tell(trial("duo_enterprise", None));
    case.wait(hours(20));
    assert_eq!(case.product().status, ProductStatus::PendingSync);
    case.tell(sync("17.5"));
    assert_eq!(case.product().ends_at, Some(ends));
    assert!(case.timers().contains(&("trial_ends", ends)));
}

#[test]
fn where_a_sync_takes_away_the_last_add_on_grace_counts_from_the_sync() {
    let mut case = Case::synced("ultimate", &[("duo_pro", 5)], "17.5");
    case.join_all(&["a"]);
    case.tell(assign("a"));
    case.tell(set_quantity("duo_pro", 0));
    case.wait(hours(10));
    let events = case.tell(sync("17.5")).events;
    assert_eq!(names(&events), ["InstanceSynchronized", "SeatsRetained"]);
    let product = case.product();
    assert_eq!((product.status, product.ends_at), (ProductStatus::Grace, Some(case.now)));
    assert_eq!(product.grace_ends_at, Some(case.now + days(28)));
}

#[test]
fn r13_the_starter_gets_the_seat_when_the_trial_takes_effect_or_never() {
    let story = |version: &str, before_sync: &[Command]| {
        let mut case = Case::synced("ultimate", &[], version);
        case.join_all(&["a"]);
        case.tell(trial("duo_enterprise", Some("a")));
        assert_eq!(case.holders(), Vec::<String>::new());
        before_sync.iter().for_each(|command| {
            case.tell(command.clone());
        });
        case.wait(hours(24));
        case
    };
    assert_eq!(story("17.3", &[]).holders(), ["a"]);
    for (version, before_sync) in [
        ("17.2", vec![]),
        ("17.3", vec![leave("a")]),
        ("17.3", vec![status("a", UserStatus::Blocked)]),
        ("17.3", vec![purchase("duo_enterprise", 5)]),
    ] {
        let mut case = story(version, &before_sync);
        assert_eq!(case.holders(), Vec::<String>::new(), "{version} {before_sync:?}");
        // Nor later, when nothing stands against it any more.
        case.tell(join("a", Role::Developer));
        case.tell(status("a", UserStatus::Active));
        case.tell(sync("17.10"));
        assert_eq!(case.holders(), Vec::<String>::new(), "{version} {before_sync:?}");
    }
}

#[test]
fn r17_only_an_instance_synchronises() {
    let mut case = Case::ultimate(&[]);
    case.refuses(sync("17.5"), Code::OfferingMismatch);
    case = Case::new();
    case.refuses(sync("17.5"), Code::UnknownLicensee);
    case.join_all(&["a"]);
    case.refuses(sync("17.5"), Code::SubscriptionNotActive);
}
