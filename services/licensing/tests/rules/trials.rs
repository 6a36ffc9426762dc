//! R13 to R15: trials, and what is effective beside them.

use licensing::*;

use crate::{adapter::Happened, case::*};

fn trial_started(case: &Case, add_on: AddOnId, ends_at: Instant, started_by: Option<&str>) -> Vec<Happened> {
    let started_by = started_by.map(user);
    case.now([Event::TrialStarted(TrialStarted {
        product: duo(),
        add_on,
        seats: Seats::known(100),
        ends_at,
        started_by,
    })])
}

#[test]
fn r13_a_trial_needs_its_plan_exactly() {
    let premium = Case::subscribed(Offering::GitlabCom, "premium", &[]);
    let ultimate = Case::ultimate(&[]);
    premium.refuses(trial("duo_enterprise", None), Code::PlanNotEligible);
    ultimate.refuses(trial("duo_pro", None), Code::PlanNotEligible);
    let ends_at = premium.now + days(60);
    premium.when(trial("duo_pro", None)).then_expect_events(trial_started(&premium, pro(), ends_at, None));
    ultimate.when(trial("duo_enterprise", None)).then_expect_events(trial_started(
        &ultimate,
        enterprise(),
        ends_at,
        None,
    ));
}

#[test]
fn r13_a_trial_lasts_60_days_and_has_100_seats_whatever_the_base_seats() {
    let mut case = Case::ultimate(&[]);
    case.tell(Command::ChangeSubscriptionSeats { seats: 1 });
    case.tell(trial("duo_enterprise", None));
    let product = case.product();
    assert_eq!((product.trial, product.quantity, product.ends_at), (true, 100, Some(case.now + days(60))));
    let ends = case.now + days(60);
    assert_eq!(case.wait_named(days(61)), [("TrialExpired", ends), ("SeatsRetained", ends)]);
    assert_eq!(case.product().ends_at, Some(ends));
}

#[test]
fn r13_a_trial_never_lasts_beyond_the_subscription() {
    let mut case = Case::ultimate(&[]);
    case.wait(days(355));
    let term_ends = case.subscription().ends_at;
    case.when(trial("duo_enterprise", None)).then_expect_events(trial_started(&case, enterprise(), term_ends, None));
}

#[test]
fn r13_an_add_on_that_was_held_or_tried_is_never_tried_again() {
    let used = Code::TrialAlreadyUsed;
    let mut tried = Case::ultimate(&[]);
    tried.tell(trial("duo_enterprise", None));
    tried.refuses(trial("duo_enterprise", None), used);
    tried.wait(days(61));
    tried.refuses(trial("duo_enterprise", None), used);

    let mut held = Case::ultimate(&[("duo_enterprise", 1)]);
    held.tell(set_quantity("duo_enterprise", 0));
    held.refuses(trial("duo_enterprise", None), used);
    held.wait(days(400));
    held.tell(Command::StartSubscription(held.start(&[])));
    held.refuses(trial("duo_enterprise", None), used);
}

#[test]
fn r13_what_was_only_ordered_for_a_term_that_never_began_was_not_held() {
    let mut case = Case::new();
    let start = StartSubscription { starts_at: case.now + days(9), ..case.start(&[("duo_enterprise", 5)]) };
    case.tell(Command::StartSubscription(start));
    case.tell(cancel(None));
    case.tell(Command::StartSubscription(case.start(&[])));
    case.tell(trial("duo_enterprise", None));
}

#[test]
fn r13_an_instance_must_name_the_contact_letter_case_aside_and_be_new_enough() {
    let mut case = Case::synced("ultimate", &[], "16.7.9");
    let by = |email: Option<&str>| Command::StartTrial {
        add_on: enterprise(),
        contact_email: email.map(|email| EmailAddress::new(email.to_owned())),
        started_by: None,
    };
    case.refuses(by(None), Code::ContactEmailMismatch);
    case.refuses(by(Some("other@example.com")), Code::ContactEmailMismatch);
    case.refuses(by(Some("BOSS@Example.COM")), Code::InstanceVersionTooOld);
    case.tell(sync("16.8"));
    assert!(case.when(by(Some("BOSS@Example.COM"))).inspect_result().is_ok());
    // Where billing never named a contact, nobody is it.
    case.world.contact_email = None;
    case.refuses(by(None), Code::ContactEmailMismatch);
    case.refuses(by(Some("boss@example.com")), Code::ContactEmailMismatch);
}

#[test]
fn r13_on_gitlab_com_nobody_asks_for_the_contact() {
    let mut case = Case::ultimate(&[]);
    case.world.contact_email = None;
    let nameless = Command::StartTrial { add_on: enterprise(), contact_email: None, started_by: None };
    assert!(case.when(nameless).inspect_result().is_ok());
}

#[test]
fn r13_r33_an_eligible_starter_gets_the_first_seat_without_a_mail() {
    let mut case = Case::ultimate(&[]);
    case.join_all(&["a"]);
    case.tell(join("low", Role::MinimalAccess));
    let ends_at = case.now + days(60);
    let mut expected = trial_started(&case, enterprise(), ends_at, Some("a"));
    expected.extend(case.now([given_seat("a", enterprise(), AssignmentCause::TrialStarter)]));
    case.when(trial("duo_enterprise", Some("a"))).then_expect_events(expected);

    for nobody in ["low", "stranger"] {
        let alone = trial_started(&case, enterprise(), ends_at, Some(nobody));
        case.when(trial("duo_enterprise", Some(nobody))).then_expect_events(alone);
    }
}

#[test]
fn r13_a_starter_who_has_a_seat_gets_no_second_one() {
    let case = Case::with_pro(5, &["a"]);
    let expected = trial_started(&case, enterprise(), case.now + days(60), Some("a"));
    case.when(trial("duo_enterprise", Some("a"))).then_expect_events(expected);
}

#[test]
fn r14_a_trial_lifts_the_pool_to_the_larger_quantity_and_lets_it_fall_back_when_it_ends() {
    for (paid, lifted) in [(200, 200), (20, 100)] {
        let mut case = Case::new();
        let start = StartSubscription { seats: 500, ..case.start(&[("duo_pro", paid)]) };
        case.tell(Command::StartSubscription(start));
        case.tell(trial("duo_enterprise", None));
        let product = case.product();
        assert_eq!((product.add_on, product.trial, product.quantity), (Some(enterprise()), true, lifted));

        let ends = case.now + days(60);
        assert_eq!(case.wait_named(days(60)), [("TrialExpired", ends)]);
        let product = case.product();
        assert_eq!((product.add_on, product.trial, i64::from(product.quantity)), (Some(pro()), false, paid));
        assert_eq!(product.ends_at, Some(case.subscription().ends_at));
    }
}

#[test]
fn r14_r22_a_trial_that_ends_leaves_the_surplus_over_what_is_paid_for() {
    let mut case = Case::with_pro(1, &["a"]);
    case.tell(trial("duo_enterprise", None));
    case.join_all(&["b", "c"]);
    case.tell(assign_many(&["b", "c"], AssignMode::AllOrNothing));
    let ends = case.now + days(60);
    let expected = [("TrialExpired", ends), ("SeatRemoved", ends), ("SeatRemoved", ends)];
    assert_eq!(case.wait_named(days(60)), expected);
    assert_eq!(case.holders(), ["a"]);
}

#[test]
fn r14_a_paid_add_on_of_higher_rank_stands_over_a_trial_of_a_lower_one() {
    let mut case = Case::subscribed(Offering::GitlabCom, "premium", &[]);
    case.tell(trial("duo_pro", None));
    let up = RenewSubscription {
        plan: Some(PlanId::new("ultimate")),
        add_ons: Some(orders(&[("duo_enterprise", 5)])),
        ..case.renewal()
    };
    case.tell(Command::RenewSubscription(up));
    let product = case.product();
    assert_eq!((product.add_on, product.trial, product.quantity), (Some(enterprise()), false, 5));
    case.tell(set_quantity("duo_enterprise", 0));
    let product = case.product();
    assert_eq!((product.add_on, product.trial, product.quantity), (Some(pro()), true, 100));
}

#[test]
fn r15_a_purchase_of_the_add_on_on_trial_converts_it_and_takes_the_surplus() {
    let mut case = Case::ultimate(&[]);
    case.tell(trial("duo_enterprise", None));
    case.join_all(&["a", "b"]);
    case.tell(assign_many(&["a", "b"], AssignMode::AllOrNothing));
    let events = case.tell(purchase("duo_enterprise", 1)).events;
    assert_eq!(names(&events), ["SeatsPurchased", "TrialConverted", "SeatRemoved"]);
    let product = case.product();
    assert_eq!((product.trial, product.quantity, product.assigned), (false, 1, 1));
    let ends = case.subscription().ends_at;
    assert_eq!(case.timers(), [("subscription_expires", ends)]);
}

#[test]
fn r15_a_renewal_that_pays_for_the_add_on_on_trial_converts_it_too() {
    let mut case = Case::with_pro(5, &["a"]);
    case.tell(trial("duo_enterprise", None));
    let renewal = RenewSubscription { add_ons: Some(orders(&[("duo_enterprise", 9)])), ..case.renewal() };
    let events = case.tell(Command::RenewSubscription(renewal)).events;
    assert_eq!(names(&events), ["SubscriptionRenewed", "TrialConverted"]);
    assert_eq!((case.product().trial, case.product().quantity), (false, 9));
}

#[test]
fn r15_a_waiting_renewal_converts_when_it_applies() {
    let mut case = Case::with_pro(5, &["a"]);
    case.tell(trial("duo_enterprise", None));
    let begins = case.now + days(10);
    let renewal = RenewSubscription { add_ons: Some(orders(&[("duo_enterprise", 9)])), ..case.renewal_at(begins) };
    case.tell(Command::RenewSubscription(renewal));
    assert!(case.product().trial);
    let expected = [("SubscriptionRenewed", begins), ("TrialConverted", begins)];
    assert_eq!(case.wait_named(days(70)), expected);
    assert_eq!((case.product().trial, case.product().quantity), (false, 9));
}

#[test]
fn r15_a_purchase_of_another_add_on_leaves_the_trial_alone() {
    let mut case = Case::ultimate(&[]);
    case.tell(trial("duo_enterprise", None));
    case.tell(purchase("duo_pro", 5));
    assert_eq!((case.product().trial, case.product().add_on), (true, Some(enterprise())));
}

#[test]
fn a_trials_end_is_fixed_when_it_starts() {
    let mut case = Case::ultimate(&[]);
    case.wait(days(335));
    let term_ends = case.subscription().ends_at;
    case.tell(trial("duo_enterprise", None));
    let down = RenewSubscription { plan: Some(PlanId::new("premium")), ..case.renewal() };
    case.tell(Command::RenewSubscription(down));
    assert_eq!(case.product().ends_at, Some(term_ends), "neither term nor plan moves it");
    assert_eq!(case.wait_named(days(30)), [("TrialExpired", term_ends), ("SeatsRetained", term_ends)]);
}

#[test]
fn a_subscription_that_really_ends_takes_its_trial_along_for_good() {
    let mut case = Case::ultimate(&[]);
    case.tell(trial("duo_enterprise", None));
    let events = case.tell(cancel(None)).events;
    assert_eq!(names(&events), ["SubscriptionCancelled", "SubscriptionExpired", "TrialExpired", "SeatsRetained"]);
    case.tell(Command::RenewSubscription(case.renewal()));
    assert_eq!(case.product().status, ProductStatus::Grace);
    case.refuses(trial("duo_enterprise", None), Code::TrialAlreadyUsed);
}
