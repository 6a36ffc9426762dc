//! A connection that is lost while a batch is written: the outcome is found out, never guessed.

use std::{thread, time::Duration};

use journal::{Batch, DetailChange, JournalError, Person, postgres::PostgresStore};
use servers::Postgres;

use crate::{
    conformance::{
        Opened, assert_index_equals_journal,
        samples::{Sample, at, event, usage},
    },
    ground::{Ground, batch, opened, options, wait_until},
    proxy::{Cut, Proxy},
};

const COMMIT: &str = "usher.append_batch";

struct Wire {
    ground: Ground,
    proxy: Proxy,
}

impl Wire {
    fn new() -> Self {
        let ground = Ground::new();
        let proxy = Proxy::to(&ground.address());
        Self { ground, proxy }
    }

    fn store(&self) -> PostgresStore {
        let store = PostgresStore::open(&self.ground.url_by(self.proxy.address()), &options()).unwrap();
        store.hold_all().unwrap();
        store
    }
}

fn person() -> Person {
    Person { user: "u".into(), username: "nick".into(), name: "Name".into(), email: "a@example.com".into() }
}

fn everything(sample: &mut Sample) -> Batch {
    Batch {
        commits: vec![
            sample.commit(2, vec![event("licensee/a", 1)]),
            sample.commit(2, vec![event("licensee/a", 2)]),
            sample.commit(5, vec![usage("u", 1)]),
        ],
        clock: Some(at(9)),
        details: vec![DetailChange::PutPerson(person())],
        news: vec![],
    }
}

#[test]
fn a_commit_whose_connection_is_cut_is_written_once_and_acknowledged() {
    for cut in [Cut::BeforeRequest, Cut::AfterRequest, Cut::BeforeAnswer, Cut::Late] {
        for times in [1, 3] {
            let wire = Wire::new();
            let store = wire.store();
            let mut sample = Sample::default();
            wire.proxy.cut(cut, COMMIT, times);
            let batch = everything(&mut sample);
            store.journal().append(&batch).unwrap();
            let cuts = wire.proxy.cuts();
            // Once it is written, it is not sent again.
            let expected = if cut == Cut::BeforeRequest { times..=times } else { 1..=times };
            assert!(expected.contains(&cuts), "{cut:?}, {times} times: {cuts} cuts");
            wire.proxy.cut(cut, COMMIT, 0);
            assert_written_once(&store, &batch);
            store.journal().append(&super::ground::batch(vec![sample.commit(2, vec![usage("u", 2)])])).unwrap();
            assert_index_equals_journal(&opened(store));
        }
    }
}

fn assert_written_once(store: &PostgresStore, batch: &Batch) {
    let journal = store.journal();
    let blocks = |shard| {
        let commits = journal.read(shard, 0, usize::MAX).unwrap();
        commits.into_iter().map(|commit| commit.block).collect::<Vec<_>>()
    };
    let expected: Vec<_> = batch.commits.iter().map(|commit| commit.block.clone()).collect();
    assert_eq!([blocks(2), blocks(5)].concat(), expected);
    assert_eq!(journal.clock().unwrap(), Some(at(9)));
    assert_eq!(journal.person("u").unwrap(), Some(person()));
}

/// The server is still at it when its writer comes back to ask.
#[test]
fn a_commit_that_is_still_under_way_is_waited_for() {
    let wire = Wire::new();
    let store = wire.store();
    let mut sample = Sample::default();
    let first = Batch { clock: Some(at(1)), ..batch(vec![sample.commit(2, vec![usage("u", 1)])]) };
    store.journal().append(&first).unwrap();
    let mut holder = wire.ground.client();
    let mut holding = holder.transaction().unwrap();
    holding.execute("SELECT FROM usher.clock WHERE shard = 2 FOR UPDATE", &[]).unwrap();
    wire.proxy.cut(Cut::AfterRequest, COMMIT, 1);
    let batch = everything(&mut sample);
    thread::scope(|scope| {
        let journal = store.journal();
        let writer = scope.spawn(move || journal.append(&batch));
        // The one that lost its writer waits for the clock, the one that asks after it for the heads.
        wire.ground.wait_until_blocked(2);
        assert_eq!(wire.proxy.cuts(), 1);
        holding.commit().unwrap();
        writer.join().unwrap().unwrap();
    });
    let numbers: Vec<u64> =
        store.journal().read(2, 0, usize::MAX).unwrap().iter().map(|commit| commit.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(wire.proxy.carried(), 1, "it was not sent again");
}

#[test]
fn a_commit_that_does_not_follow_conflicts_also_after_a_cut() {
    let wire = Wire::new();
    let store = wire.store();
    let commit = Sample::default().commit(2, vec![usage("u", 1)]);
    store.journal().append(&batch(vec![commit.clone()])).unwrap();
    let other = Sample::default().commit(2, vec![usage("somebody else", 1)]);
    wire.proxy.cut(Cut::BeforeAnswer, COMMIT, 1);
    let error = store.journal().append(&batch(vec![other])).unwrap_err();
    assert!(matches!(error, JournalError::Conflict { shard: 2, .. }), "{error}");
    assert_eq!(store.journal().read(2, 0, usize::MAX).unwrap()[0].block, commit.block);
}

#[test]
fn details_alone_are_written_again_after_a_cut() {
    let wire = Wire::new();
    let store = wire.store();
    wire.proxy.cut(Cut::BeforeAnswer, "put_persons", 2);
    let details = vec![DetailChange::PutPerson(person())];
    store.journal().append(&Batch { details, clock: Some(at(5)), ..Batch::default() }).unwrap();
    assert_eq!(wire.proxy.cuts(), 2);
    assert_eq!(store.journal().person("u").unwrap(), Some(person()));
    assert_eq!(store.journal().clock().unwrap(), Some(at(5)));
}

#[test]
fn a_read_is_not_disturbed_by_connections_that_broke_while_they_were_idle() {
    let ground = Ground::new();
    let opened = opened(ground.store());
    opened.journal.heads().unwrap();
    let others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                  WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for _ in 0..5 {
        assert!(ground.number(others) > 0);
        opened.journal.heads().unwrap();
        opened.index.memberships("u").unwrap();
    }
}

/// Appends round after round, and gives how many were acknowledged.
fn append_until(opened: &Opened, rounds: u64) -> u64 {
    let mut sample = Sample::default();
    for _ in 0..rounds {
        opened.journal.append(&batch(sample.next_round())).unwrap();
    }
    rounds
}

#[test]
fn a_server_that_is_killed_and_comes_back_under_load_has_every_commit_once() {
    let server = Postgres::start().unwrap();
    let database = server.database().unwrap();
    let store = PostgresStore::open(&database.url().parse().unwrap(), &options()).unwrap();
    store.hold_all().unwrap();
    let opened = opened(store);
    let first_number = |opened: &Opened| opened.journal.heads().map(|heads| heads[0].commit_number);
    let rounds = thread::scope(|scope| {
        let writer = scope.spawn(|| append_until(&opened, 600));
        for after in [50, 300] {
            wait_until(|| first_number(&opened).is_ok_and(|number| number >= after));
            server.kill().unwrap();
            server.restart().unwrap();
        }
        writer.join().unwrap()
    });
    let mut sample = Sample::default();
    let mut expected: Vec<_> = (0..rounds).flat_map(|_| sample.next_round()).collect();
    expected.sort_by_key(|commit| (commit.shard, commit.number));
    let found = opened.all_commits();
    assert!(found.iter().map(|commit| &commit.block).eq(expected.iter().map(|commit| &commit.block)));
    assert_index_equals_journal(&opened);
}

#[test]
fn a_server_that_stays_away_is_told_in_time_and_nothing_is_written() {
    let server = Postgres::start().unwrap();
    let database = server.database().unwrap();
    let store = PostgresStore::open(&database.url().parse().unwrap(), &options()).unwrap();
    store.hold_all().unwrap();
    let commit = Sample::default().commit(0, vec![usage("u", 1)]);
    server.stop().unwrap();
    let started = std::time::Instant::now();
    let error = store.journal().append(&batch(vec![commit.clone()])).unwrap_err();
    assert!(matches!(error, JournalError::Unreachable { .. }), "{error}");
    assert!((Duration::from_secs(10)..Duration::from_secs(40)).contains(&started.elapsed()));
    assert!(matches!(store.journal().heads(), Err(JournalError::Unreachable { .. })));
    server.restart().unwrap();
    assert_eq!(store.journal().heads().unwrap()[0].commit_number, 0);
    store.journal().append(&batch(vec![commit])).unwrap();
}
