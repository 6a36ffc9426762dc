//! The block of a commit, read where it lies: whoever goes through many events does not want a copy of every text in them.
//!
//! What is read here is what [`proto::journal`](crate::proto::journal) writes; fields that a newer version added are passed
//! over.

use crate::{
    borrowed::{DamagedMessage, Fields},
    proto::journal::{Event, Outcome, Usage},
};

/// A record of a commit.
#[derive(Debug, Clone, PartialEq)]
pub enum RecordRef<'a> {
    /// A fact of a stream.
    Event(EventRef<'a>),
    /// A use.
    Usage(Usage),
    /// What became of a command.
    Outcome(OutcomeRef<'a>),
    /// A kind that came with a newer version.
    Unknown,
}

/// An [`Event`], read where it lies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of the message")]
pub struct EventRef<'a> {
    pub stream: &'a str,
    pub version: u64,
    pub id: &'a [u8],
    pub r#type: &'a str,
    pub schema_version: u32,
    pub effective_at_us: i64,
    pub recorded_at_us: i64,
    pub command_id: &'a str,
    pub actor: &'a str,
    pub correlation_id: &'a str,
    pub causation_id: &'a str,
    pub data: &'a [u8],
    pub hash: &'a [u8],
    /// All of it, as it is encoded.
    pub encoded: &'a [u8],
}

/// An [`Outcome`] where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutcomeRef<'a> {
    encoded: &'a [u8],
}

/// The records of a commit's block, in their order. After an error there are no more.
pub fn records(block: &[u8]) -> impl Iterator<Item = Result<RecordRef<'_>, DamagedMessage>> {
    let mut fields = Fields::of(block);
    std::iter::from_fn(move || {
        loop {
            match fields.next()? {
                Ok((1, value)) => return Some(value.bytes().and_then(record).inspect_err(|_| fields.end())),
                // Timers, and what a newer version added.
                Ok(_) => {}
                Err(damaged) => return Some(Err(damaged)),
            }
        }
    })
}

/// A record of a block that was not looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedRecord<'a> {
    encoded: &'a [u8],
}

/// The records of a commit's block in their order, none of them looked into: for whoever wants few of very many.
///
/// # Errors
/// [`DamagedMessage`] if the block is none.
pub fn sealed_records(block: &[u8]) -> Result<Vec<SealedRecord<'_>>, DamagedMessage> {
    let mut records = Vec::new();
    for field in Fields::of(block) {
        if let (1, value) = field? {
            records.push(SealedRecord { encoded: value.bytes()? });
        }
    }
    Ok(records)
}

impl<'a> SealedRecord<'a> {
    /// The record.
    ///
    /// # Errors
    /// [`DamagedMessage`] if it is none.
    pub fn read(self) -> Result<RecordRef<'a>, DamagedMessage> {
        record(self.encoded)
    }
}

fn record(encoded: &[u8]) -> Result<RecordRef<'_>, DamagedMessage> {
    let mut kind = RecordRef::Unknown;
    for field in Fields::of(encoded) {
        match field? {
            (1, value) => kind = RecordRef::Event(EventRef::read(value.bytes()?)?),
            (2, value) => kind = RecordRef::Usage(value.message()?),
            (3, value) => kind = RecordRef::Outcome(OutcomeRef { encoded: value.bytes()? }),
            _ => {}
        }
    }
    Ok(kind)
}

impl OutcomeRef<'_> {
    /// The outcome.
    ///
    /// # Errors
    /// [`DamagedMessage`] if it is none.
    pub fn read(self) -> Result<Outcome, DamagedMessage> {
        prost::Message::decode(self.encoded).map_err(|_| DamagedMessage)
    }
}

impl<'a> EventRef<'a> {
    /// Reads an [`Event`] where it lies.
    ///
    /// # Errors
    /// [`DamagedMessage`] if it is none.
    pub fn read(encoded: &'a [u8]) -> Result<Self, DamagedMessage> {
        let mut event = Self { encoded, ..Self::default() };
        for field in Fields::of(encoded) {
            match field? {
                (1, value) => event.stream = value.text()?,
                (2, value) => event.version = value.number()?,
                (3, value) => event.id = value.bytes()?,
                (4, value) => event.r#type = value.text()?,
                (5, value) => event.schema_version = value.uint32()?,
                (6, value) => event.effective_at_us = value.number()?.cast_signed(),
                (7, value) => event.recorded_at_us = value.number()?.cast_signed(),
                (8, value) => event.command_id = value.text()?,
                (9, value) => event.actor = value.text()?,
                (10, value) => event.correlation_id = value.text()?,
                (11, value) => event.causation_id = value.text()?,
                (12, value) => event.data = value.bytes()?,
                (13, value) => event.hash = value.bytes()?,
                _ => {}
            }
        }
        Ok(event)
    }

    /// The event with what it says copied.
    pub fn to_event(self) -> Event {
        Event {
            stream: self.stream.to_owned(),
            version: self.version,
            id: self.id.to_vec(),
            r#type: self.r#type.to_owned(),
            schema_version: self.schema_version,
            effective_at_us: self.effective_at_us,
            recorded_at_us: self.recorded_at_us,
            command_id: self.command_id.to_owned(),
            actor: self.actor.to_owned(),
            correlation_id: self.correlation_id.to_owned(),
            causation_id: self.causation_id.to_owned(),
            data: self.data.to_vec(),
            hash: self.hash.to_vec(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::proto::journal::{Commit, NextTimer, Record, Refusal, record::Kind};

    fn event(version: u64) -> Event {
        Event {
            stream: "licensee/acme".into(),
            version,
            id: vec![7; 16],
            r#type: "usher.licensing.v1.SeatAssigned".into(),
            schema_version: 1,
            effective_at_us: -5,
            recorded_at_us: i64::MAX,
            command_id: "urn:a/1".into(),
            actor: "ä".into(),
            correlation_id: String::new(),
            causation_id: "c".into(),
            data: vec![1; 300],
            hash: vec![9; 32],
        }
    }

    fn commit() -> Commit {
        let usage = Usage { user: "u-1".into(), used_at_us: -1 };
        let refusal = Refusal { code: "no_seats".into(), ..Refusal::default() };
        let outcome = Outcome { command_id: "1".into(), refusal: Some(refusal), ..Outcome::default() };
        let kinds = [
            Some(Kind::Event(event(1))),
            Some(Kind::Usage(usage)),
            Some(Kind::Outcome(outcome)),
            None,
            Some(Kind::Event(Event::default())),
            Some(Kind::Event(event(u64::MAX))),
        ];
        let timers = vec![NextTimer { licensee: "acme".into(), due_at_us: Some(7) }];
        Commit { records: kinds.map(|kind| Record { kind }).to_vec(), timers }
    }

    fn read_kind(record: &RecordRef<'_>) -> Option<Kind> {
        match record {
            RecordRef::Event(event) => Some(Kind::Event(event.to_event())),
            RecordRef::Usage(usage) => Some(Kind::Usage(usage.clone())),
            RecordRef::Outcome(outcome) => Some(Kind::Outcome(outcome.read().unwrap())),
            RecordRef::Unknown => None,
        }
    }

    #[test]
    fn a_block_is_read_as_protobuf_reads_it() {
        let block = commit().encode_to_vec();
        let read: Vec<RecordRef<'_>> = records(&block).collect::<Result<_, _>>().unwrap();
        let kinds: Vec<Option<Kind>> = read.iter().map(read_kind).collect();
        let expected: Vec<Option<Kind>> = commit().records.into_iter().map(|record| record.kind).collect();
        assert_eq!(kinds, expected);
        let sealed = sealed_records(&block).unwrap().into_iter().map(SealedRecord::read);
        assert_eq!(sealed.collect::<Result<Vec<_>, _>>().unwrap(), read);
        let encoded = read.iter().filter_map(|record| match record {
            RecordRef::Event(event) => Some(event.encoded.to_vec()),
            _ => None,
        });
        let expected = [event(1), Event::default(), event(u64::MAX)].map(|event| event.encode_to_vec());
        assert_eq!(encoded.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_a_newer_version_added_is_passed_over() {
        let mut encoded = event(1).encode_to_vec();
        for added in [&[0xf8, 0x01, 5][..], &[0xfa, 0x01, 1, 0], &[0xf9, 0x01, 0, 0, 0, 0, 0, 0, 0, 0]] {
            encoded.extend_from_slice(added);
        }
        assert_eq!(EventRef::read(&encoded).unwrap().to_event(), event(1));
        assert_eq!(Event::decode(encoded.as_slice()).unwrap(), event(1));
    }

    /// Wherever it is cut, and whichever byte is another one: it is read as protobuf reads it, or found damaged as there.
    #[test]
    fn damage_is_found_where_protobuf_finds_it() {
        let block = commit().encode_to_vec();
        let cut = (0..block.len()).map(|length| block[..length].to_vec());
        let changed = (0..block.len()).flat_map(|place| {
            [0x00, 0x07, 0x80, 0xff].map(|byte| {
                let mut changed = block.clone();
                changed[place] = byte;
                changed
            })
        });
        for bytes in cut.chain(changed) {
            let Ok(expected) = Commit::decode(bytes.as_slice()) else { continue };
            let Ok(read) = records(&bytes).collect::<Result<Vec<_>, _>>() else { continue };
            if read.len() == expected.records.len() {
                let events = read.iter().filter(|record| matches!(record, RecordRef::Event(_))).count();
                let in_order = expected.records.iter().filter(|record| matches!(record.kind, Some(Kind::Event(_))));
                assert_eq!(events, in_order.count());
            } else {
                panic!("{} records, not {}", read.len(), expected.records.len());
            }
        }
        assert_eq!(records(&block[..block.len() - 1]).filter(Result::is_err).count(), 1);
    }
}
