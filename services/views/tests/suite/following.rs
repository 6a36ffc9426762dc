//! Views that follow a journal while it is written.

use std::{collections::BTreeSet, thread};

use contract::{event::EncodedEvent, proto::journal::record::Kind};
use journal::Positions;
use licensing::*;
use views::{LicenseesQuery, MembersQuery, ViewsError};

use super::{
    chance::{Dice, play},
    world::{LONG, World, duo, licensee, user},
};

#[test]
fn views_equal_the_fold_of_the_events_at_any_time() {
    let mut reasons = BTreeSet::new();
    for seed in 0..4 {
        let (mut world, mut dice) = (World::new(), Dice::new(seed));
        let views = world.open();
        for _ in 0..5 {
            play(&mut world, &mut dice, 80);
            world.assert_views_equal_the_fold(&views);
        }
        reasons.extend(views.totals().unwrap().removals.into_keys());
    }
    assert!(reasons.len() >= 6, "too little happened: seats were taken away for {reasons:?} only");
}

#[test]
fn views_that_start_late_equal_the_fold_too() {
    let (mut world, mut dice) = (World::new(), Dice::new(7));
    play(&mut world, &mut dice, 400);
    world.assert_views_equal_the_fold(&world.open());
}

#[test]
fn many_commits_and_one_commit_of_many_records_are_all_fed() {
    let mut world = World::new();
    world.subscribe("acme", Offering::GitlabCom, "ultimate", Some(("duo_pro", 100)));
    (0..600).for_each(|number| world.join("acme", &[&format!("u-{number:03}")]));
    let users: Vec<UserId> = (0..100).map(|number| user(&format!("u-{number:03}"))).collect();
    world.ask("acme", &Command::AssignSeats { product: duo(), users, mode: AssignMode::AllOrNothing }).unwrap();
    let views = world.open();
    world.assert_views_equal_the_fold(&views);
    world.ask("acme", &Command::ChangeSeatQuantity { add_on: AddOnId::new("duo_pro"), quantity: 1 }).unwrap();
    world.assert_views_equal_the_fold(&views);
    assert_eq!(views.totals().unwrap().removals[&RemovalReason::Overage], 99);
}

#[test]
fn whoever_waits_for_a_position_sees_its_write() {
    let mut world = World::new();
    let views = world.open();
    world.subscribe("acme", Offering::GitlabCom, "premium", None);
    for number in 0..100 {
        let member = format!("u-{number}");
        world.join("acme", &[&member]);
        let position = world.last_events[&licensee("acme")];
        assert!(views.wait_for(&Positions::from(position), LONG).unwrap());
        let view = views.licensee(&licensee("acme")).unwrap().unwrap();
        assert_eq!((view.position, view.summary.members), (position, number + 1));
        let query = MembersQuery { search: Some(member.clone()), limit: 1_000, ..MembersQuery::default() };
        assert!(views.members(&licensee("acme"), &query).unwrap().items.iter().any(|view| view.user == user(&member)));
        assert!(views.access(&user(&member), &FeatureId::new("duo_chat"), world.now).unwrap().is_some());
    }
}

#[test]
fn waiting_for_what_is_not_written_ends_at_its_timeout() {
    let world = World::new();
    let views = world.open();
    for beyond in ["0-1", "3-1", "4-0", "9-7"] {
        assert!(!views.wait_for(&beyond.parse().unwrap(), std::time::Duration::from_millis(5)).unwrap(), "{beyond}");
    }
    assert!(views.wait_for(&Positions::default(), std::time::Duration::ZERO).unwrap());
    assert_eq!(views.positions(), "0-0.1-0.2-0.3-0".parse().unwrap());
}

#[test]
fn a_waiter_is_woken_by_the_commit() {
    let mut world = World::new();
    let views = world.open();
    world.join("acme", &["u-1"]);
    let wanted = {
        let mut wanted = world.positions();
        let last = world.last_events[&licensee("acme")];
        wanted.advance(journal::Position { position: last.position + 1, ..last });
        wanted
    };
    thread::scope(|scope| {
        let waiter = scope.spawn(|| views.wait_for(&wanted, LONG));
        world.join("acme", &["u-2"]);
        assert!(waiter.join().unwrap().unwrap());
    });
}

#[test]
fn a_batch_over_several_shards_appears_at_one_go() {
    let mut world = World::new();
    let homes = ["acme", "globex", "initech", "umbrella"];
    homes.iter().for_each(|id| world.seated(id, &["u-1"]));
    let views = world.open();
    let feature = FeatureId::new("code_suggestions");
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut seen, mut partly) = (0, 0);
            while seen < 20 {
                let seats = views.user(&user("u-1")).unwrap().unwrap();
                let is_blocked = seats.status == UserStatus::Blocked;
                partly += usize::from(is_blocked != seats.seats.is_empty());
                seen += usize::from(is_blocked);
            }
            partly
        });
        world.set_status("u-1", UserStatus::Blocked);
        assert_eq!(reader.join().unwrap(), 0, "a blocked user was seen with seats, or one without who was not blocked");
    });
    world.catch_up(&views);
    assert!(!views.access(&user("u-1"), &feature, world.now).unwrap().unwrap().allowed);
}

#[track_caller]
fn stops_at(record: impl FnOnce(&World) -> Kind, expected: &str) {
    let mut world = World::new();
    world.seated("acme", &["u-1"]);
    let views = world.open();
    let kind = record(&world);
    world.commit(vec![("acme", vec![kind])], vec![]);

    let error = views.wait_for(&world.positions(), LONG).unwrap_err();
    let ViewsError::FollowerFailed(cause) = &error else { panic!("{error:?}") };
    assert!(
        matches!(&**cause, ViewsError::Record { source, .. } if source.to_string().contains(expected)),
        "{cause:?}"
    );
    assert!(matches!(views.licensee(&licensee("acme")), Err(ViewsError::FollowerFailed(_))));
    assert!(matches!(views.licensees(&LicenseesQuery::default()), Err(ViewsError::FollowerFailed(_))));
    assert!(matches!(views.has_licensee(&licensee("acme")), Err(ViewsError::FollowerFailed(_))));
    assert!(matches!(views.totals(), Err(ViewsError::FollowerFailed(_))));
}

#[test]
fn views_that_cannot_go_on_say_so_instead_of_being_silently_behind() {
    let of_tomorrow = EncodedEvent { type_name: "usher.licensing.v1.SeatLent", schema_version: 1, data: Vec::new() };
    stops_at(|world| world.event("licensee/acme", 4, of_tomorrow), "SeatLent");
    let event = Event::MemberRemoved { user: user("u-1") };
    let encoded = contract::event::encode_licensee_event(&licensee("acme"), &event);
    stops_at(|world| world.event("licensee/acme", 9, encoded), "version 9 of its stream follows 3");
}
