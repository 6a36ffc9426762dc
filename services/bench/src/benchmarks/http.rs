//! The same commands through the interface: the real router on loopback, against a handler that only parses and answers.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use api::Services;
use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::put,
};
use past::Past;
use views::Views;

use super::{Benchmark, commands::crowd};
use crate::{
    contest::{self, Contender},
    error::BenchError,
    ground::{
        Ground,
        crowd::Crowd,
        http::{self, Answered, CONNECTIONS, Requests, Served},
        store::{Place, Store},
    },
    measure::{Measure, Reading, Unit},
    report::{Section, Wanted},
};

/// The row `http`.
pub const BENCHMARK: Benchmark = Benchmark {
    name: "http",
    about: "the same commands through PUT and DELETE …/seats/{user}, 256 connections, against a bare axum handler",
    run,
};

const REQUESTS: Measure = Measure { name: "requests", unit: Unit::PerSecond };
const OURS: &str = "usher";
const BARE: &str = "bare handler";

/// Whoever is asked for seats over HTTP.
struct Asked<'a> {
    name: &'static str,
    served: Served,
    next: Arc<AtomicU64>,
    requests: Requests,
    /// What is still busy behind the answers.
    behind: Option<(&'a Store, Arc<Views>)>,
}

impl Contender for Asked<'_> {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError> {
        Ok(http::drive(self.served.address, time, &self.next, &self.requests)?.readings(REQUESTS))
    }

    fn settle(&mut self) -> Result<(), BenchError> {
        let Some((store, views)) = &self.behind else { return Ok(()) };
        store.wait_for_index()?;
        store.wait_for(views)
    }
}

/// Usher's own router over a store, with its views open and kept up as always.
pub fn serve(store: &Store, views: &Arc<Views>) -> Result<Served, BenchError> {
    let (engine, index, journal) = (store.engine(), store.index(), store.journal());
    let past = Past::new(index.clone(), journal.clone(), views.clone(), engine.catalogue().clone());
    let metrics = Arc::new(String::new);
    let services =
        Services { engine, views: views.clone(), index, past: Arc::new(past), journal, webhooks: None, metrics };
    Served::start(api::router(services))
}

fn run(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    for place in [Place::Postgres, Place::Embedded] {
        on(ground, place, section)?;
    }
    Ok(())
}

fn on(ground: &Ground, place: Place, section: &mut Section) -> Result<(), BenchError> {
    let store = Store::new(ground, place)?;
    let crowd = crowd(ground);
    crowd.join(&store.engine())?;
    let views = store.open_views()?;
    let served = serve(&store, &views)?;
    let requests = seats_of(crowd);
    let next = Arc::new(AtomicU64::new(1));
    let example = http::ask(served.address, &requests(0))?;
    let bare =
        Asked { name: BARE, served: bare(&example)?, next: Arc::default(), requests: requests.clone(), behind: None };
    let ours = Asked { name: OURS, served, next, requests, behind: Some((&store, views)) };
    let mut contenders: [Box<dyn Contender>; 2] = [Box::new(ours), Box::new(bare)];
    let case = format!("{}, {CONNECTIONS} connections", place.name());
    let results =
        contest::run(&format!("http, {}", place.name()), ground.effort, ground.effort.round_time(), &mut contenders)?;
    let ratios = results.of(OURS, REQUESTS)?.ratios_to(results.of(BARE, REQUESTS)?);
    section.add(&case, &results);
    section.aim(
        &format!("part of the bare handler, {}", place.name()),
        Wanted::AtLeast(60.0, Unit::Percent),
        ratios.into_iter().map(|ratio| ratio * 100.0).collect(),
    );
    Ok(())
}

/// The requests of a crowd, each with a key of its own.
fn seats_of(crowd: Crowd) -> Requests {
    Arc::new(move |number| {
        let turn = crowd.turn(number);
        http::request(turn.method(), &turn.path(), &format!("idempotency-key: h-{number}\r\n"))
    })
}

/// What the bare handler answers: the same bytes each time, headers included.
#[derive(Clone)]
struct Same {
    headers: HeaderMap,
    body: Bytes,
}

fn bare(example: &Answered) -> Result<Served, BenchError> {
    if example.status != 200 {
        return Err(BenchError::wrong(format!("the first request was answered with {}", example.status)));
    }
    // The server itself adds these.
    let is_added = |name: &str| [header::CONTENT_LENGTH.as_str(), header::DATE.as_str()].contains(&name);
    let headers = example
        .headers
        .iter()
        .filter(|(name, _)| !is_added(name))
        .filter_map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, value.parse::<HeaderValue>().ok()?)));
    let same = Same { headers: headers.collect(), body: Bytes::from(example.body.clone()) };
    let path = "/v1/licensees/{licensee}/products/{product}/seats/{user}";
    Served::start(Router::new().route(path, put(answer).delete(answer)).with_state(same))
}

async fn answer(State(same): State<Same>, Path(names): Path<(String, String, String)>, headers: HeaderMap) -> Response {
    std::hint::black_box((names, headers.get("idempotency-key")));
    (same.headers, same.body).into_response()
}
