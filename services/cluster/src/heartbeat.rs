//! Keeps this node on the roster, on a thread that waits for nothing but the store.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use journal::{JournalError, Leases, Node};

use crate::{Timing, context::Context, routes::Seen};

/// How soon a renewal that failed is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// How long to wait at least between two renewals, however often somebody asks.
const PAUSE_MIN: Duration = Duration::from_millis(20);

/// The heartbeat of a member.
pub(crate) struct Heartbeat {
    pub(crate) context: Context,
    pub(crate) timing: Timing,
}

/// Tells the store once that this node is alive.
pub(crate) fn renew(leases: &dyn Leases, node: &Node, time_to_live: Duration) -> Result<Seen, JournalError> {
    let asked_at = Instant::now();
    let roster = leases.renew(node, time_to_live)?;
    Ok(Seen { roster: Arc::new(roster), asked_at })
}

impl Heartbeat {
    /// Renews until `is_over`, and calls `tried` after each time, whether it worked or not.
    pub(crate) fn run(&self, is_over: impl Fn() -> bool, tried: impl Fn()) {
        loop {
            // Read before the store is: whoever asks while it is read asks for the next one.
            let seen = self.context.routes.nudged().generation();
            if is_over() {
                return;
            }
            let began = Instant::now();
            let rest = if self.renew() { self.timing.renew_every } else { RETRY_AFTER };
            tried();
            thread::sleep(PAUSE_MIN.saturating_sub(began.elapsed()));
            self.context.routes.nudged().wait_beyond(seen, rest);
        }
    }

    fn renew(&self) -> bool {
        let Context { leases, myself, tenure, routes, .. } = &self.context;
        match renew(&**leases, &myself.node(), self.timing.time_to_live) {
            Ok(seen) => {
                tenure.extend(seen.asked_at, self.timing.time_to_live);
                routes.publish(seen);
                true
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot renew the leases");
                false
            }
        }
    }
}
