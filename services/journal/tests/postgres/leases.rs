//! Who does what, by the server's clock.

use std::{thread, time::Duration};

use journal::{Duty, Epoch, Lease, Leases, NodeId, Roster, Task};

use crate::ground::{Ground, node, wait_until, writing};

const LONG: Duration = Duration::from_secs(600);

fn lease(roster: &Roster, task: Task) -> Lease {
    *roster.leases.iter().find(|lease| lease.task == task).unwrap()
}

fn holder(leases: &dyn Leases, watcher: &journal::Node, task: Task) -> Option<NodeId> {
    lease(&leases.renew(watcher, LONG).unwrap(), task).holder
}

#[test]
fn the_roster_names_all_nodes_and_all_tasks_in_order() {
    let ground = Ground::new();
    let leases = ground.store().leases();
    let (mut a, b) = (node(), node());
    a.duties = vec![Duty::Relay];
    leases.renew(&a, LONG).unwrap();
    let roster = leases.renew(&b, LONG).unwrap();
    assert_eq!(roster.nodes, [a.clone(), b.clone()]);
    let tasks: Vec<Task> = roster.leases.iter().map(|lease| lease.task).collect();
    let all = Duty::ALL.iter().flat_map(|duty| (0..16).map(|shard| Task { duty: *duty, shard }));
    assert_eq!(tasks, all.collect::<Vec<_>>());
    assert!(roster.leases.iter().all(|lease| lease.holder.is_none() && lease.epoch == Epoch(0)));
    a.address = "elsewhere:2".into();
    assert_eq!(leases.renew(&a, LONG).unwrap().nodes, [a, b]);
}

#[test]
fn a_lease_is_taken_by_one_only_and_given_back_by_its_holder_only() {
    let ground = Ground::new();
    let leases = ground.store().leases();
    let (a, b, task) = (node(), node(), writing(7));
    assert_eq!(leases.take(a.id, task, Epoch(0)).unwrap(), None, "whoever is not on the roster takes nothing");
    leases.renew(&a, LONG).unwrap();
    leases.renew(&b, LONG).unwrap();
    assert_eq!(leases.take(a.id, task, Epoch(1)).unwrap(), None, "it has another epoch");
    assert_eq!(leases.take(a.id, Task { shard: 16, ..task }, Epoch(0)).unwrap(), None, "there is no such shard");
    assert_eq!(leases.take(a.id, task, Epoch(0)).unwrap(), Some(Epoch(1)));
    assert_eq!(leases.take(b.id, task, Epoch(1)).unwrap(), None, "its holder is alive");
    leases.release(b.id, task, Epoch(1)).unwrap();
    leases.release(a.id, task, Epoch(0)).unwrap();
    assert_eq!(holder(leases.as_ref(), &b, task), Some(a.id));
    leases.release(a.id, task, Epoch(1)).unwrap();
    assert_eq!(holder(leases.as_ref(), &b, task), None);
    assert_eq!(leases.take(b.id, task, Epoch(1)).unwrap(), Some(Epoch(2)));
}

#[test]
fn the_epoch_of_a_write_lease_is_the_one_that_commits_have_to_name() {
    let ground = Ground::new();
    let leases = ground.store().leases();
    let a = node();
    leases.renew(&a, LONG).unwrap();
    leases.take(a.id, writing(3), Epoch(0)).unwrap().unwrap();
    leases.take(a.id, Task { duty: Duty::Relay, shard: 4 }, Epoch(0)).unwrap().unwrap();
    assert_eq!(ground.number("SELECT epoch FROM usher.heads WHERE shard = 3"), 1);
    assert_eq!(ground.number("SELECT sum(epoch)::bigint FROM usher.heads"), 1);
    assert_eq!(ground.number("SELECT epoch FROM usher.leases WHERE duty = 'relay' AND shard = 4"), 1);
}

#[test]
fn of_many_who_take_a_lease_at_once_one_gets_it() {
    let ground = Ground::new();
    let store = ground.store();
    let nodes: Vec<_> = (0..8).map(|_| node()).collect();
    for node in &nodes {
        store.leases().renew(node, LONG).unwrap();
    }
    for shard in 0..4 {
        let taken = thread::scope(|scope| {
            let takers: Vec<_> = nodes
                .iter()
                .map(|node| {
                    let leases = store.leases();
                    scope.spawn(move || leases.take(node.id, writing(shard), Epoch(0)).unwrap())
                })
                .collect();
            takers.into_iter().filter_map(|taker| taker.join().unwrap()).collect::<Vec<_>>()
        });
        assert_eq!(taken, [Epoch(1)]);
    }
}

#[test]
fn who_does_not_renew_in_time_loses_everything() {
    let ground = Ground::new();
    let leases = ground.store().leases();
    let (a, b, task) = (node(), node(), writing(0));
    leases.renew(&a, Duration::from_millis(200)).unwrap();
    assert_eq!(leases.take(a.id, task, Epoch(0)).unwrap(), Some(Epoch(1)));
    assert_eq!(holder(leases.as_ref(), &b, task), Some(a.id));
    wait_until(|| leases.renew(&b, LONG).unwrap().nodes == [b.clone()]);
    assert_eq!(holder(leases.as_ref(), &b, task), None);
    assert_eq!(ground.number("SELECT count(*) FROM usher.nodes"), 1, "whoever renews clears away who is gone");
    assert_eq!(leases.take(b.id, task, Epoch(1)).unwrap(), Some(Epoch(2)));
    // Back again, it finds that it holds nothing.
    assert_eq!(lease(&leases.renew(&a, LONG).unwrap(), task).holder, Some(b.id));
}

#[test]
fn a_lease_of_a_node_whose_time_is_over_is_free_before_anybody_clears_it_away() {
    let ground = Ground::new();
    let leases = ground.store().leases();
    let (a, b, task) = (node(), node(), writing(0));
    leases.renew(&a, LONG).unwrap();
    leases.renew(&b, LONG).unwrap();
    leases.take(a.id, task, Epoch(0)).unwrap().unwrap();
    ground.change(&format!(
        "UPDATE usher.nodes SET alive_until = clock_timestamp() - interval '1 second' WHERE node_id = '{}'",
        a.id
    ));
    assert_eq!(leases.take(b.id, task, Epoch(1)).unwrap(), Some(Epoch(2)));
    assert_eq!(leases.take(a.id, task, Epoch(2)).unwrap(), None, "the dead take nothing");
}

#[test]
fn who_leaves_gives_everything_back_at_once() {
    let ground = Ground::new();
    let leases = ground.store().leases();
    let (a, b) = (node(), node());
    leases.renew(&a, LONG).unwrap();
    for shard in 0..3 {
        leases.take(a.id, writing(shard), Epoch(0)).unwrap().unwrap();
    }
    leases.leave(a.id).unwrap();
    leases.leave(a.id).unwrap();
    let roster = leases.renew(&b, LONG).unwrap();
    assert_eq!(roster.nodes, [b]);
    assert!(roster.leases.iter().all(|lease| lease.holder.is_none()));
}

#[test]
fn what_only_a_newer_program_knows_is_left_out() {
    let ground = Ground::new();
    let leases = ground.store().leases();
    let a = node();
    leases.renew(&a, LONG).unwrap();
    ground.change(
        "UPDATE usher.nodes SET duties = duties || '{dream}'::text[];
         INSERT INTO usher.leases (duty, shard, epoch) VALUES ('dream', 0, 0)",
    );
    let roster = leases.renew(&node(), LONG).unwrap();
    assert!(roster.nodes.contains(&a));
    assert_eq!(roster.leases.len(), Duty::ALL.len() * 16);
}

#[test]
fn many_nodes_renew_at_once_while_others_die() {
    let ground = Ground::new();
    let store = ground.store();
    thread::scope(|scope| {
        for _ in 0..6 {
            let leases = store.leases();
            scope.spawn(move || {
                for round in 0..20 {
                    let one = node();
                    leases.renew(&one, Duration::from_millis(1)).unwrap();
                    let _ = leases.take(one.id, writing(round % 16), Epoch(0)).unwrap();
                }
            });
        }
    });
    let survivor = node();
    wait_until(|| store.leases().renew(&survivor, LONG).unwrap().nodes == [survivor.clone()]);
}
