//! What writers tell each other about users (R21, R26, R29).

use std::thread;

use journal::{Batch, Candidate, DetailChange, Person, Position, SharedUser, StatusNews};
use licensing::UserStatus;

use crate::{
    conformance::samples::{Sample, usage},
    fences::news,
    ground::{Ground, batch},
};

fn tell(store: &journal::postgres::PostgresStore, news: Vec<StatusNews>) {
    store.journal().append(&Batch { news, ..Batch::default() }).unwrap();
}

fn candidate<'a>(user: &'a str, licensee: &'a str) -> Candidate<'a> {
    Candidate { user, licensee }
}

#[test]
fn r21_whoever_is_enlisted_is_seen_as_they_are() {
    let ground = Ground::new();
    let store = ground.store();
    let person = Person { user: "u-1".into(), username: "a".into(), name: "b".into(), email: "c".into() };
    let details = vec![DetailChange::PutPerson(person.clone())];
    let news = vec![
        news(0, 1, "u-1", 2, UserStatus::Banned),
        news(0, 2, "u-1", 1, UserStatus::Blocked),
        news(0, 3, "u-2", 5, UserStatus::Deactivated),
    ];
    store.journal().append(&Batch { details, news, ..Batch::default() }).unwrap();
    let users = store.users();
    let candidates = ["u-2", "u-1", "nobody", "u-1"].map(|user| candidate(user, "acme"));
    let found = users.enlist(&candidates).unwrap();
    let banned = SharedUser { status: UserStatus::Banned, person: Some(person) };
    let deactivated = SharedUser { status: UserStatus::Deactivated, person: None };
    assert_eq!(found, [deactivated, banned.clone(), SharedUser::unknown(), banned]);
    assert_eq!(users.enlist(&[]).unwrap(), []);
}

#[test]
fn r26_a_status_only_ever_gets_newer() {
    let ground = Ground::new();
    let store = ground.store();
    for (version, status, expected) in [
        (3, UserStatus::Blocked, UserStatus::Blocked),
        (2, UserStatus::Active, UserStatus::Blocked),
        (4, UserStatus::Active, UserStatus::Active),
    ] {
        tell(&store, vec![news(0, version, "u", version, status)]);
        assert_eq!(store.users().enlist(&[candidate("u", "acme")]).unwrap()[0].status, expected);
    }
}

#[test]
fn enlistments_are_found_by_user_in_byte_order_and_for_good() {
    let ground = Ground::new();
    let users = ground.store().users();
    let all = [("u", "b"), ("u", "B"), ("u", "a"), ("v", "a"), ("u", "b")];
    users.enlist(&all.map(|(user, licensee)| candidate(user, licensee))).unwrap();
    users.enlist(&[candidate("u", "c")]).unwrap();
    let found = ground.store().users().enlisted(&["v", "nobody", "u"]).unwrap();
    assert_eq!(found, [vec!["a"], vec![], vec!["B", "a", "b", "c"]]);
}

#[test]
fn many_enlist_the_same_at_once() {
    let ground = Ground::new();
    let store = ground.store();
    let ids: Vec<String> = (0..40).map(|number| format!("u-{number}")).collect();
    thread::scope(|scope| {
        for turn in 0..6 {
            let (users, ids) = (store.users(), &ids);
            scope.spawn(move || {
                let mut candidates: Vec<_> = ids.iter().map(|user| candidate(user, "acme")).collect();
                candidates.rotate_left(turn * 7);
                assert_eq!(users.enlist(&candidates).unwrap().len(), 40);
            });
        }
    });
    assert_eq!(ground.number("SELECT count(*) FROM usher.enlistments"), 40);
}

#[test]
fn news_are_kept_until_they_are_told() {
    let ground = Ground::new();
    let store = ground.store();
    store.hold_all().unwrap();
    let mut nobody_told = news(1, 1, "v", 9, UserStatus::Deleted);
    nobody_told.told.clear();
    let (first, second) = (news(1, 2, "u", 1, UserStatus::Blocked), news(1, 3, "u", 2, UserStatus::Active));
    let elsewhere = news(2, 1, "w", 1, UserStatus::Blocked);
    let commits = vec![Sample::default().commit(1, vec![usage("v", 1), usage("u", 1), usage("u", 2)])];
    let all = vec![second.clone(), elsewhere.clone(), nobody_told.clone(), first.clone()];
    store.journal().append(&Batch { news: all, ..batch(commits) }).unwrap();
    let users = store.users();
    assert_eq!(users.untold(1, 10).unwrap(), [nobody_told.clone(), first.clone(), second.clone()]);
    assert_eq!(users.untold(1, 2).unwrap(), [nobody_told, first.clone()]);
    users.told(&[Position { shard: 1, position: 1 }, second.position, Position { shard: 9, position: 9 }]).unwrap();
    users.told(&[]).unwrap();
    assert_eq!(users.untold(1, 10).unwrap(), [first]);
    assert_eq!(users.untold(2, 10).unwrap(), [elsewhere]);
    assert_eq!(users.untold(3, 10).unwrap(), []);
}

/// Whoever makes a member and whoever changes a status at the same time: one of them sees the other.
#[test]
fn r26_no_status_is_missed_by_both() {
    let ground = Ground::new();
    let store = ground.store();
    for round in 0..60 {
        let user = format!("u-{round}");
        let (seen_status, seen_licensees) = thread::scope(|scope| {
            let enlisting = scope.spawn(|| store.users().enlist(&[candidate(&user, "acme")]).unwrap()[0].status);
            let changing = scope.spawn(|| {
                tell(&store, vec![news(0, round + 1, &user, 1, UserStatus::Blocked)]);
                store.users().enlisted(&[&user]).unwrap()
            });
            (enlisting.join().unwrap(), changing.join().unwrap())
        });
        let is_seen = seen_status == UserStatus::Blocked || seen_licensees == [vec!["acme"]];
        assert!(is_seen, "round {round}: {seen_status:?}, {seen_licensees:?}");
    }
}
