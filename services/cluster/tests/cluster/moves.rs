//! Shards spread over the nodes, and move when these come and go.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use engine::EngineError;

use crate::{
    gate::{Shut, Slow, start_behind_a_gate},
    ground::{Ground, Parts},
    messages::{assign, causes, id_where, member_added, order, started},
    nodes::{Kind, Node, SLACK, TIMING, are_balanced, take_all, wait_until, wait_until_balanced, within},
    on_each_ground,
};

on_each_ground!(
    shards_spread_over_the_nodes_that_are_there,
    a_dead_nodes_shards_are_held_by_the_others_soon,
    a_node_that_leaves_hands_its_shards_over_at_once,
    a_node_that_hands_over_goes_on_forwarding,
    once_balanced_nothing_moves,
    a_node_that_can_not_renew_lets_go_before_others_take_over,
    a_node_lets_go_in_time_also_while_it_waits_for_a_move,
    only_news_is_acted_on,
    a_paused_node_that_wakes_writes_nothing,
    duties_go_to_the_nodes_that_have_them,
);

fn shards_spread_over_the_nodes_that_are_there(ground: &dyn Ground) {
    let one = Node::start(ground);
    wait_until_balanced(&[&one]);
    let two = Node::start(ground);
    wait_until_balanced(&[&one, &two]);
    let three = Node::start(ground);
    wait_until_balanced(&[&one, &two, &three]);
    wait_until("everybody is on the roster", || one.member().roster().nodes.len() == 3);
}

fn a_dead_nodes_shards_are_held_by_the_others_soon(ground: &dyn Ground) {
    let [one, two, three] = [(); 3].map(|()| Node::start(ground));
    wait_until_balanced(&[&one, &two, &three]);
    three.kill();
    let limit = TIMING.time_to_live + 2 * TIMING.renew_every + SLACK;
    within(limit, "the others hold all", || are_balanced(&[&one, &two]));
}

fn a_node_that_leaves_hands_its_shards_over_at_once(ground: &dyn Ground) {
    // Renewals alone would be far too late.
    let timing = cluster::Timing { renew_every: Duration::from_secs(20), time_to_live: Duration::from_secs(60) };
    let start = || Node::start_as(ground.parts(), Kind { timing, ..Kind::default() });
    let one = start();
    wait_until_balanced(&[&one]);
    let two = start();
    wait_until("it is known what the other one does", || {
        one.member().refresh();
        one.member().roster().nodes.iter().filter(|node| !node.duties.is_empty()).count() == 2
    });
    wait_until_balanced(&[&one, &two]);
    let acme = id_where(&*one.journal, "acme", |shard| two.decides(shard));
    two.accept(order(&started(&acme)));
    two.leave();
    within(Duration::from_secs(1) + SLACK, "the other holds all", || are_balanced(&[&one]));
    one.accept(order(&member_added(&acme, "u-1")));
}

fn a_node_that_hands_over_goes_on_forwarding(ground: &dyn Ground) {
    let [one, two] = [(); 2].map(|()| Node::start(ground));
    wait_until_balanced(&[&one, &two]);
    assert!(two.member().hand_over());
    wait_until_balanced(&[&one]);
    two.accept(order(&started("acme")));
    assert!(two.member().hand_over(), "once more changes nothing");
    two.leave();
}

fn once_balanced_nothing_moves(ground: &dyn Ground) {
    let [one, two, three] = [(); 3].map(|()| Node::start(ground));
    wait_until_balanced(&[&one, &two, &three]);
    let before = one.member().roster();
    wait_until("everybody looked again", || !Arc::ptr_eq(&one.member().roster(), &before));
    let settled = one.member().roster().leases.clone();
    for _ in 0..10 {
        let seen = one.member().roster();
        wait_until("a newer roster came", || !Arc::ptr_eq(&one.member().roster(), &seen));
        assert_eq!(one.member().roster().leases, settled);
    }
}

fn a_node_that_can_not_renew_lets_go_before_others_take_over(ground: &dyn Ground) {
    let (cut_off, gate) = start_behind_a_gate(ground);
    let other = Node::start(ground);
    wait_until_balanced(&[&cut_off, &other]);
    let first_of_cut_off = cut_off.held.shards()[0];
    gate.set(Shut::All);
    assert_hands_over_in_time(&cut_off, &other);
    wait_until("the engine heard of it", || cut_off.engine().decided_shards().is_empty());
    wait_until_balanced(&[&other]);
    let acme = id_where(&*other.journal, "acme", |shard| shard == first_of_cut_off);
    let alone = cut_off.submit(order(&started(&acme)));
    assert!(matches!(alone, Err(EngineError::NoHolder { .. })), "{alone:?}");
    other.accept(order(&started(&acme)));
    gate.set(Shut::Nothing);
    wait_until_balanced(&[&cut_off, &other]);
}

fn a_node_lets_go_in_time_also_while_it_waits_for_a_move(ground: &dyn Ground) {
    let (cut_off, gate) = start_behind_a_gate(ground);
    let first = Node::start(ground);
    wait_until_balanced(&[&cut_off, &first]);
    gate.set(Shut::Moves);
    first.kill();
    wait_until("it reaches for what is free", || gate.waiting() > 0);
    gate.set(Shut::All);
    let other = Node::start(ground);
    assert_hands_over_in_time(&cut_off, &other);
    wait_until_balanced(&[&other]);
    gate.set(Shut::Nothing);
    wait_until_balanced(&[&cut_off, &other]);
}

/// Shards of `from` get to `to`, none of them is held by both at any time, and none is left in the end.
fn assert_hands_over_in_time(from: &Node, to: &Node) {
    let hands = |node: &Node| [node.held.clone(), node.relay.clone(), node.project.clone()];
    wait_until("the other takes over", || {
        let mut left = 0;
        for (of_from, of_to) in hands(from).iter().zip(hands(to)) {
            // In this order: what is let go of in between is in neither.
            let taken = of_to.shards();
            let held = of_from.shards();
            assert!(taken.iter().all(|shard| !held.contains(shard)), "two hold a shard at the same time");
            left += held.len();
        }
        left == 0 && to.held.shards().len() == usize::from(to.journal.shard_count())
    });
}

fn only_news_is_acted_on(ground: &dyn Ground) {
    let parts = ground.parts();
    let slow = Arc::new(Slow { leases: parts.leases.clone(), given_back: AtomicUsize::new(0) });
    let timing = cluster::Timing { renew_every: Duration::from_millis(1), ..TIMING };
    let kind = Kind { timing, ..Kind::default() };
    let node = Node::start_as(Parts { leases: slow.clone(), ..parts }, kind);
    wait_until_balanced(&[&node]);
    let before = node.member().roster();
    wait_until("it looked again", || !Arc::ptr_eq(&node.member().roster(), &before));
    assert!(are_balanced(&[&node]));
    assert_eq!(slow.given_back.load(Ordering::Acquire), 0);
}

fn a_paused_node_that_wakes_writes_nothing(ground: &dyn Ground) {
    let parts = ground.parts();
    let leases = parts.leases.clone();
    let paused = Node::without_member(parts);
    take_all(&paused, &*leases, Duration::from_millis(300));
    paused.accept(order(&started("acme")));
    paused.accept(order(&member_added("acme", "u-1")));

    let other = Node::start(ground);
    wait_until_balanced(&[&other]);
    other.accept(order(&member_added("acme", "u-2")));

    // It woke up and knows of nothing.
    let shard = paused.engine().shard_of("acme");
    assert!(paused.held.contains(shard) && paused.decides(shard));
    wait_until("it noticed", || match paused.engine().submit_here(assign("acme", "u-1")) {
        Ok(taken) => {
            let stale = taken.wait();
            assert!(stale.is_err(), "{stale:?}");
            false
        }
        Err(refused) => {
            assert!(matches!(refused, EngineError::NotHeld { .. }), "{refused:?}");
            true
        }
    });
    assert!(!paused.decides(shard));

    other.accept(order(&member_added("acme", "u-4")));
    let added = causes(&*other.journal, "licensee/acme", ".MemberAdded");
    assert_eq!(added.len(), 3, "{added:?}");
    assert!(causes(&*other.journal, "licensee/acme", ".SeatAssigned").is_empty());
}

fn duties_go_to_the_nodes_that_have_them(ground: &dyn Ground) {
    use journal::Duty::{Project, Relay, Write};
    let with =
        |duties: &[journal::Duty]| Node::start_as(ground.parts(), Kind { duties: duties.to_vec(), ..Kind::default() });
    let [writer, carrier, idle] = [with(&[Write]), with(&[Relay, Project]), with(&[])];
    let shards: Vec<u16> = (0..writer.journal.shard_count()).collect();
    wait_until("everything is held", || {
        writer.engine().decided_shards() == shards
            && carrier.relay.shards() == shards
            && carrier.project.shards() == shards
    });
    assert!(carrier.held.shards().is_empty() && writer.relay.shards().is_empty());
    idle.accept(order(&started("acme")));
    assert!(idle.held.shards().is_empty());
}
