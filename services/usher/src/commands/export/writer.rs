//! Events in each of the formats.

use std::io::{BufWriter, Write};

use contract::proto::journal::{Event, ExportedEvent};
use journal::Position;
use prost::Message;

use super::{ExportError, row::Row};
use crate::{error::CommandError, output::OutputError};

/// How an event is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventFormat {
    Jsonl,
    Csv,
    Protobuf,
}

/// Writes events in one of the formats.
pub(super) enum Writer<W: Write> {
    Jsonl(BufWriter<W>),
    Csv(Box<csv::Writer<W>>),
    Protobuf(BufWriter<W>),
}

impl<W: Write> Writer<W> {
    pub(super) fn new(format: EventFormat, to: W) -> Result<Self, CommandError> {
        Ok(match format {
            EventFormat::Jsonl => Self::Jsonl(BufWriter::new(to)),
            EventFormat::Csv => Self::Csv(Box::new(csv::Writer::from_writer(to))),
            EventFormat::Protobuf => Self::Protobuf(BufWriter::new(to)),
        })
    }

    pub(super) fn write(&mut self, position: Position, event: &Event) -> Result<(), CommandError> {
        match self {
            Self::Jsonl(to) => {
                let row = Row::of(position, event).map_err(ExportError::from)?;
                serde_json::to_writer(&mut *to, &row).map_err(std::io::Error::from).map_err(OutputError::from)?;
                to.write_all(b"\n").map_err(OutputError::from)?;
            }
            Self::Csv(to) => {
                let row = Row::of(position, event).map_err(ExportError::from)?;
                to.serialize(with_data_as_text(row)).map_err(of_table)?;
            }
            Self::Protobuf(to) => {
                let Position { shard, position } = position;
                let exported = ExportedEvent { shard: shard.into(), position, event: Some(event.clone()) };
                to.write_all(&exported.encode_length_delimited_to_vec()).map_err(OutputError::from)?;
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(), CommandError> {
        let flushed = match self {
            Self::Jsonl(mut to) | Self::Protobuf(mut to) => to.flush(),
            Self::Csv(mut to) => to.flush(),
        };
        Ok(flushed.map_err(OutputError::from)?)
    }
}

/// A table has no room for data within data.
fn with_data_as_text(row: Row<'_>) -> Row<'_> {
    let text = row.data.to_string();
    Row { data: serde_json::Value::String(text), ..row }
}

fn of_table(error: csv::Error) -> CommandError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => OutputError::from(error).into(),
        other => OutputError::Unwritable(std::io::Error::other(format!("{other:?}"))).into(),
    }
}
