//! `usher user`: a user's status and seats, and what they may use, now or then.

use clap::Args;
use licensing::UserId;
use serde::Deserialize;
use serde_json::Value;

use super::{Config, Use};
use crate::{
    args::PlaceArgs,
    client::{ClientError, Target},
    config::Settings,
    error::CommandError,
    exit::ExitStatus,
    output::{self, Format, OutputError, Table},
    then::ThenArgs,
};

const EXAMPLES: &str = "\
Without --url it opens the store and changes nothing; a folder must not be open in another process.
With --format json the result is one object, as GET /v1/users/{user} answers; with --feature it has a member access, as
GET /v1/users/{user}/access answers.

Examples:
  usher user u-84f02b
  usher user u-84f02b --feature duo_chat --as-of 2025-06-30T12:00:00Z
  usher user u-84f02b --as-known-at 2025-07-01 --format json";

/// Prints a user: the status, the seats, and whether a feature may be used
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct UserArgs {
    /// The user's id
    user: UserId,

    /// Whether the user may use this feature, such as code_suggestions, and why
    #[arg(long, value_name = "FEATURE")]
    feature: Option<String>,

    #[command(flatten)]
    then: ThenArgs,

    #[command(flatten)]
    place: PlaceArgs,
}

impl UserArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        self.place.settings()
    }
}

/// Does it.
pub fn run(args: &UserArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    let client = config.client(Use::Reading)?;
    let target = Target::new(["v1", "users", args.user.as_str()]);
    let mut user: Value = client.get(&args.then.ask_of(&client, target)?)?;
    if let (Some(feature), Some(shown)) = (&args.feature, user.as_object_mut()) {
        let target = Target::new(["v1", "users", args.user.as_str(), "access"]).with("feature", feature);
        let access: Value = client.get(&args.then.ask_of(&client, target)?)?;
        shown.insert("access".to_owned(), access);
    }
    match config.format() {
        Format::Json => output::json_line(&user)?,
        Format::Table => print(&User::read(&user)?)?,
    }
    Ok(ExitStatus::Done)
}

/// What is shown of a user.
#[derive(Deserialize)]
struct User {
    user: String,
    status: String,
    seats: Vec<Seat>,
    access: Option<Access>,
}

#[derive(Deserialize)]
struct Seat {
    licensee: String,
    product: String,
    add_on: Option<String>,
    assigned_at: String,
}

#[derive(Deserialize)]
struct Access {
    allowed: bool,
    reason: String,
    grants: Vec<Grant>,
}

#[derive(Deserialize)]
struct Grant {
    licensee: String,
    add_on: Option<String>,
}

impl User {
    fn read(value: &Value) -> Result<Self, ClientError> {
        Self::deserialize(value)
            .map_err(|error| ClientError::Answer { target: "the user".to_owned(), source: Box::new(error) })
    }
}

impl Access {
    fn shown(&self) -> String {
        let allowed = if self.allowed { "yes" } else { "no" };
        let granted_by = |grant: &Grant| match &grant.add_on {
            Some(add_on) => format!("{} ({add_on})", grant.licensee),
            None => grant.licensee.clone(),
        };
        let grants: Vec<String> = self.grants.iter().map(granted_by).collect();
        let by = if grants.is_empty() { String::new() } else { format!(" by {}", grants.join(", ")) };
        format!("{allowed}: {}{by}", self.reason)
    }
}

fn print(user: &User) -> Result<(), OutputError> {
    let mut facts = Table::without_heading();
    let mut fact = |name: &str, value: String| facts.row([name.to_owned(), value]);
    fact("user", user.user.clone());
    fact("status", user.status.clone());
    if let Some(access) = &user.access {
        fact("access", access.shown());
    }
    fact("seats", user.seats.len().to_string());
    facts.print()?;
    if user.seats.is_empty() {
        return Ok(());
    }
    output::line("")?;
    let mut table = Table::new(["licensee", "product", "add-on", "assigned at"]);
    for seat in &user.seats {
        let add_on = seat.add_on.clone().unwrap_or_else(|| "-".to_owned());
        table.row([seat.licensee.clone(), seat.product.clone(), add_on, seat.assigned_at.clone()]);
    }
    table.print()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn access_is_told_with_its_reason_and_who_grants_it() {
        let shown = |access: Value| serde_json::from_value::<Access>(access).unwrap().shown();
        let by_seat = json!({"licensee": "acme", "add_on": "duo_pro"});
        let included = json!({"licensee": "globex", "add_on": null});
        let answer = json!({"allowed": true, "reason": "seat", "grants": [by_seat, included]});
        assert_eq!(shown(answer), "yes: seat by acme (duo_pro), globex");
        assert_eq!(shown(json!({"allowed": false, "reason": "no_seat", "grants": []})), "no: no_seat");
    }
}
