//! Reads an event back from its record.

use std::str::FromStr;

use contract::proto::journal::Event;
use journal::{Position, Positions};
use uuid::Uuid;

use super::{CONTENT_TYPE, SPECVERSION, header, time};

/// Why a record is no event, or an event can be no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A header is missing.
    #[error("the header {name} is missing: usher writes it in every record, so somebody else wrote this one")]
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// A header can't be read.
    #[error("the header {name} cannot be read: usher does not write it so, somebody else did or it is damaged")]
    Unreadable {
        /// Its name.
        name: &'static str,
    },
    /// The key is not that of the stream.
    #[error("the key is not the id in {stream:?}: usher does not write it so, somebody else did or it is damaged")]
    Key {
        /// The stream.
        stream: String,
    },
    /// It lies in the partition of another shard.
    #[error("the record is of shard {shard}, but not in its partition: usher does not write it so, somebody else did")]
    Partition {
        /// The shard of its position.
        shard: u16,
    },
    /// The journal's event holds what no usher writes.
    #[error("the event's {field} is not one that usher writes: the store is damaged, run usher verify")]
    Unsendable {
        /// The field.
        field: &'static str,
    },
}

/// Where a record lies in its journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// `/usher/` and the id of the store.
    pub(crate) source: String,
    /// The event's position.
    pub(crate) position: Position,
    /// The number of its commit.
    pub(crate) commit: u64,
    /// The event's id, 16 bytes.
    pub(crate) event: Vec<u8>,
}

/// The event of a record, with its place in the journal: exactly what the journal holds.
///
/// # Errors
/// [`RecordError`] for a record that is not the relay's.
pub fn from_record<'a>(
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    key: Option<&[u8]>,
    body: Option<&[u8]>,
) -> Result<(Position, Event), RecordError> {
    let headers = Headers::read(headers)?;
    headers.must_be(header::SPECVERSION, SPECVERSION)?;
    headers.must_be(header::CONTENT_TYPE, CONTENT_TYPE)?;
    headers.required(header::SOURCE)?;
    let stream = headers.required(header::SUBJECT)?;
    if stream.split_once('/').map(|(_, id)| id.as_bytes()) != key {
        return Err(RecordError::Key { stream: stream.to_owned() });
    }
    let event = Event {
        stream: stream.to_owned(),
        version: headers.parsed(header::SEQUENCE)?,
        id: headers.parsed::<Uuid>(header::ID)?.as_bytes().to_vec(),
        r#type: headers.required(header::TYPE)?.to_owned(),
        schema_version: headers.parsed(header::SCHEMA_VERSION)?,
        effective_at_us: headers.read_as(header::TIME, time::decode)?,
        recorded_at_us: headers.read_as(header::RECORDED_TIME, time::decode)?,
        command_id: headers.optional(header::COMMAND_ID).to_owned(),
        actor: headers.optional(header::ACTOR).to_owned(),
        correlation_id: headers.optional(header::CORRELATION_ID).to_owned(),
        causation_id: headers.optional(header::CAUSATION_ID).to_owned(),
        data: body.unwrap_or_default().to_vec(),
        hash: hex::decode(headers.optional(header::HASH))
            .map_err(|_| RecordError::Unreadable { name: header::HASH })?,
    };
    Ok((headers.read_as(header::POSITION, single_position)?, event))
}

/// Where a record lies in its journal, without its event.
pub(crate) fn place<'a>(headers: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Place, RecordError> {
    let headers = Headers::read(headers)?;
    Ok(Place {
        source: headers.required(header::SOURCE)?.to_owned(),
        position: headers.read_as(header::POSITION, single_position)?,
        commit: headers.parsed(header::COMMIT)?,
        event: headers.parsed::<Uuid>(header::ID)?.as_bytes().to_vec(),
    })
}

fn single_position(text: &str) -> Option<Position> {
    let positions: Positions = text.parse().ok()?;
    let mut each = positions.iter();
    each.next().filter(|_| each.next().is_none())
}

/// The headers of a record that are ours.
struct Headers<'a>(Vec<(&'static str, &'a str)>);

impl<'a> Headers<'a> {
    const NAMES: [&'static str; 17] = [
        header::SPECVERSION,
        header::ID,
        header::SOURCE,
        header::TYPE,
        header::TIME,
        header::SUBJECT,
        header::SEQUENCE,
        header::POSITION,
        header::RECORDED_TIME,
        header::SCHEMA_VERSION,
        header::COMMAND_ID,
        header::ACTOR,
        header::CORRELATION_ID,
        header::CAUSATION_ID,
        header::HASH,
        header::COMMIT,
        header::CONTENT_TYPE,
    ];

    fn read(headers: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Self, RecordError> {
        let mut known = Vec::with_capacity(Self::NAMES.len());
        for (name, value) in headers {
            // Others may come with what carries the record, such as a tracer's.
            let Some(name) = Self::NAMES.into_iter().find(|known| *known == name) else { continue };
            known.push((name, str::from_utf8(value).map_err(|_| RecordError::Unreadable { name })?));
        }
        Ok(Self(known))
    }

    fn get(&self, name: &'static str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    fn required(&self, name: &'static str) -> Result<&'a str, RecordError> {
        self.get(name).ok_or(RecordError::Missing { name })
    }

    fn optional(&self, name: &'static str) -> &'a str {
        self.get(name).unwrap_or_default()
    }

    fn must_be(&self, name: &'static str, value: &str) -> Result<(), RecordError> {
        if self.required(name)? == value { Ok(()) } else { Err(RecordError::Unreadable { name }) }
    }

    fn parsed<T: FromStr>(&self, name: &'static str) -> Result<T, RecordError> {
        self.read_as(name, |text| text.parse().ok())
    }

    fn read_as<T>(&self, name: &'static str, read: impl Fn(&str) -> Option<T>) -> Result<T, RecordError> {
        read(self.required(name)?).ok_or(RecordError::Unreadable { name })
    }
}
