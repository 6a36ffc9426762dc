//! Commands that go on in the background, at a steady pace.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use engine::{Done, Engine, Ticket};

use super::crowd::Crowd;
use crate::error::BenchError;

/// How long the pace rests between two goes.
const TICK: Duration = Duration::from_millis(2);

/// Commands at a steady pace, whatever becomes of them.
pub struct Pace {
    /// The way in.
    pub engine: Engine,
    /// Whose seats.
    pub crowd: Crowd,
    /// The number of the first command.
    pub first: u64,
    /// How many a second.
    pub per_second: f64,
    /// What their keys begin with: no other command of the store has such a key.
    pub name: String,
}

impl Pace {
    /// Sends commands for as long as `goes_on`; each ticket goes to `take`. How many there were.
    ///
    /// # Errors
    /// [`BenchError`] if a command is not taken, or `take` fails.
    pub fn send(
        &self,
        mut goes_on: impl FnMut(Duration) -> bool,
        mut take: impl FnMut(u64, Ticket<Done>) -> Result<(), BenchError>,
    ) -> Result<u64, BenchError> {
        let (began, mut sent) = (Instant::now(), 0_u64);
        while goes_on(began.elapsed()) {
            let due = (began.elapsed().as_secs_f64() * self.per_second) as u64;
            while sent < due {
                let number = self.first + sent;
                let call = self.crowd.turn(number).call(&format!("{}-{number}", self.name))?;
                take(number, self.engine.try_call(call)?)?;
                sent += 1;
            }
            thread::sleep(TICK);
        }
        Ok(sent)
    }
}

/// Commands at a steady pace, until this is dropped.
pub struct Background {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<u64, BenchError>>>,
}

impl Background {
    /// Starts them.
    pub fn start(engine: Engine, crowd: Crowd, per_second: f64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stops = stop.clone();
        let goes_on = move |_| !stops.load(Ordering::Relaxed);
        let pace = Pace { engine, crowd, first: 0, per_second, name: "background".to_owned() };
        let work = move || pace.send(goes_on, |_, _| Ok(()));
        Self { stop, thread: Some(thread::spawn(work)) }
    }

    /// Ends them; how many there were.
    ///
    /// # Errors
    /// [`BenchError`] if they did not go on to the end.
    pub fn end(mut self) -> Result<u64, BenchError> {
        self.stop.store(true, Ordering::Relaxed);
        let thread = self.thread.take().map(JoinHandle::join);
        thread.and_then(Result::ok).unwrap_or_else(|| Err(BenchError::wrong("the commands in the background ended")))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It is of no interest any more how it ended.
            drop(thread.join());
        }
    }
}
