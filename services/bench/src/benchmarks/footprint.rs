//! What usher's own program takes: time to start, memory, processor while idle, disk.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use postgres::{Client, NoTls};

use super::Benchmark;
use crate::{
    error::BenchError,
    ground::{
        Ground,
        crowd::Turn,
        file_sizes::with_log,
        history::for_each_event,
        http, large,
        process::{processor_seconds, resident_bytes},
        program::Program,
        store::Store,
    },
    measure::{Measure, Series, Unit},
    progress,
    report::{Section, Wanted},
};

/// The row `footprint`.
pub const BENCHMARK: Benchmark = Benchmark {
    name: "footprint",
    about: "start of the program, memory, processor while idle, disk an event, size of the program",
    run,
};

const START: Measure = Measure { name: "start to first answer", unit: Unit::Milliseconds };
const IDLE_MEMORY: Measure = Measure { name: "memory, idle", unit: Unit::Bytes };
const IDLE_PROCESSOR: Measure = Measure { name: "processor, idle", unit: Unit::Percent };
const LARGE_MEMORY: Measure = Measure { name: "memory, large licensee in use", unit: Unit::Bytes };
const DISK: Measure = Measure { name: "disk an event", unit: Unit::Bytes };
const PROGRAM: Measure = Measure { name: "size of the program", unit: Unit::Bytes };
const NAME: &str = "usher";
/// Until what is done only at the start is done.
const SETTLE: Duration = Duration::from_secs(1);
const MEMORY_IDLE_MAX: f64 = 60.0 * 1024.0 * 1024.0;
/// What leads to a listening address.
const LISTENS: &str = "usher listens on http://";

/// A server that answers.
struct Server {
    program: Program,
    address: SocketAddr,
    started_in: Duration,
}

impl Server {
    fn start(ground: &Ground, folder: &Path) -> Result<Self, BenchError> {
        let folder = folder.to_string_lossy();
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--log", "error", "--data-dir", &folder];
        let began = Instant::now();
        let mut program = Program::start(ground.usher()?, &arguments)?;
        let line = program.line()?;
        let address = line.strip_prefix(LISTENS).and_then(|address| address.parse().ok());
        let address = address.ok_or_else(|| BenchError::program("usher serve", &line))?;
        let answered = http::ask(address, &http::request("GET", "/readyz", ""))?;
        let started_in = began.elapsed();
        match answered.status {
            200 => Ok(Self { program, address, started_in }),
            other => Err(BenchError::wrong(format!("/readyz is answered with {other}"))),
        }
    }
}

fn run(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    empty(ground, section)?;
    full(ground, section)?;
    disk(ground, section)?;
    let size = fs::metadata(ground.usher()?).map_err(BenchError::system("look at the program"))?.len();
    section.add_series("", series(PROGRAM, vec![size as f64]));
    Ok(())
}

fn series(measure: Measure, samples: Vec<f64>) -> Series {
    Series { contender: NAME.to_owned(), measure, samples }
}

/// Without anything in the store.
fn empty(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    let idle_time = ground.effort.long_time();
    let (mut starts, mut memory, mut processor) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ground.effort.rounds {
        progress::tell(&format!("footprint, empty store: round {} of {}", round + 1, ground.effort.rounds));
        let folder = ground.folder()?;
        let server = Server::start(ground, folder.path())?;
        starts.push(server.started_in.as_secs_f64() * 1e3);
        thread::sleep(SETTLE);
        let pid = server.program.pid();
        let (began, used_before) = (Instant::now(), processor_seconds(pid));
        thread::sleep(idle_time);
        processor.push((processor_seconds(pid) - used_before) / began.elapsed().as_secs_f64() * 100.0);
        memory.push(resident_bytes(pid) as f64);
    }
    section.aim("start with an empty store", Wanted::AtMost(300.0, Unit::Milliseconds), starts.clone());
    section.aim("memory, idle", Wanted::AtMost(MEMORY_IDLE_MAX, Unit::Bytes), memory.clone());
    section.aim("processor, idle", Wanted::AtMost(1.0, Unit::Percent), processor.clone());
    for (measure, samples) in [(START, starts), (IDLE_MEMORY, memory), (IDLE_PROCESSOR, processor)] {
        section.add_series("empty store", series(measure, samples));
    }
    Ok(())
}

/// With the largest licensee in use.
fn full(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    let (folder, sizes) = (ground.large()?, large::sizes(ground));
    let seats = sizes.last().copied().unwrap_or_default();
    let turn = Turn { licensee: sizes.len().saturating_sub(1) as u64, member: seats, is_given: true };
    let (mut starts, mut memory) = (Vec::new(), Vec::new());
    for round in 0..ground.effort.rounds {
        progress::tell(&format!("footprint, {seats} seats: round {} of {}", round + 1, ground.effort.rounds));
        let server = Server::start(ground, folder)?;
        starts.push(server.started_in.as_secs_f64() * 1e3);
        let answered = http::ask(server.address, &http::request(turn.method(), &turn.path(), ""))?;
        if answered.status != 200 {
            return Err(BenchError::wrong(format!("a seat is answered with {}", answered.status)));
        }
        thread::sleep(SETTLE);
        memory.push(resident_bytes(server.program.pid()) as f64);
    }
    let case = format!("a licensee with {seats} seats");
    section.add_series(&case, series(START, starts));
    section.add_series(&case, series(LARGE_MEMORY, memory));
    Ok(())
}

fn disk(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    let folder = ground.large()?;
    let mut events = 0_u64;
    let store = Store::in_folder(folder, &ground.catalogue, None)?;
    for_each_event(&*store.journal(), |_| {
        events += 1;
        Ok(())
    })?;
    drop(store);
    for (case, file) in [("journal", "journal.db"), ("index", "index.db"), ("views", "views.db")] {
        let bytes = with_log(&folder.join(file)) as f64 / events.max(1) as f64;
        section.add_series(&format!("SQLite: {case}, {events} events"), series(DISK, vec![bytes]));
    }
    disk_of_database(ground, section)?;
    section.note("The journal's bytes include names and addresses, which are kept beside the events.");
    Ok(())
}

/// The journal, the index and the views are schemas of one database.
fn disk_of_database(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    let history = ground.history()?;
    let url = history.store.url().ok_or_else(|| BenchError::wrong("the store has no database"))?;
    let mut client = Client::connect(&url, NoTls)?;
    let query = "
        SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relkind = 'r'";
    for (case, schema) in [("journal", "usher"), ("index", "usher_index"), ("views", "usher_views")] {
        let bytes: i64 = client.query_one(query, &[&schema])?.get(0);
        let an_event = bytes as f64 / history.events.max(1) as f64;
        section.add_series(&format!("PostgreSQL: {case}, {} events", history.events), series(DISK, vec![an_event]));
    }
    Ok(())
}
