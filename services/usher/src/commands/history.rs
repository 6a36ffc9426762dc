//! `usher history`: a licensee's events.

use clap::Args;
use licensing::LicenseeId;
use serde::Deserialize;
use serde_json::Value;

use super::{Config, Use};
use crate::{
    args::PlaceArgs,
    client::{Pages, Target},
    config::Settings,
    error::CommandError,
    exit::ExitStatus,
    moment::{self, Moment},
    output::{Format, JsonArray, Table},
};

const EXAMPLES: &str = "\
Without --url it opens the store and changes nothing; a folder must not be open in another process.
With --format json the result is one array, each event as GET /v1/licensees/{licensee}/events shows it.

Examples:
  usher history acme
  usher history acme --from 2026-01-01 --to 2026-02-01 --type SeatAssigned,SeatRemoved
  usher history acme --format json --url http://127.0.0.1:8080";

/// Prints a licensee's events, oldest first
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct HistoryArgs {
    /// The licensee's id
    licensee: LicenseeId,

    /// Only events that took effect at or after this time, such as 2026-01-31T12:00:00Z or 2026-01-31
    #[arg(long, value_name = "T")]
    from: Option<Moment>,

    /// Only events that took effect before this time
    #[arg(long, value_name = "T")]
    to: Option<Moment>,

    /// Only events of these types, such as SeatRemoved
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,

    #[command(flatten)]
    place: PlaceArgs,
}

impl HistoryArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        self.place.settings()
    }

    fn target(&self) -> Target {
        let types = Some(self.types.join(",")).filter(|types| !types.is_empty());
        let text_of = |moment: Option<Moment>| moment.map(|Moment(at)| moment::to_text(at));
        Target::new(["v1", "licensees", self.licensee.as_str(), "events"])
            .with_some("from", text_of(self.from).as_deref())
            .with_some("to", text_of(self.to).as_deref())
            .with_some("type", types.as_deref())
    }
}

/// Does it.
pub fn run(args: &HistoryArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    let client = config.client(Use::Reading)?;
    let pages = client.pages(args.target());
    match config.format() {
        Format::Json => print_json(pages)?,
        Format::Table => print_table(pages)?,
    }
    Ok(ExitStatus::Done)
}

fn print_json(pages: Pages<'_>) -> Result<(), CommandError> {
    let mut array = JsonArray::default();
    for page in pages {
        page?.iter().try_for_each(|event| array.push(event))?;
    }
    Ok(array.end()?)
}

fn print_table(pages: Pages<'_>) -> Result<(), CommandError> {
    let mut table = Table::new(["version", "effective at", "type", "actor", "command", "data"]);
    for page in pages {
        for item in page? {
            let shown = Shown::deserialize(item).unwrap_or_default();
            table.row([
                shown.version.to_string(),
                shown.effective_at,
                shown.event_type,
                shown.actor,
                shown.command_id,
                facts(&shown.data),
            ]);
        }
    }
    Ok(table.print()?)
}

/// What is shown of an event.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    version: u64,
    effective_at: String,
    #[serde(rename = "type")]
    event_type: String,
    actor: String,
    command_id: String,
    data: Value,
}

/// An event's data as `name=value`, without what is null.
fn facts(data: &Value) -> String {
    let Some(fields) = data.as_object() else { return String::new() };
    let shown = fields.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| match value {
        Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn data_is_shown_as_names_and_values() {
        assert_eq!(facts(&json!({"user": "u-1", "rank": 1, "last_used_at": null})), "rank=1 user=u-1");
        assert_eq!(facts(&Value::Null), "");
    }
}
