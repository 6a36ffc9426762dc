//! What a command would do (R37).

use contract::event::StreamEvent;
use licensing::{Event, LicenseeId, Refusal};
use serde::{Deserialize, Serialize};

use crate::Answer;

/// What a command would do now; nothing is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// The events that it would make, in order; or why it would be refused.
    pub outcome: Result<Vec<PreviewEvent>, Refusal>,
    /// What a bulk command would say of its users; `None` of any other, and where it would be refused.
    #[serde(default)]
    pub answer: Option<Answer>,
    /// The version of what it is for, the licensee or the user: whoever names it with the command is told if anything
    /// has changed since. `None` where it is for all.
    pub version: Option<u64>,
}

/// An event that would be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreviewEvent {
    /// The stream: `licensee/{id}` or `user/{id}`.
    pub stream: String,
    /// The short name of its type.
    pub type_name: String,
    /// Its data, as the history would show it.
    pub data: serde_json::Value,
}

impl From<StreamEvent> for PreviewEvent {
    fn from(event: StreamEvent) -> Self {
        Self { stream: event.stream().to_string(), type_name: event.name().to_owned(), data: event.data_json() }
    }
}

impl PreviewEvent {
    /// The events of a licensee.
    pub(crate) fn of_licensee(licensee: &LicenseeId, events: Vec<Event>) -> impl Iterator<Item = Self> {
        events.into_iter().map(|event| StreamEvent::Licensee { licensee: licensee.clone(), event }.into())
    }
}
