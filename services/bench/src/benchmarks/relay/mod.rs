//! Journal to topic: every event of a store until a `read_committed` consumer has it, against a plain producer of librdkafka
//! that sends the same records without transactions; and how far an event on the topic is behind its commit.

mod delay;
mod plain;
mod reader;

use std::time::{Duration, Instant};

use journal::Held;
use kafka::{Relay, Security, Settings, topics};

use super::Benchmark;
use crate::{
    contest::{self, Contender},
    error::BenchError,
    ground::{
        Ground,
        crowd::{Crowd, seat},
        history::for_each_event,
        store::{Place, Store},
    },
    measure::{Measure, Reading, Unit},
    report::{Section, Wanted},
};
use plain::Plain;
use reader::Reader;

/// The row `relay`.
pub const BENCHMARK: Benchmark = Benchmark {
    name: "relay",
    about: "events a second from the journal to a read_committed consumer, against a plain producer; delay from commit",
    run,
};

/// Events a second.
const EVENTS: Measure = Measure { name: "events", unit: Unit::PerSecond };
const OURS: &str = "usher, to a consumer";

fn run(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    let store = Store::new(ground, Place::Embedded)?;
    let crowd = Crowd { licensees: ground.effort.size(1_000, 50), members: ground.effort.size(150, 20) };
    crowd.join(&store.engine())?;
    (0..crowd.licensees).try_for_each(|licensee| seat(&store.engine(), licensee, crowd.members))?;
    let mut events = 0;
    for_each_event(&*store.journal(), |_| {
        events += 1;
        Ok(())
    })?;
    let bootstrap = ground.kafka()?.bootstrap();
    let plain = Plain::new(&bootstrap, &store, events)?;
    let ours = ToConsumer { bootstrap: bootstrap.clone(), store: &store, events, round: 0 };
    let mut contenders: [Box<dyn Contender + '_>; 2] = [Box::new(ours), Box::new(plain)];
    let results = contest::run("relay", ground.effort, Duration::ZERO, &mut contenders)?;
    drop(contenders);
    section.add(&format!("{events} events"), &results);
    let ratios = results.of(OURS, EVENTS)?.ratios_to(results.of(plain::NAME, EVENTS)?);
    let percent = ratios.into_iter().map(|ratio| ratio * 100.0).collect();
    section.aim("part of the plain producer", Wanted::AtLeast(60.0, Unit::Percent), percent);
    let delays = delay::run(ground, &bootstrap)?;
    section.add("500 commands/s", &delays);
    Ok(())
}

/// A part of the broker that nobody else uses, with its topics made.
fn prepared(bootstrap: &str, prefix: &str, shards: u16) -> Result<Settings, BenchError> {
    let settings = Settings::new(bootstrap, Security::default()).and_then(|settings| settings.with_prefix(prefix));
    let settings = settings.map_err(|error| BenchError::wrong(error.to_string()))?;
    topics::ensure(&settings, shards)?;
    Ok(settings)
}

/// The relay of a store, from its start until a consumer has everything; onto new topics each time.
struct ToConsumer<'a> {
    bootstrap: String,
    store: &'a Store,
    events: u64,
    round: u32,
}

impl Contender for ToConsumer<'_> {
    fn name(&self) -> String {
        OURS.to_owned()
    }

    fn round(&mut self, _time: Duration) -> Result<Vec<Reading>, BenchError> {
        self.round += 1;
        let journal = self.store.journal();
        let shards = journal.shard_count();
        let settings = prepared(&self.bootstrap, &format!("relay-{}.", self.round), shards)?;
        let mut reader = Reader::open(&settings, shards)?;
        let began = Instant::now();
        let relay = Relay::start(settings, self.store.store_id(), journal, Held::of_all(shards))?;
        let mut read = 0;
        while read < self.events {
            reader.next(|_| ())?;
            read += 1;
        }
        let took = began.elapsed();
        drop(relay);
        Ok(vec![EVENTS.reading(self.events as f64 / took.as_secs_f64())])
    }
}
