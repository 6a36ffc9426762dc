//! The rate that lasts: commands for a longer while, until index and views show all of them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use views::Views;

use super::{Ours, Peer, crowd, ours, peer};
use crate::{
    contest::{self, Contender},
    effort::Effort,
    error::BenchError,
    ground::{
        Ground,
        store::{Place, Store},
    },
    measure::{Measure, Reading, Spread, Unit},
    report::{Section, Wanted},
};

/// Commands a second, until index and views are level.
const SUSTAINED: Measure = Measure { name: "commands, views level", unit: Unit::PerSecond };
/// How long that took after the last command.
const BEHIND: Measure = Measure { name: "views level after", unit: Unit::Milliseconds };
const IN_FLIGHT: u64 = 256;
/// How often the rate is measured by whoever only needs it.
const LASTING_ROUNDS: usize = 3;

/// Usher with its views open.
pub struct WithViews {
    // In this order they go.
    /// The views.
    pub views: Arc<Views>,
    /// The engine.
    pub ours: Ours,
}

impl WithViews {
    /// On a new store, with licensees and their members.
    ///
    /// # Errors
    /// [`BenchError`] if it can't be filled.
    pub fn filled(ground: &Ground, place: Place) -> Result<Self, BenchError> {
        let ours = Ours::new(Store::new(ground, place)?, crowd(ground))?;
        Ok(Self { views: ours.store().open_views()?, ours })
    }

    /// The rate that lasts, commands a second: the middle of a few rounds, behind one that does not count.
    ///
    /// # Errors
    /// [`BenchError`] if index or views do not get level.
    pub fn lasting_rate(&mut self, effort: Effort) -> Result<f64, BenchError> {
        self.sustain(effort.round_time())?;
        let sustained = (0..LASTING_ROUNDS).map(|_| self.sustain(effort.long_time()));
        let rates: Vec<f64> = sustained.map(|round| Ok(round?.rate)).collect::<Result<_, BenchError>>()?;
        Ok(Spread::of(&rates).median)
    }

    /// Asks for so long, and waits until index and views show all of it.
    fn sustain(&mut self, time: Duration) -> Result<Sustained, BenchError> {
        let began = Instant::now();
        let load = self.ours.drive(IN_FLIGHT, time)?;
        let (answered, store) = (Instant::now(), self.ours.store());
        store.wait_for_index()?;
        store.wait_for(&self.views)?;
        Ok(Sustained { rate: load.done as f64 / began.elapsed().as_secs_f64(), behind: answered.elapsed() })
    }
}

/// What a round came to.
struct Sustained {
    /// Commands a second, until all was level.
    rate: f64,
    /// How long after the last answer all was level.
    behind: Duration,
}

impl Contender for WithViews {
    fn name(&self) -> String {
        ours::NAME.to_owned()
    }

    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError> {
        let Sustained { rate, behind } = self.sustain(time)?;
        Ok(vec![SUSTAINED.reading(rate), BEHIND.reading(behind.as_secs_f64() * 1e3)])
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

/// Measures it.
///
/// # Errors
/// [`BenchError`] if it doesn't come to an end.
pub fn run(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    let (effort, time) = (ground.effort, ground.effort.long_time());
    let mut peer = Peer::start(ground, crowd(ground))?;
    let ours = WithViews::filled(ground, Place::Postgres)?;
    let case = format!("PostgreSQL, sustained, {IN_FLIGHT} in flight");
    let mut contenders: [Box<dyn Contender>; 2] = [Box::new(ours), Box::new(PeerWithView(peer.with_view(IN_FLIGHT)))];
    let results = contest::run("commands, sustained, PostgreSQL", effort, time, &mut contenders)?;
    let ratios = results.of(ours::NAME, SUSTAINED)?.ratios_to(results.of(peer::NAME, SUSTAINED)?);
    section.add(&case, &results);
    section.aim("cqrs-es with its view, sustained", Wanted::AtLeast(15.0, Unit::Times), ratios);
    drop(contenders);

    let mut alone: [Box<dyn Contender>; 1] = [Box::new(WithViews::filled(ground, Place::Embedded)?)];
    let results = contest::run("commands, sustained, SQLite", effort, time, &mut alone)?;
    section.add(&format!("SQLite, sustained, {IN_FLIGHT} in flight"), &results);
    Ok(())
}
