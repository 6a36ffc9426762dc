//! Events in each of the formats.

use std::io::{BufWriter, Write};

use contract::{proto::journal::ExportedEvent, stored::EventRef};
use journal::Position;
use prost::{
    Message,
    encoding::{self, WireType},
};

use super::{ExportError, row::Row};
use crate::{error::CommandError, output::OutputError};

/// The number of an [`ExportedEvent`]'s event.
const EVENT_FIELD: u32 = 3;

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

    pub(super) fn write(&mut self, position: Position, event: &EventRef<'_>) -> Result<(), CommandError> {
        match self {
            Self::Jsonl(to) => {
                let event = event.to_event();
                let row = Row::of(position, &event).map_err(ExportError::from)?;
                serde_json::to_writer(&mut *to, &row).map_err(std::io::Error::from).map_err(OutputError::from)?;
                to.write_all(b"\n").map_err(OutputError::from)?;
            }
            Self::Csv(to) => {
                let event = event.to_event();
                let row = Row::of(position, &event).map_err(ExportError::from)?;
                to.serialize(with_data_as_text(row)).map_err(of_table)?;
            }
            Self::Protobuf(to) => {
                let head = head_of_exported(position, event.encoded.len());
                to.write_all(&head).and_then(|()| to.write_all(event.encoded)).map_err(OutputError::from)?;
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

/// What comes before the bytes of an event in an [`ExportedEvent`], which is the last field: the length of it all, its place,
/// and the length of the event. So an event is written as it is kept, without being read.
fn head_of_exported(Position { shard, position }: Position, event_bytes: usize) -> Vec<u8> {
    let mut place = ExportedEvent { shard: shard.into(), position, event: None }.encode_to_vec();
    encoding::encode_key(EVENT_FIELD, WireType::LengthDelimited, &mut place);
    encoding::encode_varint(event_bytes as u64, &mut place);
    let mut head = Vec::with_capacity(place.len() + encoding::encoded_len_varint(u64::MAX));
    encoding::encode_varint((place.len() + event_bytes) as u64, &mut head);
    head.extend(place);
    head
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use contract::proto::journal::Event;

    use super::*;

    #[test]
    fn events_are_exported_as_protobuf_writes_them() {
        let mut exported = Vec::new();
        let mut expected = Vec::new();
        let mut writer = Writer::new(EventFormat::Protobuf, &mut exported).unwrap();
        for (shard, position, data) in [(0, 1, Vec::new()), (1_023, u64::MAX, vec![7; 300])] {
            let event = Event { stream: "user/u".to_owned(), version: position, data, ..Event::default() };
            let encoded = event.encode_to_vec();
            writer.write(Position { shard, position }, &EventRef::read(&encoded).unwrap()).unwrap();
            let whole = ExportedEvent { shard: shard.into(), position, event: Some(event) };
            expected.extend(whole.encode_length_delimited_to_vec());
        }
        writer.finish().unwrap();
        assert_eq!(exported, expected);
    }
}
