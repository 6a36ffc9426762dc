//! What this node tells the others about itself.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use journal::{Duty, Node};
use parking_lot::Mutex;

/// How long a duty that could not be done is left to others.
const REST: Duration = Duration::from_secs(10);

/// What this node tells others about itself. Clones share the same.
#[derive(Clone)]
pub(crate) struct Myself(Arc<Mutex<State>>);

struct State {
    node: Node,
    /// Until when a duty is left to others.
    resting: Vec<(Duty, Instant)>,
    is_leaving: bool,
}

impl Myself {
    pub(crate) fn new(node: Node) -> Self {
        Self(Arc::new(Mutex::new(State { node, resting: Vec::new(), is_leaving: false })))
    }

    /// The node, with the duties that it does at this moment.
    pub(crate) fn node(&self) -> Node {
        let mut state = self.0.lock();
        state.resting.retain(|(_, until)| Instant::now() < *until);
        let mut node = state.node.clone();
        node.duties.retain(|duty| !state.is_leaving && state.resting.iter().all(|(resting, _)| resting != duty));
        node
    }

    /// Leaves a duty to others for some time.
    pub(crate) fn rest_from(&self, duty: Duty) {
        self.0.lock().resting.push((duty, Instant::now() + REST));
    }

    /// Leaves every duty to others for good.
    pub(crate) fn leave_all_duties(&self) {
        self.0.lock().is_leaving = true;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use journal::NodeId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_duty_that_is_left_to_others_is_not_told_of() {
        let node = Node { id: NodeId(Uuid::nil()), address: String::new(), duties: Duty::ALL.to_vec() };
        let myself = Myself::new(node.clone());
        assert_eq!(myself.node(), node);
        myself.rest_from(Duty::Write);
        assert_eq!(myself.node().duties, [Duty::Relay, Duty::Project, Duty::Notify]);
        myself.leave_all_duties();
        assert_eq!(myself.node().duties, []);
    }
}
