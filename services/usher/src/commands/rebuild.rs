//! `usher rebuild`: makes the read models anew.

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
use views::{RebuildProgress, Rebuilt, TableDifference, TableSum};

use super::{Config, Use};
use crate::{
    cli::StoreArgs,
    config::Settings,
    error::CommandError,
    exit::ExitStatus,
    output::{self, Format, OutputError, Table},
    progress::Progress,
    store::{DEFAULT_FOLDER, Store},
};

const EXAMPLES: &str = "\
New read models are made from the journal beside those that live, compared with them table by
table, and put in their place in one step. If a table was different, the first one is named:
something else than usher wrote to it, or usher has a defect. Whatever interrupts it, Ctrl-C and
SIGTERM included, leaves the old ones as they were; it says so, and the exit status is 1.

A folder must not be open in another process. On a database nodes go on: they decide and read
as ever, and wait with keeping the read models up to date only while both are compared. Give
the same --catalog as to serve.

Examples:
  usher rebuild
  usher rebuild --data-dir /var/lib/usher --format json
  usher rebuild --database-url postgres://usher@db.internal/usher?sslmode=verify-full";

/// Makes the read models anew beside those that live, compares both, and swaps them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RebuildArgs {
    #[command(flatten)]
    store: StoreArgs,

    /// How the result looks [env: USHER_FORMAT] [default: table]
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
}

impl RebuildArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        Settings { format: self.format, ..self.store.settings() }
    }
}

/// Does it.
pub fn run(config: &Config) -> Result<ExitStatus, CommandError> {
    let is_interrupted = listen_for_interrupts();
    let place = config.store_place(DEFAULT_FOLDER)?;
    let store = Store::open_existing(config.of_use(place, Use::Reading)?)?;
    let mut progress = Progress::endless();
    let rebuilt = store.rebuild_views(&mut |RebuildProgress { records, of }| {
        progress.say(&|| format!("{records} of {of} records"));
        if is_interrupted.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    progress.finish();
    let rebuilt = rebuilt?;
    match config.format() {
        Format::Json => output::json_line(&rebuilt)?,
        Format::Table => print(&rebuilt)?,
    }
    Ok(ExitStatus::Done)
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
                "rebuilt: {} was different, with {} rows ({}) instead of {} ({})",
                found.table, found.rows, found.checksum, expected.rows, expected.checksum
            )
        }
        (None, Some(reason)) => format!("rebuilt: what was there before could not be compared: {reason}"),
        (None, None) => "rebuilt: everything was as it had to be".to_owned(),
    })
}
