//! How long after its answer a change can be read, at half of the rate that lasts.

use std::{
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::{Duration, Instant},
};

use engine::{Done, Ticket};
use journal::Positions;
use views::Views;

use crate::{
    benchmarks::commands::{crowd, sustained::WithViews},
    contest::{self, Contender},
    error::BenchError,
    ground::{Ground, background::Pace, load::Latencies, store::Place},
    measure::{Measure, P99, Reading, Unit},
    progress,
    report::{Section, Wanted},
};

const NAME: &str = "usher, commit to visible row";
const LOAD: Measure = Measure { name: "commands beside", unit: Unit::PerSecond };
/// One of so many commands is watched.
const WATCHED: u64 = 20;
/// How many may wait to be watched; more are not.
const WAITING_MAX: usize = 100_000;
/// For how long a row may not be there.
const GIVE_UP: Duration = Duration::from_secs(30);

/// Commands at a steady pace, some of them watched until the views show them.
struct Delay<'a> {
    views: &'a Views,
    pace: Pace,
}

impl Contender for Delay<'_> {
    fn name(&self) -> String {
        NAME.to_owned()
    }

    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError> {
        let began = Instant::now();
        let (tickets, answered) = sync_channel(WAITING_MAX);
        let (watched, to_watch) = sync_channel(WAITING_MAX);
        let (views, pace) = (self.views, &self.pace);
        let (sent, delays) = thread::scope(|scope| {
            scope.spawn(move || wait_for_answers(&answered, &watched));
            let watcher = scope.spawn(move || watch(views, &to_watch));
            let sent = pace.send(
                |elapsed| elapsed < time,
                |number, ticket| {
                    // Whoever waits for answers is only gone after a failure, which is told below.
                    let _ = tickets.send((number, ticket));
                    Ok(())
                },
            );
            drop(tickets);
            let delays = watcher.join().unwrap_or_else(|_| Err(BenchError::wrong("a thread ended")));
            (sent, delays)
        });
        let sent = sent?;
        self.pace.first += sent;
        let rate = sent as f64 / began.elapsed().as_secs_f64();
        Ok([LOAD.reading(rate)].into_iter().chain(delays?.readings()).collect())
    }
}

/// Hands on where some of the answers can be seen, and when they came.
fn wait_for_answers(answered: &Receiver<(u64, Ticket<Done>)>, watched: &SyncSender<(Instant, Positions)>) {
    for (number, ticket) in answered {
        let Ok(done) = ticket.wait() else { return };
        if number.is_multiple_of(WATCHED) && watched.try_send((Instant::now(), done.positions)).is_err() {
            return;
        }
    }
}

fn watch(views: &Views, to_watch: &Receiver<(Instant, Positions)>) -> Result<Latencies, BenchError> {
    let mut delays = Latencies::new()?;
    for (answered, positions) in to_watch {
        if !views.wait_for(&positions, GIVE_UP)? {
            return Err(BenchError::wrong("a row did not become visible"));
        }
        delays.add(answered.elapsed());
    }
    Ok(delays)
}

/// Measures it.
///
/// # Errors
/// [`BenchError`] if it doesn't come to an end.
pub fn run(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    for place in [Place::Postgres, Place::Embedded] {
        let mut kept_up = WithViews::filled(ground, place)?;
        progress::tell(&format!("views, delay, {}: how much lasts", place.name()));
        let per_second = kept_up.lasting_rate(ground.effort)? / 2.0;
        let WithViews { views, ours } = &kept_up;
        let (engine, name) = (ours.store().engine(), "delay".to_owned());
        let pace = Pace { engine, crowd: crowd(ground), first: ours.asked(), per_second, name };
        let delay = Delay { views, pace };
        let mut alone: [Box<dyn Contender>; 1] = [Box::new(delay)];
        let time = ground.effort.long_time();
        let results = contest::run(&format!("views, delay, {}", place.name()), ground.effort, time, &mut alone)?;
        section.add(&format!("{}, half load", place.name()), &results);
        let p99 = results.of(NAME, P99)?.samples.clone();
        let about = format!("commit to visible row, p99, {}", place.name());
        section.aim(&about, Wanted::AtMost(50.0, Unit::Milliseconds), p99);
    }
    Ok(())
}
