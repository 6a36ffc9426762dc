//! Progress on standard error: a bar for people, now and then a line for logs.

use std::{
    io::{self, IsTerminal, Read, Write},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Between two lines, where nobody watches a bar.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Between two pictures of the bar.
const DRAWS_PER_SECOND: u8 = 10;
const BYTES_TEMPLATE: &str = "{msg:>24} [{bar:40}] {bytes}/{total_bytes} {bytes_per_sec} {eta}";
const ITEMS_TEMPLATE: &str = "{msg:>24} [{bar:40}] {pos}/{len} {eta}";
const COUNT_TEMPLATE: &str = "{msg:>24} {elapsed}";
/// For inputs of unknown size, such as a pipe.
const ENDLESS_TEMPLATE: &str = "{msg:>24} {bytes} {bytes_per_sec}";

/// How far a long work is.
pub struct Progress {
    bar: ProgressBar,
    is_watched: bool,
    last_line: Instant,
}

impl Progress {
    /// Of reading so many bytes; `None` where nobody knows.
    pub fn of_bytes(total_bytes: Option<u64>) -> Self {
        let template = if total_bytes.is_some() { BYTES_TEMPLATE } else { ENDLESS_TEMPLATE };
        Self::new(total_bytes, template)
    }

    /// Of nobody knows how much.
    pub fn endless() -> Self {
        Self::new(None, COUNT_TEMPLATE)
    }

    /// Of so many steps.
    pub fn of_items(total: u64) -> Self {
        Self::new(Some(total), ITEMS_TEMPLATE)
    }

    fn new(total: Option<u64>, template: &str) -> Self {
        let is_watched = io::stderr().is_terminal();
        let target = if is_watched {
            ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(total, target);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { bar, is_watched, last_line: Instant::now() }
    }

    /// A reader that counts what is read through it, also on another thread.
    pub fn counting<R: Read>(&self, reader: R) -> impl Read + use<R> {
        self.bar.wrap_read(reader)
    }

    /// One more step is done.
    pub fn step(&self) {
        self.bar.inc(1);
    }

    /// So many steps are done.
    pub fn set(&self, steps: u64) {
        self.bar.set_position(steps);
    }

    /// Says what was done so far, such as `1234 messages`.
    pub fn say(&mut self, done: &dyn Fn() -> String) {
        if self.is_watched {
            if self.last_line.elapsed() >= Duration::from_millis(100) {
                self.last_line = Instant::now();
                self.bar.set_message(done());
            }
            return;
        }
        if self.last_line.elapsed() >= LINE_EVERY {
            self.last_line = Instant::now();
            // Progress that can't be shown is no reason to stop.
            let _ = writeln!(io::stderr().lock(), "{} so far", done());
        }
    }

    /// Takes the bar away.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}
