//! What else there can be much of: licensees, events in a stream, commands that are remembered, shards, nodes, members that
//! are listed.

use std::{sync::Arc, time::Duration};

use licensing::LicenseeId;
use views::{MembersQuery, Views};

use super::{COST, Churn, nodes, plot, points};
use crate::{
    benchmarks::commands::{RATE, ours::Ours},
    contest::{self, Contender},
    error::BenchError,
    ground::{
        Ground,
        crowd::{Crowd, licensee_name},
        store::{Place, Store},
    },
    measure::Reading,
    report::{Curve, Section},
};

const IN_FLIGHT: u64 = 256;
const LICENSEES: [u64; 4] = [10, 100, 1_000, 10_000];
const EVENTS: [u64; 3] = [100, 10_000, 200_000];
const REMEMBERED: [u64; 3] = [1_000, 100_000, 1_000_000];
const SHARDS: [u64; 4] = [1, 4, 16, 64];
const NODES: [u64; 3] = [1, 2, 4];
const LISTED: [u64; 3] = [10, 100, 1_000];
/// A command makes an event and an outcome.
const RECORDS_A_COMMAND: u64 = 2;
/// How many sizes there are for a look.
const QUICK: usize = 2;
/// Members of whoever has a long stream.
const CHURNING: u64 = 256;

/// Something that is made for a size, and can then be measured.
type Maker<'a> = &'a dyn Fn(&Ground, u64, String) -> Result<Box<dyn Contender>, BenchError>;

/// What there is more and more of.
struct Axis<'a> {
    file: &'static str,
    about: &'static str,
    sizes: &'a [u64],
    make: Maker<'a>,
}

/// Measures all of them.
///
/// # Errors
/// [`BenchError`] if one doesn't come to an end.
pub fn run(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    for axis in [
        Axis { file: "growth-licensees", about: "licensees in a store", sizes: &LICENSEES, make: &licensees },
        Axis { file: "growth-events", about: "events in a stream", sizes: &EVENTS, make: &events },
        Axis { file: "growth-remembered", about: "commands remembered", sizes: &REMEMBERED, make: &remembered },
        Axis { file: "growth-shards", about: "shards of a store", sizes: &SHARDS, make: &shards },
        Axis { file: "growth-nodes", about: "nodes of a store", sizes: &NODES, make: &nodes::make },
        Axis { file: "growth-listed", about: "members in a page of a list", sizes: &LISTED, make: &listed },
    ] {
        measure(ground, section, &axis)?;
    }
    Ok(())
}

fn measure(ground: &Ground, section: &mut Section, axis: &Axis<'_>) -> Result<(), BenchError> {
    let sizes = ground.effort.sizes(axis.sizes, QUICK);
    let name = |size: u64| format!("{size} {}", axis.about);
    let contenders = sizes.iter().map(|size| (axis.make)(ground, *size, name(*size)));
    let mut contenders = contenders.collect::<Result<Vec<_>, _>>()?;
    let time = ground.effort.round_time() / 2;
    let results = contest::run(&format!("growth, {}", axis.about), ground.effort, time, &mut contenders)?;
    section.add(axis.about, &results);
    let named: Vec<_> = sizes.iter().map(|size| (*size as f64, name(*size))).collect();
    let curves = vec![Curve { name: "usher".to_owned(), points: points(&results, &named)? }];
    section.plots.push(plot(axis.file, &format!("Cost by {}", axis.about), axis.about, curves));
    Ok(())
}

/// Commands over a crowd.
struct Over {
    name: String,
    ours: Ours,
}

impl Contender for Over {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError> {
        let per_second = self.ours.drive(IN_FLIGHT, time)?.per_second();
        Ok(vec![RATE.reading(per_second), COST.reading(1e6 / per_second)])
    }

    fn settle(&mut self) -> Result<(), BenchError> {
        self.ours.store().wait_for_index()
    }
}

fn over(store: Store, crowd: Crowd, name: String) -> Result<Over, BenchError> {
    Ok(Over { name, ours: Ours::new(store, crowd)? })
}

fn licensees(ground: &Ground, licensees: u64, name: String) -> Result<Box<dyn Contender>, BenchError> {
    let crowd = Crowd { licensees, members: 10 };
    Ok(Box::new(over(Store::new(ground, Place::Embedded)?, crowd, name)?))
}

fn shards(ground: &Ground, shards: u64, name: String) -> Result<Box<dyn Contender>, BenchError> {
    let store = Store::with_shards(ground, Place::Embedded, u16::try_from(shards).ok())?;
    Ok(Box::new(over(store, Crowd { licensees: 100, members: 10 }, name)?))
}

fn remembered(ground: &Ground, commands: u64, name: String) -> Result<Box<dyn Contender>, BenchError> {
    let store = Store::new(ground, Place::Embedded)?;
    let mut over = over(store, Crowd { licensees: 100, members: 10 }, name)?;
    let mut done = 0;
    while done < commands {
        done += over.ours.drive(IN_FLIGHT, Duration::from_millis(100))?.done;
    }
    over.ours.store().wait_for_index()?;
    Ok(Box::new(over))
}

/// The churn of a licensee that has a store for itself.
struct Alone {
    // In this order they go.
    churn: Churn,
    _store: Store,
}

impl Contender for Alone {
    fn name(&self) -> String {
        self.churn.name()
    }

    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError> {
        self.churn.round(time)
    }

    fn settle(&mut self) -> Result<(), BenchError> {
        self.churn.settle()
    }
}

fn events(ground: &Ground, events: u64, name: String) -> Result<Box<dyn Contender>, BenchError> {
    let store = Store::new(ground, Place::Embedded)?;
    Crowd { licensees: 1, members: CHURNING }.join(&store.engine())?;
    let mut churn = Churn::new(name, &store, 0, 0, CHURNING);
    while store.records()? / RECORDS_A_COMMAND < events {
        churn.round(Duration::from_millis(100))?;
        churn.settle()?;
    }
    Ok(Box::new(Alone { churn, _store: store }))
}

/// The first page of a licensee's members.
struct Listed {
    name: String,
    // In this order they go.
    views: Arc<Views>,
    _store: Store,
    licensee: LicenseeId,
    limit: usize,
}

impl Contender for Listed {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError> {
        let query = MembersQuery { limit: self.limit, ..MembersQuery::default() };
        let (began, mut pages) = (std::time::Instant::now(), 0_u32);
        while began.elapsed() < time {
            let page = self.views.members(&self.licensee, &query)?;
            if page.items.len() != self.limit {
                return Err(BenchError::wrong(format!("a page of {} has {}", self.limit, page.items.len())));
            }
            pages += 1;
        }
        Ok(vec![COST.reading(began.elapsed().as_secs_f64() * 1e6 / f64::from(pages))])
    }
}

fn listed(ground: &Ground, limit: u64, name: String) -> Result<Box<dyn Contender>, BenchError> {
    let store = Store::new(ground, Place::Embedded)?;
    Crowd { licensees: 1, members: limit * 2 }.join(&store.engine())?;
    let licensee = LicenseeId::parse(&licensee_name(0)).map_err(|error| BenchError::wrong(error.to_string()))?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(Box::new(Listed { name, views: store.open_views()?, _store: store, licensee, limit }))
}
