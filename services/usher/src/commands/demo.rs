//! `usher demo`: plays the sample history and shows what came out.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::Instant as Stopwatch,
};

use clap::Args;
use engine::ClockMode;
use journal::Duty;
use licensing::RemovalReason;
use notify::webhooks::WebhookPatience;
use serde::Serialize;
use views::{LicenseesQuery, Views};

use super::{
    Config,
    serve::{ListenArgs, Server, Serving, authentication},
};
use crate::{
    args::StoreArgs,
    config::{ServerSettings, Settings, StorePlace},
    error::CommandError,
    exit::ExitStatus,
    feed::{FeedError, Input, Tally, feed},
    output::{self, Format, OutputError, Table},
    progress::Progress,
    store::{Clock, Part, Store},
};

/// Six and a half years of messages; see the README beside it.
static SAMPLE: &[u8] = include_bytes!("../../sample/rails-2020-2026.jsonl.gz");
/// Where the demonstration is played, unless something else is said.
const DEMO_FOLDER: &str = "./usher-demo";
/// Alone on a database; also afterwards, while it serves.
const PART: Part = Part::Passing(&[Duty::Write, Duty::Project]);
/// How many licensees are read at one go.
const PAGE_LICENSEES: usize = 1_000;

const EXAMPLES: &str = "\
The sample is part of the program: the history of activity in an open-source project, with
subscriptions and seats made up around it. The result is the same on every run.

Examples:
  usher demo
  usher demo --data-dir /tmp/demo --listen 127.0.0.1:0
  usher demo --no-serve --format json";

/// Plays six and a half years of sample history into a fresh folder, prints what came out, then serves it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(mut_arg("data_dir", |arg| arg.help(
    "Folder to play into, which must be empty or not exist yet [env: USHER_DATA_DIR] [default: ./usher-demo]"
)))]
pub struct DemoArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    listen: ListenArgs,

    /// Stop once the result is printed
    #[arg(long)]
    no_serve: bool,

    /// How the result looks [env: USHER_FORMAT] [default: table]
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
}

impl DemoArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        Settings { listen: self.listen.listen, format: self.format, ..self.store.settings() }
    }
}

/// Why there was no demonstration.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// There is something already where it would be played.
    #[error(
        "the folder {folder:?} is not empty: delete it or name another one with --data-dir, or look at what was played \
         there before with usher serve --clock event-time --data-dir {folder:?}"
    )]
    NotFresh {
        /// The folder.
        folder: PathBuf,
    },
    /// There is something already in the database.
    #[error("{place} has a store with a history already: name an empty database")]
    NotFreshDatabase {
        /// The database.
        place: StorePlace,
    },
    /// The folder can't be looked into.
    #[error("cannot look into the folder {folder:?}: check that it is a folder and may be read")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The result can't be read.
    #[error("cannot read what came out: see the cause")]
    Views(#[from] views::ViewsError),
    /// What is there already can't be read.
    #[error("cannot read what is in the store: see the cause")]
    Journal(#[from] journal::JournalError),
}

/// Does it.
pub fn run(args: &DemoArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    let settings = ServerSettings::read(&config.settings)?;
    let auth = authentication(&settings.auth)?;
    let place = config.store_place(DEMO_FOLDER)?;
    let options = config.store_options(place.clone(), Clock::Mode(ClockMode::EventTime(None)), PART)?;
    if let StorePlace::Folder(folder) = &place {
        check_fresh(folder)?;
    }
    // First, so that nobody waits for the sample only to hear that the address is taken.
    let server = if args.no_serve { None } else { Some(Server::bind(settings.listen)?) };
    let store = Store::open(options)?;
    check_without_history(&store, place)?;
    let tally = play(&store)?;
    let numbers = count(&store, tally)?;
    match config.format() {
        Format::Json => output::json_line(&numbers)?,
        Format::Table => numbers.print()?,
    }
    server.map_or(Ok(ExitStatus::Done), |server| {
        server.serve(
            &store,
            Serving { roles: &settings.roles, auth, kafka: None, mail: None, webhooks: WebhookPatience::default() },
        )
    })
}

/// A folder that is not there, or has nothing in it.
fn check_fresh(folder: &Path) -> Result<(), DemoError> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(DemoError::Folder { folder: folder.to_owned(), source }),
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(DemoError::NotFresh { folder: folder.to_owned() }),
        },
    }
}

/// A store in which nothing has happened.
fn check_without_history(store: &Store, place: StorePlace) -> Result<(), CommandError> {
    let heads = store.journal().heads().map_err(DemoError::from)?;
    if heads.iter().any(|head| head.position > 0) {
        return Err(DemoError::NotFreshDatabase { place }.into());
    }
    Ok(())
}

fn play(store: &Store) -> Result<Tally, FeedError> {
    let started = Stopwatch::now();
    let mut tally = Tally::default();
    let mut progress = Progress::of_bytes(u64::try_from(SAMPLE.len()).ok());
    let sample = Input { name: "the sample".to_owned(), bytes: Box::new(SAMPLE) };
    let fed = feed(&store.engine(), sample, &mut progress, &mut tally);
    progress.finish();
    fed?;
    let seconds = started.elapsed().as_secs_f64();
    let messages = tally.messages();
    // A count of this size is exact as a float.
    #[allow(clippy::cast_precision_loss)]
    let rate = messages as f64 / seconds;
    output::remark(&format!("played {messages} messages in {seconds:.1} s, {rate:.0} a second"));
    Ok(tally)
}

/// What came out.
#[derive(Debug, Serialize)]
struct Numbers {
    messages: Tally,
    licensees: u64,
    members: u64,
    seats: SeatNumbers,
    removals: BTreeMap<RemovalReason, u64>,
}

#[derive(Debug, Serialize)]
struct SeatNumbers {
    held: u64,
    quantity: u64,
}

fn count(store: &Store, messages: Tally) -> Result<Numbers, CommandError> {
    let views = store.open_views()?;
    let totals = views.totals().map_err(DemoError::from)?;
    let quantity = seats_sold(&views).map_err(DemoError::from)?;
    Ok(Numbers {
        messages,
        licensees: totals.licensees,
        members: totals.members,
        seats: SeatNumbers { held: totals.seats, quantity },
        removals: totals.removals,
    })
}

/// The seats of all pools of all licensees, taken or not.
fn seats_sold(views: &Views) -> Result<u64, views::ViewsError> {
    let mut query = LicenseesQuery { search: None, cursor: None, limit: PAGE_LICENSEES };
    let mut sold = 0_u64;
    loop {
        let page = views.licensees(&query)?;
        let products = page.items.iter().flat_map(|view| &view.summary.products);
        sold = products.fold(sold, |sum, (_, product)| sum.saturating_add(product.quantity.into()));
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            return Ok(sold);
        }
    }
}

impl Numbers {
    fn print(&self) -> Result<(), OutputError> {
        let mut table = Table::without_heading();
        let mut fact = |name: String, number: u64| table.row([name, number.to_string()]);
        fact("messages accepted".to_owned(), self.messages.accepted);
        fact("messages that came twice".to_owned(), self.messages.duplicate);
        for (code, number) in &self.messages.refused {
            fact(format!("messages refused: {code}"), *number);
        }
        fact("licensees".to_owned(), self.licensees);
        fact("members".to_owned(), self.members);
        fact("seats held".to_owned(), self.seats.held);
        fact("seats sold".to_owned(), self.seats.quantity);
        for (reason, number) in &self.removals {
            fact(format!("seats removed: {reason}"), *number);
        }
        table.print()
    }
}
