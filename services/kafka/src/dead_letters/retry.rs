//! Sends dead letters again.

use std::collections::{BTreeMap, VecDeque};

use rdkafka::Message;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    DeadLetter, Filter, Letters, header, id,
    list::{Found, list},
};
use crate::{
    KafkaError, Settings, headers,
    sender::{Outgoing, Sender},
    topics,
};

/// How many letters are under way at once.
const UNDER_WAY_MAX: usize = 256;

/// What became of a letter that was to be sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Retried {
    /// The letter.
    pub letter: DeadLetter,
    /// Whether it was sent, or why not.
    pub outcome: Outcome,
}

/// Whether a letter was sent again, or why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was, under this id; empty where it never had one that can be read.
    SentAs(String),
    /// It was before, and is only sent once more if it is named.
    WasSentBefore,
    /// Its body was too large to be kept here: send it again from its source.
    BodyOmitted,
    /// It came by no topic of usher's.
    UnknownTopic,
}

/// Sends the letters of a selection again: to the topic and partition that they came by, with the headers that they came
/// with, under a new id (R34). One that was sent before is left alone unless `filter` names it. Each is sent when the
/// iterator gets to it or some letters earlier; whatever was sent leaves its note also if the iterator is dropped. After
/// a crash in between it is sent twice under the same id, which is a duplicate. Blocks. An error is the last item.
///
/// # Errors
/// [`KafkaError`] when a topic is not there or no broker answers.
pub fn retry(settings: &Settings, filter: Filter) -> Result<Retries, KafkaError> {
    let are_named = !filter.ids.is_empty();
    Ok(Retries {
        letters: list(settings, filter)?,
        sender: Sender::new(settings)?,
        settings: settings.clone(),
        are_named,
        done: VecDeque::new(),
    })
}

/// Letters that are sent again; see [`retry`].
pub struct Retries {
    letters: Letters,
    sender: Sender,
    settings: Settings,
    /// Whether the letters were chosen one by one.
    are_named: bool,
    /// What became of the letters that were read.
    done: VecDeque<Retried>,
}

impl Iterator for Retries {
    type Item = Result<Retried, KafkaError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done.is_empty()
            && let Err(error) = self.send_some()
        {
            return Some(Err(error));
        }
        self.done.pop_front().map(Ok)
    }
}

impl Retries {
    /// Sends the next letters, and then the notes of them.
    fn send_some(&mut self) -> Result<(), KafkaError> {
        let mut notes = Vec::new();
        while self.done.len() < UNDER_WAY_MAX {
            let Some(found) = self.letters.next_found().transpose()? else { break };
            let outcome = self.send(&found)?;
            if let Outcome::SentAs(new_id) = &outcome {
                notes.push(self.note(&found, new_id));
            }
            self.done.push_back(Retried { letter: found.letter, outcome });
        }
        self.sender.wait()?;
        notes.into_iter().try_for_each(|note| self.sender.send(note))?;
        self.sender.wait()
    }

    fn send(&mut self, found: &Found) -> Result<Outcome, KafkaError> {
        let letter = &found.letter;
        if letter.retried_as.is_some() && !self.are_named {
            return Ok(Outcome::WasSentBefore);
        }
        if letter.is_body_omitted {
            return Ok(Outcome::BodyOmitted);
        }
        let Some(topic) = topics::INBOUND.into_iter().find(|topic| *topic == letter.topic) else {
            return Ok(Outcome::UnknownTopic);
        };
        let (message, new_id) = anew(found);
        self.sender.send(Outgoing {
            topic: self.settings.prefixed(topic),
            partition: letter.partition,
            key: found.message.key().map(<[u8]>::to_vec),
            headers: message.headers,
            body: message.body,
        })?;
        Ok(Outcome::SentAs(new_id))
    }

    fn note(&self, found: &Found, new_id: &str) -> Outgoing {
        Outgoing {
            topic: self.settings.prefixed(topics::DEAD_LETTERS),
            partition: Some(found.letter.id.partition),
            key: found.message.key().map(<[u8]>::to_vec),
            headers: vec![
                (header::RETRIES.to_owned(), found.letter.id.to_string().into_bytes()),
                (header::RETRIED_AS.to_owned(), new_id.as_bytes().to_vec()),
            ],
            body: None,
        }
    }
}

struct Anew {
    headers: headers::Named,
    body: Option<Vec<u8>>,
}

/// The message as it came, under a new id; and that id, empty if it has none to be replaced.
fn anew(found: &Found) -> (Anew, String) {
    let last = found.letter.retried_as.as_deref();
    let mut headers: headers::Named =
        found.headers.iter().filter(|(name, _)| !name.starts_with(header::PREFIX)).cloned().collect();
    let body = found.message.payload();
    let mut new_id = String::new();
    for (name, value) in &mut headers {
        if name.eq_ignore_ascii_case("ce_id")
            && let Ok(old) = str::from_utf8(value)
        {
            new_id = id::next(old, last);
            *value = new_id.as_bytes().to_vec();
        }
    }
    if new_id.is_empty()
        && let Some((renamed, structured_id)) = body.and_then(|body| renamed(body, last))
    {
        return (Anew { headers, body: Some(renamed) }, structured_id);
    }
    (Anew { headers, body: body.map(<[u8]>::to_vec) }, new_id)
}

/// A message in structured mode under a new id, all else as it was; `None` if it is none.
fn renamed(body: &[u8], last: Option<&str>) -> Option<(Vec<u8>, String)> {
    let mut attributes: BTreeMap<String, &RawValue> = serde_json::from_slice(body).ok()?;
    let old: String = serde_json::from_str(attributes.get("id")?.get()).ok()?;
    let new_id = id::next(&old, last);
    let value = serde_json::value::to_raw_value(&new_id).ok()?;
    attributes.insert("id".to_owned(), &value);
    Some((serde_json::to_vec(&attributes).ok()?, new_id))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn r34_a_structured_message_gets_a_new_id_and_keeps_the_rest() {
        let body = br#"{"id":"m-1","data":{"z":1.50,"a":[ ]},"type":"t"}"#;
        let (renamed, id) = renamed(body, None).unwrap();
        assert_eq!(id, "m-1~retry-1");
        let renamed: BTreeMap<String, &RawValue> = serde_json::from_slice(&renamed).unwrap();
        assert_eq!(renamed["data"].get(), r#"{"z":1.50,"a":[ ]}"#);
        assert_eq!(renamed["id"].get(), r#""m-1~retry-1""#);
        assert_eq!(renamed.len(), 3);
    }

    #[test]
    fn what_has_no_id_is_left_as_it_is() {
        for body in [&b"hello"[..], b"[]", b"{}", br#"{"id":5}"#, b"\xff"] {
            assert!(renamed(body, None).is_none());
        }
    }
}
