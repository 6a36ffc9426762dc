//! The load: messages through Kafka and callers over HTTP, in the background.

use std::{
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use super::{callers::Caller, messages::Messages, program::Program, publisher::publish_rounds, wait::wait_for};
use crate::check::{Answer, Sent};

const CALLERS: u64 = 3;
/// How soon work goes on after a fault: leases end within four seconds, the rest is for a slow machine.
const GOES_ON_WITHIN: Duration = Duration::from_secs(60);
/// So many answers that each caller was at every licensee, and so at every shard.
const ANSWERS_OF_ALL: usize = 70;

/// What the load and whoever causes faults have in common.
#[derive(Default)]
pub struct Run {
    addresses: RwLock<Vec<String>>,
    is_over: AtomicBool,
    is_abandoned: AtomicBool,
    pub answered: AtomicUsize,
    pub published: AtomicUsize,
}

impl Run {
    /// Whether nothing new is to be begun.
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Whether the test has failed already.
    pub fn is_abandoned(&self) -> bool {
        self.is_abandoned.load(Ordering::Relaxed)
    }

    /// Where callers are to go from now on.
    pub fn set_addresses(&self, addresses: Vec<String>) {
        *self.addresses.write().unwrap() = addresses;
    }

    /// One of the addresses; they go round.
    pub fn address(&self, place: u64) -> String {
        let addresses = self.addresses.read().unwrap();
        addresses[(place % addresses.len() as u64) as usize].clone()
    }
}

/// The load, while it runs.
pub struct Load {
    run: Arc<Run>,
    callers: Vec<JoinHandle<Vec<Answer>>>,
    publisher: Option<JoinHandle<Vec<Sent>>>,
}

impl Load {
    pub fn start(run: &Arc<Run>, program: &Program, messages: Messages) -> Self {
        let callers = (0..CALLERS)
            .map(|number| {
                let run = run.clone();
                thread::spawn(move || Caller::new(number).ask_on(&run))
            })
            .collect();
        let (shared, program) = (run.clone(), program.clone());
        let publisher = thread::spawn(move || publish_rounds(&program, messages, &shared));
        Self { run: run.clone(), callers, publisher: Some(publisher) }
    }

    /// Waits until every caller was answered by every shard.
    pub fn answers(&self) {
        self.goes_on("answers to callers", &self.run.answered, ANSWERS_OF_ALL);
    }

    /// Waits until the brokers have taken messages.
    pub fn publishes(&self) {
        self.goes_on("messages to be published", &self.run.published, 2);
    }

    /// Waits until all goes on.
    pub fn flows(&self) {
        self.answers();
        self.publishes();
    }

    fn goes_on(&self, what: &str, counter: &AtomicUsize, by: usize) {
        let goal = counter.load(Ordering::Relaxed) + by;
        wait_for(what, GOES_ON_WITHIN, || {
            let count = counter.load(Ordering::Relaxed);
            let is_dead = self.callers.iter().any(JoinHandle::is_finished);
            assert!(!is_dead && !self.publisher.as_ref().unwrap().is_finished(), "the load has failed, see above");
            if count < goal { Err(format!("{count} of {goal}")) } else { Ok(()) }
        });
    }

    /// Ends it once everything that was begun is answered; gives all of it.
    pub fn finish(mut self) -> (Vec<Sent>, Vec<Answer>) {
        self.run.is_over.store(true, Ordering::Relaxed);
        let answers = self.callers.drain(..).flat_map(|caller| caller.join().unwrap()).collect();
        (self.publisher.take().unwrap().join().unwrap(), answers)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.run.is_over.store(true, Ordering::Relaxed);
        self.run.is_abandoned.store(true, Ordering::Relaxed);
    }
}
