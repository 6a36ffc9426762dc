//! What can be asked on the command line, and who does it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{
    commands::{
        self, Config, backtest::BacktestArgs, dead_letters::DeadLettersArgs, demo::DemoArgs, diff::DiffArgs,
        erase::EraseArgs, export::ExportArgs, history::HistoryArgs, ingest::IngestArgs, load::LoadArgs,
        mail::MailCommandArgs, members::MembersArgs, migrate::MigrateArgs, publish::PublishArgs, rebuild::RebuildArgs,
        reconcile::ReconcileArgs, seal::SealArgs, seats::SeatsArgs, serve::ServeArgs, show::ShowArgs,
        timers::TimersArgs, undo::UndoArgs, user::UserArgs, verify::VerifyArgs, webhooks::WebhooksArgs, why::WhyArgs,
    },
    config::Settings,
    error::CommandError,
    exit::ExitStatus,
    logging::{LogFilter, LogFormat, Verbosity},
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
    /// Show mails that are not sent yet, and have those sent again that were given up
    Mail(MailCommandArgs),
    /// Register addresses that events are posted to, and look after them
    Webhooks(WebhooksArgs),
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
    /// Does what is asked.
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        let config = Config::load(self.common.config.as_deref(), self.settings())?;
        let verbosity = match self.command {
            Command::Serve(_) => Verbosity::Info,
            _ => Verbosity::Warnings,
        };
        config.start_logging(verbosity);
        match self.command {
            Command::Serve(_) => commands::serve::run(&config),
            Command::Demo(args) => commands::demo::run(&args, &config),
            Command::Ingest(args) => commands::ingest::run(&args, &config),
            Command::Seats(args) => commands::seats::run(&args, &config),
            Command::Undo(args) => commands::undo::run(&args, &config),
            Command::History(args) => commands::history::run(&args, &config),
            Command::Show(args) => commands::show::run(&args, &config),
            Command::Diff(args) => commands::diff::run(&args, &config),
            Command::Why(args) => commands::why::run(&args, &config),
            Command::Members(args) => commands::members::run(&args, &config),
            Command::User(args) => commands::user::run(&args, &config),
            Command::Timers(args) => commands::timers::run(&args, &config),
            Command::Export(args) => commands::export::run(&args, &config),
            Command::Publish(args) => commands::publish::run(&args, &config),
            Command::Load(args) => commands::load::run(&args, &config),
            Command::DeadLetters(args) => commands::dead_letters::run(&args, &config),
            Command::Mail(args) => commands::mail::run(&args, &config),
            Command::Webhooks(args) => commands::webhooks::run(&args, &config),
            Command::Reconcile(args) => commands::reconcile::run(&args, &config),
            Command::Seal(args) => commands::seal::run(&args, &config),
            Command::Verify(args) => commands::verify::run(&args, &config),
            Command::Backtest(args) => commands::backtest::run(&args, &config),
            Command::Erase(args) => commands::erase::run(&args, &config),
            Command::Rebuild(_) => commands::rebuild::run(&config),
            Command::Migrate(_) => commands::migrate::run(&config),
        }
    }

    /// What the command line says, as settings.
    fn settings(&self) -> Settings {
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
            Command::Mail(args) => args.settings(),
            Command::Webhooks(args) => args.settings(),
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
