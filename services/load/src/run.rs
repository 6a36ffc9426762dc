//! The open loop.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout},
};

use crate::{
    Mix, Report, Target,
    memory::MemoryWatch,
    prepare::Prepared,
    report::{Came, Counted, Tally},
    script::{Order, Script, Sign, Step},
    server::ANSWER_TIMEOUT,
    shown::until_shown,
};

/// How many messages are followed at one time until the server shows them; the others are only delivered, so that looking
/// stays a small part of the load.
const FOLLOWED_MAX: usize = 4;
/// How often whoever watches is told how far it is.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// How the load is put on.
#[derive(Debug, Clone)]
pub struct Pace {
    /// Requests a second, above 0.
    pub rate: f64,
    /// For how long.
    pub lasting: Duration,
    /// How many requests may be under way at one time; those that are due meanwhile wait, and their wait counts.
    pub connections: usize,
    /// What is asked.
    pub mix: Mix,
    /// The same requests come again with the same seed.
    pub seed: u64,
}

/// What all workers share.
struct Shared {
    target: Target,
    script: Mutex<Numbered>,
    rate: f64,
    total: u64,
    answered: AtomicU64,
    following: Arc<Semaphore>,
    started: Instant,
}

/// The script, and the number of its next step.
struct Numbered {
    script: Script,
    next: u64,
}

impl Shared {
    /// The next step that nobody has taken, and when it is due; `None` behind the last.
    fn next(&self) -> Option<(Step, Instant)> {
        let mut numbered = self.script.lock();
        if numbered.next >= self.total {
            return None;
        }
        let after = Duration::from_secs_f64(numbered.next as f64 / self.rate);
        numbered.next += 1;
        let step = numbered.script.next(after)?;
        Some((step, self.started + after))
    }

    async fn fulfil(&self, order: &Order) -> Came {
        match (order, self.target.server(), self.target.courier()) {
            (Order::Ask(asked), Some(server), _) => Came::of(server.ask(asked).await),
            (Order::Tell(event), _, Some(courier)) => {
                Came::delivered(timeout(ANSWER_TIMEOUT, courier.deliver(event)).await)
            }
            (Order::Ask(_), None, _) | (Order::Tell(_), _, None) => Came::Failed("nobody_to_ask".to_owned()),
        }
    }
}

/// Puts a load on what a company was prepared on, until it is done or `stop` comes; then what is under way is finished.
/// `tell` hears now and then how many requests are answered.
pub async fn run(
    target: &Target,
    prepared: Prepared,
    pace: Pace,
    stop: impl Future<Output = ()>,
    mut tell: impl FnMut(u64),
) -> Report {
    let Pace { rate, lasting, connections, mix, seed } = pace;
    let mut memory = MemoryWatch::new(lasting);
    look(&mut memory, target).await;
    let shared = Arc::new(Shared {
        target: target.clone(),
        script: Mutex::new(Numbered { script: Script::new(prepared, mix, target.reach(), seed), next: 0 }),
        rate,
        // A float becomes the nearest whole number there is.
        total: (rate * lasting.as_secs_f64()).round() as u64,
        answered: AtomicU64::new(0),
        following: Arc::new(Semaphore::new(FOLLOWED_MAX)),
        started: Instant::now(),
    });
    let (ending, ended) = watch::channel(false);
    let mut workers = JoinSet::new();
    for _ in 0..connections.max(1) {
        workers.spawn(work(shared.clone(), ended.clone()));
    }
    let mut tally = Tally::default();
    let mut tell_ticks = interval(TELL_EVERY);
    let mut memory_ticks = interval(memory.every());
    memory_ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            _ = tell_ticks.tick() => tell(shared.answered.load(Ordering::Relaxed)),
            _ = memory_ticks.tick() => look(&mut memory, target).await,
            () = &mut stop, if !*ending.borrow() => drop(ending.send(true)),
            finished = workers.join_next() => match finished {
                Some(Ok(part)) => tally.add(part),
                // A worker that panicked has lost what it had counted.
                Some(Err(_)) => tally.lost_workers += 1,
                None => break,
            },
        }
    }
    let took = shared.started.elapsed();
    look(&mut memory, target).await;
    let stopped = *ending.borrow();
    tally.report(rate, took, stopped, memory.memory())
}

async fn look(memory: &mut MemoryWatch, target: &Target) {
    if let Some(server) = target.server() {
        memory.look(server).await;
    }
}

/// Takes one step after another that nobody has taken, waits until it is due, and sees it through; until none is left, or
/// it has to end.
async fn work(shared: Arc<Shared>, mut ended: watch::Receiver<bool>) -> Tally {
    let mut tally = Tally::default();
    let mut followed = JoinSet::new();
    while let Some((step, due)) = shared.next() {
        let Step { kind, order, sign } = step;
        tokio::select! {
            // In this order: what is overdue already is not begun any more either.
            biased;
            _ = ended.wait_for(|ended| *ended) => break,
            () = sleep_until(due) => {}
        }
        let came = shared.fulfil(&order).await;
        let is_delivered = matches!((&order, &came), (Order::Tell(_), Came::Done));
        tally.count(Counted::Answered(kind), due.elapsed(), came);
        shared.answered.fetch_add(1, Ordering::Relaxed);
        if let Some(sign) = sign.filter(|_| is_delivered) {
            follow(&shared, &mut followed, Counted::Shown(kind), sign, due);
        }
        while let Some(Ok((counted, (latency, came)))) = followed.try_join_next() {
            tally.count(counted, latency, came);
        }
    }
    while let Some(Ok((counted, (latency, came)))) = followed.join_next().await {
        tally.count(counted, latency, came);
    }
    tally
}

/// Follows a message until the server shows it, unless as many as may be are followed.
fn follow(
    shared: &Arc<Shared>,
    followed: &mut JoinSet<(Counted, (Duration, Came))>,
    counted: Counted,
    sign: Sign,
    due: Instant,
) {
    let Some(server) = shared.target.server().cloned() else { return };
    let Ok(permit) = shared.following.clone().try_acquire_owned() else { return };
    followed.spawn(async move {
        let seen = until_shown(&server, &sign, due).await;
        drop(permit);
        (counted, seen)
    });
}
