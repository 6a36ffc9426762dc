//! The commands, one file each.

pub mod demo;
pub mod history;
pub mod ingest;
pub mod seats;
pub mod serve;
pub mod show;
pub mod timers;

use std::sync::Arc;

pub use demo::DemoError;
pub use seats::CsvError;
pub use serve::ServeError;

use crate::{
    cli::{Cli, Command},
    client::Client,
    config::{ConfigError, Layers, Place, Settings, read_catalogue, store_or_server},
    error::CommandError,
    exit::ExitStatus,
    logging::{self, Verbosity},
    output::Format,
    store::{Clock, DEFAULT_FOLDER},
};

/// The settings of a command, from all sources.
pub struct Config {
    layers: Layers,
    settings: Settings,
}

impl Config {
    /// Whom to ask: the server that is named, or the store that is named or usual.
    fn client(&self, clock: Clock) -> Result<Client, CommandError> {
        let place = store_or_server(&self.layers)?.unwrap_or_else(|| Place::Folder(DEFAULT_FOLDER.into()));
        match place {
            Place::Server(url) => Ok(Client::of_server(url)),
            Place::Folder(folder) => Ok(Client::in_folder(&folder, self.catalogue()?, clock)?),
        }
    }

    fn catalogue(&self) -> Result<Arc<licensing::Catalogue>, ConfigError> {
        read_catalogue(self.settings.catalog.as_deref()).map(Arc::new)
    }

    fn format(&self) -> Format {
        self.settings.format.unwrap_or_default()
    }
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
        Command::History(args) => history::run(&args, &config),
        Command::Show(args) => show::run(&args, &config),
        Command::Timers(args) => timers::run(&args, &config),
    }
}
