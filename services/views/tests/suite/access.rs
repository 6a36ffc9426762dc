//! Access checks from memory (R31, R32), as followed and as loaded.

use chrono::{TimeZone, Utc};
use licensing::{access::Reason, *};
use views::Views;

use super::world::{World, days, user};

/// Reason and grants, in short.
fn access(views: &Views, id: &str, feature: &str, at: Instant) -> (Reason, Vec<(String, Option<String>)>) {
    let access = views.access(&user(id), &FeatureId::new(feature), at).unwrap().unwrap();
    assert_eq!(access.allowed, matches!(access.reason, Reason::Seat | Reason::Included));
    let grant =
        |grant: access::AccessGrant| (grant.licensee.to_string(), grant.add_on.map(|add_on| add_on.to_string()));
    (access.reason, access.grants.into_iter().map(grant).collect())
}

fn by(licensee: &str, add_on: &str) -> (String, Option<String>) {
    (licensee.to_owned(), Some(add_on.to_owned()))
}

/// Asks views that followed, and views that were opened just now.
fn check(world: &World, views: Views, ask: impl Fn(&Views)) -> Views {
    world.catch_up(&views);
    ask(&views);
    drop(views);
    let opened = world.open();
    ask(&opened);
    opened
}

#[test]
fn r31_a_seat_gives_the_features_of_its_add_on() {
    let mut world = World::new();
    let views = world.open();
    world.seated("acme", &["u-1"]);
    world.join("acme", &["u-2"]);
    let now = world.now;
    check(&world, views, |views| {
        assert_eq!(access(views, "u-1", "duo_chat", now), (Reason::Seat, vec![by("acme", "duo_pro")]));
        assert_eq!(access(views, "u-1", "root_cause_analysis", now), (Reason::FeatureNotInAddOn, vec![]));
        assert_eq!(access(views, "u-2", "duo_chat", now), (Reason::NoSeat, vec![]));
        assert!(views.access(&user("u-3"), &FeatureId::new("duo_chat"), now).unwrap().is_none());
    });
}

#[test]
fn r20_in_grace_a_seat_gives_nothing_and_after_it_there_is_none() {
    let mut world = World::new();
    let views = world.open();
    world.seated("acme", &["u-1"]);
    let end = world.now + days(365);
    world.wait(days(365));
    let views = check(&world, views, |views| {
        assert_eq!(access(views, "u-1", "duo_chat", end), (Reason::Grace, vec![]));
        assert_eq!(access(views, "u-1", "root_cause_analysis", end), (Reason::FeatureNotInAddOn, vec![]));
    });
    world.wait(days(28));
    let now = world.now;
    check(&world, views, |views| assert_eq!(access(views, "u-1", "duo_chat", now), (Reason::NoSeat, vec![])));
}

#[test]
fn r20_seats_that_are_restored_work_again() {
    let mut world = World::new();
    world.seated("acme", &["u-1"]);
    let views = world.open();
    world.ask("acme", &Command::CancelSubscription { effective_at: None }).unwrap();
    world.wait(days(27));
    world.subscribe("acme", Offering::GitlabCom, "ultimate", Some(("duo_enterprise", 5)));
    let now = world.now;
    check(&world, views, |views| {
        assert_eq!(access(views, "u-1", "duo_chat", now), (Reason::Seat, vec![by("acme", "duo_enterprise")]));
    });
}

#[test]
fn r28_one_seat_of_two_licensees_is_enough_and_each_goes_by_itself() {
    let mut world = World::new();
    let views = world.open();
    world.seated("globex", &["u-1"]);
    world.seated("acme", &["u-1"]);
    let now = world.now;
    let views = check(&world, views, |views| {
        let both = vec![by("acme", "duo_pro"), by("globex", "duo_pro")];
        assert_eq!(access(views, "u-1", "duo_chat", now), (Reason::Seat, both));
    });
    world.leave("acme", "u-1");
    let views = check(&world, views, |views| {
        assert_eq!(access(views, "u-1", "duo_chat", now), (Reason::Seat, vec![by("globex", "duo_pro")]));
    });
    world.unassign("globex", "u-1");
    let views = check(&world, views, |views| assert_eq!(access(views, "u-1", "duo_chat", now).0, Reason::NoSeat));
    // Coming back gives no seat back (R26).
    world.join("acme", &["u-1"]);
    check(&world, views, |views| assert_eq!(access(views, "u-1", "duo_chat", now).0, Reason::NoSeat));
}

#[test]
fn r26_who_is_blocked_has_no_access_and_gets_none_back_without_a_seat() {
    let mut world = World::new();
    world.seated("acme", &["u-1"]);
    let views = world.open();
    world.set_status("u-1", UserStatus::Blocked);
    let now = world.now;
    let views = check(&world, views, |views| {
        assert_eq!(access(views, "u-1", "duo_chat", now), (Reason::UserNotActive, vec![]));
    });
    world.set_status("u-1", UserStatus::Active);
    check(&world, views, |views| assert_eq!(access(views, "u-1", "duo_chat", now), (Reason::NoSeat, vec![])));
}

#[test]
fn r32_until_its_day_a_member_needs_no_seat() {
    let mut world = World::new();
    world.now = Utc.with_ymd_and_hms(2024, 6, 1, 0, 0, 0).unwrap();
    let views = world.open();
    world.subscribe("acme", Offering::GitlabCom, "premium", None);
    world.join("acme", &["u-1"]);
    world.use_now("u-2");
    let until = Utc.with_ymd_and_hms(2024, 10, 17, 0, 0, 0).unwrap();
    let before = until - chrono::Duration::microseconds(1);
    let views = check(&world, views, |views| {
        let included = (Reason::Included, vec![("acme".to_owned(), None)]);
        assert_eq!(access(views, "u-1", "duo_chat", before), included);
        assert_eq!(access(views, "u-1", "duo_chat", until), (Reason::NoSeat, vec![]));
        assert_eq!(access(views, "u-1", "root_cause_analysis", before), (Reason::NoSeat, vec![]));
        assert_eq!(access(views, "u-2", "duo_chat", before), (Reason::NoSeat, vec![]));
    });
    world.leave("acme", "u-1");
    check(&world, views, |views| assert_eq!(access(views, "u-1", "duo_chat", before), (Reason::NoSeat, vec![])));
}

#[test]
fn r16_an_instance_gives_access_by_what_is_in_effect() {
    let mut world = World::new();
    let views = world.open();
    world.subscribe("umbrella", Offering::SelfManaged, "ultimate", Some(("duo_pro", 5)));
    world.join("umbrella", &["u-1"]);
    world.ask("umbrella", &Command::SynchronizeInstance { version: "17.5".parse().unwrap() }).unwrap();
    world.assign("umbrella", "u-1");
    let purchase =
        Command::PurchaseSeats { add_on: AddOnId::new("duo_enterprise"), quantity: 5, channel: Channel::Sales };
    world.ask("umbrella", &purchase).unwrap();
    let now = world.now;
    let views = check(&world, views, |views| {
        assert_eq!(access(views, "u-1", "root_cause_analysis", now).0, Reason::FeatureNotInAddOn);
    });
    world.wait(days(1));
    check(&world, views, |views| {
        assert_eq!(access(views, "u-1", "root_cause_analysis", now).0, Reason::Seat);
    });
}
