//! `usher erase`: forgets who a user was.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, IsTerminal},
};

use clap::Args;
use licensing::UserId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{Config, Use};
use crate::{
    args::{ClockArgs, PlaceArgs},
    client::{Client, ClientError, Erased, Target},
    config::{ConfigError, Settings},
    error::CommandError,
    exit::ExitStatus,
    output::{self, Format, OutputError},
};

/// Who sends the message.
const SOURCE: &str = "urn:usher:erase";
/// What the directory calls it.
const EVENT_TYPE: &str = "usher.directory.v1.UserDeleted";
/// The code of a user nobody has heard of.
const UNKNOWN_USER: &str = "unknown_user";

const EXAMPLES: &str = "\
Gives the message UserDeleted of the user directory: the user's status is deleted for good, every
seat is taken, and name, user name, e-mail address and the reasons for changes of the status are
erased, from the files too. The id stays in the history, which holds no names: hash chains and
counts stay as they were, and usher verify passes.

Whatever lies outside of the store is not reached: the user directory itself, backups, PostgreSQL's
write-ahead log, messages in Kafka's topics and files that were exported. docs/operations.md says
what to do about each.

Examples:
  usher erase u-1 --dry-run
  usher erase u-1
  usher erase u-1 --yes --url http://127.0.0.1:8080
  usher erase u-1 --yes --database-url postgres://usher@db.internal/usher";

/// Erases name, user name and e-mail address of a user, who counts as deleted from then on
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct EraseArgs {
    /// The user's id
    user: UserId,

    /// Do it without asking
    #[arg(long)]
    yes: bool,

    /// Only show what would happen
    #[arg(long)]
    dry_run: bool,

    /// Id of the command: given again, it does nothing and answers the same [default: a new one]
    #[arg(long, value_name = "ID")]
    id: Option<String>,

    /// On a database: write the erasable tables anew, so that nothing is left in the free space of their pages either;
    /// whoever reads or writes names waits meanwhile
    #[arg(long)]
    rewrite: bool,

    #[command(flatten)]
    clock: ClockArgs,
    #[command(flatten)]
    place: PlaceArgs,
}

impl EraseArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        Settings { clock: self.clock.clock, ..self.place.settings() }
    }
}

/// Why nobody is erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// Nobody has heard of the user.
    #[error("nobody has heard of the user {0}: give the id, not the user name, as the list of members has it")]
    Unknown(UserId),
    /// Nobody sits at a terminal.
    #[error("nothing was erased, as nobody is here to be asked: give --yes, or look first with --dry-run")]
    NobodyToAsk,
    /// Whoever was asked said no.
    #[error("nothing was erased: to do it, type the user's id when asked, or give --yes")]
    NotConfirmed,
    /// The message was refused.
    #[error("nothing was erased: {code}: {detail}")]
    Refused {
        /// Why, for programs.
        code: String,
        /// The same for people.
        detail: String,
    },
}

/// Does it.
pub fn run(args: &EraseArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    if !args.yes && !args.dry_run && !io::stdin().is_terminal() {
        return Err(EraseError::NobodyToAsk.into());
    }
    if args.rewrite && config.settings.url.is_some() {
        return Err(ConfigError::Excluded { first: "--rewrite", second: "--url" }.into());
    }
    let client = config.client(Use::Changing)?;
    let user = find(&client, &args.user)?;
    let message = Message::new(&client, args)?;
    let would_follow = client.preview_event(&message.event)?;
    let effects = Effects::of(&user, would_follow.events);
    if args.dry_run {
        tell(&Told { user: &args.user, is_preview: true, effects: &effects, traces: None }, config.format())?;
        return Ok(ExitStatus::Done);
    }
    if !args.yes && !is_confirmed(&args.user, &effects)? {
        return Err(EraseError::NotConfirmed.into());
    }
    message.send(&client)?;
    let traces = client.finish_erasures(args.rewrite)?;
    tell(&Told { user: &args.user, is_preview: false, effects: &effects, traces: Some(traces) }, config.format())?;
    Ok(ExitStatus::Done)
}

/// What is known of a user.
#[derive(Deserialize)]
struct User {
    status: String,
}

fn find(client: &Client, user: &UserId) -> Result<User, CommandError> {
    match client.get(&Target::new(["v1", "users", user.as_str()])) {
        Err(ClientError::Refused(problem)) if problem.code == UNKNOWN_USER => {
            Err(EraseError::Unknown(user.clone()).into())
        }
        outcome => Ok(outcome?),
    }
}

/// The message that the directory would send.
struct Message {
    event: serde_json::Value,
}

/// What became of it.
#[derive(Deserialize)]
struct Results {
    results: Vec<EventResult>,
}

#[derive(Deserialize)]
struct EventResult {
    outcome: String,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    detail: String,
}

impl Message {
    fn new(client: &Client, args: &EraseArgs) -> Result<Self, ClientError> {
        /// The clock of the store: a message must not move it.
        #[derive(Deserialize)]
        struct Clock {
            now: String,
        }
        let Clock { now } = client.get(&Target::new(["v1", "clock"]))?;
        let id = args.id.clone().unwrap_or_else(|| Uuid::now_v7().to_string());
        let event = json!({
            "specversion": "1.0", "source": SOURCE, "id": id, "type": EVENT_TYPE, "time": now,
            "data": { "user": args.user }
        });
        Ok(Self { event })
    }

    fn send(&self, client: &Client) -> Result<(), CommandError> {
        let Results { results } = client.send_event(&self.event)?;
        for EventResult { outcome, code, detail } in results {
            // A duplicate of what was refused has its code.
            if outcome == "refused" || code.is_some() {
                return Err(EraseError::Refused { code: code.unwrap_or(outcome), detail }.into());
            }
        }
        Ok(())
    }
}

/// What follows.
#[derive(Serialize)]
struct Effects {
    /// Whether the user was deleted before.
    was_deleted: bool,
    /// The licensees that take note.
    licensees: Vec<String>,
    /// The seats that are taken, each as licensee and product.
    seats: Vec<String>,
}

impl Effects {
    fn of(user: &User, events: Vec<crate::client::PreviewedEvent>) -> Self {
        let mut licensees: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for event in events {
            let Some(licensee) = event.stream.strip_prefix("licensee/") else { continue };
            let seats = licensees.entry(licensee.to_owned()).or_default();
            if event.event_type == "SeatRemoved" {
                seats.extend(event.data.get("product").and_then(serde_json::Value::as_str).map(str::to_owned));
            }
        }
        let seats = licensees
            .iter()
            .flat_map(|(licensee, products)| products.iter().map(move |product| format!("{licensee} {product}")))
            .collect();
        Self { was_deleted: user.status == "deleted", licensees: licensees.into_keys().collect(), seats }
    }
}

/// What is told.
#[derive(Serialize)]
struct Told<'a> {
    user: &'a UserId,
    #[serde(rename = "dry_run")]
    is_preview: bool,
    #[serde(flatten)]
    effects: &'a Effects,
    /// What became of what was left in files.
    #[serde(skip_serializing_if = "Option::is_none")]
    traces: Option<Erased>,
}

fn tell(told: &Told<'_>, format: Format) -> Result<(), OutputError> {
    match format {
        Format::Json => output::json_line(told),
        Format::Table => lines(told).iter().try_for_each(|line| output::line(line)),
    }
}

fn lines(Told { user, is_preview, effects, traces }: &Told<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let verb = if *is_preview { "would be" } else { "is" };
    lines.push(if effects.was_deleted {
        format!("user {user} was deleted before: nothing is kept of who it was")
    } else {
        format!("user {user}: status {verb} deleted, for good")
    });
    if !effects.was_deleted {
        lines.push(format!("name, user name, e-mail address, reasons: {verb} erased from the store's erasable tables"));
        lines.push(format!("seats taken: {}", or_none(&effects.seats)));
        lines.push(format!("licensees that take note: {}", or_none(&effects.licensees)));
    }
    lines.extend(traces.map(|traces| traces.to_string()));
    lines
}

fn or_none(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Asks whoever sits there.
fn is_confirmed(user: &UserId, effects: &Effects) -> Result<bool, CommandError> {
    let seats = or_none(&effects.seats);
    output::remark(&format!("Erases who {user} is, for good, and takes the seats: {seats}. Type {user} to go on:"));
    let mut answer = String::new();
    // Whoever can't be read has not said yes.
    let _ = io::stdin().lock().read_line(&mut answer);
    Ok(answer.trim() == user.as_str())
}
