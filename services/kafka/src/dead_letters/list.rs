//! Lists the dead letters.

use std::collections::BTreeMap;

use rdkafka::Message;
use rdkafka::message::OwnedMessage;

use super::{DeadLetter, LetterId, header};
use crate::{
    KafkaError, Settings,
    headers::{self, Named},
    reader::{Isolation, Reader, Records},
    topics,
};

/// Which dead letters are wanted; all that is set has to fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// These only; empty for all.
    pub ids: Vec<LetterId>,
    /// With this code only.
    pub code: Option<String>,
    /// That came by this topic only; without a prefix.
    pub topic: Option<String>,
    /// With this key only: the licensee's or user's.
    pub key: Option<String>,
    /// Sent again already, or not yet.
    pub retried: Option<bool>,
}

impl Filter {
    fn takes(&self, letter: &DeadLetter) -> bool {
        (self.ids.is_empty() || self.ids.contains(&letter.id))
            && self.code.as_ref().is_none_or(|code| *code == letter.code)
            && self.topic.as_ref().is_none_or(|topic| *topic == letter.topic)
            && self.key.as_ref().is_none_or(|key| Some(key) == letter.key.as_ref())
            && self.retried.is_none_or(|retried| retried == letter.retried_as.is_some())
    }
}

/// The dead letters that there are now, oldest first within a partition of their topic. Blocks. An error is the last
/// item.
///
/// # Errors
/// [`KafkaError`] when the topic is not there or no broker answers.
pub fn list(settings: &Settings, filter: Filter) -> Result<Letters, KafkaError> {
    let open = || Reader::new(settings, settings.prefixed(topics::DEAD_LETTERS), Isolation::Committed)?.records();
    // A note stands behind its letter, so all notes are read first.
    let notes = read_notes(open()?)?;
    Ok(Letters { records: open()?, notes, filter })
}

/// Dead letters; see [`list`].
pub struct Letters {
    records: Records,
    /// What became of the letters that were sent again.
    notes: BTreeMap<LetterId, String>,
    filter: Filter,
}

/// A letter with the message that it is.
pub(super) struct Found {
    pub(super) letter: DeadLetter,
    pub(super) message: OwnedMessage,
    pub(super) headers: Named,
}

impl Letters {
    /// The next letter with its message.
    pub(super) fn next_found(&mut self) -> Option<Result<Found, KafkaError>> {
        loop {
            let message = match self.records.next()? {
                Ok(message) => message,
                Err(error) => return Some(Err(error)),
            };
            let headers = headers::read(message.headers());
            if note(&headers).is_some() {
                continue;
            }
            let id = LetterId { partition: message.partition(), offset: message.offset() };
            let letter = DeadLetter::read(&message, &headers, self.notes.get(&id).cloned());
            if self.filter.takes(&letter) {
                return Some(Ok(Found { letter, message, headers }));
            }
        }
    }
}

impl Iterator for Letters {
    type Item = Result<DeadLetter, KafkaError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.next_found()?.map(|found| found.letter))
    }
}

fn read_notes(records: Records) -> Result<BTreeMap<LetterId, String>, KafkaError> {
    let mut notes = BTreeMap::new();
    for message in records {
        let headers = headers::read(message?.headers());
        notes.extend(note(&headers));
    }
    Ok(notes)
}

/// Which letter a note is about, and under which id it was sent again; `None` for what is no note.
fn note(headers: &Named) -> Option<(LetterId, String)> {
    let letter = headers::text(headers, header::RETRIES)?.parse().ok()?;
    let retried_as = headers::text(headers, header::RETRIED_AS)?;
    // A letter may come with such headers itself: a sender can write what it likes.
    headers::text(headers, header::CODE).is_none().then(|| (letter, retried_as.to_owned()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn named(headers: &[(&str, &str)]) -> Named {
        headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect()
    }

    #[test]
    fn a_letter_that_came_with_the_headers_of_a_note_is_none() {
        let note_headers = [(header::RETRIES, "3/17"), (header::RETRIED_AS, "m-1~retry-1")];
        let (id, retried_as) = note(&named(&note_headers)).unwrap();
        assert_eq!((id.to_string().as_str(), retried_as.as_str()), ("3/17", "m-1~retry-1"));
        assert_eq!(note(&named(&[note_headers[0], note_headers[1], (header::CODE, "malformed_event")])), None);
        assert_eq!(note(&named(&[(header::RETRIES, "x"), note_headers[1]])), None);
    }
}
