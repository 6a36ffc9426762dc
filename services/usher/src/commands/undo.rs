//! `usher undo`: takes back what a command did to seats.

use clap::Args;
use licensing::{LicenseeId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Config, Use, seats::checked_key};
use crate::{
    args::{ClockArgs, PlaceArgs},
    client::{Client, Previewed, Target},
    config::Settings,
    error::CommandError,
    exit::ExitStatus,
    output::{self, Format, OutputError, Table},
};

const EXAMPLES: &str = "\
The id of a command is the `command_id` of its events, as the history shows it with --format json.
Seats that the command took are given back as far as there are free ones and their users are
eligible; where seats are scarce, to those first whom a surplus would have taken last. Seats that it
gave are taken, unless they went since. What billing sold stays as it is. An undoing is a command
like any other and can be undone; it sends no mail.

One line of the result is one user: restored, removed, or failed with a code. The exit status is 0
where anything could be done or nothing was left to do, and 1 where the undoing was refused.

Without --url it opens the store itself: a folder must not be open in another process; on a
database it hands the command to the nodes that run, if any do; with --dry-run it asks none.

Examples:
  usher history acme --type SeatRemoved --format json
  usher undo acme 'urn:billing#renewal-7' --dry-run
  usher undo acme 'urn:billing#renewal-7'";

/// Takes back what a command did to a licensee's seats
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct UndoArgs {
    /// The licensee's id
    licensee: LicenseeId,

    /// The command's id, as the history shows it
    #[arg(value_name = "COMMAND_ID")]
    command_id: String,

    /// Only say what would be done; nothing is written
    #[arg(long)]
    dry_run: bool,

    /// Name for this command: given again, it does nothing and answers the same
    #[arg(long, value_name = "KEY", value_parser = checked_key)]
    idempotency_key: Option<String>,

    #[command(flatten)]
    clock: ClockArgs,
    #[command(flatten)]
    place: PlaceArgs,
}

impl UndoArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        Settings { clock: self.clock.clock, ..self.place.settings() }
    }
}

/// The answer to an undoing.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    restored: Vec<UserId>,
    removed: Vec<UserId>,
    failed: Vec<Failed>,
}

#[derive(Deserialize)]
struct Failed {
    user: UserId,
    code: String,
}

/// What became of a user, for programs.
#[derive(Serialize)]
struct Row {
    username: Option<String>,
    user: UserId,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

/// Does it.
pub fn run(args: &UndoArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    let client = config.client(if args.dry_run { Use::Previewing } else { Use::Changing })?;
    let target = Target::new(["v1", "licensees", args.licensee.as_str(), "undo"]);
    let body = json!({ "command_id": args.command_id });
    let key = args.idempotency_key.as_deref();
    let answer: Answer = match args.dry_run {
        true => client.post::<Previewed<Answer>>(&target.with("dry_run", "true"), &body, key)?.answer,
        false => client.post(&target, &body, key)?,
    };
    print(rows(&client, &args.licensee, answer)?, config.format())?;
    Ok(ExitStatus::Done)
}

fn rows(client: &Client, licensee: &LicenseeId, answer: Answer) -> Result<Vec<Row>, CommandError> {
    let Answer { restored, removed, failed } = answer;
    let row = |outcome| move |user| Row { username: None, user, outcome, code: None };
    let mut rows: Vec<Row> = restored.into_iter().map(row("restored")).collect();
    rows.extend(removed.into_iter().map(row("removed")));
    let failed_row = |Failed { user, code }| Row { username: None, user, outcome: "failed", code: Some(code) };
    rows.extend(failed.into_iter().map(failed_row));
    let users: Vec<&UserId> = rows.iter().map(|row| &row.user).collect();
    let mut names = client.usernames(licensee, &users)?;
    rows.iter_mut().for_each(|row| row.username = names.remove(&row.user));
    Ok(rows)
}

fn print(rows: Vec<Row>, format: Format) -> Result<(), OutputError> {
    match format {
        Format::Json => rows.iter().try_for_each(output::json_line),
        Format::Table => {
            let mut table = Table::without_heading();
            for Row { username, user, outcome, code } in rows {
                let username = username.unwrap_or_else(|| "-".to_owned());
                table.row([user.to_string(), username, outcome.to_owned(), code.unwrap_or_default()]);
            }
            table.print()
        }
    }
}
