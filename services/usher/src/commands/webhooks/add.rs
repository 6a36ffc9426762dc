//! `usher webhooks add`.

use clap::Args;
use licensing::LicenseeId;
use serde_json::{Value, json};

use super::Asked;
use crate::{args::PlaceArgs, client::Target, error::CommandError, exit::ExitStatus, output};

/// What is registered.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Where to post to: an https address, or one of http on this machine
    #[arg(value_name = "ADDRESS")]
    address: String,

    /// Only events of this licensee
    #[arg(long, value_name = "LICENSEE")]
    licensee: Option<LicenseeId>,

    /// Only events of these types: short names with commas between them
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    types: Vec<String>,

    /// Begin with the event at this position, or with the first there ever was (beginning) [default: what happens from now
    /// on]
    #[arg(long, value_name = "POSITION")]
    from: Option<String>,

    #[command(flatten)]
    pub(super) place: PlaceArgs,
}

/// Does it.
pub(super) fn run(args: &AddArgs, asked: &Asked<'_>) -> Result<ExitStatus, CommandError> {
    let AddArgs { address, licensee, types, from, .. } = args;
    let mut body = json!({ "url": address, "types": types });
    if let Some(object) = body.as_object_mut() {
        object.extend(licensee.as_ref().map(|licensee| ("licensee".to_owned(), json!(licensee))));
        object.extend(from.as_ref().map(|from| ("from".to_owned(), json!(from))));
    }
    let answer = asked.post(&Target::new(["v1", "webhooks"]), &body)?;
    print_with_secret(asked, &answer)
}

/// Prints a webhook whose secret was made.
pub(super) fn print_with_secret(asked: &Asked<'_>, answer: &Value) -> Result<ExitStatus, CommandError> {
    match asked.format {
        output::Format::Json => output::json_line(answer)?,
        output::Format::Table => {
            asked.print(&answer["webhook"])?;
            output::line(&format!("secret: {}", super::text(&answer["secret"])))?;
            output::remark("the secret is not shown again: give it to whoever receives the events");
        }
    }
    Ok(ExitStatus::Done)
}
