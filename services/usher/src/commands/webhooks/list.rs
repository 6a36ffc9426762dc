//! `usher webhooks list`.

use clap::Args;
use serde_json::Value;

use super::{Asked, text};
use crate::{
    args::PlaceArgs,
    client::Target,
    error::CommandError,
    exit::ExitStatus,
    output::{Format, JsonArray, Table},
};

/// Where they are.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) place: PlaceArgs,
}

/// Does it.
pub(super) fn run(asked: &Asked<'_>) -> Result<ExitStatus, CommandError> {
    let answer = asked.get(&Target::new(["v1", "webhooks"]))?;
    let items = answer.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    match asked.format {
        Format::Json => {
            let mut array = JsonArray::default();
            items.iter().try_for_each(|webhook| array.push(webhook))?;
            array.end()?;
        }
        Format::Table => {
            let mut table = Table::new([
                "id",
                "address",
                "licensee",
                "types",
                "state",
                "failing since",
                "next try",
                "last problem",
            ]);
            for webhook in items {
                let columns =
                    ["id", "url", "licensee", "types", "state", "failing_since", "next_attempt_at", "last_problem"];
                table.row(columns.map(|name| text(&webhook[name])));
            }
            table.print()?;
        }
    }
    Ok(ExitStatus::Done)
}
