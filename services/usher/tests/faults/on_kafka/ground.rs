//! The servers that the tests kill, one test after another.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use servers::{Kafka, KafkaOptions, Postgres, Unavailable};

/// A PostgreSQL and a Kafka that only one test has at a time: what one kills would be missing to the others.
pub struct Ground {
    pub postgres: Postgres,
    pub kafka: Kafka,
}

impl Ground {
    /// The servers, for whoever's turn it is; both are up.
    pub fn alone() -> MutexGuard<'static, Self> {
        static GROUND: OnceLock<Result<Mutex<Ground>, Unavailable>> = OnceLock::new();
        let ground = GROUND.get_or_init(Self::start).as_ref().unwrap();
        // A test that failed says nothing about the servers but that they may be down.
        let ground = ground.lock().unwrap_or_else(PoisonError::into_inner);
        if ground.postgres.pid().is_none() {
            ground.postgres.restart().unwrap();
        }
        if ground.kafka.pid().is_none() {
            ground.kafka.restart().unwrap();
        }
        ground
    }

    fn start() -> Result<Mutex<Self>, Unavailable> {
        // Else a broker that was killed has to wait until it counts as gone, before it may be back.
        let settings = [("broker.session.timeout.ms", "3000"), ("broker.heartbeat.interval.ms", "500")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let kafka = Kafka::start_with(&KafkaOptions { settings, ..KafkaOptions::default() })?;
        Ok(Mutex::new(Self { postgres: Postgres::start()?, kafka }))
    }
}
