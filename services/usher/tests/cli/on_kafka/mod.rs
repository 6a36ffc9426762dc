//! The program with Apache Kafka.

mod broker;
mod dead_letters;
mod erase;
mod load;
mod pipeline;
mod topics;

use std::{
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use servers::Kafka;

use crate::{
    program::{Place, Ran},
    serve::Server,
};

/// How long something may take to come through Kafka, with room for a slow machine.
const COMES_THROUGH_MAX: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// An installation of its own on the broker that all tests share: its topics have a prefix.
struct Installation {
    place: Place,
    bootstrap: String,
    prefix: String,
}

impl Installation {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let bootstrap = Kafka::shared().unwrap().bootstrap();
        let prefix = format!("test-{}.", COUNT.fetch_add(1, Ordering::Relaxed));
        Self { place: Place::new(), bootstrap, prefix }
    }

    /// The program with these arguments, and told where Kafka is.
    fn command(&self, arguments: &str) -> Command {
        let mut command = self.place.command(arguments.split_whitespace());
        command.env("USHER_KAFKA", &self.bootstrap).env("USHER_KAFKA_PREFIX", &self.prefix);
        command
    }

    fn run(&self, arguments: &str) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// A server on a folder with four shards.
    fn serve(&self) -> Server {
        let serve = "serve --listen 127.0.0.1:0 --clock manual:2025-01-01T00:00:00Z --data-dir data --shards 4";
        Server::start_command(&mut self.command(serve))
    }

    fn publish(&self, lines: &str, more: &str) -> Ran {
        self.place.write("published.jsonl", lines);
        self.run(&format!("publish published.jsonl {more}")).done()
    }
}

/// Waits until something holds.
fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < COMES_THROUGH_MAX, "in vain: {what}");
        std::thread::sleep(LOOK_EVERY);
    }
}
