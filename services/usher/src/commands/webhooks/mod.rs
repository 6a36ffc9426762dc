//! `usher webhooks`: who is told of what happens, by events that are posted.

mod add;
mod enable;
mod list;
mod remove;
mod replay;
mod rotate;
mod show;
mod test;

use clap::{Args, Subcommand};
use serde_json::Value;
use uuid::Uuid;

use super::{Config, Use};
use crate::{
    args::PlaceArgs,
    client::{Client, ClientError, Target},
    config::Settings,
    error::CommandError,
    exit::ExitStatus,
    output::{self, Format, OutputError},
};

const EXAMPLES: &str = "\
A webhook is an address that each event is posted to, as a CloudEvent with the signature of Standard
Webhooks; docs/webhooks.md says how a receiver checks it. Servers with the role notify post them.
Without --url these commands open the store; a folder must not be open in another process.

Examples:
  usher webhooks add https://example.com/usher --url http://127.0.0.1:8080
  usher webhooks add https://example.com/usher --licensee acme --types SeatAssigned,SeatRemoved
  usher webhooks list --url http://127.0.0.1:8080
  usher webhooks test 0193b2a4-7e0b-7cc2-8d3c-0a4f5e6b7c8d --url http://127.0.0.1:8080
  usher webhooks replay 0193b2a4-7e0b-7cc2-8d3c-0a4f5e6b7c8d --from 7-1234
  usher webhooks rotate 0193b2a4-7e0b-7cc2-8d3c-0a4f5e6b7c8d";

/// Registers addresses that events are posted to, and looks after them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct WebhooksArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Register an address, and print the secret that events are signed with, which is not shown again
    #[command(after_help = EXAMPLES)]
    Add(add::AddArgs),
    /// Print all webhooks, the oldest first
    #[command(after_help = EXAMPLES)]
    List(list::ListArgs),
    /// Print a webhook: how far it is, and what stands in its way
    #[command(after_help = EXAMPLES)]
    Show(OneArgs),
    /// Remove a webhook: nothing more is posted to it
    #[command(after_help = EXAMPLES)]
    Remove(OneArgs),
    /// Enable a webhook that was disabled, which goes on where it stopped; one that fails is tried at once
    #[command(after_help = EXAMPLES)]
    Enable(OneArgs),
    /// Make another secret, and print it; events are signed with both for a while
    #[command(after_help = EXAMPLES)]
    Rotate(rotate::RotateArgs),
    /// Post all events from a position on, again or never
    #[command(after_help = EXAMPLES)]
    Replay(replay::ReplayArgs),
    /// Post a message that says nothing, and tell what became of it
    #[command(after_help = EXAMPLES)]
    Test(OneArgs),
}

/// Which webhook.
#[derive(Debug, Args)]
struct OneArgs {
    /// The webhook's id, as the list shows it
    #[arg(value_name = "ID")]
    webhook: Uuid,

    #[command(flatten)]
    place: PlaceArgs,
}

impl OneArgs {
    /// What is asked for: the webhook, or something below it.
    fn target(&self, below: Option<&str>) -> Target {
        let webhook = self.webhook.to_string();
        Target::new(["v1", "webhooks", &webhook].into_iter().chain(below))
    }
}

impl WebhooksArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        match &self.action {
            Action::Add(args) => args.place.settings(),
            Action::List(args) => args.place.settings(),
            Action::Rotate(args) => args.one.place.settings(),
            Action::Replay(args) => args.one.place.settings(),
            Action::Show(args) | Action::Remove(args) | Action::Enable(args) | Action::Test(args) => {
                args.place.settings()
            }
        }
    }
}

/// Does it.
pub fn run(args: &WebhooksArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    // Nothing of it is a command that the engine decides.
    let client = config.client(Use::Reading)?;
    let asked = Asked { client: &client, format: config.format() };
    match &args.action {
        Action::Add(args) => add::run(args, &asked),
        Action::List(_) => list::run(&asked),
        Action::Show(args) => show::run(args, &asked),
        Action::Remove(args) => remove::run(args, &asked),
        Action::Enable(args) => enable::run(args, &asked),
        Action::Rotate(args) => rotate::run(args, &asked),
        Action::Replay(args) => replay::run(args, &asked),
        Action::Test(args) => test::run(args, &asked),
    }
}

/// Whom to ask, and how the result looks.
struct Asked<'a> {
    client: &'a Client,
    format: Format,
}

impl Asked<'_> {
    fn get(&self, target: &Target) -> Result<Value, ClientError> {
        self.client.get(target)
    }

    fn post(&self, target: &Target, body: &Value) -> Result<Value, ClientError> {
        self.client.post(target, body, None)
    }

    /// Prints an answer: for people, one member a line.
    fn print(&self, answer: &Value) -> Result<(), OutputError> {
        match self.format {
            Format::Json => output::json_line(answer),
            Format::Table => members(answer).try_for_each(|(name, value)| output::line(&format!("{name}: {value}"))),
        }
    }
}

/// The members of an object that say something, by the names that people read.
fn members(object: &Value) -> impl Iterator<Item = (String, String)> + use<'_> {
    let members = object.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.replace('_', " "), text(value))).filter(|(_, value)| !value.is_empty())
}

/// A value as people read it.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}
