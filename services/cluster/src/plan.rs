//! Who should do what: decided by each node for itself, from the roster alone.
//!
//! All nodes follow the same rule, so they agree without talking. Nobody takes what somebody alive holds: whoever holds
//! too much gives it back, whoever holds too little takes what is free.

use std::{cmp::Reverse, collections::BTreeMap};

use journal::{Duty, Epoch, Lease, NodeId, Roster, Task};

/// What a node does next for its leases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Take a lease that nobody holds.
    Take {
        /// Of which task.
        task: Task,
        /// The epoch that the roster shows.
        seen: Epoch,
    },
    /// Finish what is begun, then give a lease back.
    GiveBack {
        /// Of which task.
        task: Task,
        /// The epoch under which it is held.
        epoch: Epoch,
    },
}

/// What `me` has to do so that every task is held, by nodes that have its duty, and no two of these differ by more than
/// one task. Nothing, once it is so.
pub fn plan(roster: &Roster, me: NodeId) -> Vec<Step> {
    Duty::ALL.iter().flat_map(|duty| plan_duty(*duty, roster, me)).collect()
}

fn plan_duty(duty: Duty, roster: &Roster, me: NodeId) -> Vec<Step> {
    let leases: Vec<&Lease> = roster.leases.iter().filter(|lease| lease.task.duty == duty).collect();
    let mine: Vec<&Lease> = leases.iter().copied().filter(|lease| lease.holder == Some(me)).collect();
    let shares = shares(duty, roster, &leases);
    let Some(my_share) = shares.iter().find(|share| share.node == me) else {
        return mine.into_iter().map(give_back).collect();
    };
    if mine.len() > my_share.quota {
        return mine.into_iter().skip(my_share.quota).map(give_back).collect();
    }
    // What is free is dealt out in the order of the ids, so that no two reach for the same.
    let dealt_before_me: usize = shares.iter().take_while(|share| share.node != me).map(Share::missing).sum();
    let free = leases.into_iter().filter(|lease| lease.holder.is_none());
    free.skip(dealt_before_me).take(my_share.missing()).map(take).collect()
}

/// How much a node holds of a duty, and how much it should.
struct Share {
    node: NodeId,
    held: usize,
    quota: usize,
}

impl Share {
    const fn missing(&self) -> usize {
        self.quota.saturating_sub(self.held)
    }
}

/// The shares of all nodes that have the duty, in the order of their ids. What can't be divided evenly goes to those who
/// hold most already, so that as little as possible moves.
fn shares(duty: Duty, roster: &Roster, leases: &[&Lease]) -> Vec<Share> {
    let able = roster.nodes.iter().filter(|node| node.duties.contains(&duty));
    let mut held: BTreeMap<NodeId, usize> = able.map(|node| (node.id, 0)).collect();
    for holder in leases.iter().filter_map(|lease| lease.holder) {
        if let Some(held) = held.get_mut(&holder) {
            *held += 1;
        }
    }
    let Some(at_least) = leases.len().checked_div(held.len()) else { return Vec::new() };
    let over = leases.len() - at_least * held.len();
    let mut shares: Vec<Share> = held.into_iter().map(|(node, held)| Share { node, held, quota: at_least }).collect();
    shares.sort_by_key(|share| (Reverse(share.held), share.node));
    shares.iter_mut().take(over).for_each(|share| share.quota += 1);
    shares.sort_by_key(|share| share.node);
    shares
}

const fn take(lease: &Lease) -> Step {
    Step::Take { task: lease.task, seen: lease.epoch }
}

const fn give_back(lease: &Lease) -> Step {
    Step::GiveBack { task: lease.task, epoch: lease.epoch }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use journal::Node;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn id(number: usize) -> NodeId {
        NodeId(Uuid::from_u128(number as u128))
    }

    fn node(number: usize, duties: &[Duty]) -> Node {
        Node { id: id(number), address: format!("127.0.0.1:{number}"), duties: duties.to_vec() }
    }

    /// A store's leases, as the nodes change them.
    struct Store {
        roster: Roster,
        moves: usize,
    }

    impl Store {
        fn of(nodes: Vec<Node>, shards: u16) -> Self {
            let tasks = Duty::ALL.iter().flat_map(|duty| (0..shards).map(|shard| Task { duty: *duty, shard }));
            let leases = tasks.map(|task| Lease { task, epoch: Epoch(0), holder: None }).collect();
            Self { roster: Roster { nodes, leases }, moves: 0 }
        }

        fn lease(&mut self, task: Task) -> &mut Lease {
            self.roster.leases.iter_mut().find(|lease| lease.task == task).unwrap()
        }

        /// What a database server does.
        fn apply(&mut self, me: NodeId, step: Step) {
            match step {
                Step::Take { task, seen } => {
                    let lease = self.lease(task);
                    if lease.holder.is_none() && lease.epoch == seen {
                        (lease.holder, lease.epoch) = (Some(me), Epoch(seen.0 + 1));
                        self.moves += 1;
                    }
                }
                Step::GiveBack { task, epoch } => {
                    let lease = self.lease(task);
                    if lease.holder == Some(me) && lease.epoch == epoch {
                        lease.holder = None;
                        self.moves += 1;
                    }
                }
            }
        }

        fn kill(&mut self, me: NodeId) {
            self.roster.nodes.retain(|node| node.id != me);
            self.roster.leases.iter_mut().filter(|lease| lease.holder == Some(me)).for_each(|l| l.holder = None);
        }

        /// All nodes act in turn, each on what it sees then, until none has anything to do.
        fn settle(&mut self) {
            for _ in 0..16 {
                let ids: Vec<NodeId> = self.roster.nodes.iter().map(|node| node.id).collect();
                let mut is_settled = true;
                for me in ids {
                    for step in plan(&self.roster, me) {
                        is_settled = false;
                        self.apply(me, step);
                    }
                }
                if is_settled {
                    return;
                }
            }
            panic!("they never come to rest: {:?}", self.roster);
        }

        fn assert_balanced(&self) {
            for duty in Duty::ALL {
                let able: Vec<NodeId> =
                    self.roster.nodes.iter().filter(|node| node.duties.contains(duty)).map(|node| node.id).collect();
                let of_duty: Vec<&Lease> = self.roster.leases.iter().filter(|lease| lease.task.duty == *duty).collect();
                if able.is_empty() {
                    assert!(of_duty.iter().all(|lease| lease.holder.is_none()));
                    continue;
                }
                assert!(of_duty.iter().all(|lease| able.contains(&lease.holder.unwrap())), "{duty:?}");
                let load = |id: &NodeId| of_duty.iter().filter(|lease| lease.holder == Some(*id)).count();
                let loads: Vec<usize> = able.iter().map(load).collect();
                assert!(loads.iter().max().unwrap() - loads.iter().min().unwrap() <= 1, "{duty:?}: {loads:?}");
            }
        }
    }

    #[test]
    fn a_lone_node_takes_everything() {
        let mut store = Store::of(vec![node(1, Duty::ALL)], 16);
        assert_eq!(plan(&store.roster, id(1)).len(), Duty::ALL.len() * 16);
        store.settle();
        store.assert_balanced();
    }

    #[test]
    fn whoever_joins_gets_its_part_and_no_more_than_that_moves() {
        let mut store = Store::of(vec![node(1, Duty::ALL), node(2, Duty::ALL)], 16);
        store.settle();
        store.moves = 0;
        store.roster.nodes.push(node(3, Duty::ALL));
        store.settle();
        store.assert_balanced();
        assert_eq!(store.moves, Duty::ALL.len() * 2 * 5, "five shards of each duty, given back and taken");
    }

    #[test]
    fn a_dead_nodes_tasks_are_taken_by_the_others_and_nothing_else_moves() {
        let mut store = Store::of((1..=3).map(|number| node(number, &[Duty::Write])).collect(), 16);
        store.settle();
        let held_by_first = store.roster.leases.iter().filter(|lease| lease.holder == Some(id(1))).count();
        store.moves = 0;
        store.kill(id(1));
        store.settle();
        store.assert_balanced();
        assert_eq!(store.moves, held_by_first);
    }

    #[test]
    fn whoever_has_a_duty_no_more_gives_its_tasks_back() {
        let mut store = Store::of(vec![node(1, Duty::ALL), node(2, Duty::ALL)], 4);
        store.settle();
        store.roster.nodes[0].duties.clear();
        assert!(plan(&store.roster, id(1)).iter().all(|step| matches!(step, Step::GiveBack { .. })));
        store.settle();
        store.assert_balanced();
    }

    #[test]
    fn a_node_that_is_not_on_the_roster_takes_nothing() {
        let store = Store::of(vec![node(1, Duty::ALL)], 4);
        assert_eq!(plan(&store.roster, id(9)), []);
        let empty = Store::of(Vec::new(), 4);
        assert_eq!(plan(&empty.roster, id(9)), []);
    }

    #[test]
    fn what_is_free_is_reached_for_by_one_node_only() {
        let store = Store::of((1..=5).map(|number| node(number, &[Duty::Write])).collect(), 16);
        let mut wanted: Vec<Task> = Vec::new();
        for number in 1..=5 {
            wanted.extend(plan(&store.roster, id(number)).iter().map(|step| match step {
                Step::Take { task, .. } | Step::GiveBack { task, .. } => *task,
            }));
        }
        wanted.sort_unstable();
        assert_eq!(wanted, (0..16).map(|shard| Task { duty: Duty::Write, shard }).collect::<Vec<_>>());
    }

    /// One thing that happens among nodes; numbers are taken modulo what there is.
    #[derive(Debug, Clone)]
    enum Happening {
        Look(usize),
        Act(usize),
        Join,
        Die(usize),
    }

    fn happening() -> impl Strategy<Value = Happening> {
        prop_oneof![
            8 => any::<usize>().prop_map(Happening::Look),
            16 => any::<usize>().prop_map(Happening::Act),
            1 => Just(Happening::Join),
            1 => any::<usize>().prop_map(Happening::Die),
        ]
    }

    fn duties() -> impl Strategy<Value = Vec<Duty>> {
        proptest::sample::subsequence(Duty::ALL.to_vec(), 0..=Duty::ALL.len())
    }

    /// What a node saw when it last looked, and the steps that it has not done yet.
    type Outlook = BTreeMap<NodeId, Vec<Step>>;

    fn happen(store: &mut Store, outlook: &mut Outlook, next: &mut usize, duties: &[Vec<Duty>], what: &Happening) {
        let chosen = |number: usize| store.roster.nodes.get(number % store.roster.nodes.len().max(1)).map(|n| n.id);
        match what {
            Happening::Look(number) => {
                if let Some(me) = chosen(*number) {
                    let steps = plan(&store.roster, me).into_iter().rev().collect();
                    outlook.insert(me, steps);
                }
            }
            Happening::Act(number) => {
                if let Some(me) = chosen(*number)
                    && let Some(step) = outlook.get_mut(&me).and_then(Vec::pop)
                {
                    store.apply(me, step);
                }
            }
            Happening::Join => {
                *next += 1;
                store.roster.nodes.push(node(*next, &duties[*next % duties.len()]));
            }
            Happening::Die(number) => {
                if let Some(me) = chosen(*number) {
                    store.kill(me);
                    outlook.remove(&me);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_happens_it_ends_balanced_and_then_rests(
            shards in 1_u16..40,
            duties in proptest::collection::vec(duties(), 1..6),
            happenings in proptest::collection::vec(happening(), 0..200),
        ) {
            let mut next = duties.len();
            let nodes = (1..).zip(&duties).map(|(number, duties)| node(number, duties)).collect();
            let mut store = Store::of(nodes, shards);
            let mut outlook = Outlook::new();
            for what in &happenings {
                happen(&mut store, &mut outlook, &mut next, &duties, what);
            }
            store.settle();
            store.assert_balanced();
        }

        #[test]
        fn nodes_that_act_on_old_news_come_to_rest_all_the_same(
            shards in 1_u16..40,
            count in 1_usize..6,
            order in proptest::collection::vec((any::<bool>(), any::<usize>()), 2_000),
        ) {
            let mut store = Store::of((1..=count).map(|number| node(number, Duty::ALL)).collect(), shards);
            let mut outlook = Outlook::new();
            let mut next = count;
            // Each looks again only when it has done all that it saw, as members do.
            for (looks, number) in order {
                let idle = |id: &NodeId| outlook.get(id).is_none_or(Vec::is_empty);
                let me = id(1 + number % count);
                let what = if looks && idle(&me) { Happening::Look(number) } else { Happening::Act(number) };
                happen(&mut store, &mut outlook, &mut next, &[Duty::ALL.to_vec()], &what);
            }
            let most = usize::from(shards) * Duty::ALL.len() * 4;
            prop_assert!(store.moves <= most, "{} moves for {} tasks", store.moves, most / 4);
            store.settle();
            store.assert_balanced();
        }
    }
}
