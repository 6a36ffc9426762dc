//! Where a command came from, as its id and its outcome tell.

use std::collections::HashMap;

use contract::incoming::MessageKey;
use licensing::Instant;
use serde::Serialize;

/// Under which name the engine acts when time alone changes something.
const TIMER_ACTOR: &str = "usher:timer";
/// Under which name the engine sweeps (R27).
const SWEEP_ACTOR: &str = "usher:sweep";

/// What is known of commands besides their events.
pub type Background = HashMap<String, CommandFacts>;

/// What is known of a command besides its events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandFacts {
    /// The full name of its message, or method and path.
    pub type_name: Option<String>,
    /// When it happened, in the words of whoever sent it.
    pub told_at: Option<Instant>,
    /// The reason in free text that came with it, as long as it is not erased (R30), for those who may read it.
    pub free_text: Option<String>,
}

/// What kind of thing gave a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandKind {
    /// A message of billing, the directory or another program.
    Message,
    /// A request over HTTP.
    Request,
    /// Time alone.
    Timer,
    /// The sweep (R27).
    Sweep,
}

/// A command as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CommandShown {
    /// Its id.
    pub id: String,
    /// What kind of thing gave it.
    pub kind: CommandKind,
    /// Who.
    pub actor: String,
    /// Of a message: who sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Of a message: what its sender calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The full name of a message's type, or a keyed request's method and path; absent of time's own commands, and where it
    /// is not kept.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    /// When it happened, in the words of whoever sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Instant>,
    /// The reason in free text that came with it, until it is erased (R30).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_text: Option<String>,
}

impl CommandShown {
    /// The command of this id and actor.
    pub(crate) fn of(id: &str, actor: &str, background: &Background) -> Self {
        let facts = background.get(id).cloned().unwrap_or_default();
        // The actor of a message is its source: a key of a request that looks like one belongs to somebody else.
        let key = MessageKey::of_command_id(id).filter(|key| key.source() == actor);
        let kind = match (&key, actor) {
            (Some(_), _) => CommandKind::Message,
            (None, TIMER_ACTOR) => CommandKind::Timer,
            (None, SWEEP_ACTOR) => CommandKind::Sweep,
            (None, _) => CommandKind::Request,
        };
        Self {
            id: id.to_owned(),
            kind,
            actor: actor.to_owned(),
            source: key.as_ref().map(|key| key.source().to_owned()),
            message_id: key.as_ref().map(|key| key.id().to_owned()),
            type_name: facts.type_name,
            told_at: facts.told_at,
            free_text: facts.free_text,
        }
    }
}
