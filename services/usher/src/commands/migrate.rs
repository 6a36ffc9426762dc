//! `usher migrate`: makes the store in a database, or brings it to the newest format.

use clap::Args;
use journal::postgres::{Migrated, MigratedSchema};

use super::Config;
use crate::{
    args::{ShardArgs, StoreArgs},
    config::{ConfigError, Settings, StorePlace, store_place},
    error::CommandError,
    exit::ExitStatus,
    output,
    store::Store,
};

const EXAMPLES: &str = "\
Whoever opens a store brings it to the newest format first; this does it apart, by a role that
may create schemas, so that the role of usher serve need not. Several at once wait for each
other. Stop nodes of an older version before: they refuse a newer format at their next start.

Examples:
  usher migrate --database-url postgres://owner@db.internal/usher?sslmode=verify-full
  usher migrate --shards 64";

/// Makes the store in a PostgreSQL database if there is none, and brings it to the newest format
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct MigrateArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    shards: ShardArgs,
}

impl MigrateArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        Settings { shards: self.shards.shards, ..self.store.settings() }
    }
}

/// Does it.
pub fn run(config: &Config) -> Result<ExitStatus, CommandError> {
    let Some(StorePlace::Database(url)) = store_place(&config.layers)? else {
        return Err(ConfigError::Missing {
            setting: "database_url",
            instead: "a store in a folder migrates by itself",
        }
        .into());
    };
    let Migrated { is_new, schemas } = Store::migrate(&url, config.settings.shards)?;
    if is_new {
        output::line(&format!("made the store in {}", url.server()))?;
        return Ok(ExitStatus::Done);
    }
    for MigratedSchema { name, from, to } in schemas {
        let told = if from == to {
            format!("{name}: format {to}, as before")
        } else {
            format!("{name}: format {from} to {to}")
        };
        output::line(&told)?;
    }
    Ok(ExitStatus::Done)
}
