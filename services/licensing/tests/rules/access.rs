//! R31 and R32: who may use what.

use licensing::{
    access::{Access, AccessGrant, Membership, Reason, check},
    *,
};

use crate::case::*;

fn licensee(name: &str) -> LicenseeId {
    LicenseeId::parse(name).unwrap()
}

/// What `name` may do with these licensees, as each of them stands now.
fn access(name: &str, licensees: &[(&str, &Case)], feature: &str) -> Access {
    let ids: Vec<LicenseeId> = licensees.iter().map(|(id, _)| licensee(id)).collect();
    let seats: Vec<Vec<ProductId>> =
        licensees.iter().map(|(_, case)| case.licensee.roster().seats_of(&user(name)).cloned().collect()).collect();
    let memberships: Vec<Membership<'_>> = licensees
        .iter()
        .zip(ids.iter().zip(&seats))
        .filter(|((_, case), _)| case.licensee.roster().member(&user(name)).is_some())
        .map(|((_, case), (licensee, seats))| Membership { licensee, account: case.licensee.account(), seats })
        .collect();
    let (_, first) = licensees.first().unwrap();
    let status = first.world.user_status(&user(name));
    check(status, &memberships, &FeatureId::new(feature), first.now, &first.world.catalogue)
}

fn granted(by: &[(&str, AddOnId)]) -> Access {
    let grants = by.iter().map(|(id, add_on)| AccessGrant { licensee: licensee(id), add_on: Some(add_on.clone()) });
    Access { allowed: true, reason: Reason::Seat, grants: grants.collect() }
}

fn refused(reason: Reason) -> Access {
    Access { allowed: false, reason, grants: Vec::new() }
}

#[test]
fn r31_a_seat_of_an_active_pool_gives_the_features_of_the_effective_add_on() {
    let mut case = Case::with_pro(2, &["a"]);
    case.join_all(&["b"]);
    assert_eq!(access("a", &[("acme", &case)], "code_suggestions"), granted(&[("acme", pro())]));
    assert_eq!(access("a", &[("acme", &case)], "root_cause_analysis"), refused(Reason::FeatureNotInAddOn));
    assert_eq!(access("b", &[("acme", &case)], "code_suggestions"), refused(Reason::NoSeat));
    assert_eq!(access("stranger", &[("acme", &case)], "code_suggestions"), refused(Reason::NoSeat));
    case.tell(trial("duo_enterprise", None));
    assert_eq!(access("a", &[("acme", &case)], "root_cause_analysis"), granted(&[("acme", enterprise())]));
}

#[test]
fn r28_r31_one_seat_with_any_licensee_is_enough_and_the_answer_names_each() {
    let mut without = Case::with_pro(1, &[]);
    without.join_all(&["a"]);
    let with_pro = Case::with_pro(1, &["a"]);
    let mut with_enterprise = Case::ultimate(&[("duo_enterprise", 1)]);
    with_enterprise.join_all(&["a"]);
    with_enterprise.tell(assign("a"));
    let all = [("zero", &without), ("one", &with_pro), ("two", &with_enterprise)];
    let both = granted(&[("one", pro()), ("two", enterprise())]);
    assert_eq!(access("a", &all, "code_suggestions"), both);
    assert_eq!(access("a", &all, "root_cause_analysis"), granted(&[("two", enterprise())]));
    assert_eq!(access("a", &[("zero", &without)], "code_suggestions"), refused(Reason::NoSeat));
}

#[test]
fn r20_r31_retained_seats_give_no_access() {
    let mut case = Case::with_pro(1, &["a"]);
    case.tell(set_quantity("duo_pro", 0));
    assert_eq!(access("a", &[("acme", &case)], "code_suggestions"), refused(Reason::Grace));
    // Judged by the last add-on in effect.
    assert_eq!(access("a", &[("acme", &case)], "root_cause_analysis"), refused(Reason::FeatureNotInAddOn));
    case.tell(purchase("duo_pro", 1));
    assert_eq!(access("a", &[("acme", &case)], "code_suggestions"), granted(&[("acme", pro())]));
    case.tell(cancel(None));
    case.wait(days(28));
    assert_eq!(access("a", &[("acme", &case)], "code_suggestions"), refused(Reason::NoSeat));
}

#[test]
fn r31_of_the_reasons_against_the_first_that_applies_is_told() {
    let mut case = Case::with_pro(1, &["a"]);
    case.tell(set_quantity("duo_pro", 0));
    let mut other = Case::with_pro(1, &["a"]);
    let both = |first: &Case, second: &Case, feature| access("a", &[("one", first), ("two", second)], feature);
    assert_eq!(both(&case, &other, "root_cause_analysis"), refused(Reason::FeatureNotInAddOn));
    other.tell(remove("a"));
    assert_eq!(both(&case, &other, "code_suggestions"), refused(Reason::Grace));
    case.world.statuses.insert(user("a"), UserStatus::Blocked);
    assert_eq!(both(&case, &other, "code_suggestions"), refused(Reason::UserNotActive));
}

#[test]
fn r29_r31_only_active_users_have_access() {
    let mut case = Case::with_pro(1, &["a"]);
    for &status in UserStatus::ALL {
        case.world.statuses.insert(user("a"), status);
        let allowed = access("a", &[("acme", &case)], "code_suggestions").allowed;
        assert_eq!(allowed, status == UserStatus::Active, "{status}");
    }
}

/// A member without a seat, at a moment before or after the day of R32.
fn member_at(now: &str, plan: &str) -> Case {
    let mut case = Case::new();
    case.now = now.parse().unwrap();
    let start = StartSubscription { plan: PlanId::new(plan), ..case.start(&[]) };
    case.tell(Command::StartSubscription(start));
    case.tell(join("low", Role::MinimalAccess));
    case
}

#[test]
fn r32_until_the_day_any_member_may_use_what_is_marked_and_from_then_on_nobody_without_a_seat() {
    let by_membership = Access {
        allowed: true,
        reason: Reason::Included,
        grants: vec![AccessGrant { licensee: licensee("acme"), add_on: None }],
    };
    for plan in ["premium", "ultimate"] {
        let mut case = member_at("2024-10-16T00:00:00Z", plan);
        case.wait_until("2024-10-16T23:59:59.999999Z".parse().unwrap());
        assert_eq!(access("low", &[("acme", &case)], "duo_chat"), by_membership);
        assert_eq!(access("low", &[("acme", &case)], "root_cause_analysis"), refused(Reason::NoSeat));
        assert_eq!(access("stranger", &[("acme", &case)], "duo_chat"), refused(Reason::NoSeat));
        case.wait(moment());
        assert_eq!(access("low", &[("acme", &case)], "duo_chat"), refused(Reason::NoSeat));
    }
}

#[test]
fn r32_needs_an_active_subscription_in_effect_and_an_active_user() {
    let mut case = member_at("2024-09-01T00:00:00Z", "premium");
    case.world.statuses.insert(user("low"), UserStatus::Blocked);
    assert_eq!(access("low", &[("acme", &case)], "duo_chat"), refused(Reason::UserNotActive));
    case.world.statuses.clear();
    case.tell(cancel(None));
    assert_eq!(access("low", &[("acme", &case)], "duo_chat"), refused(Reason::NoSeat));

    let mut instance = Case::new();
    instance.now = "2024-09-01T00:00:00Z".parse().unwrap();
    let start = StartSubscription { offering: Offering::SelfManaged, ..instance.start(&[]) };
    instance.tell(Command::StartSubscription(start));
    instance.join_all(&["a"]);
    assert!(!access("a", &[("acme", &instance)], "duo_chat").allowed, "recorded only");
    instance.tell(sync("17.5"));
    assert!(access("a", &[("acme", &instance)], "duo_chat").allowed);
}

#[test]
fn r31_r32_a_seat_is_named_before_what_is_included() {
    let mut case = member_at("2024-09-01T00:00:00Z", "ultimate");
    case.join_all(&["a"]);
    case.tell(purchase("duo_pro", 1));
    case.tell(assign("a"));
    assert_eq!(access("a", &[("acme", &case)], "duo_chat"), granted(&[("acme", pro())]));
}
