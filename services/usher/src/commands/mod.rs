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

use std::{path::Path, sync::Arc};

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
    client::Client,
    config::{
        ConfigError, Layers, Place, Settings, StorePlace, address_rules, read_catalogue, store_or_server, store_place,
    },
    error::CommandError,
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
    /// What the command line says, with what the environment and the file say where it is silent.
    pub fn load(file: Option<&Path>, told: Settings) -> Result<Self, CommandError> {
        let layers = Layers::load(file, told)?;
        let settings = layers.merged();
        Ok(Self { layers, settings })
    }

    /// Begins to log as it is set, or else so much.
    pub fn start_logging(&self, verbosity: Verbosity) {
        let Settings { log, log_format, .. } = &self.settings;
        logging::start(log.as_ref(), verbosity, log_format.unwrap_or_default());
    }

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
