//! `usher rebuild`: makes the read models anew.

mod remote;

use std::{
    io,
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use clap::Args;
use tokio::{
    runtime::Builder,
    signal::{
        ctrl_c,
        unix::{SignalKind, signal},
    },
};
use views::{RebuildPhase, RebuildProgress, Rebuilt, TableDifference, TableSum};

use super::{Config, Use};
use crate::{
    args::PlaceArgs,
    client::Client,
    config::{Place, Settings, StorePlace, store_or_server},
    error::CommandError,
    exit::ExitStatus,
    output::{self, Format, OutputError, Table},
    progress::Progress,
    store::{DEFAULT_FOLDER, Store},
};

const EXAMPLES: &str = "\
New read models are made from the journal beside those that live, compared with them table by
table, and put in their place in one step. If a table was different, the first one is named:
something else than usher wrote to it, or usher has a defect. It is mended by then, so the exit
status is 0 all the same; usher verify, before, exits 1. Whatever interrupts it, Ctrl-C and
SIGTERM included, leaves the old ones as they were; it says so, and the exit status is 1.

With --url a running server does it to its own read models, and answers commands and reads as
ever: that is the way for a folder in use, and Ctrl-C has the server end it. Without, a folder
must not be open in another process. On a database nodes go on: they decide and read as ever,
and wait with keeping the read models up to date only while both are compared. Give the same
--catalog as to serve.

Examples:
  usher rebuild
  usher rebuild --url http://127.0.0.1:8080
  usher rebuild --data-dir /var/lib/usher --format json
  usher rebuild --database-url postgres://usher@db.internal/usher?sslmode=verify-full";

/// Makes the read models anew beside those that live, compares both, and swaps them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RebuildArgs {
    #[command(flatten)]
    place: PlaceArgs,
}

impl RebuildArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        self.place.settings()
    }
}

/// Why a server did not rebuild its read models.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// It was ended.
    #[error("the rebuild was ended: the views are as they were")]
    Aborted,
    /// It failed there.
    #[error("the server could not rebuild its read models: {reason}")]
    Failed {
        /// What the server says.
        reason: String,
    },
    /// The server knows nothing of it any more.
    #[error("the server was started anew, or another one answers at its address: look there whether it is done")]
    Lost,
}

/// Does it.
pub fn run(config: &Config) -> Result<ExitStatus, CommandError> {
    let is_interrupted = listen_for_interrupts();
    let is_interrupted = || is_interrupted.load(Ordering::Relaxed);
    let mut progress = Progress::endless();
    let mut tell = |reached| progress.say(&|| in_words(reached));
    let rebuilt = match store_or_server(&config.layers)? {
        Some(Place::Server(url)) => {
            let server = Client::of_server(url, config.settings.token.clone());
            remote::rebuild(&server, &is_interrupted, &mut tell)
        }
        Some(Place::Store(place)) => rebuild_here(config, place, &is_interrupted, &mut tell),
        None => rebuild_here(config, StorePlace::Folder(DEFAULT_FOLDER.into()), &is_interrupted, &mut tell),
    };
    progress.finish();
    let rebuilt = rebuilt?;
    match config.format() {
        Format::Json => output::json_line(&rebuilt)?,
        Format::Table => print(&rebuilt)?,
    }
    Ok(ExitStatus::Done)
}

/// Opens a store, which has to be there, and rebuilds its read models.
fn rebuild_here(
    config: &Config,
    place: StorePlace,
    is_interrupted: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(RebuildProgress),
) -> Result<Rebuilt, CommandError> {
    let store = Store::open_existing(config.of_use(place, Use::Reading)?)?;
    Ok(store.rebuild_views(&mut |progress| {
        tell(progress);
        if is_interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?)
}

fn in_words(RebuildProgress { phase, records, of }: RebuildProgress) -> String {
    let doing = match phase {
        RebuildPhase::Filling => "filling",
        RebuildPhase::Comparing => "comparing",
        RebuildPhase::Swapping => "swapping",
    };
    let percent = records.saturating_mul(100).checked_div(of).unwrap_or(0);
    format!("{doing}: {records} of {of} records ({percent} %)")
}

/// Whether Ctrl-C was pressed or SIGTERM came since. Where that can't be told, they end the program at once, which does no
/// harm either.
fn listen_for_interrupts() -> Arc<AtomicBool> {
    let is_interrupted = Arc::new(AtomicBool::new(false));
    let noted = is_interrupted.clone();
    let listen = move || {
        let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
        if runtime.block_on(interrupt()).is_ok() {
            noted.store(true, Ordering::Relaxed);
        }
    };
    if let Err(error) = thread::Builder::new().name("usher-interrupts".to_owned()).spawn(listen) {
        tracing::debug!(%error, "nobody listens for signals");
    }
    is_interrupted
}

/// Waits for Ctrl-C or SIGTERM.
async fn interrupt() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = ctrl_c() => pressed,
        _ = terminate.recv() => Ok(()),
    }
}

fn print(rebuilt: &Rebuilt) -> Result<(), OutputError> {
    let Rebuilt { tables, difference, not_compared } = rebuilt;
    let mut table = Table::new(["table", "rows", "checksum"]);
    for TableSum { table: name, rows, checksum } in tables {
        table.row([name.clone(), rows.to_string(), checksum.clone()]);
    }
    table.print()?;
    output::line(&match (difference, not_compared) {
        (Some(difference), _) => {
            let TableDifference { expected, found } = difference;
            format!(
                "rebuilt: {} was wrong before and is mended: it had {} rows ({}) where the journal gives {} ({}); something \
                 else wrote to it, or usher has a defect: report it if nothing did",
                found.table, found.rows, found.checksum, expected.rows, expected.checksum
            )
        }
        (None, Some(reason)) => format!("rebuilt: what was there before could not be compared: {reason}"),
        (None, None) => "rebuilt: everything was as it had to be".to_owned(),
    })
}
