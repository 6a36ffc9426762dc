//! Finds lanes with something to post, and serves a few at a time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant as Stopwatch},
};

use journal::{Head, Stopping, Watch, with_causes};
use metrics::counter;
use parking_lot::Mutex;
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use super::{Lane, WebhookParts, WebhookPatience, gauges, lane::Courier, message::Source, poster::Poster};
use crate::{NotifyError, pause::Pauses};

/// How many lanes are served at a time, all in all and of one webhook: one that is slow must leave room for others.
const LANES_MAX: usize = 16;
const LANES_OF_ONE_MAX: usize = 4;
/// How long a change may go unnoticed if nobody tells of it: a registration, or a lane whose turn comes.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often it is counted how webhooks do.
const COUNT_EVERY: Duration = Duration::from_secs(5);
/// How long events at hand may still take once this is to stop.
const STOP_WAIT: Duration = Duration::from_secs(5);
/// How long a lane rests that could not be read or noted.
const REST: Duration = Duration::from_secs(5);
/// After failures to find out what there is to do.
const PAUSES: Pauses = Pauses { first: Duration::from_millis(50), longest: Duration::from_secs(10) };

pub(super) struct Dispatcher {
    courier: Arc<Courier>,
    /// The lanes that are being served.
    busy: Busy,
    /// Is notified of commits, and of lanes that are free again.
    wake: Watch,
    /// Its threads serve the lanes.
    runtime: Runtime,
}

/// The lanes that are being served. Clones share them.
#[derive(Clone, Default)]
struct Busy(Arc<Mutex<BTreeSet<(Uuid, u16)>>>);

/// A lane that is being served, until it is dropped.
struct Served {
    busy: Busy,
    lane: (Uuid, u16),
    wake: Watch,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.busy.0.lock().remove(&self.lane);
        self.wake.notify();
    }
}

impl Dispatcher {
    pub(super) fn new(
        patience: WebhookPatience,
        parts: WebhookParts,
        poster: Poster,
        source: Source,
        wake: Watch,
    ) -> Result<Self, NotifyError> {
        let WebhookParts { journal, webhooks, tasks, store_id: _ } = parts;
        let courier = Courier { journal, webhooks, tasks, poster, source, patience };
        let runtime = Builder::new_current_thread().max_blocking_threads(LANES_MAX).build();
        let runtime = runtime.map_err(NotifyError::Thread)?;
        Ok(Self { courier: Arc::new(courier), busy: Busy::default(), wake, runtime })
    }

    /// Has lanes served until it is asked to stop.
    pub(super) fn run(self, stopping: &Stopping) {
        let mut counted: Option<Stopwatch> = None;
        let mut failures = 0;
        let look_every = LOOK_EVERY.min(self.courier.patience.pauses.first);
        loop {
            // In this order: a stop, and a commit, after it was looked for wake the wait below.
            let seen = self.wake.generation();
            if stopping.is_asked() {
                break;
            }
            if counted.is_none_or(|at| at.elapsed() >= COUNT_EVERY) {
                let Courier { webhooks, journal, tasks, .. } = &*self.courier;
                gauges::set(&**webhooks, &**journal, &tasks.shards());
                counted = Some(Stopwatch::now());
            }
            match self.serve_due(stopping) {
                Ok(Found::Lanes) => {
                    failures = 0;
                    self.wake.wait_beyond(seen, look_every);
                }
                // Commits are of no interest to anybody.
                Ok(Found::Nobody) => {
                    failures = 0;
                    stopping.pause(look_every);
                }
                Err(error) => {
                    failures += 1;
                    let pause = PAUSES.after(failures);
                    note_trouble(&error);
                    stopping.pause(pause);
                }
            }
        }
        self.runtime.shutdown_timeout(STOP_WAIT);
    }

    fn serve_due(&self, stopping: &Stopping) -> Result<Found, NotifyError> {
        let Courier { webhooks, journal, tasks, .. } = &*self.courier;
        let due = webhooks.due(&tasks.shards())?;
        if due.is_empty() && self.busy.0.lock().is_empty() {
            return Ok(Found::Nobody);
        }
        let ends: BTreeMap<u16, Head> = journal.heads()?.into_iter().map(|end| (end.shard, end)).collect();
        for lane in due {
            let Some(end) = ends.get(&lane.at.shard) else { continue };
            if lane.at.commit_number != end.commit_number
                && let Some(served) = self.begin(&lane)
            {
                let (courier, end, stopping) = (self.courier.clone(), *end, stopping.clone());
                self.runtime.spawn_blocking(move || serve(&courier, lane, end, &stopping, served));
            }
        }
        Ok(Found::Lanes)
    }

    /// Takes a lane to be served, if it is free and there is room.
    fn begin(&self, lane: &Lane) -> Option<Served> {
        let (of, lane) = (lane.webhook, (lane.webhook, lane.at.shard));
        let mut busy = self.busy.0.lock();
        let of_one = busy.range((of, u16::MIN)..=(of, u16::MAX)).count();
        let is_room = busy.len() < LANES_MAX && of_one < LANES_OF_ONE_MAX;
        (is_room && busy.insert(lane)).then(|| Served { busy: self.busy.clone(), lane, wake: self.wake.clone() })
    }
}

/// What there is to be served.
enum Found {
    Lanes,
    Nobody,
}

fn serve(courier: &Courier, lane: Lane, end: Head, stopping: &Stopping, served: Served) {
    if let Err(error) = courier.serve(lane, end, stopping) {
        note_trouble(&error);
        stopping.pause(REST);
    }
    drop(served);
}

fn note_trouble(error: &NotifyError) {
    counter!("usher_webhook_store_errors_total").increment(1);
    tracing::warn!(error = with_causes(error), "webhooks wait for the store");
}

/// Wakes the dispatcher after each commit.
pub(super) fn tell_of_commits(committed: &Watch, wake: &Watch, stopping: &Stopping) {
    loop {
        // In this order: a stop after it was looked for wakes the wait below.
        let seen = committed.generation();
        if stopping.is_asked() {
            return;
        }
        wake.notify();
        committed.wait_beyond(seen, LOOK_EVERY);
    }
}
