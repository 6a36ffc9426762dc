//! `usher timers`: what is due when.

use clap::Args;
use licensing::LicenseeId;
use serde_json::Value;

use super::{Config, Use};
use crate::{
    args::PlaceArgs,
    client::Target,
    config::Settings,
    error::CommandError,
    exit::ExitStatus,
    output::{Format, JsonArray, Table},
};

const EXAMPLES: &str = "\
Without --url it opens the store and changes nothing; a folder must not be open in another process.

Examples:
  usher timers
  usher timers --licensee acme --format json
  usher timers --url http://127.0.0.1:8080";

/// Prints what time alone will change, the earliest first
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TimersArgs {
    /// Only what concerns this licensee
    #[arg(long, value_name = "LICENSEE")]
    licensee: Option<LicenseeId>,

    #[command(flatten)]
    place: PlaceArgs,
}

impl TimersArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        self.place.settings()
    }
}

/// Does it.
pub fn run(args: &TimersArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    let client = config.client(Use::Reading)?;
    let target = Target::new(["v1", "timers"]).with_some("licensee", args.licensee.as_ref().map(LicenseeId::as_str));
    let answer: Value = client.get(&target)?;
    let items = answer.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    match config.format() {
        Format::Json => {
            let mut array = JsonArray::default();
            items.iter().try_for_each(|timer| array.push(timer))?;
            array.end()?;
        }
        Format::Table => {
            let mut table = Table::new(["due at", "licensee", "kind"]);
            for timer in items {
                table.row(["due_at", "licensee", "kind"].map(|name| text_of(timer, name)));
            }
            table.print()?;
        }
    }
    Ok(ExitStatus::Done)
}

fn text_of(timer: &Value, name: &str) -> String {
    timer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
