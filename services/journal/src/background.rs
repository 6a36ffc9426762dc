//! A thread that works in the background until whoever started it goes.

use std::{
    io,
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::Watch;

/// A thread at work; stopped and joined on drop.
pub struct Background {
    name: &'static str,
    stopping: Stopping,
    wake: Watch,
    thread: Option<JoinHandle<()>>,
}

/// Tells the thread that it is to stop. Clones tell the same.
#[derive(Debug, Clone, Default)]
pub struct Stopping(Watch);

impl Stopping {
    /// Whether it was asked to stop. Looked for after the generation of what it waits on was read, it is never missed.
    pub fn is_asked(&self) -> bool {
        self.0.generation() > 0
    }

    /// Waits for `pause`, or until it is asked to stop.
    pub fn pause(&self, pause: Duration) {
        self.0.wait_beyond(0, pause);
    }

    fn ask(&self) {
        self.0.notify();
    }
}

impl Background {
    /// Starts `work` on a thread of this name. `wake` is what it waits on when there is nothing to do.
    ///
    /// # Errors
    /// What the system said when the thread could not be started.
    pub fn start(name: &'static str, wake: Watch, work: impl FnOnce(Stopping) + Send + 'static) -> io::Result<Self> {
        let stopping = Stopping::default();
        let asked = stopping.clone();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || work(asked))?;
        Ok(Self { name, stopping, wake, thread: Some(thread) })
    }

    /// Stops it after what is under way, whatever is still to be done.
    pub fn stop(&mut self) {
        self.stopping.ask();
        self.wake.notify();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!(thread = self.name, "a background thread panicked");
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn it_stops_whatever_it_waits_for() {
        let wake = Watch::default();
        let waiting = Background::start("waiting", wake.clone(), move |stopping| {
            let seen = wake.generation();
            if !stopping.is_asked() {
                wake.wait_beyond(seen, LONG);
            }
        });
        let pausing = Background::start("pausing", Watch::default(), |stopping| stopping.pause(LONG));
        let started = std::time::Instant::now();
        drop((waiting.unwrap(), pausing.unwrap()));
        assert!(started.elapsed() < LONG);
    }
}
