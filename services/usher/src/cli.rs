//! What can be asked on the command line.

use std::{ffi::OsStr, fmt::Display, path::PathBuf, sync::Arc};

use clap::{Args, Parser, Subcommand, builder::TypedValueParser, error::ErrorKind};
use engine::ClockMode;
use journal::postgres::{DatabaseUrl, InvalidDatabaseUrl};

use crate::{
    commands::{
        backtest::BacktestArgs, dead_letters::DeadLettersArgs, demo::DemoArgs, diff::DiffArgs, erase::EraseArgs,
        export::ExportArgs, history::HistoryArgs, ingest::IngestArgs, load::LoadArgs, members::MembersArgs,
        migrate::MigrateArgs, publish::PublishArgs, rebuild::RebuildArgs, reconcile::ReconcileArgs, seal::SealArgs,
        seats::SeatsArgs, serve::ServeArgs, show::ShowArgs, timers::TimersArgs, undo::UndoArgs, user::UserArgs,
        verify::VerifyArgs, why::WhyArgs,
    },
    config::{KafkaBrokers, ServerUrl, Settings, ShardCount},
    logging::{LogFilter, LogFormat},
    output::Format,
};

const SETTINGS_HELP: &str = "\
Settings:
  Every option with [env: …] can also be set in the environment, and under the same name
  without USHER_ and in small letters in usher.toml in the working folder (or in another
  --config FILE). The command line beats the environment, which beats the file. An unknown
  or unreadable setting stops the start.

Exit status:
  0 done, 1 the work found a problem, 2 wrong usage

Examples:
  usher demo
  usher serve --data-dir ./usher-data --listen 127.0.0.1:8080
  usher ingest --clock event-time billing.jsonl directory.jsonl.gz
  usher seats assign --licensee acme --csv users.csv --best-effort
  usher history acme --type SeatRemoved --format json
  usher show acme --as-of 2026-01-31
  usher diff acme --from 2026-01-01 --to 2026-02-01
  usher why acme u-1
  usher members acme --as-of 2026-01-31 --assigned true
  usher timers --url http://127.0.0.1:8080
  usher verify
  usher serve --database-url postgres://usher@db.internal/usher?sslmode=verify-full";

/// Usher: an event-sourced licensing backend for seat-based add-ons
#[derive(Debug, Parser)]
#[command(name = "usher", version, propagate_version = true, arg_required_else_help = true, after_help = SETTINGS_HELP)]
pub struct Cli {
    /// What all commands take.
    #[command(flatten)]
    pub common: CommonArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What all commands take.
#[derive(Debug, Args)]
pub struct CommonArgs {
    /// File of settings [env: USHER_CONFIG] [default: usher.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE", help_heading = "All commands")]
    pub config: Option<PathBuf>,

    /// Which log lines to write to standard error: a level, or levels by crate such as warn,engine=debug
    /// [env: USHER_LOG] [default: info for serve, else warn]
    #[arg(long, global = true, value_name = "LEVEL", help_heading = "All commands")]
    log: Option<LogFilter>,

    /// How log lines look [env: USHER_LOG_FORMAT] [default: text]
    #[arg(long, global = true, value_name = "FORMAT", value_enum, help_heading = "All commands")]
    log_format: Option<LogFormat>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server
    Serve(ServeArgs),
    /// Play six and a half years of sample history into a fresh folder, print what came out, then serve it
    Demo(DemoArgs),
    /// Feed CloudEvents from JSON Lines files
    Ingest(IngestArgs),
    /// Assign or remove many seats from a CSV file
    Seats(SeatsArgs),
    /// Take back what a command did to seats
    Undo(UndoArgs),
    /// Print a licensee's events, oldest first
    History(HistoryArgs),
    /// Print a licensee as it is, or as it was
    Show(ShowArgs),
    /// Print what moved at a licensee between two instants
    Diff(DiffArgs),
    /// Print why a user has a seat, or has none
    Why(WhyArgs),
    /// Print a licensee's members as they are, or as they were
    Members(MembersArgs),
    /// Print a user's status, seats and access as they are, or as they were
    User(UserArgs),
    /// Print what is due when
    Timers(TimersArgs),
    /// Write every event, for auditors
    Export(ExportArgs),
    /// Send CloudEvents from JSON Lines files to Kafka
    Publish(PublishArgs),
    /// Show messages from Kafka that were refused or could not be read, and send them again
    DeadLetters(DeadLettersArgs),
    /// Hold a billing system's own list against the journal
    Reconcile(ReconcileArgs),
    /// Write a signed checkpoint of the whole history
    Seal(SealArgs),
    /// Check every hash chain, and that index and read models equal a replay
    Verify(VerifyArgs),
    /// Decide recorded commands again by another catalogue, and tell what would have been different
    Backtest(BacktestArgs),
    /// Erase name, user name and e-mail address of a user
    Erase(EraseArgs),
    /// Make the read models anew beside those that live, compare both, and swap them
    Rebuild(RebuildArgs),
    /// Put a load as in life on a running server, and tell how it bears it
    Load(LoadArgs),
    /// Make the store in a database, or bring it to the newest format
    Migrate(MigrateArgs),
}

impl Cli {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        let settings = match &self.command {
            Command::Serve(args) => args.settings(),
            Command::Demo(args) => args.settings(),
            Command::Ingest(args) => args.settings(),
            Command::Seats(args) => args.settings(),
            Command::Undo(args) => args.settings(),
            Command::History(args) => args.settings(),
            Command::Show(args) => args.settings(),
            Command::Diff(args) => args.settings(),
            Command::Why(args) => args.settings(),
            Command::Members(args) => args.settings(),
            Command::User(args) => args.settings(),
            Command::Timers(args) => args.settings(),
            Command::Export(args) => args.settings(),
            Command::Publish(args) => args.settings(),
            Command::Load(args) => args.settings(),
            Command::DeadLetters(args) => args.settings(),
            Command::Reconcile(args) => args.settings(),
            Command::Seal(args) => args.settings(),
            Command::Verify(args) => args.settings(),
            Command::Backtest(args) => args.settings(),
            Command::Erase(args) => args.settings(),
            Command::Rebuild(args) => args.settings(),
            Command::Migrate(args) => args.settings(),
        };
        Settings { log: self.common.log.clone(), log_format: self.common.log_format, ..settings }
    }
}

/// A store to be opened.
#[derive(Debug, Clone, Args)]
pub struct StoreArgs {
    /// Folder of the embedded store; no other process may have it open [env: USHER_DATA_DIR] [default: ./usher-data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// PostgreSQL database (15 or later) with the store instead of a folder, as psql takes it:
    /// postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full; a password rather comes from the environment, here or in
    /// PGPASSWORD [env: USHER_DATABASE_URL]
    #[arg(long, value_name = "URL", value_parser = UnshownParser)]
    database_url: Option<Arc<DatabaseUrl>>,

    /// File of the catalogue, TOML or JSON [env: USHER_CATALOG] [default: the one that is built in]
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
}

impl StoreArgs {
    /// What they say, as settings.
    pub fn settings(&self) -> Settings {
        Settings {
            data_dir: self.data_dir.clone(),
            database_url: self.database_url.clone(),
            catalog: self.catalog.clone(),
            ..Settings::default()
        }
    }
}

/// A store to be opened, or a server to be asked.
#[derive(Debug, Clone, Args)]
pub struct PlaceArgs {
    #[command(flatten)]
    store: StoreArgs,

    /// Ask a running server instead of opening a store, such as http://127.0.0.1:8080; the token that it may ask for comes
    /// from the environment, as USHER_TOKEN, or the file [env: USHER_URL]
    #[arg(long, value_name = "URL")]
    url: Option<ServerUrl>,

    /// How the result looks [env: USHER_FORMAT] [default: table]
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
}

impl PlaceArgs {
    /// What they say, as settings.
    pub fn settings(&self) -> Settings {
        Settings { url: self.url.clone(), format: self.format, ..self.store.settings() }
    }
}

/// Where Kafka is.
#[derive(Debug, Clone, Args)]
pub struct KafkaArgs {
    /// Brokers of Apache Kafka to begin with, host:port,…; the settings kafka_protocol, kafka_mechanism, kafka_username,
    /// kafka_password, kafka_ca, kafka_certificate, kafka_key and kafka_prefix come from the environment (as
    /// USHER_KAFKA_PROTOCOL and so on) or the file [env: USHER_KAFKA] [default: none]
    #[arg(long, value_name = "SERVERS")]
    kafka: Option<KafkaBrokers>,
}

impl KafkaArgs {
    /// What they say, as settings.
    pub fn settings(&self) -> Settings {
        Settings { kafka: self.kafka.clone(), ..Settings::default() }
    }
}

/// How a new store is made.
#[derive(Debug, Clone, Args)]
pub struct ShardArgs {
    /// Into how many shards a new store is divided, which never changes; one that exists must have as many
    /// [env: USHER_SHARDS] [default: 16 for a new store]
    #[arg(long, value_name = "NUMBER")]
    pub shards: Option<ShardCount>,
}

/// Reads a connection string without ever repeating it: there may be a password in it.
#[derive(Debug, Clone)]
struct UnshownParser;

impl TypedValueParser for UnshownParser {
    type Value = Arc<DatabaseUrl>;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, clap::Error> {
        let name = argument.map(ToString::to_string).unwrap_or_default();
        let refused = |reason: &dyn Display| {
            clap::Error::raw(ErrorKind::ValueValidation, format!("{name} cannot be read: {reason}\n")).with_cmd(command)
        };
        let text = value.to_str().ok_or_else(|| refused(&"it is not UTF-8 text"))?;
        text.parse().map(Arc::new).map_err(|error: InvalidDatabaseUrl| refused(&error))
    }
}

/// What moves the clock.
#[derive(Debug, Clone, Args)]
pub struct ClockArgs {
    /// What moves the clock: system, manual, manual:T, event-time or event-time:T, with T such as
    /// 2026-01-31T00:00:00Z; a clock that the store keeps never goes back [env: USHER_CLOCK] [default: system]
    #[arg(long, value_name = "CLOCK")]
    pub clock: Option<ClockMode>,
}
