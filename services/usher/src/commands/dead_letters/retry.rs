//! `usher dead-letters retry`.

use kafka::dead_letters::{Filter, Outcome, Retried};

use crate::{
    error::CommandError,
    exit::ExitStatus,
    output::{Format, JsonArray, Table},
};

pub(super) fn run(settings: &kafka::Settings, filter: Filter, format: Format) -> Result<ExitStatus, CommandError> {
    let retries = kafka::dead_letters::retry(settings, filter)?;
    let mut all_sent = true;
    match format {
        Format::Json => {
            let mut array = JsonArray::default();
            for retried in retries {
                let retried = retried?;
                all_sent &= is_settled(&retried);
                array.push(&retried)?;
            }
            array.end()?;
        }
        Format::Table => {
            let mut table = Table::new(["id", "code", "key", "outcome"]);
            for retried in retries {
                let retried = retried?;
                all_sent &= is_settled(&retried);
                table.row(cells(retried));
            }
            table.print()?;
        }
    }
    Ok(if all_sent { ExitStatus::Done } else { ExitStatus::Problem })
}

/// Whether nothing is left to be done about a letter.
const fn is_settled(retried: &Retried) -> bool {
    matches!(retried.outcome, Outcome::SentAs(_) | Outcome::WasSentBefore)
}

fn cells(Retried { letter, outcome }: Retried) -> [String; 4] {
    let told = match outcome {
        Outcome::SentAs(id) if id.is_empty() => "sent again".to_owned(),
        Outcome::SentAs(id) => format!("sent as {id}"),
        Outcome::WasSentBefore => "was sent before: name its id to send it once more".to_owned(),
        Outcome::BodyOmitted => "its body is not kept here: send it again from its source".to_owned(),
        Outcome::UnknownTopic => "it came by no topic of usher's".to_owned(),
    };
    [letter.id.to_string(), letter.code, letter.key.unwrap_or_else(|| "-".to_owned()), told]
}
