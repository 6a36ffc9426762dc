//! What a command costs when a store has more and more nodes.
//!
//! All of them work on this machine, so they share its processors: what is measured is what they cost each other. What several
//! machines gain is not.

use std::time::Duration;

use engine::Engine;

use super::COST;
use crate::{
    benchmarks::commands::RATE,
    contest::Contender,
    error::BenchError,
    ground::{
        Ground,
        crowd::Crowd,
        load::{Load, closed_loop},
        store::{Store, Where},
    },
    measure::Reading,
};

const IN_FLIGHT: u64 = 256;
const CROWD: Crowd = Crowd { licensees: 100, members: 10 };

/// Nodes on one database, each of which decides its part of the shards.
struct Nodes {
    name: String,
    next: u64,
    // In this order they go.
    stores: Vec<Store>,
    _place: Where,
}

/// So many nodes, as a contender.
///
/// # Errors
/// [`BenchError`] if they can't be started.
pub fn make(ground: &Ground, nodes: u64, name: String) -> Result<Box<dyn Contender>, BenchError> {
    let database = ground.database()?;
    let nodes = u16::try_from(nodes).unwrap_or(u16::MAX);
    let node = |place| Store::in_shared_database(&database.url(), &ground.catalogue, place, nodes);
    let stores = (0..nodes).map(node).collect::<Result<Vec<Store>, BenchError>>()?;
    let nodes = Nodes { name, next: 0, stores, _place: Where::Database(database) };
    nodes.join()?;
    Ok(Box::new(nodes))
}

impl Nodes {
    fn engines(&self) -> Vec<Engine> {
        self.stores.iter().map(Store::engine).collect()
    }

    /// Each node takes in the licensees that it decides about.
    fn join(&self) -> Result<(), BenchError> {
        let engines = self.engines();
        engines
            .iter()
            .enumerate()
            .try_for_each(|(node, engine)| CROWD.join_some(engine, |licensee| self.node_of(engine, licensee) == node))
    }

    /// Which node decides about a licensee.
    fn node_of(&self, engine: &Engine, licensee: &str) -> usize {
        usize::from(engine.shard_of(licensee)) % self.stores.len()
    }

    fn drive(&mut self, time: Duration) -> Result<Load, BenchError> {
        let engines = self.engines();
        let mut next = self.next;
        let load = closed_loop(
            IN_FLIGHT,
            time,
            || {
                let call = CROWD.turn(next).call(&format!("n-{next}"))?;
                next += 1;
                let any = engines.first().ok_or_else(|| BenchError::wrong("there is no node"))?;
                let node = engines.get(self.node_of(any, call.licensee.as_str())).unwrap_or(any);
                Ok(node.try_call(call)?)
            },
            |ticket| match ticket.wait()?.outcome {
                Ok(_) => Ok(()),
                Err(refusal) => Err(BenchError::wrong(format!("refused: {refusal:?}"))),
            },
        )?;
        self.next = next;
        Ok(load)
    }
}

impl Contender for Nodes {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError> {
        let per_second = self.drive(time)?.per_second();
        Ok(vec![RATE.reading(per_second), COST.reading(1e6 / per_second)])
    }

    fn settle(&mut self) -> Result<(), BenchError> {
        self.stores.iter().try_for_each(Store::wait_for_index)
    }
}
