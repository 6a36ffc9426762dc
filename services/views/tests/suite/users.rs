//! Users: who is known, with which status and seats.

use contract::proto::journal::{Outcome, Refusal, record::Kind};
use licensing::*;
use serde_json::json;

use super::world::{World, days, user};

#[test]
fn whoever_was_named_as_a_member_in_a_status_or_in_a_use_is_known() {
    let mut world = World::new();
    let views = world.open();
    world.join("acme", &["member", "gone"]);
    world.leave("acme", "gone");
    world.set_status("blocked", UserStatus::Blocked);
    // A status that the user has already makes no event.
    world.set_status("active", UserStatus::Active);
    world.use_now("user");
    world.catch_up(&views);
    for (id, status) in [
        ("member", UserStatus::Active),
        ("gone", UserStatus::Active),
        ("blocked", UserStatus::Blocked),
        ("active", UserStatus::Active),
        ("user", UserStatus::Active),
    ] {
        let view = views.user(&user(id)).unwrap().unwrap();
        assert_eq!((view.status, view.seats.len()), (status, 0), "{id}");
        assert!(views.access(&user(id), &FeatureId::new("duo_chat"), world.now).unwrap().is_some(), "{id}");
    }
    assert_eq!(views.user(&user("nobody")).unwrap(), None);
    assert_eq!(views.access(&user("nobody"), &FeatureId::new("duo_chat"), world.now).unwrap(), None);
}

#[test]
fn r35_a_refused_message_makes_nobody_known() {
    let mut world = World::new();
    let refusal = Some(Refusal { code: "idempotency_key_reused".to_owned(), ..Refusal::default() });
    let outcome = Outcome { user: "u-1".to_owned(), refusal, ..world.outcome("usher.directory.v1.UserBlocked") };
    world.commit(vec![("u-1", vec![Kind::Outcome(outcome)])], vec![]);
    assert_eq!(world.open().user(&user("u-1")).unwrap(), None);
}

#[test]
fn r29_a_status_known_before_joining_is_the_same_everywhere() {
    let mut world = World::new();
    let views = world.open();
    world.set_status("u-1", UserStatus::Banned);
    world.join("acme", &["u-1"]);
    world.join("globex", &["u-1"]);
    world.assert_views_equal_the_fold(&views);
    world.set_status("u-1", UserStatus::Active);
    world.assert_views_equal_the_fold(&views);
    world.set_status("u-1", UserStatus::Deleted);
    world.set_status("u-1", UserStatus::Active);
    world.assert_views_equal_the_fold(&views);
    assert_eq!(views.user(&user("u-1")).unwrap().unwrap().status, UserStatus::Deleted);
}

#[test]
fn r28_a_user_shows_the_seats_of_all_licensees() {
    let mut world = World::new();
    world.seated("globex", &["u-1"]);
    world.wait(days(1));
    world.subscribe("acme", Offering::GitlabCom, "ultimate", Some(("duo_enterprise", 50)));
    world.join("acme", &["u-1"]);
    world.assign("acme", "u-1");
    let views = world.open();
    let shown = serde_json::to_value(views.user(&user("u-1")).unwrap()).unwrap();
    let seat = |licensee: &str, add_on: &str, day: u32| {
        let assigned_at = format!("2025-01-{day:02}T00:00:00Z");
        json!({"licensee": licensee, "product": "duo", "add_on": add_on, "assigned_at": assigned_at})
    };
    let seats = [seat("acme", "duo_enterprise", 2), seat("globex", "duo_pro", 1)];
    assert_eq!(shown, json!({"user": "u-1", "status": "active", "seats": seats}));
}

#[test]
fn r20_a_retained_seat_shows_the_last_add_on_until_it_goes() {
    let mut world = World::new();
    world.seated("acme", &["u-1"]);
    let views = world.open();
    world.ask("acme", &Command::CancelSubscription { effective_at: None }).unwrap();
    world.assert_views_equal_the_fold(&views);
    let seats = views.user(&user("u-1")).unwrap().unwrap().seats;
    assert_eq!(seats[0].add_on, Some(AddOnId::new("duo_pro")));
    world.wait(days(28));
    world.assert_views_equal_the_fold(&views);
    assert!(views.user(&user("u-1")).unwrap().unwrap().seats.is_empty());
    assert_eq!(views.totals().unwrap().removals[&RemovalReason::GraceEnded], 1);
}

#[test]
fn of_several_uses_the_last_one_counts_in_whatever_order_they_come() {
    let mut world = World::new();
    world.join("acme", &["u-1"]);
    let noon = world.now;
    world.use_at("u-1", noon);
    world.use_at("u-1", noon - days(3));
    world.use_at("u-1", noon - days(1));
    let views = world.open();
    world.assert_views_equal_the_fold(&views);
    world.use_at("u-1", noon + days(1));
    world.assert_views_equal_the_fold(&views);
}

#[test]
fn totals_are_shown_by_name() {
    let mut world = World::new();
    world.seated("acme", &["u-1", "u-2"]);
    world.unassign("acme", "u-1");
    let shown = serde_json::to_value(world.open().totals().unwrap()).unwrap();
    let expected = json!({
        "licensees": 1, "members": 2, "seats": 1, "removals": {"requested": 1}, "events": 6, "refusals": 0
    });
    assert_eq!(shown, expected);
}
