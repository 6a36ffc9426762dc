//! A command gets to whoever decides it, whichever node it is given to.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use engine::{EngineError, Order, Reply};
use journal::Duty;

use crate::{
    ground::Ground,
    messages::{assign, at, blocked, causes, id_where, member_added, order, started},
    nodes::{Kind, Node, wait_until, wait_until_balanced},
    on_each_ground,
};

on_each_ground!(
    any_node_takes_any_command,
    commands_given_to_another_node_keep_their_order,
    a_shard_without_a_holder_is_said_to_have_none,
    nodes_with_another_secret_are_not_answered,
    every_command_counts_once_while_nodes_come_and_go,
    a_clock_that_is_moved_is_moved_everywhere,
    r37_a_preview_and_a_command_bound_to_it_get_to_whoever_decides,
    directory_messages_of_two_nodes_do_not_wait_for_each_other,
);

fn any_node_takes_any_command(ground: &dyn Ground) {
    let [one, two, three] = [(); 3].map(|()| Node::start(ground));
    wait_until_balanced(&[&one, &two, &three]);
    for (number, node) in [&one, &two, &three].into_iter().enumerate() {
        for licensee in (0..8).map(|each| format!("licensee-{number}-{each}")) {
            node.accept(order(&started(&licensee)));
            node.accept(order(&member_added(&licensee, "u-1")));
            let done = node.accept(assign(&licensee, "u-1"));
            assert!(!done.positions.is_empty());
            let known = node.engine().positions();
            assert!(done.positions.iter().all(|at| known.iter().any(|end| end >= at)), "what was answered is known");
            assert_eq!(causes(&*one.journal, &format!("licensee/{licensee}"), ".SeatAssigned").len(), 1);
        }
    }
}

fn commands_given_to_another_node_keep_their_order(ground: &dyn Ground) {
    let [one, two] = [(); 2].map(|()| Node::start(ground));
    wait_until_balanced(&[&one, &two]);
    let acme = id_where(&*one.journal, "acme", |shard| two.decides(shard));
    one.accept(order(&started(&acme)));
    let users: Vec<String> = (0..2_500).map(|number| format!("u-{number}")).collect();
    let tickets: Vec<_> =
        users.iter().map(|user| one.engine().submit(order(&member_added(&acme, user))).unwrap()).collect();
    tickets.into_iter().for_each(|ticket| drop(ticket.wait().unwrap()));
    let added = causes(&*one.journal, &format!("licensee/{acme}"), ".MemberAdded");
    let expected: Vec<String> = users.iter().map(|user| format!("urn:test#added-{acme}-{user}")).collect();
    assert_eq!(added, expected);
}

fn r37_a_preview_and_a_command_bound_to_it_get_to_whoever_decides(ground: &dyn Ground) {
    let [one, two] = [(); 2].map(|()| Node::start(ground));
    wait_until_balanced(&[&one, &two]);
    let acme = id_where(&*one.journal, "acme", |shard| two.decides(shard));
    one.accept(order(&started(&acme)));
    one.accept(order(&member_added(&acme, "u-1")));
    let ask = |order: Order| one.engine().submit(order).unwrap().wait().unwrap();
    let Reply::Previewed(preview) = ask(Order::Preview(Box::new(assign(&acme, "u-1")))) else { panic!("no preview") };
    let names: Vec<_> = preview.outcome.unwrap().into_iter().map(|event| event.type_name).collect();
    assert_eq!(names, ["SeatAssigned"]);
    let version = preview.version.unwrap();
    let bound = |version| Order::IfVersion { version, order: Box::new(assign(&acme, "u-1")) };
    assert_eq!(ask(bound(version + 1)), Reply::OtherVersion { found: version });
    assert!(matches!(ask(bound(version)), Reply::Done(done) if done.events == 1));
}

fn a_shard_without_a_holder_is_said_to_have_none(ground: &dyn Ground) {
    let without_writing = Kind { duties: vec![Duty::Relay], ..Kind::default() };
    let alone = Node::start_as(ground.parts(), without_writing);
    let refused = alone.submit(order(&started("acme")));
    assert!(matches!(refused, Err(EngineError::NoHolder { .. })), "{refused:?}");
    thread::scope(|scope| {
        let waiting = scope.spawn(|| alone.submit(order(&started("acme"))));
        let writer = Node::start(ground);
        assert!(waiting.join().unwrap().unwrap().outcome.is_ok(), "who waits a moment gets through");
        drop(writer);
    });
}

fn nodes_with_another_secret_are_not_answered(ground: &dyn Ground) {
    let writer = Node::start_as(ground.parts(), Kind { duties: vec![Duty::Write], ..Kind::default() });
    let stranger = Kind { duties: Vec::new(), secret: "gu3ssed", ..Kind::default() };
    let stranger = Node::start_as(ground.parts(), stranger);
    wait_until("all is held", || writer.held.shards().len() == usize::from(writer.journal.shard_count()));
    let refused = stranger.submit(assign("acme", "u-1"));
    assert!(matches!(refused, Err(EngineError::NoHolder { .. })), "certainly not done: {refused:?}");
    assert!(writer.engine().positions().is_empty());
}

fn every_command_counts_once_while_nodes_come_and_go(ground: &dyn Ground) {
    let [one, two] = [(); 2].map(|()| Node::start(ground));
    wait_until_balanced(&[&one, &two]);
    let licensees: Vec<String> = (0..6).map(|number| format!("licensee-{number}")).collect();
    licensees.iter().for_each(|licensee| drop(one.accept(order(&started(licensee)))));
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let senders: Vec<_> = licensees
            .iter()
            .enumerate()
            .map(|(number, licensee)| {
                let node = if number % 2 == 0 { &one } else { &two };
                let is_over = &is_over;
                scope.spawn(move || {
                    let mut sent = 0;
                    while !is_over.load(Ordering::Acquire) {
                        let message = order(&member_added(licensee, &format!("u-{sent}")));
                        // As a caller does: until it is answered, under the same id.
                        while node.submit(message.clone()).is_err() {
                            thread::yield_now();
                        }
                        sent += 1;
                    }
                    sent
                })
            })
            .collect();
        for round in 0..4 {
            let third = Node::start(ground);
            wait_until_balanced(&[&one, &two, &third]);
            if round % 2 == 0 {
                third.leave()
            } else {
                third.kill()
            }
            wait_until_balanced(&[&one, &two]);
        }
        is_over.store(true, Ordering::Release);
        for (sender, licensee) in senders.into_iter().zip(&licensees) {
            let sent: usize = sender.join().unwrap();
            let added = causes(&*one.journal, &format!("licensee/{licensee}"), ".MemberAdded");
            let expected: Vec<_> = (0..sent).map(|number| format!("urn:test#added-{licensee}-u-{number}")).collect();
            assert_eq!(added, expected, "each once, and in order");
        }
    });
}

fn a_clock_that_is_moved_is_moved_everywhere(ground: &dyn Ground) {
    let [one, two, three] = [(); 3].map(|()| Node::start(ground));
    wait_until_balanced(&[&one, &two, &three]);
    let licensees: Vec<String> = (0..12).map(|number| format!("licensee-{number}")).collect();
    licensees.iter().for_each(|licensee| drop(one.accept(order(&started(licensee)))));
    let to = at("2026-06-01T00:00:00Z");
    let moved = one.engine().try_advance_clock(to).unwrap().wait().unwrap().unwrap();
    assert_eq!(moved.now, to);
    assert!([&one, &two, &three].iter().all(|node| node.engine().now() == to));
    for licensee in &licensees {
        let expired = causes(&*one.journal, &format!("licensee/{licensee}"), ".SubscriptionExpired");
        assert_eq!(expired.len(), 1, "{licensee}");
    }
    let ends: u64 = one.journal.heads().unwrap().iter().map(|head| head.position).sum();
    assert_eq!(moved.positions.iter().map(|end| end.position).sum::<u64>(), ends, "all that happened is named");
    let back = two.engine().try_advance_clock(at("2026-05-01T00:00:00Z")).unwrap().wait().unwrap();
    assert!(back.is_err());
    three.kill();
    let further = at("2026-07-01T00:00:00Z");
    assert!(two.engine().try_advance_clock(further).unwrap().wait().unwrap().is_ok(), "the dead need no clock");
    assert_eq!(one.engine().now(), further);
    let answered = one.engine().submit(Order::AdvanceClock(further)).unwrap().wait().unwrap();
    assert!(matches!(answered, Reply::Moved(Ok(_))), "it stands there already: {answered:?}");
}

fn directory_messages_of_two_nodes_do_not_wait_for_each_other(ground: &dyn Ground) {
    let [one, two] = [(); 2].map(|()| Node::start(ground));
    wait_until_balanced(&[&one, &two]);
    let nodes = [&one, &two];
    // The users of each node are members of a licensee of the other one, and their blocking is told to that one first.
    let licensees = nodes.map(|node| id_where(&*one.journal, "licensee", |shard| node.decides(shard)));
    licensees.iter().for_each(|licensee| drop(one.accept(order(&started(licensee)))));
    let users: Vec<Vec<String>> = (0..2)
        .map(|node| {
            let prefixes = (0..40).map(|number| format!("u-{node}-{number}"));
            prefixes.map(|prefix| id_where(&*one.journal, &prefix, |shard| nodes[node].decides(shard))).collect()
        })
        .collect();
    for (of_node, other) in users.iter().zip(licensees.iter().rev()) {
        of_node.iter().for_each(|user| drop(one.accept(order(&member_added(other, user)))));
    }
    let tickets: Vec<_> = users
        .iter()
        .zip(nodes.iter().rev())
        .flat_map(|(of_node, via)| of_node.iter().map(move |user| via.engine().submit(order(&blocked(user))).unwrap()))
        .collect();
    let began = std::time::Instant::now();
    for ticket in tickets {
        assert!(matches!(ticket.wait(), Ok(Reply::Done(_))));
    }
    assert!(began.elapsed() < Duration::from_secs(20), "they waited for each other");
    for licensee in &licensees {
        let noted = causes(&*one.journal, &format!("licensee/{licensee}"), ".MemberStatusChanged");
        assert_eq!(noted.len(), 40);
    }
}
