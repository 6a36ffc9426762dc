//! Which messages may be under way together.
//!
//! Kafka keeps the order within a key of a topic, and between topics there is none. The sample has one order for all, and
//! its numbers are those of that order; so whatever depends on what another topic brings waits until that is dealt with.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use contract::incoming::{MessageKey, from_json};
use serde::Deserialize;
use serde_json::Value;

/// A message of the sample.
#[derive(Debug, Clone)]
pub struct Message {
    /// As it is sent.
    pub line: Vec<u8>,
    /// The id of its command; `None` for one that nobody can tell from others, of which nothing is kept.
    pub command_id: Option<String>,
    /// When it happened.
    pub time: DateTime<Utc>,
    kind: Kind,
}

/// What a message is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// Somebody's use: only billing looks at it.
    Usage,
    /// Whether a user is a member.
    Membership { user: String },
    /// A user's status.
    Status { user: String },
    /// What is sold or who has a seat: depends on everything.
    Decisive,
}

/// A line that is no message of the sample.
#[derive(Debug, thiserror::Error)]
#[error("line {number} is no message: {source}")]
pub struct NoMessage {
    number: usize,
    #[source]
    source: serde_json::Error,
}

#[derive(Deserialize)]
struct Envelope {
    r#type: String,
    time: DateTime<Utc>,
    data: Value,
}

impl Message {
    /// Reads a line, which is the `number`th.
    pub fn read(number: usize, line: &str) -> Result<Self, NoMessage> {
        let envelope: Envelope = serde_json::from_str(line).map_err(|source| NoMessage { number, source })?;
        let kind = Kind::of(&envelope);
        let key = from_json(line.as_bytes()).key;
        let command_id = key.as_ref().map(MessageKey::command_id);
        Ok(Self { line: line.as_bytes().to_vec(), command_id, time: envelope.time, kind })
    }
}

impl Kind {
    fn of(Envelope { r#type, data, .. }: &Envelope) -> Self {
        let user = || data["user"].as_str().unwrap_or_default().to_owned();
        let (package, name) = r#type.rsplit_once('.').unwrap_or(("", r#type));
        match (package, name) {
            ("usher.usage.v1", _) => Self::Usage,
            ("usher.directory.v1", "MemberAdded" | "MemberRemoved") => Self::Membership { user: user() },
            ("usher.directory.v1", _) => Self::Status { user: user() },
            _ => Self::Decisive,
        }
    }
}

/// How many of the messages, from the first on, may be under way together, if time alone changes something at `due` next;
/// at least one.
pub fn together(messages: &[Message], due: Option<DateTime<Utc>>) -> usize {
    let mut topics: BTreeMap<&str, bool> = BTreeMap::new();
    let waits = |message: &Message| due.is_some_and(|due| due <= message.time);
    for (count, message) in messages.iter().enumerate() {
        let fits = match &message.kind {
            Kind::Usage => true,
            Kind::Decisive => false,
            Kind::Membership { user } => !*topics.entry(user).or_insert(false),
            Kind::Status { user } => *topics.entry(user).or_insert(true),
        };
        if !fits || waits(message) {
            return count.max(1);
        }
    }
    messages.len()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(name: &str, user: &str, time: &str) -> Message {
        let line = json!({"type": name, "time": time, "data": {"user": user}}).to_string();
        Message::read(1, &line).unwrap()
    }

    fn usual(name: &str, user: &str) -> Message {
        message(name, user, "2024-01-01T00:00:00Z")
    }

    const ADDED: &str = "usher.directory.v1.MemberAdded";
    const BLOCKED: &str = "usher.directory.v1.UserBlocked";
    const USED: &str = "usher.usage.v1.CodeSuggestionsUsed";
    const BOUGHT: &str = "usher.billing.v1.SeatsPurchased";

    #[test]
    fn what_is_sold_goes_alone() {
        let messages = [usual(ADDED, "a"), usual(USED, "a"), usual(BOUGHT, ""), usual(USED, "a")];
        assert_eq!(together(&messages, None), 2);
        assert_eq!(together(&messages[2..], None), 1);
    }

    #[test]
    fn a_users_status_waits_for_the_membership_and_the_other_way_round() {
        let messages = [usual(ADDED, "a"), usual(BLOCKED, "b"), usual(ADDED, "a"), usual(BLOCKED, "a")];
        assert_eq!(together(&messages, None), 3);
        assert_eq!(together(&messages[1..], None), 2);
        assert_eq!(together(&[usual(BLOCKED, "b"), usual(ADDED, "b")], None), 1);
    }

    #[test]
    fn nothing_overtakes_a_timer() {
        let messages = [usual(USED, "a"), message(USED, "a", "2024-02-01T00:00:00Z")];
        assert_eq!(together(&messages, "2024-02-01T00:00:00Z".parse().ok()), 1);
        assert_eq!(together(&messages, "2024-02-01T00:00:01Z".parse().ok()), 2);
        assert_eq!(
            together(&messages, "2020-01-01T00:00:00Z".parse().ok()),
            1,
            "what is overdue happens with the clock"
        );
    }

    #[test]
    fn what_is_no_message_is_told() {
        assert!(Message::read(7, "{}").unwrap_err().to_string().contains("line 7"));
    }
}
