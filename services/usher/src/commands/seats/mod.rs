//! `usher seats`: assigns and removes many seats by a list of users.

mod list;
mod resolve;
mod rows;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use engine::IdempotencyKey;
use licensing::{LicenseeId, UserId};
use serde::Deserialize;
use serde_json::{Value, json};

pub use list::CsvError;

use super::{Config, Use};
use crate::{
    args::{ClockArgs, PlaceArgs},
    client::{Client, ClientError, Previewed, Problem, Target},
    config::Settings,
    error::CommandError,
    exit::ExitStatus,
    output,
    progress::Progress,
};
use rows::{Outcome, Row, Verdicts};

/// Of a row whose user name is nobody's, as for any user nobody has heard of.
const UNKNOWN_USER: &str = "invalid_user_membership";
/// Of the other rows of a list that was refused for some of its users.
const SOME_INVALID: &str = "invalid_user_id_present";

const EXAMPLES: &str = "\
The list is CSV with a heading; its column `username` names users by user name, or its column
`user` by id, also by user name where there is no such id. Other columns are left alone.

One line of the result is one row of the list: assigned, already_assigned, removed,
without_seat, or failed with a code. Without --best-effort either all rows are done or none,
which is exit status 1; with it whatever can be done is done, which is 0. With --dry-run nothing is
done: the lines and the exit status are those that there would be.

Without --url it opens the store itself: a folder must not be open in another process; on a
database it hands the command to the nodes that run, if any do; with --dry-run it asks none.
Unless --clock says otherwise, the store's clock goes on as it went before.

Examples:
  usher seats assign --licensee acme --csv users.csv
  usher seats remove --licensee acme --csv - --best-effort < users.csv
  usher seats assign --licensee acme --csv users.csv --url http://127.0.0.1:8080";

/// Assigns or removes many seats from a CSV file
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SeatsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Give each user of the list a seat
    #[command(after_help = EXAMPLES)]
    Assign(BulkArgs),
    /// Take the seat of each user of the list away
    #[command(after_help = EXAMPLES)]
    Remove(BulkArgs),
}

#[derive(Debug, Args)]
struct BulkArgs {
    /// The licensee's id
    #[arg(long, value_name = "LICENSEE")]
    licensee: LicenseeId,

    /// File with the list of users; - for standard input
    #[arg(long, value_name = "FILE")]
    csv: PathBuf,

    /// The product whose seats they are
    #[arg(long, value_name = "PRODUCT", default_value = "duo")]
    product: String,

    /// Do what can be done, instead of all or nothing
    #[arg(long)]
    best_effort: bool,

    /// Only say what would be done; nothing is written
    #[arg(long)]
    dry_run: bool,

    /// Name for this command: given again with the same list, it does nothing and answers the same
    #[arg(long, value_name = "KEY", value_parser = checked_key)]
    idempotency_key: Option<String>,

    #[command(flatten)]
    clock: ClockArgs,
    #[command(flatten)]
    place: PlaceArgs,
}

/// A name for a command that can be one.
pub(super) fn checked_key(text: &str) -> Result<String, engine::InvalidKey> {
    IdempotencyKey::new(text, &[]).map(|_| text.to_owned())
}

impl SeatsArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        let (Action::Assign(bulk) | Action::Remove(bulk)) = &self.action;
        Settings { clock: bulk.clock.clock, ..bulk.place.settings() }
    }
}

/// Does it.
pub fn run(args: &SeatsArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    let (verb, bulk) = match &args.action {
        Action::Assign(bulk) => (Verb::Assign, bulk),
        Action::Remove(bulk) => (Verb::Remove, bulk),
    };
    let list = list::read(&bulk.csv)?;
    let client = config.client(if bulk.dry_run { Use::Previewing } else { Use::Changing })?;
    // So that a licensee that is not there is the first thing to be told; a preview, which may have read models that nobody
    // keeps up to date, tells it with the rows.
    if !bulk.dry_run {
        client.get::<Value>(&Target::new(["v1", "licensees", bulk.licensee.as_str()]))?;
    }
    let rows = resolved(&client, &bulk.licensee, list)?;
    let (verdicts, refusal) = Bulk { verb, bulk, client: &client }.carry_out(&rows)?;
    rows::print(&rows, &verdicts, config.format())?;
    let Some(refusal) = refusal else { return Ok(ExitStatus::Done) };
    let nothing = if bulk.dry_run { "nothing would be changed" } else { "nothing was changed" };
    output::remark(&format!("error: {nothing}: {refusal}"));
    Ok(ExitStatus::Problem)
}

fn resolved(client: &Client, licensee: &LicenseeId, list: list::UserList) -> Result<Vec<Row>, ClientError> {
    let progress = Progress::of_items(u64::try_from(list.names.len()).unwrap_or(u64::MAX));
    let mut resolver = resolve::Resolver::new(client, licensee, list.column);
    let rows = list
        .names
        .into_iter()
        .map(|name| {
            progress.step();
            Ok(Row { user: resolver.resolve(&name)?, name })
        })
        .collect();
    progress.finish();
    rows
}

/// What to do with the seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Assign,
    Remove,
}

/// A bulk command, and whom to give it to.
struct Bulk<'a> {
    verb: Verb,
    bulk: &'a BulkArgs,
    client: &'a Client,
}

/// The answer to a bulk command of either kind.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    assigned: Vec<UserId>,
    already_assigned: Vec<UserId>,
    failed: Vec<Failed>,
    removed: Vec<UserId>,
    without_seat: Vec<UserId>,
}

#[derive(Deserialize)]
struct Failed {
    user: UserId,
    code: String,
}

impl Bulk<'_> {
    /// What became of each user, and why nothing was changed if that is so.
    fn carry_out(&self, rows: &[Row]) -> Result<(Verdicts, Option<String>), ClientError> {
        let users: Vec<&UserId> = rows.iter().filter_map(|row| row.user.as_ref().ok()).collect();
        let unresolved = rows.len().saturating_sub(users.len());
        // Seats are taken from whoever has one (R25); only giving them is all or nothing.
        if unresolved > 0 && self.verb == Verb::Assign && !self.bulk.best_effort {
            let refusal = format!("{SOME_INVALID}: {unresolved} of the user names are not one user's: mend the list");
            return Ok((Verdicts::all_failed(SOME_INVALID), Some(refusal)));
        }
        if unresolved > 0 && users.is_empty() {
            let none_has_one = licensing::Code::NoAssignmentsFound;
            let refusal = format!("{none_has_one}: no row names a user: mend the list");
            return Ok((Verdicts::default(), (!self.bulk.best_effort).then_some(refusal)));
        }
        match self.send(&users) {
            Ok(answer) => Ok((verdicts_of(answer), None)),
            Err(ClientError::Refused(problem)) if !problem.is_wrong_usage() => Ok(self.refused(problem)),
            Err(error) => Err(error),
        }
    }

    fn send(&self, users: &[&UserId]) -> Result<Answer, ClientError> {
        let (verb, body) = match self.verb {
            Verb::Assign => {
                let mode = if self.bulk.best_effort { "best_effort" } else { "all_or_nothing" };
                ("assign", json!({ "users": users, "mode": mode }))
            }
            Verb::Remove => ("remove", json!({ "users": users })),
        };
        let licensee = self.bulk.licensee.as_str();
        let target = Target::new(["v1", "licensees", licensee, "products", &self.bulk.product, "seats", verb]);
        let key = self.bulk.idempotency_key.as_deref();
        if self.bulk.dry_run {
            let previewed: Previewed<Answer> = self.client.post(&target.with("dry_run", "true"), &body, key)?;
            return Ok(previewed.answer);
        }
        self.client.post(&target, &body, key)
    }

    fn refused(&self, problem: Problem) -> (Verdicts, Option<String>) {
        // That nobody has a seat is what whoever asks for a best effort is content with.
        if self.bulk.best_effort && problem.code == licensing::Code::NoAssignmentsFound.as_str() {
            return (Verdicts::all(Outcome::WithoutSeat), None);
        }
        let refusal = problem.to_string();
        let mut verdicts = Verdicts::all_failed(&problem.code);
        if problem.code == SOME_INVALID {
            let failed = Outcome::Failed { code: UNKNOWN_USER.to_owned() };
            verdicts.set_all(problem.users, &failed);
        }
        (verdicts, Some(refusal))
    }
}

fn verdicts_of(answer: Answer) -> Verdicts {
    let mut verdicts = Verdicts::default();
    verdicts.set_all(answer.assigned, &Outcome::Assigned);
    verdicts.set_all(answer.already_assigned, &Outcome::AlreadyAssigned);
    verdicts.set_all(answer.removed, &Outcome::Removed);
    verdicts.set_all(answer.without_seat, &Outcome::WithoutSeat);
    for Failed { user, code } in answer.failed {
        verdicts.set_all([user], &Outcome::Failed { code });
    }
    verdicts
}
