//! Whoever lost a lease writes nothing.

use std::thread;

use journal::{DetailChange, Epoch, Journal, JournalError, Person, Position, StatusNews};
use licensing::UserStatus;

use crate::{
    conformance::samples::{Sample, at, usage},
    ground::{Ground, batch, node, take},
};

fn is_not_held(result: Result<(), JournalError>, shard: u16) -> bool {
    matches!(result, Err(JournalError::NotHeld { shard: found }) if found == shard)
}

fn numbers(journal: &dyn Journal) -> Vec<u64> {
    journal.heads().unwrap().iter().map(|head| head.commit_number).collect()
}

fn person(user: &str) -> Person {
    Person { user: user.into(), username: "nick".into(), name: "Name".into(), email: "a@example.com".into() }
}

pub fn news(shard: u16, position: u64, user: &str, version: u64, status: UserStatus) -> StatusNews {
    StatusNews {
        position: Position { shard, position },
        user: user.into(),
        version,
        status,
        command_id: format!("directory#{user}-{version}"),
        actor: "admin".into(),
        effective_at: at(77),
        told: vec!["acme".into(), "globex".into()],
    }
}

#[test]
fn a_shard_that_is_not_held_is_not_written() {
    let ground = Ground::new();
    let store = ground.store();
    let commit = Sample::default().commit(3, vec![usage("u", 1)]);
    assert!(is_not_held(store.journal().append(&batch(vec![commit])), 3));
    assert_eq!(ground.number("SELECT count(*) FROM usher.commits"), 0);
}

#[test]
fn a_writer_that_lost_its_lease_writes_nothing_at_all() {
    let ground = Ground::new();
    let (a, b) = (ground.store(), ground.store());
    a.hold_all().unwrap();
    let mut sample = Sample::default();
    a.journal().append(&batch(vec![sample.commit(1, vec![usage("u", 1)])])).unwrap();

    ground.expire_all();
    let seen = take(&b, &node(), 1);
    assert_eq!(seen, Epoch(2), "hold_all was the first to take it");
    assert_eq!(a.held().epoch(1), Some(Epoch(1)), "nobody told it");
    let before = numbers(a.journal().as_ref());

    let lost = sample.clone().commit(1, vec![usage("u", 2)]);
    assert!(is_not_held(a.journal().append(&batch(vec![lost.clone()])), 1));
    // Neither the shard that it still has, nor anything else in the batch.
    let mut mixed = batch(vec![sample.clone().commit(0, vec![usage("u", 2)]), lost.clone()]);
    mixed.clock = Some(at(99));
    mixed.details = vec![DetailChange::PutPerson(person("u"))];
    mixed.news = vec![news(0, 1, "u", 1, UserStatus::Blocked)];
    assert!(is_not_held(a.journal().append(&mixed), 1));
    assert_eq!(numbers(a.journal().as_ref()), before);
    assert_eq!(a.journal().clock().unwrap(), None);
    assert_eq!(a.journal().person("u").unwrap(), None);
    assert_eq!(ground.number("SELECT (SELECT count(*) FROM usher.users) + (SELECT count(*) FROM usher.news)"), 0);

    b.journal().append(&batch(vec![lost])).unwrap();
    a.journal().append(&batch(vec![sample.commit(0, vec![usage("u", 2)])])).unwrap();
}

#[test]
fn a_lost_lease_counts_before_a_number_that_went_on() {
    let ground = Ground::new();
    let (a, b) = (ground.store(), ground.store());
    a.hold_all().unwrap();
    ground.expire_all();
    take(&b, &node(), 0);
    let commit = Sample::default().commit(0, vec![usage("u", 1)]);
    b.journal().append(&batch(vec![commit.clone()])).unwrap();
    assert!(is_not_held(a.journal().append(&batch(vec![commit])), 0));
}

/// As when a writer is stopped in the middle of its statement, and wakes up after another took its shard.
#[test]
fn a_writer_whose_lease_is_taken_while_it_writes_writes_nothing() {
    let ground = Ground::new();
    let store = ground.store();
    store.hold_all().unwrap();
    let mut taker = ground.client();
    let mut taking = taker.transaction().unwrap();
    taking.execute("UPDATE usher.heads SET epoch = epoch + 1 WHERE shard = 2", &[]).unwrap();
    let mut sample = Sample::default();
    let commits = vec![sample.commit(1, vec![usage("u", 1)]), sample.commit(2, vec![usage("u", 1)])];
    let journal = store.journal();
    let writer = thread::spawn(move || journal.append(&batch(commits)));
    ground.wait_until_blocked(1);
    taking.commit().unwrap();
    assert!(is_not_held(writer.join().unwrap(), 2));
    assert!(numbers(store.journal().as_ref()).iter().all(|number| *number == 0));
}

#[test]
fn whoever_takes_a_lease_waits_for_the_commit_that_is_under_way() {
    let ground = Ground::new();
    let (a, b) = (ground.store(), ground.store());
    a.hold_all().unwrap();
    ground.expire_all();
    let mut sample = Sample::default();
    a.journal()
        .append(&journal::Batch { clock: Some(at(1)), ..batch(vec![sample.commit(4, vec![usage("u", 1)])]) })
        .unwrap();

    // The commit is past the fence, but cannot set the clock yet.
    let mut holder = ground.client();
    let mut holding = holder.transaction().unwrap();
    holding.execute("SELECT FROM usher.clock WHERE shard = 4 FOR UPDATE", &[]).unwrap();
    let second = journal::Batch { clock: Some(at(2)), ..batch(vec![sample.commit(4, vec![usage("u", 2)])]) };
    let journal = a.journal();
    let writer = thread::spawn(move || journal.append(&second));
    ground.wait_until_blocked(1);
    let other = node();
    thread::scope(|scope| {
        let taker = scope.spawn(|| take(&b, &other, 4));
        ground.wait_until_blocked(2);
        holding.commit().unwrap();
        writer.join().unwrap().unwrap();
        assert_eq!(taker.join().unwrap(), Epoch(2));
    });
    assert_eq!(b.journal().heads().unwrap()[4].commit_number, 2, "the taker sees what was written before");
    assert!(is_not_held(a.journal().append(&batch(vec![sample.clone().commit(4, vec![usage("u", 3)])])), 4));
    b.journal().append(&batch(vec![sample.commit(4, vec![usage("u", 3)])])).unwrap();
}
