//! The rate that lasts: commands for a longer while, until index and views show all of them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use views::Views;

use super::{Ours, Peer, crowd, ours, peer};
use crate::{
    contest::{self, Contender},
    error::BenchError,
    ground::{
        Ground,
        store::{Place, Store},
    },
    measure::{Measure, Reading, Unit},
    report::{Section, Wanted},
};

/// Commands a second, until index and views are level.
const SUSTAINED: Measure = Measure { name: "commands, views level", unit: Unit::PerSecond };
/// How long that took after the last command.
const BEHIND: Measure = Measure { name: "views level after", unit: Unit::Milliseconds };
const IN_FLIGHT: u64 = 256;

/// Usher with its views open.
struct WithViews {
    // In this order they go.
    views: Arc<Views>,
    ours: Ours,
}

impl Contender for WithViews {
    fn name(&self) -> String {
        ours::NAME.to_owned()
    }

    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError> {
        let began = Instant::now();
        let load = self.ours.drive(IN_FLIGHT, time)?;
        let (answered, store) = (Instant::now(), self.ours.store());
        store.wait_for_index()?;
        store.wait_for(&self.views)?;
        let rate = load.done as f64 / began.elapsed().as_secs_f64();
        Ok(vec![SUSTAINED.reading(rate), BEHIND.reading(answered.elapsed().as_secs_f64() * 1e3)])
    }
}

/// The peer with its view, which is level with each answer.
struct PeerWithView<'a>(peer::PeerWith<'a>);

impl Contender for PeerWithView<'_> {
    fn name(&self) -> String {
        self.0.name()
    }

    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError> {
        let rate = self.0.round(time)?.first().map_or(0.0, |reading| reading.value);
        Ok(vec![SUSTAINED.reading(rate)])
    }
}

fn filled(ground: &Ground, place: Place) -> Result<WithViews, BenchError> {
    let ours = Ours::new(Store::new(ground, place)?, crowd(ground))?;
    Ok(WithViews { views: ours.store().open_views()?, ours })
}

/// Measures it.
///
/// # Errors
/// [`BenchError`] if it doesn't come to an end.
pub fn run(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    let (effort, time) = (ground.effort, ground.effort.long_time());
    let mut peer = Peer::start(ground, crowd(ground))?;
    let ours = filled(ground, Place::Postgres)?;
    let case = format!("PostgreSQL, sustained, {IN_FLIGHT} in flight");
    let mut contenders: [Box<dyn Contender>; 2] = [Box::new(ours), Box::new(PeerWithView(peer.with_view(IN_FLIGHT)))];
    let results = contest::run("commands, sustained, PostgreSQL", effort, time, &mut contenders)?;
    let ratios = results.of(ours::NAME, SUSTAINED)?.ratios_to(results.of(peer::NAME, SUSTAINED)?);
    section.add(&case, &results);
    section.aim("cqrs-es with its view, sustained", Wanted::AtLeast(15.0, Unit::Times), ratios);
    drop(contenders);

    let mut alone: [Box<dyn Contender>; 1] = [Box::new(filled(ground, Place::Embedded)?)];
    let results = contest::run("commands, sustained, SQLite", effort, time, &mut alone)?;
    section.add(&format!("SQLite, sustained, {IN_FLIGHT} in flight"), &results);
    Ok(())
}
