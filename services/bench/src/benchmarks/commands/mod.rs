//! Durable commands: seats of many licensees, on both stores.
//!
//! A command is an `AssignSeat`, or, once everybody has a seat, a `RemoveSeat`, and so on in turns: each makes an event,
//! an outcome under its own idempotency key, and is answered when that is durable.

mod ceiling;
pub mod ours;
pub mod peer;
pub mod sustained;

use super::Benchmark;
use crate::{
    contest::{self, Contender, Results},
    error::BenchError,
    ground::{
        Ground,
        crowd::Crowd,
        store::{Place, Store},
    },
    measure::{Measure, Unit},
    report::{Section, Wanted},
};
use ceiling::{Ceiling, PostgresBlocks, SqliteBlocks};
use ours::Ours;
use peer::Peer;

/// The row `commands`.
pub const BENCHMARK: Benchmark = Benchmark {
    name: "commands",
    about: "durable assignments of seats a second, over 1,000 licensees, against cqrs-es and a bare loop of commits",
    run,
};

/// Commands a second.
pub const RATE: Measure = Measure { name: "commands", unit: Unit::PerSecond };
/// Commands under way at a time.
const IN_FLIGHT: [u64; 4] = [1, 32, 256, 1_024];

/// Licensees and members as `commands` has them.
pub fn crowd(ground: &Ground) -> Crowd {
    Crowd { licensees: ground.effort.size(1_000, 200), members: ground.effort.size(50, 10) }
}

fn run(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    on_postgres(ground, section)?;
    on_sqlite(ground, section)?;
    sustained::run(ground, section)
}

fn on_postgres(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    let mut ours = Ours::new(Store::new(ground, Place::Postgres)?, crowd(ground))?;
    let mut peer = Peer::start(ground, crowd(ground))?;
    let ceiling_database = ground.database()?;
    let bytes = ours.bytes_per_command()?;
    let mut ceiling = Ceiling::start(PostgresBlocks::open(&ceiling_database.url())?, bytes);
    section
        .note(format!("PostgreSQL: a command takes {bytes} bytes of a commit's block; the bare loop writes as many."));
    for in_flight in IN_FLIGHT {
        let case = format!("PostgreSQL, {in_flight} in flight");
        let mut contenders: [Box<dyn Contender>; 3] =
            [Box::new(ours.with(in_flight)), Box::new(ceiling.with(in_flight)), Box::new(peer.with(in_flight))];
        let time = ground.effort.round_time();
        let results = contest::run(&format!("commands, {case}"), ground.effort, time, &mut contenders)?;
        section.add(&case, &results);
        judge(section, in_flight, &results)?;
    }
    Ok(())
}

fn judge(section: &mut Section, in_flight: u64, results: &Results) -> Result<(), BenchError> {
    let ours = results.of(ours::NAME, RATE)?;
    let (to_peer, to_ceiling) =
        (ours.ratios_to(results.of(peer::NAME, RATE)?), ours.ratios_to(results.of(ceiling::NAME, RATE)?));
    let times = match in_flight {
        1 => Some(2.0),
        256 => Some(40.0),
        _ => None,
    };
    if let Some(times) = times {
        section.aim(&format!("cqrs-es at {in_flight} in flight"), Wanted::AtLeast(times, Unit::Times), to_peer);
    }
    if in_flight == 256 {
        section.aim(
            "part of the bare loop, PostgreSQL, 256 in flight",
            Wanted::AtLeast(70.0, Unit::Percent),
            to_ceiling.into_iter().map(|ratio| ratio * 100.0).collect(),
        );
    }
    Ok(())
}

fn on_sqlite(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    let mut ours = Ours::new(Store::new(ground, Place::Embedded)?, crowd(ground))?;
    let folder = ground.folder()?;
    let bytes = ours.bytes_per_command()?;
    let mut ceiling = Ceiling::start(SqliteBlocks::open(folder.path())?, bytes);
    for in_flight in IN_FLIGHT {
        let case = format!("SQLite, {in_flight} in flight");
        let mut contenders: [Box<dyn Contender>; 2] =
            [Box::new(ours.with(in_flight)), Box::new(ceiling.with(in_flight))];
        let time = ground.effort.round_time();
        let results = contest::run(&format!("commands, {case}"), ground.effort, time, &mut contenders)?;
        section.add(&case, &results);
        if in_flight == 256 {
            let ratios = results.of(ours::NAME, RATE)?.ratios_to(results.of(ceiling::NAME, RATE)?);
            section.aim(
                "part of the bare loop, SQLite, 256 in flight",
                Wanted::AtLeast(70.0, Unit::Percent),
                ratios.into_iter().map(|ratio| ratio * 100.0).collect(),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
