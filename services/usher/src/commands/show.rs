//! `usher show`: a licensee, now or then.

use std::collections::BTreeMap;

use clap::Args;
use licensing::LicenseeId;
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
With --format json the result is one object, as GET /v1/licensees/{licensee} answers.

Examples:
  usher show acme
  usher show acme --as-of 2025-06-30T12:00:00Z
  usher show acme --as-of 2025-06-30 --as-known-at 2025-07-01
  usher show acme --format json --url http://127.0.0.1:8080";

/// Prints a licensee: its subscription, products and seats
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ShowArgs {
    /// The licensee's id
    licensee: LicenseeId,

    #[command(flatten)]
    then: ThenArgs,

    #[command(flatten)]
    place: PlaceArgs,
}

impl ShowArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        self.place.settings()
    }
}

/// Does it.
pub fn run(args: &ShowArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    let client = config.client(Use::Reading)?;
    let target = Target::new(["v1", "licensees", args.licensee.as_str()]);
    let licensee: Value = client.get(&args.then.ask_of(&client, target)?)?;
    match config.format() {
        Format::Json => output::json_line(&licensee)?,
        Format::Table => print(&Licensee::read(licensee)?)?,
    }
    Ok(ExitStatus::Done)
}

/// What is shown of a licensee.
#[derive(Deserialize)]
struct Licensee {
    licensee: String,
    name: Option<String>,
    offering: Option<String>,
    version: u64,
    members: u64,
    subscription: Option<Subscription>,
    products: BTreeMap<String, Product>,
    last_synced_at: Option<String>,
    instance_version: Option<String>,
}

#[derive(Deserialize)]
struct Subscription {
    id: String,
    plan: String,
    seats: u64,
    status: String,
    starts_at: String,
    ends_at: String,
    grace_ends_at: Option<String>,
}

#[derive(Deserialize)]
struct Product {
    status: String,
    add_on: Option<String>,
    trial: bool,
    quantity: u64,
    assigned: u64,
    available: u64,
    ends_at: Option<String>,
    grace_ends_at: Option<String>,
}

impl Licensee {
    fn read(value: Value) -> Result<Self, ClientError> {
        Self::deserialize(value)
            .map_err(|error| ClientError::Answer { target: "the licensee".to_owned(), source: Box::new(error) })
    }
}

fn print(licensee: &Licensee) -> Result<(), OutputError> {
    print_facts(licensee)?;
    output::line("")?;
    let mut table = Table::new([
        "product",
        "status",
        "add-on",
        "trial",
        "quantity",
        "assigned",
        "available",
        "ends at",
        "grace ends at",
    ]);
    for (id, product) in &licensee.products {
        table.row([
            id.clone(),
            product.status.clone(),
            or_dash(product.add_on.as_ref()),
            if product.trial { "yes" } else { "no" }.to_owned(),
            product.quantity.to_string(),
            product.assigned.to_string(),
            product.available.to_string(),
            or_dash(product.ends_at.as_ref()),
            or_dash(product.grace_ends_at.as_ref()),
        ]);
    }
    table.print()
}

fn print_facts(licensee: &Licensee) -> Result<(), OutputError> {
    let mut table = Table::without_heading();
    let mut fact = |name: &str, value: String| table.row([name.to_owned(), value]);
    fact("licensee", licensee.licensee.clone());
    fact("name", or_dash(licensee.name.as_ref()));
    fact("offering", or_dash(licensee.offering.as_ref()));
    fact("version", licensee.version.to_string());
    fact("members", licensee.members.to_string());
    match &licensee.subscription {
        None => fact("subscription", "-".to_owned()),
        Some(subscription) => {
            fact("subscription", subscription.id.clone());
            fact("plan", subscription.plan.clone());
            fact("seats", subscription.seats.to_string());
            fact("status", subscription.status.clone());
            fact("starts at", subscription.starts_at.clone());
            fact("ends at", subscription.ends_at.clone());
            fact("grace ends at", or_dash(subscription.grace_ends_at.as_ref()));
        }
    }
    fact("last synced at", or_dash(licensee.last_synced_at.as_ref()));
    fact("instance version", or_dash(licensee.instance_version.as_ref()));
    table.print()
}

fn or_dash(text: Option<&String>) -> String {
    text.map_or_else(|| "-".to_owned(), String::clone)
}
