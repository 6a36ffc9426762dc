//! The commands, one file each.

pub mod backtest;
pub mod dead_letters;
pub mod demo;
pub mod diff;
pub mod erase;
pub mod export;
pub mod history;
pub mod ingest;
pub mod load;
pub mod mail;
pub mod members;
pub mod migrate;
pub mod publish;
pub mod rebuild;
pub mod reconcile;
pub mod seal;
pub mod seats;
pub mod serve;
pub mod show;
pub mod timers;
pub mod undo;
pub mod user;
pub mod verify;
pub mod webhooks;
pub mod why;

use std::sync::Arc;

use journal::Duty;

pub use demo::DemoError;
pub use erase::EraseError;
pub use export::ExportError;
pub use ingest::PreviewError;
pub use rebuild::RebuildError;
pub use reconcile::ListError;
pub use seats::CsvError;
pub use serve::ServeError;

use crate::{
    cli::{Cli, Command},
    client::Client,
    config::{
        ConfigError, Layers, Place, Settings, StorePlace, address_rules, read_catalogue, store_or_server, store_place,
    },
    error::CommandError,
    exit::ExitStatus,
    logging::{self, Verbosity},
    output::Format,
    store::{Clock, DEFAULT_FOLDER, Part, StoreOptions},
};

/// The settings of a command, from all sources.
pub struct Config {
    layers: Layers,
    settings: Settings,
}

impl Config {
    /// Whom to ask: the server that is named, or the store that is named or usual.
    fn client(&self, use_of: Use) -> Result<Client, CommandError> {
        match store_or_server(&self.layers)? {
            Some(Place::Server(url)) => Ok(Client::of_server(url, self.settings.token.clone())),
            Some(Place::Store(place)) => Ok(Client::in_store(self.of_use(place, use_of)?)?),
            None => Ok(Client::in_store(self.of_use(StorePlace::Folder(DEFAULT_FOLDER.into()), use_of)?)?),
        }
    }

    /// How the store is opened for a command that asks it as if it were a server.
    fn of_use(&self, place: StorePlace, use_of: Use) -> Result<StoreOptions, ConfigError> {
        let chosen = || self.settings.clock.map_or(Clock::AsBefore, Clock::Mode);
        match use_of {
            Use::Reading => self.store_options(place, Clock::StandStill, Part::Passing(&[Duty::Project])),
            Use::Changing => self.store_options(place, chosen(), Part::Passing(&[Duty::Write, Duty::Project])),
            Use::Previewing => self.store_options(place, chosen(), None),
        }
    }

    fn store_options(
        &self,
        place: StorePlace,
        clock: Clock,
        part: impl Into<Option<Part>>,
    ) -> Result<StoreOptions, ConfigError> {
        Ok(StoreOptions {
            place,
            shards: self.settings.shards,
            catalogue: self.catalogue()?,
            clock,
            part: part.into(),
            address_rules: address_rules(&self.settings),
        })
    }

    /// The store that is named, or else the one in a folder.
    fn store_place(&self, default_folder: &str) -> Result<StorePlace, ConfigError> {
        Ok(store_place(&self.layers)?.unwrap_or_else(|| StorePlace::Folder(default_folder.into())))
    }

    fn catalogue(&self) -> Result<Arc<licensing::Catalogue>, ConfigError> {
        read_catalogue(self.settings.catalog.as_deref()).map(Arc::new)
    }

    fn format(&self) -> Format {
        self.settings.format.unwrap_or_default()
    }
}

/// What a command wants of a store that it asks as if it were a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// To look at it.
    Reading,
    /// To change something.
    Changing,
    /// To see what a change would do; nothing is written.
    Previewing,
}

/// Does what is asked on the command line.
pub fn run(cli: Cli) -> Result<ExitStatus, CommandError> {
    let layers = Layers::load(cli.common.config.as_deref(), cli.settings())?;
    let settings = layers.merged();
    let verbosity = match cli.command {
        Command::Serve(_) => Verbosity::Info,
        _ => Verbosity::Warnings,
    };
    logging::start(settings.log.as_ref(), verbosity, settings.log_format.unwrap_or_default());
    let config = Config { layers, settings };
    match cli.command {
        Command::Serve(_) => serve::run(&config),
        Command::Demo(args) => demo::run(&args, &config),
        Command::Ingest(args) => ingest::run(&args, &config),
        Command::Seats(args) => seats::run(&args, &config),
        Command::Undo(args) => undo::run(&args, &config),
        Command::History(args) => history::run(&args, &config),
        Command::Show(args) => show::run(&args, &config),
        Command::Diff(args) => diff::run(&args, &config),
        Command::Why(args) => why::run(&args, &config),
        Command::Members(args) => members::run(&args, &config),
        Command::User(args) => user::run(&args, &config),
        Command::Timers(args) => timers::run(&args, &config),
        Command::Export(args) => export::run(&args, &config),
        Command::Publish(args) => publish::run(&args, &config),
        Command::Load(args) => load::run(&args, &config),
        Command::DeadLetters(args) => dead_letters::run(&args, &config),
        Command::Mail(args) => mail::run(&args, &config),
        Command::Webhooks(args) => webhooks::run(&args, &config),
        Command::Reconcile(args) => reconcile::run(&args, &config),
        Command::Seal(args) => seal::run(&args, &config),
        Command::Verify(args) => verify::run(&args, &config),
        Command::Backtest(args) => backtest::run(&args, &config),
        Command::Erase(args) => erase::run(&args, &config),
        Command::Rebuild(_) => rebuild::run(&config),
        Command::Migrate(_) => migrate::run(&config),
    }
}
