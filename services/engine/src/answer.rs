//! What comes out of the engine.

use journal::Positions;
use licensing::{Code, Instant, Refusal, Report, Summary, UserId};
use serde::{Deserialize, Serialize};

/// What became of a command. It is durable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// Accepted with an answer, or refused (R35). Of a duplicate, what became of the first (R34).
    pub outcome: Result<Answer, Refusal>,
    /// Whether the same command had been there before; then nothing happened now.
    pub duplicate: bool,
    /// How many events it made now, over all streams.
    pub events: u32,
    /// Whoever has read up to here sees all that the command did.
    #[serde(with = "as_text")]
    pub positions: Positions,
}

/// The clock was moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// Where it stands.
    pub now: Instant,
    /// Whoever has read up to here sees all that happened on the way.
    #[serde(with = "as_text")]
    pub positions: Positions,
}

/// Positions on the way to another node, in the text that is shown to the outside.
pub(crate) mod as_text {
    use journal::Positions;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(positions: &Positions, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(positions)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Positions, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() { Ok(Positions::default()) } else { text.parse().map_err(D::Error::custom) }
    }
}

/// What a caller gets to know of an accepted command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Whether it changed anything.
    Changed(ChangeOutcome),
    /// Of a bulk assignment, each user once, in the order of the list (R24).
    Assigned {
        /// Who got a seat.
        assigned: Vec<UserId>,
        /// Who had one.
        already_assigned: Vec<UserId>,
        /// Who got none, and why; best effort only.
        failed: Vec<(UserId, Code)>,
    },
    /// Of a bulk removal, each user once, in the order of the list (R25).
    Removed {
        /// Who lost the seat.
        removed: Vec<UserId>,
        /// Who had none.
        without_seat: Vec<UserId>,
    },
    /// Of an undoing, in the order in which it was done.
    Undone {
        /// Who has a seat again.
        restored: Vec<UserId>,
        /// Who lost the seat that the command had given.
        removed: Vec<UserId>,
        /// For whom nothing was done, and why.
        failed: Vec<(UserId, Code)>,
    },
    /// Of a synchronisation: the licensee right after it (R17).
    Synchronized(Box<Summary>),
}

/// Whether a command changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeOutcome {
    /// It made at least one event.
    Changed,
    /// What it asks for was so already.
    Unchanged,
}

impl Answer {
    pub(crate) fn of(report: Report, events: usize) -> Self {
        match report {
            Report::None if events > 0 => Self::Changed(ChangeOutcome::Changed),
            Report::None => Self::Changed(ChangeOutcome::Unchanged),
            Report::Assigned { assigned, already_assigned, failed } => {
                Self::Assigned { assigned, already_assigned, failed }
            }
            Report::Removed { removed, without_seat } => Self::Removed { removed, without_seat },
            Report::Undone { restored, removed, failed } => Self::Undone { restored, removed, failed },
        }
    }
}
