//! Work that needs a process of its own: this program, started once more.

use std::{
    env,
    io::{self, Write},
    ops::RangeInclusive,
    path::Path,
    process,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use contract::event::{StreamEvent, decode};
use journal::{
    StreamIndex,
    sqlite::{Options, SqliteStore},
};
use licensing::{Catalogue, Instant as Moment, Licensee};
use serde::{Deserialize, Serialize};

use super::{crowd::Turn, process::resident_bytes, program::Program, store::Store};
use crate::error::BenchError;

/// Events that are read at a time.
const PAGE_EVENTS: usize = 10_000;
/// Until memory that was needed only to load something is given back.
const SETTLE: Duration = Duration::from_millis(500);

/// What the process is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Inner {
    /// Opens a store, and asks for a seat of a licensee.
    FirstCommand,
    /// Opens a store, and asks for a seat of a licensee and of all before it, so that all of them are in use.
    InUse,
    /// Opens a store without an engine, and folds a licensee from its first event on.
    Replay,
}

/// What came out.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Came {
    /// How long it took, seconds.
    pub seconds: f64,
    /// Memory in use after it, bytes.
    pub bytes: u64,
    /// How many events were folded, if that was to be done.
    pub events: u64,
}

/// Has it done in a process of its own.
///
/// # Errors
/// [`BenchError::Program`] if that fails.
pub fn ask(inner: Inner, folder: &Path, turn: Turn) -> Result<Came, BenchError> {
    let own = env::current_exe().map_err(BenchError::system("find this program"))?;
    let kind = match inner {
        Inner::FirstCommand => "first-command",
        Inner::InUse => "in-use",
        Inner::Replay => "replay",
    };
    let (folder, licensee, member) = (folder.to_string_lossy(), turn.licensee.to_string(), turn.member.to_string());
    let arguments = ["--inner", kind, "--inner-store", &folder, "--inner-turn", &licensee, &member];
    Program::start(&own, &arguments)?.answer()
}

/// Does it, in this process.
///
/// # Errors
/// [`BenchError`] if it can't be done.
pub fn run(inner: Inner, folder: &Path, turn: Turn) -> Result<(), BenchError> {
    let came = match inner {
        Inner::FirstCommand => commands(folder, turn, turn.licensee..=turn.licensee)?,
        Inner::InUse => commands(folder, turn, 0..=turn.licensee)?,
        Inner::Replay => {
            let store = SqliteStore::open(folder, &Options::new(engine::EVENT_READER))?;
            let began = Instant::now();
            let stream = format!("licensee/{}", super::crowd::licensee_name(turn.licensee));
            let events = replay(&*store.index(), &stream)?;
            Came { seconds: began.elapsed().as_secs_f64(), bytes: resident_bytes(process::id()), events }
        }
    };
    let text = serde_json::to_string(&came).map_err(|error| BenchError::wrong(error.to_string()))?;
    writeln!(io::stdout(), "{text}").map_err(BenchError::system("write the answer"))
}

/// Asks for a seat of some licensees, for the member of `turn` with each.
fn commands(folder: &Path, turn: Turn, licensees: RangeInclusive<u64>) -> Result<Came, BenchError> {
    let store = Store::in_folder(folder, &Arc::new(Catalogue::built_in()?), None)?;
    let began = Instant::now();
    for licensee in licensees {
        let call = Turn { licensee, ..turn }.call(&format!("first-{}", uuid::Uuid::now_v7()))?;
        let done = store.engine().try_call(call)?.wait()?;
        done.outcome.map_err(|refusal| BenchError::wrong(format!("refused: {refusal:?}")))?;
    }
    let seconds = began.elapsed().as_secs_f64();
    thread::sleep(SETTLE);
    Ok(Came { seconds, bytes: resident_bytes(process::id()), events: 0 })
}

/// Folds a stream from its first event on; how many there are.
///
/// # Errors
/// [`BenchError`] if an event can't be read.
pub fn replay(index: &dyn StreamIndex, stream: &str) -> Result<u64, BenchError> {
    let (mut state, mut version) = (Licensee::default(), 0);
    loop {
        let page = index.stream(stream, version, PAGE_EVENTS)?;
        for stored in &page {
            let event = &stored.event;
            let decoded = decode(&event.r#type, event.schema_version, &event.data);
            let at = Moment::from_timestamp_micros(event.effective_at_us).unwrap_or_default();
            match decoded.map_err(|error| BenchError::wrong(error.to_string()))? {
                StreamEvent::Licensee { event, .. } => state.evolve(&event, at),
                StreamEvent::User { .. } => return Err(BenchError::wrong("an event of a user")),
            }
            version = event.version;
        }
        if page.len() < PAGE_EVENTS {
            return Ok(std::hint::black_box(state).version());
        }
    }
}
