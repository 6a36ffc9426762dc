//! What a node does and what its leases say, brought together before anything else is planned.

use std::collections::BTreeMap;

use journal::{Epoch, NodeId, Roster, Task};

/// What a node does at the moment: each task with the epoch of its lease, `None` if it does it without one.
pub(crate) type Doing = BTreeMap<Task, Option<Epoch>>;

/// Something that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mend {
    /// It is done here, but the lease is not ours, or another one by now.
    LetGo(Task),
    /// The lease is ours, but nothing is done under it, as after an answer that got lost. It is given back rather than
    /// taken up: taken anew it has another epoch, and whatever is still under way under this one comes to nothing.
    Release(Task, Epoch),
}

/// What does not fit, by a roster that is newer than the last change of `doing`.
pub(crate) fn mends(roster: &Roster, me: NodeId, doing: &Doing) -> Vec<Mend> {
    let ours: BTreeMap<Task, Epoch> =
        roster.leases.iter().filter(|lease| lease.holder == Some(me)).map(|lease| (lease.task, lease.epoch)).collect();
    let fits = |task: &Task, epoch: Option<Epoch>| epoch.is_some() && ours.get(task).copied() == epoch;
    let to_let_go = doing.iter().filter(|(task, epoch)| !fits(task, **epoch)).map(|(task, _)| Mend::LetGo(*task));
    let is_done = |task: &Task, epoch: Epoch| doing.get(task).copied().flatten() == Some(epoch);
    let to_release = ours.iter().filter(|(task, epoch)| !is_done(task, **epoch));
    to_let_go.chain(to_release.map(|(task, epoch)| Mend::Release(*task, *epoch))).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use journal::{Duty, Lease};
    use uuid::Uuid;

    use super::*;

    const ME: NodeId = NodeId(Uuid::from_u128(1));
    const OTHER: NodeId = NodeId(Uuid::from_u128(2));

    fn task(shard: u16) -> Task {
        Task { duty: Duty::Write, shard }
    }

    fn roster(holders: &[(u64, Option<NodeId>)]) -> Roster {
        let lease = |(shard, (epoch, holder)): (u16, &(u64, Option<NodeId>))| Lease {
            task: task(shard),
            epoch: Epoch(*epoch),
            holder: *holder,
        };
        Roster { nodes: Vec::new(), leases: (0..).zip(holders).map(lease).collect() }
    }

    #[test]
    fn what_fits_is_left_alone() {
        let doing = Doing::from([(task(0), Some(Epoch(3)))]);
        assert_eq!(mends(&roster(&[(3, Some(ME)), (1, Some(OTHER)), (0, None)]), ME, &doing), []);
    }

    #[test]
    fn what_went_to_another_node_is_let_go_of() {
        let doing = Doing::from([(task(0), Some(Epoch(3))), (task(1), Some(Epoch(1)))]);
        let roster = roster(&[(4, Some(OTHER)), (1, None)]);
        assert_eq!(mends(&roster, ME, &doing), [Mend::LetGo(task(0)), Mend::LetGo(task(1))]);
    }

    #[test]
    fn a_lease_under_which_nothing_is_done_is_released() {
        let roster = roster(&[(3, Some(ME))]);
        assert_eq!(mends(&roster, ME, &Doing::new()), [Mend::Release(task(0), Epoch(3))]);
    }

    #[test]
    fn what_is_done_without_the_right_epoch_starts_over() {
        let both = [Mend::LetGo(task(0)), Mend::Release(task(0), Epoch(3))];
        for epoch in [None, Some(Epoch(2))] {
            assert_eq!(mends(&roster(&[(3, Some(ME))]), ME, &Doing::from([(task(0), epoch)])), both);
        }
    }
}
