//! What tells one message from another.

use serde::{Deserialize, Serialize};

use super::{attribute::Attribute, has_at_most};

/// The longest `source` or `id`, in characters.
const CHARS_MAX: usize = 255;

/// A message's `source` and `id`: 1 to 255 characters each.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MessageKey {
    source: String,
    id: String,
}

impl MessageKey {
    pub(super) fn read(source: &Attribute<'_>, id: &Attribute<'_>) -> Option<Self> {
        let source = source.text().filter(|source| is_key_text(source))?;
        let id = id.text().filter(|id| is_key_text(id))?;
        Some(Self { source: source.to_owned(), id: id.to_owned() })
    }

    /// Who sent the message: the actor of what follows from it (R36).
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What the sender calls the message.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The id of the command (R34): `source#id`, with `#` and `%` of the source percent-encoded, so that no two keys
    /// have the same.
    pub fn command_id(&self) -> String {
        let mut command_id = String::with_capacity(self.source.len() + 1 + self.id.len());
        for letter in self.source.chars() {
            match letter {
                '#' => command_id.push_str("%23"),
                '%' => command_id.push_str("%25"),
                other => command_id.push(other),
            }
        }
        command_id.push('#');
        command_id.push_str(&self.id);
        command_id
    }

    /// The key that a command id was made of; `None` for one of another kind.
    pub fn of_command_id(command_id: &str) -> Option<Self> {
        let (source, id) = command_id.split_once('#')?;
        // In this order: a `%23` of the source itself was written as `%2523`.
        let source = source.replace("%23", "#").replace("%25", "%");
        Some(Self { source, id: id.to_owned() }).filter(|key| is_key_text(&key.source) && is_key_text(&key.id))
    }
}

/// Whether a text may be a `source` or an `id`.
pub(super) fn is_key_text(text: &str) -> bool {
    !text.is_empty() && has_at_most(CHARS_MAX, text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn key(source: &str, id: &str) -> Option<MessageKey> {
        MessageKey::read(&Attribute::Text(source.into()), &Attribute::Text(id.into()))
    }

    #[test]
    fn r34_no_two_keys_share_a_command_id() {
        let keys = [("a", "b#c"), ("a#b", "c"), ("a%23b", "c"), ("a%2523b", "c"), ("a%", "23b#c")];
        let mut command_ids: Vec<_> = keys.iter().map(|(source, id)| key(source, id).unwrap().command_id()).collect();
        assert_eq!(command_ids.first().map(String::as_str), Some("a#b#c"));
        command_ids.sort();
        command_ids.dedup();
        assert_eq!(command_ids.len(), keys.len());
        for (source, id) in keys {
            let key = key(source, id).unwrap();
            assert_eq!(MessageKey::of_command_id(&key.command_id()), Some(key));
        }
        assert_eq!(MessageKey::of_command_id("timer:acme:sync_due:2025-01-01T00:00:00Z"), None);
    }

    #[test]
    fn source_and_id_are_1_to_255_characters() {
        assert!(key(&"ü".repeat(255), "1").is_some());
        assert!(key("/billing", &"x".repeat(256)).is_none());
        assert!(key("", "1").is_none());
        assert!(key("/billing", "").is_none());
    }
}
