//! R26, R29 and R30: what the directory says of members and users.

use licensing::*;

use crate::case::*;

#[test]
fn r26_whoever_is_no_longer_active_loses_the_seat_in_the_same_decision_with_the_reason() {
    let case = Case::with_pro(1, &["a"]);
    for (new, reason) in [
        (UserStatus::Blocked, RemovalReason::Blocked),
        (UserStatus::Banned, RemovalReason::Banned),
        (UserStatus::Deactivated, RemovalReason::Deactivated),
        (UserStatus::Deleted, RemovalReason::Deleted),
    ] {
        let changed = Event::MemberStatusChanged { user: user("a"), status: new };
        case.when(status("a", new)).then_expect_events(case.now([changed, taken_seat("a", reason)]));
    }
}

#[test]
fn r26_whoever_leaves_or_is_no_longer_eligible_by_role_or_type_loses_the_seat() {
    let case = Case::with_pro(1, &["a"]);
    let left = [Event::MemberRemoved { user: user("a") }, taken_seat("a", RemovalReason::MembershipRemoved)];
    case.when(leave("a")).then_expect_events(case.now(left));
    for (role, user_type) in [
        (Role::MinimalAccess, UserType::Human),
        (Role::Developer, UserType::Bot),
        (Role::Developer, UserType::ServiceAccount),
    ] {
        let updated = Event::MemberUpdated { user: user("a"), role, user_type };
        let expected = case.now([updated, taken_seat("a", RemovalReason::RoleIneligible)]);
        let change = Command::AddMember { user: user("a"), role, user_type, details_changed: false };
        case.when(change).then_expect_events(expected);
    }
}

#[test]
fn r26_the_seat_goes_whatever_the_status_of_the_pool() {
    let mut case = Case::with_pro(2, &["a", "b"]);
    case.tell(set_quantity("duo_pro", 0));
    case.tell(status("a", UserStatus::Blocked));
    case.tell(leave("b"));
    assert_eq!(case.holders(), Vec::<String>::new());
}

#[test]
fn r26_the_seat_is_free_at_once_and_coming_back_gives_no_seat_back() {
    let mut case = Case::with_pro(1, &["a"]);
    case.join_all(&["b"]);
    case.tell(status("a", UserStatus::Blocked));
    case.tell(assign("b"));
    case.tell(remove("b"));
    case.tell(status("a", UserStatus::Active));
    assert_eq!(case.holders(), Vec::<String>::new());
    case.tell(assign("a"));
    case.tell(leave("a"));
    case.tell(join("a", Role::Owner));
    assert_eq!(case.holders(), Vec::<String>::new());
}

#[test]
fn r26_a_change_that_leaves_a_holder_eligible_leaves_the_seat() {
    let case = Case::with_pro(1, &["a"]);
    let updated = Event::MemberUpdated { user: user("a"), role: Role::Guest, user_type: UserType::Human };
    case.when(join("a", Role::Guest)).then_expect_events(case.now([updated]));
    let mut instance = Case::synced("ultimate", &[("duo_pro", 1)], "17.5");
    instance.join_all(&["a"]);
    instance.tell(assign("a"));
    instance.tell(join("a", Role::MinimalAccess));
    assert_eq!(instance.holders(), ["a"], "any role will do on an instance (R21)");
}

#[test]
fn a_member_added_again_is_updated_if_anything_is_new() {
    let mut case = Case::new();
    let added = Event::MemberAdded {
        user: user("a"),
        role: Role::Developer,
        user_type: UserType::Human,
        status: UserStatus::Active,
    };
    case.when(join("a", Role::Developer)).then_expect_events(case.now([added]));
    case.tell(join("a", Role::Developer));
    case.when(join("a", Role::Developer)).then_expect_events(Vec::new());
    let (role, user_type) = (Role::Developer, UserType::Human);
    let renamed = Command::AddMember { user: user("a"), role, user_type, details_changed: true };
    case.when(renamed).then_expect_events(case.now([Event::MemberUpdated { user: user("a"), role, user_type }]));
}

#[test]
fn r29_reactivated_makes_active_and_what_is_so_already_makes_no_event() {
    let mut case = Case::with_pro(1, &["a"]);
    case.when(status("a", UserStatus::Active)).then_expect_events(Vec::new());
    for blocked in [UserStatus::Blocked, UserStatus::Banned, UserStatus::Deactivated] {
        case.tell(status("a", blocked));
        case.when(status("a", blocked)).then_expect_events(Vec::new());
        let back = Event::MemberStatusChanged { user: user("a"), status: UserStatus::Active };
        case.when(status("a", UserStatus::Active)).then_expect_events(case.now([back]));
    }
}

#[test]
fn r29_deleted_is_final() {
    let mut case = Case::with_pro(1, &["a"]);
    case.tell(status("a", UserStatus::Deleted));
    for &new in UserStatus::ALL {
        case.when(status("a", new)).then_expect_events(Vec::new());
    }
    let (role, user_type) = (Role::Owner, UserType::Human);
    let again = Command::AddMember { user: user("a"), role, user_type, details_changed: true };
    case.when(again).then_expect_events(Vec::new());
    case.when(leave("a")).then_expect_events(case.now([Event::MemberRemoved { user: user("a") }]));
}

#[test]
fn r29_a_status_is_the_same_for_every_licensee_also_for_one_joined_later() {
    for &kept in UserStatus::ALL {
        let mut case = Case::ultimate(&[]);
        case.world.statuses.insert(user("a"), kept);
        let added =
            Event::MemberAdded { user: user("a"), role: Role::Developer, user_type: UserType::Human, status: kept };
        case.when(join("a", Role::Developer)).then_expect_events(case.now([added]));
    }
}

#[test]
fn r29_a_user_of_the_directory_has_one_status_and_deleted_is_final() {
    let told = |statuses: &[UserStatus]| {
        let mut user = User::default();
        let mut events = Vec::new();
        for status in statuses {
            let event = decide_user(&user, UserCommand::SetStatus(*status));
            event.into_iter().for_each(|event| user.evolve(event));
            events.push(event);
        }
        (user.status(), events)
    };
    use UserStatus::{Active, Banned, Blocked, Deleted};
    assert_eq!(told(&[Active, Blocked, Blocked]), (Blocked, vec![None, Some(UserEvent::UserBlocked), None]));
    let back = vec![Some(UserEvent::UserBanned), Some(UserEvent::UserReactivated)];
    assert_eq!(told(&[Banned, Active]), (Active, back));
    assert_eq!(told(&[Deleted, Active, Deleted]), (Deleted, vec![Some(UserEvent::UserDeleted), None, None]));
}

#[test]
fn r30_no_event_holds_a_trials_contact() {
    let mut case = Case::synced("ultimate", &[], "17.5");
    let events = case.tell(trial("duo_enterprise", None)).events;
    assert_eq!(names(&events), ["TrialStarted"]);
    assert!(!format!("{events:?}").contains('@'));
    let command = trial("duo_enterprise", None);
    assert!(!format!("{command:?}").contains('@'), "nor does a command that is logged");
}

#[test]
fn a_licensee_exists_from_its_first_member_with_no_offering_and_no_subscription() {
    let mut case = Case::new();
    assert!(!case.licensee.exists());
    case.tell(join("low", Role::MinimalAccess));
    assert!(case.licensee.exists());
    let summary = case.summary();
    assert_eq!((summary.offering, summary.subscription, summary.members), (None, None, 1));
    assert_eq!(case.product().status, ProductStatus::None);
    case.refuses(assign("low"), Code::PurchaseNotActive);
    case.tell(Command::StartSubscription(case.start(&[("duo_pro", 1)])));
    case.refuses(assign("low"), Code::InvalidUserMembership);
}

#[test]
fn removing_someone_who_is_no_member_is_accepted_without_an_event() {
    let mut case = Case::new();
    case.refuses(leave("a"), Code::UnknownLicensee);
    case.join_all(&["b"]);
    case.when(leave("a")).then_expect_events(Vec::new());
}

#[test]
fn members_counts_every_member_until_removed_whatever_the_status() {
    let mut case = Case::new();
    case.join_all(&["a", "b", "c"]);
    case.tell(status("a", UserStatus::Deleted));
    case.tell(status("b", UserStatus::Banned));
    assert_eq!(case.summary().members, 3);
    case.tell(leave("a"));
    assert_eq!(case.summary().members, 2);
}
