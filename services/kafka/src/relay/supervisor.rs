//! Keeps one thread a shard that this process relays.

use std::{
    collections::BTreeMap,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use journal::{Epoch, Stopping};

use super::{Shared, shard::ShardRelay};

/// How often is looked whether a thread has ended by itself.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The same, while one is about to: its shard may be wanted again already.
const LOOK_EVERY_WHILE_ENDING: Duration = Duration::from_millis(50);

/// The threads, and under which epoch of its task each relays its shard.
type Running = BTreeMap<u16, (Epoch, JoinHandle<()>)>;

/// Starts and ends the threads as the tasks change, until it is asked to stop; then ends them all.
pub(super) fn supervise(shared: &Arc<Shared>, stopping: &Stopping) {
    let watch = shared.tasks.watch();
    let mut running = Running::new();
    loop {
        // In this order: a change after the tasks were looked at wakes the wait below.
        let seen = watch.generation();
        shared.progress.wake();
        if stopping.is_asked() {
            break;
        }
        // No other shard waits for the end of one.
        let (ended, still): (Running, Running) = running.into_iter().partition(|(_, (_, thread))| thread.is_finished());
        ended.into_iter().for_each(join);
        running = still;
        start_missing(shared, stopping, &mut running);
        let is_one_ending = running.iter().any(|(shard, (epoch, _))| shared.tasks.epoch(*shard) != Some(*epoch));
        watch.wait_beyond(seen, if is_one_ending { LOOK_EVERY_WHILE_ENDING } else { LOOK_EVERY });
    }
    running.into_iter().for_each(join);
}

/// Starts a thread for every shard that has none.
fn start_missing(shared: &Arc<Shared>, stopping: &Stopping, running: &mut Running) {
    for shard in shared.tasks.shards() {
        let Some(epoch) = shared.tasks.epoch(shard).filter(|_| !running.contains_key(&shard)) else { continue };
        let relay = ShardRelay::new(shared.clone(), stopping.clone(), shard, epoch);
        match thread::Builder::new().name(format!("relay-{shard}")).spawn(move || relay.run()) {
            Ok(thread) => drop(running.insert(shard, (epoch, thread))),
            Err(error) => tracing::error!(shard, %error, "cannot start a thread to relay a shard"),
        }
    }
}

fn join((shard, (_, thread)): (u16, (Epoch, JoinHandle<()>))) {
    if thread.join().is_err() {
        tracing::error!(shard, "the thread that relays a shard panicked");
    }
}
