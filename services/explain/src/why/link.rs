//! The chain from a message over its command to the events.

use contract::event::data_json;
use serde::Serialize;
use serde_json::Value;

use super::deed::Deed;
use crate::{
    command::{Background, CommandShown},
    fact::{Cited, Fact},
    rule::Rule,
};

/// A command, where it came from, and those of its events that matter to the user.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Link {
    /// The command.
    pub command: CommandShown,
    /// Its events, those to other users aside.
    pub events: Vec<LinkEvent>,
}

/// An event of a chain.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LinkEvent {
    /// Which event.
    #[serde(flatten)]
    pub event: Cited,
    /// The rule behind it.
    pub rule: Option<Rule>,
    /// What happened, by its type.
    pub data: Value,
}

impl Link {
    fn of(deed: &Deed, background: &Background) -> Option<Self> {
        let first = deed.first()?;
        Some(Self {
            command: CommandShown::of(&first.command_id, &first.actor, background),
            events: deed.facts.iter().map(LinkEvent::of).collect(),
        })
    }

    /// The chain of these commands, oldest first, each once.
    pub(super) fn chain<'a>(deeds: impl IntoIterator<Item = &'a Deed>, background: &Background) -> Vec<Self> {
        let mut links: Vec<Self> = deeds.into_iter().filter_map(|deed| Self::of(deed, background)).collect();
        links.sort_by_key(Self::first_version);
        links.dedup_by_key(|link| link.first_version());
        links
    }

    fn first_version(&self) -> Option<u64> {
        self.events.first().map(|told| told.event.version)
    }
}

impl LinkEvent {
    fn of(fact: &Fact) -> Self {
        Self { event: fact.cited.clone(), rule: Rule::behind(&fact.event), data: data_json(&fact.event) }
    }
}
