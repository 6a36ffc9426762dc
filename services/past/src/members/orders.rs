//! Orders of many members, prepared aside: sorting a million takes seconds, for which nobody who looks at a page waits.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant as Stopwatch},
};

use parking_lot::Mutex;
use views::{MembersQuery, OrderPlace};

use crate::{LicenseeThen, Moment, PastError, Sources, memberships::Horizon};

/// How many orders are known at most; the one that was made first goes first.
const ORDERS_MAX: usize = 16;
/// For how long an order is begun with anew: names in it are today's, and change.
const FRESH_FOR: Duration = Duration::from_secs(600);

/// Which members are wanted, in which order, and as of when.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) horizon: Horizon,
    pub(super) moment: Moment,
    /// Without what is of one page only.
    pub(super) query: MembersQuery,
}

impl Wanted {
    pub(super) fn of(then: &LicenseeThen, moment: &Moment, query: &MembersQuery) -> Self {
        let query = MembersQuery { cursor: None, limit: 0, ..query.clone() };
        Self { horizon: Horizon::of(then, moment), moment: *moment, query }
    }

    fn is_same(&self, other: &Self) -> bool {
        (&self.horizon, &self.moment, &self.query) == (&other.horizon, &other.moment, &other.query)
    }
}

/// The orders that were prepared, and the one that is being.
#[derive(Default)]
pub(crate) struct Orders {
    shared: Arc<Shared>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    orders: Mutex<VecDeque<Order>>,
    is_stopping: AtomicBool,
}

struct Order {
    wanted: Wanted,
    stage: Stage,
}

enum Stage {
    /// So many members were looked at.
    BeingPrepared(Arc<AtomicU64>),
    /// Where it begins, if anybody is in it; and since when.
    Ready(Option<OrderPlace>, Stopwatch),
    /// To be told once.
    Failed(PastError),
}

impl Orders {
    /// Where an order begins, of which nobody is without a place; has it prepared if it is not there.
    ///
    /// # Errors
    /// [`PastError::BeingPrepared`] while it is, or another one; what went wrong with preparing it.
    pub(super) fn place_of(
        &self,
        sources: &Arc<Sources>,
        wanted: &Wanted,
        members: u32,
    ) -> Result<Option<OrderPlace>, PastError> {
        let being_prepared = |done| PastError::BeingPrepared { done, of: members.into() };
        let mut worker = self.worker.lock();
        let mut orders = self.shared.orders.lock();
        orders.retain(|order| !matches!(&order.stage, Stage::Ready(_, since) if since.elapsed() >= FRESH_FOR));
        let is_at_work = worker.as_ref().is_some_and(|worker| !worker.is_finished());
        if let Some(place) = orders.iter().position(|order| order.wanted.is_same(wanted)) {
            match orders.get(place).map(|order| &order.stage) {
                Some(Stage::BeingPrepared(done)) if is_at_work => {
                    return Err(being_prepared(done.load(Ordering::Relaxed)));
                }
                Some(Stage::Ready(begins_at, _)) => return Ok(*begins_at),
                // Nobody prepares it any more, after a panic: it is begun again.
                Some(Stage::BeingPrepared(_) | Stage::Failed(_)) | None => {}
            }
            if let Some(Order { stage: Stage::Failed(error), .. }) = orders.remove(place) {
                return Err(error);
            }
        }
        // One at a time: whoever comes meanwhile asks again.
        if is_at_work {
            return Err(being_prepared(0));
        }
        let done = Arc::new(AtomicU64::new(0));
        let (shared, sources, of_worker, counter) =
            (self.shared.clone(), sources.clone(), wanted.clone(), done.clone());
        let started = thread::Builder::new()
            .name("usher-past-order".to_owned())
            .spawn(move || shared.prepare(&sources, &of_worker, &counter))
            .map_err(PastError::Thread)?;
        *worker = Some(started);
        orders.push_back(Order { wanted: wanted.clone(), stage: Stage::BeingPrepared(done) });
        while orders.len() > ORDERS_MAX {
            orders.pop_front();
        }
        Err(being_prepared(0))
    }

    /// Forgets an order: its users are no longer kept.
    pub(super) fn forget(&self, wanted: &Wanted) {
        self.shared.orders.lock().retain(|order| !order.wanted.is_same(wanted));
    }
}

impl Drop for Orders {
    fn drop(&mut self) {
        self.shared.is_stopping.store(true, Ordering::Relaxed);
        if let Some(worker) = self.worker.get_mut().take()
            && worker.join().is_err()
        {
            tracing::error!("preparing an order of members ended in a panic");
        }
    }
}

impl Shared {
    fn prepare(&self, sources: &Sources, wanted: &Wanted, done: &AtomicU64) {
        let sorted = sources.sorted(wanted, |looked_at| {
            done.fetch_add(u64::try_from(looked_at).unwrap_or(u64::MAX), Ordering::Relaxed);
            !self.is_stopping.load(Ordering::Relaxed)
        });
        let kept = sorted.and_then(|users| match users {
            Some(users) => Ok(Some(sources.views.keep_order(users, 0)?.next)),
            None => Ok(None),
        });
        let stage = match kept {
            Ok(Some(begins_at)) => Stage::Ready(begins_at, Stopwatch::now()),
            Ok(None) => return,
            Err(error) => Stage::Failed(error),
        };
        if let Some(order) = self.orders.lock().iter_mut().find(|order| order.wanted.is_same(wanted)) {
            order.stage = stage;
        }
    }
}
