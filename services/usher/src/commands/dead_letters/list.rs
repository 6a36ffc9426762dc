//! `usher dead-letters list`.

use kafka::dead_letters::{DeadLetter, Filter};

use crate::{
    error::CommandError,
    exit::ExitStatus,
    moment,
    output::{Format, JsonArray, Table},
};

pub(super) fn run(settings: &kafka::Settings, filter: Filter, format: Format) -> Result<ExitStatus, CommandError> {
    let letters = kafka::dead_letters::list(settings, filter)?;
    match format {
        Format::Json => {
            let mut array = JsonArray::default();
            for letter in letters {
                array.push(&letter?)?;
            }
            array.end()?;
        }
        Format::Table => {
            let mut table =
                Table::new(["id", "time", "code", "topic", "key", "type", "event id", "retried as", "reason"]);
            for letter in letters {
                table.row(cells(letter?));
            }
            table.print()?;
        }
    }
    Ok(ExitStatus::Done)
}

fn cells(letter: DeadLetter) -> [String; 9] {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        letter.id.to_string(),
        or_dash(letter.time.map(moment::to_text)),
        letter.code,
        letter.topic,
        or_dash(letter.key),
        or_dash(letter.type_name),
        or_dash(letter.event_id),
        or_dash(letter.retried_as),
        letter.reason,
    ]
}
