//! Several nodes on one store (ADR 7): whoever decides, the rules hold.

use std::{
    sync::{Arc, Barrier, mpsc},
    thread,
    time::Duration,
};

use contract::{
    event::{StreamEvent, decode},
    incoming::from_json,
    proto::journal::{Event as Record, record::Kind},
};
use engine::{ClockMode, Done, EngineError, News, Options, Order, Reply, Running, Shared, start};
use journal::Held;
use licensing::{Catalogue, Licensee, UserStatus};
use serde_json::{Value, json};

use crate::{
    cluster::Cluster,
    fixture::{
        DAY_ONE, assign, at, call, duo, effective_at, event, licensee, member_added, message, message_as, short_name,
        started, user,
    },
    observed::{Look, Observed},
    several::Memory,
};

fn status(kind: &str, member: &str) -> Value {
    message(&format!("directory.v1.{kind}"), json!({"user": member}))
}

/// The events of a stream, in order, their hash chain checked.
fn stream(cluster: &Cluster, name: &str) -> Vec<Record> {
    let journal = cluster.journal();
    let mut events = Vec::new();
    for shard in 0..cluster.shards() {
        for stored in journal.read(shard, 0, usize::MAX).unwrap() {
            for record in stored.decode().unwrap().records {
                match record.kind {
                    Some(Kind::Event(event)) if event.stream == name => events.push(event),
                    _ => {}
                }
            }
        }
    }
    let mut previous = journal::chain::START;
    for (version, event) in (1..).zip(&events) {
        assert_eq!(event.version, version);
        previous = journal::chain::verify(&previous, event).unwrap();
    }
    events
}

fn replay(cluster: &Cluster, id: &str) -> Licensee {
    let mut state = Licensee::default();
    for record in stream(cluster, &format!("licensee/{id}")) {
        state.evolve(&event(&record), effective_at(&record));
    }
    state
}

fn holders(cluster: &Cluster, id: &str) -> Vec<String> {
    replay(cluster, id).holders(&duo()).map(|user| user.to_string()).collect()
}

fn status_of_member(cluster: &Cluster, id: &str, member: &str) -> UserStatus {
    replay(cluster, id).roster().member(&user(member)).unwrap().status
}

/// An id whose shard the node holds.
fn id_at(cluster: &Cluster, node: usize, prefix: &str) -> String {
    (0..).map(|number| format!("{prefix}-{number}")).find(|id| cluster.holder(id) == node).unwrap()
}

#[test]
fn a_command_reaches_the_holder_from_any_node() {
    let (cluster, _reach) = Cluster::of(3);
    let acme = id_at(&cluster, 0, "acme");
    cluster.accept(1, &started(&acme, 10, Some(2)));
    cluster.accept(2, &member_added(&acme, "u-1"));
    let done = cluster.engine(1).try_call(call(&acme, None, assign("u-1"))).unwrap().wait().unwrap();
    assert!(done.outcome.is_ok());
    assert_eq!(holders(&cluster, &acme), ["u-1"]);
    assert!(cluster.engine(1).positions().cover(&done.positions), "the node knows how far its callers have written");
    let here = cluster.engine(1).submit_here(Order::Call(Box::new(call(&acme, None, assign("u-1")))));
    assert!(matches!(here.err(), Some(EngineError::NotHeld { .. })));
}

#[test]
fn r26_a_block_takes_the_seats_of_licensees_on_all_nodes_before_it_is_answered() {
    let (cluster, _reach) = Cluster::of(3);
    let licensees: Vec<String> = (0..3).map(|node| id_at(&cluster, node, "licensee")).collect();
    for id in &licensees {
        cluster.accept(0, &started(id, 10, Some(2)));
        cluster.accept(0, &member_added(id, "u-1"));
        cluster.engine(0).try_call(call(id, None, assign("u-1"))).unwrap().wait().unwrap().outcome.unwrap();
    }
    let done = cluster.accept(1, &status("UserBlocked", "u-1"));
    assert_eq!(done.events, 7, "one of the user's, two of each licensee");
    assert_eq!(cluster.untold(), 0);
    let blocked = stream(&cluster, "user/u-1");
    for id in &licensees {
        assert!(holders(&cluster, id).is_empty());
        let events = stream(&cluster, &format!("licensee/{id}"));
        let [.., noted, removed] = events.as_slice() else { panic!("too few events") };
        assert_eq!([short_name(noted), short_name(removed)], ["MemberStatusChanged", "SeatRemoved"]);
        assert!([noted, removed].iter().all(|event| event.command_id == blocked[0].command_id), "one cause (R36)");
        assert!(done.positions.of(journal::shard_of(id, cluster.shards())).is_some());
    }
    let again = cluster.send(2, &status("UserBlocked", "u-1")).unwrap();
    assert!(again.duplicate && again.events == 0);
}

#[test]
fn r26_whoever_was_blocked_on_another_node_is_blocked_on_joining() {
    let (cluster, _reach) = Cluster::of(2);
    let (acme, member) = (id_at(&cluster, 0, "acme"), id_at(&cluster, 1, "u"));
    cluster.accept(0, &status("UserBanned", &member));
    cluster.accept(0, &started(&acme, 10, Some(2)));
    cluster.accept(0, &member_added(&acme, &member));
    assert_eq!(status_of_member(&cluster, &acme, &member), UserStatus::Banned);
}

#[test]
fn r26_joining_and_being_blocked_at_the_same_instant_ends_blocked() {
    let (cluster, _reach) = Cluster::of(2);
    let acme = id_at(&cluster, 0, "acme");
    cluster.accept(0, &started(&acme, 10, Some(2)));
    let members: Vec<String> =
        (0..).map(|number| format!("u-{number}")).filter(|id| cluster.holder(id) == 1).take(200).collect();
    for member in &members {
        let barrier = Barrier::new(2);
        thread::scope(|scope| {
            let joins = scope.spawn(|| {
                barrier.wait();
                cluster.accept(0, &member_added(&acme, member))
            });
            let is_blocked = scope.spawn(|| {
                barrier.wait();
                cluster.accept(1, &status("UserBlocked", member))
            });
            joins.join().unwrap();
            is_blocked.join().unwrap();
        });
        assert_eq!(status_of_member(&cluster, &acme, member), UserStatus::Blocked, "{member}");
    }
    assert_eq!(cluster.untold(), 0);
}

#[test]
fn what_nobody_could_be_told_is_told_by_the_next_holder() {
    let (cluster, _reach) = Cluster::of(2);
    let (acme, member) = (id_at(&cluster, 0, "acme"), id_at(&cluster, 1, "u"));
    cluster.accept(0, &started(&acme, 10, Some(2)));
    cluster.accept(0, &member_added(&acme, &member));
    let (of_acme, of_member) =
        (journal::shard_of(&acme, cluster.shards()), journal::shard_of(&member, cluster.shards()));
    // Nobody holds the licensee's shard for a while.
    cluster.engine(0).let_go_of_shards(&[of_acme]).unwrap();
    let outcome = cluster.send(1, &status("UserBlocked", &member));
    assert!(matches!(outcome, Err(EngineError::Untold)), "{outcome:?}");
    assert_eq!((cluster.untold(), stream(&cluster, &format!("user/{member}")).len()), (1, 1), "committed all the same");
    // Whoever holds the user's shard next finds what is untold, once the licensee's shard has a holder again.
    cluster.hand_over(of_member, 1, 0);
    cluster.give(of_acme, 1);
    while cluster.untold() > 0 {
        thread::yield_now();
    }
    assert_eq!(status_of_member(&cluster, &acme, &member), UserStatus::Blocked);
    let noted = stream(&cluster, &format!("licensee/{acme}"));
    assert_eq!(noted.iter().filter(|event| short_name(event) == "MemberStatusChanged").count(), 1);
}

#[test]
fn r34_news_that_come_twice_are_taken_note_of_once() {
    let (cluster, _reach) = Cluster::of(2);
    let acme = id_at(&cluster, 0, "acme");
    cluster.accept(0, &started(&acme, 10, Some(2)));
    cluster.accept(0, &member_added(&acme, "u-1"));
    let news = |status, version| {
        Order::News(Box::new(News {
            licensee: licensee(&acme),
            user: user("u-1"),
            status,
            version,
            command_id: "urn:test#1".to_owned(),
            actor: "urn:test".to_owned(),
            effective_at: at("2025-01-01T00:00:00Z"),
        }))
    };
    let events = |reply| match reply {
        Ok(Reply::Done(done)) => (done.events, done.duplicate),
        other => panic!("{other:?}"),
    };
    assert_eq!(events(cluster.reply(1, news(UserStatus::Blocked, 1))), (1, false));
    assert_eq!(events(cluster.reply(1, news(UserStatus::Active, 2))), (1, false));
    assert_eq!(events(cluster.reply(0, news(UserStatus::Blocked, 1))), (0, true), "late and again");
    assert_eq!(status_of_member(&cluster, &acme, "u-1"), UserStatus::Active);
}

#[test]
fn a_holder_that_does_not_know_it_lost_its_shard_writes_nothing_more() {
    let (cluster, _reach) = Cluster::of(2);
    let acme = id_at(&cluster, 0, "acme");
    let of_acme = journal::shard_of(&acme, cluster.shards());
    cluster.accept(0, &started(&acme, 10, Some(2)));
    cluster.give(of_acme, 1);
    // Both believe that they hold it.
    let stale = cluster.engine(0).submit_here(Order::Call(Box::new(call(&acme, None, assign("u-1")))));
    assert!(stale.unwrap().wait().is_err());
    assert!(cluster.engine(1).submit_here(message_order(&member_added(&acme, "u-1"))).unwrap().wait().is_ok());
    while cluster.engine(0).decided_shards().contains(&of_acme) {
        thread::yield_now();
    }
    let names: Vec<_> = stream(&cluster, &format!("licensee/{acme}")).iter().map(short_name).collect();
    assert_eq!(names.last().unwrap(), "MemberAdded");
    cluster.accept(0, &member_added(&acme, "u-2"));
}

fn message_order(message: &Value) -> Order {
    Order::Message(Box::new(contract::incoming::from_json(message.to_string().as_bytes())))
}

#[test]
fn shards_move_under_load_and_every_message_counts_once() {
    let (cluster, _reach) = Cluster::of(2);
    let acme = id_at(&cluster, 0, "acme");
    cluster.accept(0, &started(&acme, 500, Some(500)));
    let of_acme = journal::shard_of(&acme, cluster.shards());
    let members: Vec<String> = (0..300).map(|number| format!("u-{number}")).collect();
    thread::scope(|scope| {
        let senders: Vec<_> = members
            .chunks(100)
            .map(|some| {
                let (cluster, acme) = (&cluster, &acme);
                scope.spawn(move || {
                    for member in some {
                        // As a caller does: until it is answered, under the same id.
                        while cluster.send(0, &member_added(acme, member)).is_err() {
                            thread::yield_now();
                        }
                    }
                })
            })
            .collect();
        let mut holder = 0;
        while senders.iter().any(|sender| !sender.is_finished()) {
            cluster.hand_over(of_acme, holder, 1 - holder);
            holder = 1 - holder;
        }
        senders.into_iter().for_each(|sender| sender.join().unwrap());
    });
    let events = stream(&cluster, &format!("licensee/{acme}"));
    assert_eq!(events.iter().filter(|event| short_name(event) == "MemberAdded").count(), members.len());
}

#[test]
fn a_timer_fires_once_wherever_its_shard_is() {
    let (cluster, _reach) = Cluster::of(2);
    let ids: Vec<String> = (0..2).map(|node| id_at(&cluster, node, "licensee")).collect();
    for id in &ids {
        cluster.accept(0, &started(id, 10, Some(2)));
    }
    let shard = journal::shard_of(&ids[0], cluster.shards());
    cluster.hand_over(shard, 0, 1);
    cluster.advance(0, "2026-03-01T00:00:00Z");
    for id in &ids {
        let names: Vec<_> = stream(&cluster, &format!("licensee/{id}")).iter().map(short_name).collect();
        assert_eq!(names.iter().filter(|name| *name == "SubscriptionExpired").count(), 1, "{id}: {names:?}");
        assert_eq!(names.iter().filter(|name| *name == "GracePeriodEnded").count(), 2, "{id}: {names:?}");
    }
    let late = message_as("late", "2025-01-01T00:00:00Z", "directory.v1.UserBlocked", json!({"user": "u-9"}));
    cluster.accept(1, &late);
    assert!(matches!(
        decode(&stream(&cluster, "user/u-9")[0].r#type, 1, &stream(&cluster, "user/u-9")[0].data),
        Ok(StreamEvent::User { .. })
    ));
}

/// After this time what was to be done is not done at all.
const LONG: Duration = Duration::from_secs(30);

/// What `work` comes to, which must come to something.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || done.send(work()));
    is_done.recv_timeout(LONG).expect("it was done in time")
}

/// A node alone, over an index that stands still for some shards once it is told so.
struct Alone {
    running: Running,
    held: Held,
    standing: Held,
    /// Tells of each look at a shard that stands still.
    waits: mpsc::Receiver<Look>,
    store: Memory,
}

impl Alone {
    fn new() -> Self {
        let store = Memory::new(engine::EVENT_READER);
        let (node, standing) = (store.node(), Held::default());
        let (told, waits) = mpsc::channel();
        let observer = move |_: &str, look| {
            // Whoever listens may have heard enough.
            let _ = told.send(look);
            Ok(())
        };
        let index = Observed { standing: standing.clone(), ..Observed::new(store.index(), Box::new(observer)) };
        let held = node.held.clone();
        let mut options = Options::new(Arc::new(Catalogue::built_in().unwrap()));
        options.clock = ClockMode::Manual(Some(at(DAY_ONE)));
        options.shared = Some(Shared { users: node.clone(), held: held.clone() });
        let running = start(node, Arc::new(index), options).unwrap();
        Self { running, held, standing, waits, store }
    }

    fn send(&self, id: &str) -> Result<Done, EngineError> {
        self.running.engine().message(from_json(started(id, 5, None).to_string().as_bytes()))?.wait()
    }

    /// Waits until somebody waits for a shard that stands still.
    fn somebody_waits_for(&self, shard: u16) {
        while self.waits.recv_timeout(LONG).unwrap() != Look::Standing(shard) {}
    }
}

/// Nobody fills the index of a shard that nobody holds: whoever waited for it would do so forever, and could not even
/// begin with the shard anew.
#[test]
fn a_node_whose_lease_runs_out_while_it_starts_over_does_not_wait_for_the_index_of_that_shard() {
    let node = Alone::new();
    let engine = node.running.engine();
    let shards = node.store.journal().shard_count();
    let name_in = |wanted| {
        let mut names = (0..).map(|number: u32| format!("l-{number}"));
        names.find(|id| journal::shard_of(id, shards) == wanted).unwrap()
    };
    let leases = [0, 1].map(|shard| (shard, node.store.next_epoch(shard)));
    engine.take_shards(&leases).unwrap();
    assert!(node.send(&name_in(0)).unwrap().outcome.is_ok());
    node.standing.take(0, leases[0].1);
    // Another node has the second shard, which is noticed when this one writes: it starts over from the store.
    node.store.next_epoch(1);
    assert!(node.send(&name_in(1)).is_err());
    node.somebody_waits_for(0);
    node.held.let_go(0);
    let letting_go = engine.clone();
    in_time(move || letting_go.let_go_of_shards(&[0])).unwrap();
    node.standing.let_go(0);
    let (taking, epoch) = (engine.clone(), node.store.next_epoch(0));
    in_time(move || taking.take_shards(&[(0, epoch)])).unwrap();
    assert_eq!(engine.decided_shards(), [0]);
}

#[test]
fn a_shard_whose_lease_runs_out_while_it_is_taken_is_not_taken() {
    let node = Alone::new();
    let epoch = node.store.next_epoch(3);
    node.standing.take(3, epoch);
    let engine = node.running.engine();
    let taking = thread::spawn(move || in_time(move || engine.take_shards(&[(3, epoch)])));
    node.somebody_waits_for(3);
    node.held.let_go(3);
    assert!(matches!(taking.join().unwrap(), Err(EngineError::NotHeld { shard: 3 })));
    assert!(node.running.engine().decided_shards().is_empty());
}
