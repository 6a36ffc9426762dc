//! R20 to R25, R27, R28 and R33: seats given, kept and taken.

use chrono::Duration;
use licensing::*;

use crate::{adapter::Happened, case::*};

fn retained(case: &Case, quantity: u32, seats: u32) -> Event {
    let grace_ends_at = case.now + days(28);
    Event::SeatsRetained { product: duo(), add_on: pro(), trial: false, quantity, seats, grace_ends_at }
}

#[test]
fn r20_seats_are_kept_for_28_days_and_then_each_goes_with_its_own_event() {
    let mut case = Case::with_pro(5, &["b", "a"]);
    let withdrawn = Event::SeatQuantityChanged { product: duo(), add_on: pro(), quantity: 0 };
    case.when(set_quantity("duo_pro", 0)).then_expect_events(case.now([withdrawn, retained(&case, 5, 2)]));
    case.tell(set_quantity("duo_pro", 0));

    let (since, ends) = (case.now, case.now + days(28));
    let product = case.product();
    assert_eq!((product.status, product.assigned, product.available), (ProductStatus::Grace, 2, 0));
    assert_eq!((product.add_on, product.quantity), (Some(pro()), 5), "the last in effect");
    assert_eq!((product.ends_at, product.grace_ends_at), (Some(since), Some(ends)));
    assert!(case.timers().contains(&("seats_removed", ends)));

    assert_eq!(case.wait_until(ends - moment()), []);
    let grace_ended = Event::GracePeriodEnded { of: GraceOf::Product, product: Some(duo()) };
    let gone = |name| taken_seat(name, RemovalReason::GraceEnded);
    let expected = [gone("b"), gone("a"), grace_ended].map(|event| Happened(ends, event));
    assert_eq!(case.wait_until(ends), expected);
    let nothing = ProductSummary {
        status: ProductStatus::None,
        add_on: None,
        trial: false,
        quantity: 0,
        assigned: 0,
        available: 0,
        ends_at: None,
        grace_ends_at: None,
    };
    assert_eq!(case.product(), nothing);
}

#[test]
fn r20_whatever_makes_an_add_on_effective_in_time_brings_the_seats_back_without_a_mail() {
    let withdrawn = |mut case: Case| {
        case.tell(set_quantity("duo_pro", 0));
        case.wait(days(27));
        case
    };
    let case = withdrawn(Case::with_pro(5, &["a", "b"]));
    let renewal = RenewSubscription { add_ons: Some(orders(&[("duo_pro", 3)])), ..case.renewal() };
    for (command, add_on) in [
        (purchase("duo_pro", 2), pro()),
        (purchase("duo_enterprise", 2), enterprise()),
        (Command::RenewSubscription(renewal), pro()),
        (trial("duo_enterprise", None), enterprise()),
    ] {
        let mut case = case.clone();
        let decision = case.tell(command.clone());
        let restored = Event::SeatsRestored { product: duo(), add_on, seats: 2 };
        assert_eq!(decision.events.last(), Some(&restored), "{command:?}");
        assert!(!names(&decision.events).contains(&"SeatAssigned"), "{command:?}");
        assert_eq!((case.product().status, case.product().assigned), (ProductStatus::Active, 2));
    }

    let mut case = Case::with_pro(5, &["a", "b"]);
    case.tell(cancel(None));
    case.wait(days(27));
    let start = StartSubscription { seats: 9, ..case.start(&[("duo_pro", 3)]) };
    case.tell(Command::StartSubscription(start));
    assert_eq!((case.product().status, case.product().assigned), (ProductStatus::Active, 2));
}

#[test]
fn r20_r22_a_return_with_fewer_seats_takes_the_surplus() {
    let mut case = Case::with_pro(2, &["a", "b"]);
    case.tell(set_quantity("duo_pro", 0));
    let events = case.tell(purchase("duo_pro", 1)).events;
    assert_eq!(names(&events), ["SeatsPurchased", "SeatsRestored", "SeatRemoved"]);
    assert_eq!(case.holders(), ["a"]);
}

#[test]
fn r20_each_grace_counts_from_its_own_end() {
    let mut case = Case::with_pro(2, &["a"]);
    case.tell(set_quantity("duo_pro", 0));
    case.wait(days(20));
    case.tell(purchase("duo_pro", 2));
    case.wait(days(5));
    case.tell(set_quantity("duo_pro", 0));
    assert_eq!(case.product().grace_ends_at, Some(case.now + days(28)));
    case.wait(days(27));
    assert_eq!(case.holders(), ["a"]);
}

#[test]
fn r20_a_pool_without_seats_has_its_grace_too() {
    let mut case = Case::ultimate(&[("duo_pro", 5)]);
    let set = Event::SeatQuantityChanged { product: duo(), add_on: pro(), quantity: 0 };
    case.when(set_quantity("duo_pro", 0)).then_expect_events(case.now([set, retained(&case, 5, 0)]));
    case.tell(set_quantity("duo_pro", 0));
    assert_eq!(case.product().status, ProductStatus::Grace);
}

#[test]
fn r20_nobody_gets_a_seat_in_grace() {
    let mut case = Case::with_pro(5, &["a"]);
    case.join_all(&["b"]);
    case.tell(set_quantity("duo_pro", 0));
    case.refuses(assign("b"), Code::PurchaseNotActive);
    case.refuses(assign_many(&["b"], AssignMode::AllOrNothing), Code::PurchaseNotActive);
    case.refuses(assign_many(&["b"], AssignMode::BestEffort), Code::PurchaseNotActive);
}

#[test]
fn r21_eligible_are_active_humans_and_on_gitlab_com_only_above_minimal_access() {
    for offering in [Offering::GitlabCom, Offering::SelfManaged, Offering::Dedicated] {
        for &role in Role::ALL {
            for &user_type in UserType::ALL {
                for &status in UserStatus::ALL {
                    let mut case = Case::subscribed(offering, "ultimate", &[("duo_pro", 5)]);
                    if offering != Offering::GitlabCom {
                        case.tell(sync("17.5"));
                    }
                    case.world.statuses.insert(user("a"), status);
                    case.tell(Command::AddMember { user: user("a"), role, user_type, details_changed: false });
                    let role_suffices = offering != Offering::GitlabCom || role != Role::MinimalAccess;
                    let eligible = role_suffices && user_type == UserType::Human && status == UserStatus::Active;
                    let code = case.decide(&assign("a")).err().map(|refusal| refusal.code);
                    let expected = (!eligible).then_some(Code::InvalidUserMembership);
                    assert_eq!(code, expected, "{offering} {role} {user_type} {status}");
                }
            }
        }
    }
}

#[test]
fn r22_never_used_goes_first_then_the_least_recent_use_and_ties_the_latest_assigned_first() {
    let mut case = Case::with_pro(6, &["a", "b", "c", "d", "e", "f"]);
    case.wait(days(30));
    case.note_use("a", days(9));
    case.note_use("c", days(3));
    case.note_use("e", days(3));
    case.note_use("f", days(1));
    let used = |ago: Duration| Some(case.now - ago);
    let expected = [
        Event::SeatQuantityChanged { product: duo(), add_on: pro(), quantity: 1 },
        surplus_seat("d", 1, None),
        surplus_seat("b", 2, None),
        surplus_seat("a", 3, used(days(9))),
        surplus_seat("e", 4, used(days(3))),
        surplus_seat("c", 5, used(days(3))),
    ];
    case.when(set_quantity("duo_pro", 1)).then_expect_events(case.now(expected));
}

#[test]
fn r22_a_use_later_than_now_counts_as_now() {
    let mut case = Case::with_pro(2, &["a", "b"]);
    case.note_use("a", days(-3));
    case.note_use("b", days(0));
    let events = case.tell(set_quantity("duo_pro", 1)).events;
    assert_eq!(events.last(), Some(&surplus_seat("b", 1, Some(case.now))), "a tie: the latest assigned first");
    case.tell(purchase("duo_pro", 1));
    case.tell(assign("b"));
    case.note_use("b", days(-9));
    let events = case.tell(set_quantity("duo_pro", 1)).events;
    assert_eq!(events.last(), Some(&surplus_seat("b", 1, Some(case.now))));
}

#[test]
fn r22_more_recently_assigned_is_the_order_of_the_assignment_events() {
    let mut case = Case::with_pro(3, &["a", "b", "c"]);
    case.tell(remove("a"));
    case.tell(assign("a"));
    let events = case.tell(set_quantity("duo_pro", 2)).events;
    assert_eq!(events.last(), Some(&surplus_seat("a", 1, None)));
    // Of one bulk command, the order of its list.
    let mut case = Case::with_pro(3, &[]);
    case.join_all(&["a", "b", "c"]);
    case.tell(assign_many(&["c", "a", "b"], AssignMode::AllOrNothing));
    let events = case.tell(set_quantity("duo_pro", 1)).events;
    assert_eq!(events.get(1..), Some(&[surplus_seat("b", 1, None), surplus_seat("a", 2, None)][..]));
}

#[test]
fn r22_every_way_to_lower_the_quantity_takes_the_surplus_and_none_without_surplus() {
    let case = Case::with_pro(3, &["a", "b", "c"]);
    let renewal = RenewSubscription { add_ons: Some(orders(&[("duo_pro", 2)])), ..case.renewal() };
    for command in [set_quantity("duo_pro", 2), purchase("duo_enterprise", 2), Command::RenewSubscription(renewal)] {
        let mut case = case.clone();
        case.tell(command.clone());
        assert_eq!(case.holders(), ["a", "b"], "{command:?}");
    }
    let mut case = Case::with_pro(9, &["a", "b", "c"]);
    assert_eq!(names(&case.tell(set_quantity("duo_pro", 3)).events), ["SeatQuantityChanged"]);
}

#[test]
fn r23_one_user_gets_a_seat_of_the_effective_add_on() {
    let mut case = Case::with_pro(5, &[]);
    case.join_all(&["a"]);
    case.when(assign("a")).then_expect_events(case.now([given_seat("a", pro(), AssignmentCause::Requested)]));
    case.tell(trial("duo_enterprise", None));
    case.when(assign("a")).then_expect_events(case.now([given_seat("a", enterprise(), AssignmentCause::Requested)]));
}

#[test]
fn r23_a_holder_is_a_success_without_an_event_retained_seats_included() {
    let mut case = Case::with_pro(1, &["a"]);
    case.when(assign("a")).then_expect_events(Vec::new());
    case.tell(set_quantity("duo_pro", 0));
    case.when(assign("a")).then_expect_events(Vec::new());
}

#[test]
fn r24_all_or_nothing_says_who_stands_against_it_or_how_many_seats_are_free() {
    let mut case = Case::with_pro(3, &["a"]);
    case.join_all(&["b", "c", "d"]);
    case.tell(join("low", Role::MinimalAccess));
    let all = |names: &[&str]| assign_many(names, AssignMode::AllOrNothing);
    let refusal = case.decide(&all(&["x", "b", "low", "x", "a"])).unwrap_err();
    assert_eq!((refusal.code, refusal.users), (Code::InvalidUserIdPresent, users(&["x", "low"])));
    let refusal = case.decide(&all(&["a", "b", "c", "d", "b"])).unwrap_err();
    assert_eq!(refusal.code, Code::NotEnoughSeats);
    assert_eq!((refusal.available, refusal.requested), (Some(2), Some(3)));
}

#[test]
fn r24_holders_cost_nothing_duplicates_collapse_and_the_list_gives_the_order() {
    let mut case = Case::with_pro(3, &["a"]);
    case.join_all(&["b", "c"]);
    let command = assign_many(&["c", "a", "b", "c"], AssignMode::AllOrNothing);
    let given = |name| given_seat(name, pro(), AssignmentCause::Requested);
    case.when(command.clone()).then_expect_events(case.now([given("c"), given("b")]));
    let report = Report::Assigned { assigned: users(&["c", "b"]), already_assigned: users(&["a"]), failed: Vec::new() };
    assert_eq!(case.tell(command).report, report);
}

#[test]
fn r24_best_effort_assigns_in_order_whoever_it_can_and_reports_each_user() {
    let mut case = Case::with_pro(2, &["a"]);
    case.join_all(&["b", "c"]);
    let decision = case.tell(assign_many(&["x", "b", "a", "b", "c", "y"], AssignMode::BestEffort));
    assert_eq!(decision.events, [given_seat("b", pro(), AssignmentCause::Requested)]);
    // R23's order for each user: no seat left comes before no membership.
    let failed = [
        (user("x"), Code::InvalidUserMembership),
        (user("c"), Code::NoSeatsAvailable),
        (user("y"), Code::NoSeatsAvailable),
    ];
    let report = Report::Assigned { assigned: users(&["b"]), already_assigned: users(&["a"]), failed: failed.to_vec() };
    assert_eq!(decision.report, report);
}

#[test]
fn r24_that_nobody_could_be_assigned_is_no_refusal_of_best_effort() {
    let case = Case::with_pro(2, &[]);
    let decision = case.decide(&assign_many(&["x"], AssignMode::BestEffort)).unwrap();
    assert_eq!(decision.events, []);
}

#[test]
fn r24_a_list_has_1_to_10_000_users_as_sent() {
    let mut case = Case::with_pro(2, &["a"]);
    case.join_all(&["b"]);
    let many = |count: usize, mode| Command::AssignSeats { product: duo(), users: vec![user("b"); count], mode };
    for &mode in AssignMode::ALL {
        case.refuses(many(0, mode), Code::EmptyUserList);
        case.refuses(many(10_001, mode), Code::TooManyUsers);
        assert!(case.when(many(10_000, mode)).inspect_result().is_ok());
    }
    let removal = |count: usize| Command::RemoveSeats { product: duo(), users: vec![user("a"); count] };
    case.refuses(removal(0), Code::EmptyUserList);
    case.refuses(removal(10_001), Code::TooManyUsers);
    assert!(case.when(removal(10_000)).inspect_result().is_ok());
}

#[test]
fn r25_one_removal_works_without_a_seat_too() {
    let case = Case::with_pro(1, &["a"]);
    case.when(remove("a")).then_expect_events(case.now([taken_seat("a", RemovalReason::Requested)]));
    case.when(remove("b")).then_expect_events(Vec::new());
}

#[test]
fn r25_of_many_those_go_who_have_a_seat_and_somebody_must() {
    let mut case = Case::with_pro(2, &["a", "b"]);
    let command = remove_many(&["x", "b", "a", "b"]);
    let gone = |name| taken_seat(name, RemovalReason::Requested);
    case.when(command.clone()).then_expect_events(case.now([gone("b"), gone("a")]));
    case.refuses(remove_many(&["x", "y"]), Code::NoAssignmentsFound);
    let report = Report::Removed { removed: users(&["b", "a"]), without_seat: users(&["x"]) };
    assert_eq!(case.tell(command).report, report);
}

#[test]
fn r25_removal_works_in_grace() {
    let mut case = Case::with_pro(2, &["a", "b"]);
    case.tell(set_quantity("duo_pro", 0));
    case.tell(remove("a"));
    case.tell(remove_many(&["b"]));
    assert_eq!(case.holders(), Vec::<String>::new());
}

#[test]
fn r27_the_sweep_finds_nothing_after_the_rules() {
    let mut case = Case::with_pro(5, &["a", "b", "c"]);
    case.tell(status("a", UserStatus::Banned));
    case.tell(set_quantity("duo_pro", 1));
    case.when(Command::Sweep).then_expect_events(Vec::new());
}

#[test]
fn r27_the_sweep_takes_what_a_defect_left_ineligible_holders_first_and_counts_them_as_swept() {
    let mut case = Case::with_pro(2, &["a", "b"]);
    // Neither could happen by the rules: a stranger with a seat, and one seat more than there are.
    case.happen(&[given_seat("stranger", pro(), AssignmentCause::Requested)]);
    case.join_all(&["c"]);
    case.happen(&[given_seat("c", pro(), AssignmentCause::Requested)]);
    let events = case.tell(Command::Sweep).events;
    assert!(names(&events).iter().all(|name| *name == "SeatRemoved"));
    assert_eq!(events.first(), Some(&taken_seat("stranger", RemovalReason::Swept)));
    assert_eq!(case.holders(), ["a", "b"]);
    case.when(Command::Sweep).then_expect_events(Vec::new());
}

#[test]
fn r22_r27_the_sweep_takes_surplus_in_the_order_of_overage() {
    let mut case = Case::with_pro(2, &["a", "b"]);
    case.note_use("a", days(9));
    case.join_all(&["c"]);
    case.happen(&[given_seat("c", pro(), AssignmentCause::Requested)]);
    case.note_use("c", days(1));
    // Assigned before `c`, but never used.
    case.when(Command::Sweep).then_expect_events(case.now([taken_seat("b", RemovalReason::Swept)]));
}

#[test]
fn r28_each_licensee_counts_its_own_seats() {
    let mut first = Case::with_pro(1, &["a"]);
    let mut second = Case::with_pro(1, &[]);
    second.join_all(&["a"]);
    second.tell(assign("a"));
    first.tell(remove("a"));
    assert_eq!((first.product().assigned, second.product().assigned), (0, 1));
}

#[test]
fn r33_a_seat_says_whether_somebody_asked_for_it() {
    let mut case = Case::with_pro(5, &[]);
    case.join_all(&["a", "b", "c"]);
    let cause_of = |events: Vec<Event>| {
        events.into_iter().find_map(|event| match event {
            Event::SeatAssigned { cause, .. } => Some(cause),
            _ => None,
        })
    };
    assert_eq!(cause_of(case.tell(assign("a")).events), Some(AssignmentCause::Requested));
    let many = assign_many(&["b"], AssignMode::BestEffort);
    assert_eq!(cause_of(case.tell(many).events), Some(AssignmentCause::Requested));
    let tried = trial("duo_enterprise", Some("c"));
    assert_eq!(cause_of(case.tell(tried).events), Some(AssignmentCause::TrialStarter));
}
