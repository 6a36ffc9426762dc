//! The open loop.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::{
    Mix, Report, Server,
    prepare::Prepared,
    report::{Came, Tally},
    request::Requests,
};

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
    server: Server,
    requests: Requests,
    rate: f64,
    total: u64,
    next: AtomicU64,
    started: Instant,
}

/// Puts a load on the server that a company was prepared on; `tell` hears now and then how many requests are answered.
pub async fn run(server: &Server, prepared: Prepared, pace: Pace, mut tell: impl FnMut(u64)) -> Report {
    let Prepared { company, now } = prepared;
    let total = (pace.rate * pace.lasting.as_secs_f64()).round();
    let shared = Arc::new(Shared {
        server: server.clone(),
        requests: Requests { company, mix: pace.mix, seed: pace.seed, run: run_name(), now },
        rate: pace.rate,
        // A float becomes the nearest whole number there is.
        total: total as u64,
        next: AtomicU64::new(0),
        started: Instant::now(),
    });
    let mut workers = JoinSet::new();
    for _ in 0..pace.connections.max(1) {
        workers.spawn(work(shared.clone()));
    }
    let mut tally = Tally::default();
    let mut look = tokio::time::interval(Duration::from_millis(200));
    loop {
        tokio::select! {
            _ = look.tick() => tell(shared.next.load(Ordering::Relaxed).min(shared.total)),
            finished = workers.join_next() => match finished {
                Some(Ok(part)) => tally.add(part),
                // A worker that panicked has lost what it had counted.
                Some(Err(_)) => tally.lost_workers += 1,
                None => break,
            },
        }
    }
    tally.report(pace.rate, shared.started.elapsed())
}

/// Takes the next request that nobody has taken, waits until it is due, and sees it through; until none is left.
async fn work(shared: Arc<Shared>) -> Tally {
    let mut tally = Tally::default();
    loop {
        let index = shared.next.fetch_add(1, Ordering::Relaxed);
        if index >= shared.total {
            return tally;
        }
        let (kind, asked) = shared.requests.nth(index);
        let due = shared.started + Duration::from_secs_f64(index as f64 / shared.rate);
        sleep_until(due).await;
        let came = Came::of(shared.server.ask(&asked).await);
        tally.count(kind, due.elapsed(), came);
    }
}

/// A name that no other run has.
fn run_name() -> String {
    format!("{:016x}", fastrand::u64(..))
}
