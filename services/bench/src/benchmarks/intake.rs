//! Topic to journal: messages that wait in Kafka until a node has them in the journal, against commands without Kafka.
//!
//! The node is usher's own program; how far it is, the store's heads in PostgreSQL tell.

use std::{
    thread,
    time::{Duration, Instant},
};

use ::kafka::{DataForm, Publisher, Security, Settings, topics};
use postgres::{Client, NoTls};
use serde_json::json;
use servers::Database;

use super::{
    Benchmark,
    commands::{
        RATE, crowd,
        ours::{self, Ours},
    },
};
use crate::{
    contest::{self, Contender},
    error::BenchError,
    ground::{
        Ground,
        crowd::{Crowd, PRODUCT, licensee_name, message, user_name},
        program::Program,
        store::{Place, Store},
    },
    measure::Reading,
    report::{Section, Wanted},
};

/// The row `intake`.
pub const BENCHMARK: Benchmark = Benchmark {
    name: "intake",
    about: "messages a second from topic to journal, against the same commands without Kafka",
    run,
};

const OURS: &str = "usher, from Kafka";
const SHARDS: u16 = 16;
const IN_FLIGHT: u64 = 1_024;
/// A message makes an event and an outcome.
const RECORDS_A_MESSAGE: i64 = 2;
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long nothing may get into the journal.
const STANDSTILL_MAX: Duration = Duration::from_secs(60);

fn run(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    let crowd = crowd(ground);
    let messages = ground.effort.size(100_000, 2_000);
    let from_kafka = FromKafka::new(ground, crowd, messages)?;
    let mut commands = Ours::new(Store::new(ground, Place::Postgres)?, crowd)?;
    let mut contenders: [Box<dyn Contender + '_>; 2] = [Box::new(from_kafka), Box::new(commands.with(IN_FLIGHT))];
    let results = contest::run("intake", ground.effort, ground.effort.round_time(), &mut contenders)?;
    section.add(&format!("PostgreSQL, {messages} messages, or {IN_FLIGHT} commands in flight"), &results);
    let ratios = results.of(OURS, RATE)?.ratios_to(results.of(ours::NAME, RATE)?);
    let percent = ratios.into_iter().map(|ratio| ratio * 100.0).collect();
    section.aim("part of the commands", Wanted::AtLeast(80.0, crate::measure::Unit::Percent), percent);
    Ok(())
}

/// A node that takes messages from Kafka.
struct FromKafka<'a> {
    ground: &'a Ground,
    // In this order they go.
    client: Client,
    database: Database,
    settings: Settings,
    crowd: Crowd,
    messages: u64,
    next: u64,
}

impl<'a> FromKafka<'a> {
    fn new(ground: &'a Ground, crowd: Crowd, messages: u64) -> Result<Self, BenchError> {
        let database = ground.database()?;
        crowd.join(&Store::in_database(&database.url(), &ground.catalogue, Some(SHARDS))?.engine())?;
        let settings = Settings::new(&ground.kafka()?.bootstrap(), Security::default());
        let settings = settings.and_then(|settings| settings.with_prefix(PREFIX));
        let settings = settings.map_err(|error| BenchError::wrong(error.to_string()))?;
        topics::ensure(&settings, SHARDS)?;
        let client = Client::connect(&database.url(), NoTls)?;
        Ok(Self { ground, client, database, settings, crowd, messages, next: 0 })
    }

    /// Brings the messages of a round to their topic.
    fn publish(&mut self) -> Result<(), BenchError> {
        let mut publisher = Publisher::new(&self.settings, DataForm::Protobuf)?;
        for number in self.next..self.next + self.messages {
            let turn = self.crowd.turn(number);
            let type_name = if turn.is_given { "usher.seats.v1.AssignSeats" } else { "usher.seats.v1.RemoveSeats" };
            let users = [user_name(turn.licensee, turn.member)];
            let data = json!({"licensee": licensee_name(turn.licensee), "product": PRODUCT, "users": users});
            publisher.send(message(type_name, &format!("k-{number}"), &data).as_bytes())?;
        }
        self.next += self.messages;
        let published = publisher.finish()?;
        match published.as_they_stood {
            0 => Ok(()),
            some => Err(BenchError::wrong(format!("{some} messages are not of the contract"))),
        }
    }

    /// Where the journal ends, over all shards.
    fn position(&mut self) -> Result<i64, BenchError> {
        Ok(self.client.query_one("SELECT sum(position)::bigint FROM usher.heads", &[])?.get(0))
    }

    /// Waits until the journal goes beyond a position; where it is then.
    fn wait_beyond(&mut self, position: i64) -> Result<i64, BenchError> {
        let began = Instant::now();
        while began.elapsed() < STANDSTILL_MAX {
            let now = self.position()?;
            if now > position {
                return Ok(now);
            }
            thread::sleep(LOOK_EVERY);
        }
        Err(BenchError::wrong("no message got into the journal for a minute"))
    }
}

/// What stands before the names of this benchmark's topics.
const PREFIX: &str = "intake.";

impl Contender for FromKafka<'_> {
    fn name(&self) -> String {
        OURS.to_owned()
    }

    fn round(&mut self, _time: Duration) -> Result<Vec<Reading>, BenchError> {
        self.publish()?;
        let before = self.position()?;
        let expected = before + RECORDS_A_MESSAGE * i64::try_from(self.messages).unwrap_or(i64::MAX);
        let (url, bootstrap) = (self.database.url(), self.settings.bootstrap().to_owned());
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--roles", "ingest", "--log", "error"];
        let place = ["--database-url", &url, "--kafka", &bootstrap];
        let variables = [("USHER_KAFKA_PREFIX", PREFIX)];
        let node = Program::start_with(self.ground.usher()?, &[&arguments[..], &place[..]].concat(), &variables)?;
        // From the first that is committed on: until then the node starts, and finds its place in the group.
        let (first, began) = (self.wait_beyond(before)?, Instant::now());
        let mut reached = first;
        while reached < expected {
            reached = self.wait_beyond(reached)?;
        }
        let took = began.elapsed();
        drop(node);
        if reached > expected {
            return Err(BenchError::wrong("more got into the journal than was sent"));
        }
        let done = (reached - first) as f64 / RECORDS_A_MESSAGE as f64;
        Ok(vec![RATE.reading(done / took.as_secs_f64())])
    }
}
